//! Changes of settings under entity tags (DSP0266 6.5; RFC 9110 13.1.1).

use serde_json::Value;
use switchyard_driver_sdk::{Failure, Method, Response, Submitted};

use crate::act::answer;
use crate::client::Client;
use crate::dialect::Match;
use crate::resource::Resource;

/// A resource with its entity tag.
#[derive(Debug, Clone)]
pub(crate) struct Tagged {
    pub(crate) path: String,
    pub(crate) resource: Resource,
    pub(crate) tag: Option<String>,
}

/// Sends one change of settings. A BMC that refuses the condition (412) or asks for one (428) is sent the next one of its dialect; nothing
/// was executed then.
pub(crate) fn change(
    client: &Client<'_>,
    (method, path): (Method, &str),
    tag: Option<&str>,
    body: &Value,
) -> Result<Response, Failure> {
    let mut conditions = Match::ladder(client.dialect().patch_matches, tag).into_iter().peekable();
    loop {
        let condition = conditions.next().flatten();
        let response = client.send(method, path, body, condition.as_deref())?;
        if !matches!(response.status, 412 | 428) || conditions.peek().is_none() {
            return Ok(response);
        }
    }
}

/// As [`change`] with PATCH, for a resource that was just read; every status but 2xx is a failure.
pub(crate) fn patch(client: &Client<'_>, of: &Tagged, body: &Value) -> Result<Submitted, Failure> {
    let response = change(client, (Method::Patch, &of.path), of.tag.as_deref(), body)?;
    answer(client, &response)
}

