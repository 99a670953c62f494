//! One primitive, sent in one changing request.

use serde_json::json;
use switchyard_driver_sdk::{Cause, Failure, Host, Level, Primitive, Response, Subject, Submitted, failure};

use crate::client::Client;
use crate::error::failure_of;
use crate::reset::Reset;
use crate::subject::path_of_subject;
use crate::task;
use crate::vocabulary::reset_type;

/// Sends a primitive to a subject. The target comes from the cache, else from the resource, never from a guess.
///
/// A refusal is never turned into success here: whether the machine is in the wanted state already is for a reading to say.
pub fn act(host: &dyn Host, on: &Subject, what: Primitive) -> Result<Submitted, Failure> {
    let client = Client::new(host);
    let path = path_of_subject(&client, on)?;
    let recalled = Reset::recall(&client, &path).filter(|reset| reset.spelling(what).is_some());
    let from_cache = recalled.is_some();
    let reset = match recalled {
        Some(reset) => reset,
        None => look_up(&client, &path)?,
    };
    let response = send(&client, &reset, what)?;
    if from_cache && matches!(response.status, 404 | 405) {
        let fresh = look_up(&client, &path)?;
        if fresh.target != reset.target {
            return answer(host, &send(&client, &fresh, what)?);
        }
    }
    answer(host, &response)
}

fn look_up(client: &Client<'_>, path: &str) -> Result<Reset, Failure> {
    let resource = client.get(path)?;
    let found = Reset::of(client, &resource, &mut Vec::new())?;
    let reset = found.ok_or_else(|| failure(Cause::NotSupported, format!("{path} has no reset action")))?;
    reset.remember(client, path);
    Ok(reset)
}

fn send(client: &Client<'_>, reset: &Reset, what: Primitive) -> Result<Response, Failure> {
    let Some(value) = reset.spelling(what) else {
        let text = format!(
            "{} is not among the reset types of {}: {}",
            reset_type(what),
            reset.target,
            reset.values.join(", ")
        );
        return Err(failure(Cause::NotSupported, text));
    };
    client.post(&reset.target, &json!({ "ResetType": value }))
}

/// What the answer to a change stands for. Every 2xx is accepted, also one whose body is written as an error.
fn answer(host: &dyn Host, response: &Response) -> Result<Submitted, Failure> {
    match response.status {
        202 => Ok(task::of_answer(response).map_or(Submitted::Accepted, Submitted::Pending)),
        200..=299 => {
            let words = failure_of(response);
            if !words.codes.is_empty() {
                host.log(Level::Debug, &format!("accepted with {}", words.codes.join(", ")));
            }
            Ok(Submitted::Accepted)
        }
        _ => Err(failure_of(response)),
    }
}
