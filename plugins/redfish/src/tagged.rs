//! Resources with the entity tags under which they are changed (DSP0266 6.5).

use serde_json::Value;
use switchyard_driver_sdk::{Failure, Response, Submitted};

use crate::client::Client;
use crate::resource::Resource;
use crate::task;

/// A resource with its entity tag, as it was just read.
#[derive(Debug, Clone)]
pub(crate) struct Tagged {
    pub(crate) path: String,
    pub(crate) resource: Resource,
    pub(crate) tag: Option<String>,
}

impl Tagged {
    /// Reads a resource.
    pub(crate) fn read(client: &Client<'_>, path: &str) -> Result<Self, Failure> {
        let (resource, tag) = client.get_tagged(path)?;
        Ok(Self {
            path: path.to_owned(),
            resource,
            tag,
        })
    }

    /// Changes properties under the tag.
    pub(crate) fn patch(&self, client: &Client<'_>, body: &Value) -> Result<Submitted, Failure> {
        submitted(client, &client.patch(&self.path, self.tag.as_deref(), body)?)
    }
}

/// What the answer to a change of settings stands for; every status but 2xx is a failure.
pub(crate) fn submitted(client: &Client<'_>, response: &Response) -> Result<Submitted, Failure> {
    match response.status {
        202 => Ok(task::of_answer(response).map_or(Submitted::Accepted, Submitted::Pending)),
        200..=299 => Ok(Submitted::Accepted),
        _ => Err(client.failure(response)),
    }
}
