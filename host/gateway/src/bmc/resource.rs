//! Looks at a BMC: one resource as the BMC has it, but for what opens doors.

use std::time::Duration;

use serde_json::Value;
use switchyard_core::{Cause, Failure};
use switchyard_drivers::failure_of_fault;
use switchyard_transport::{Controller, Lane, Method, Request, Response, Scheme, Scope};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::redact;

/// The tree in which reading changes nothing (Redfish specification DSP0266, "Resource retrieval"). Elsewhere some BMCs have pages that
/// act when they are read.
const TREE: &str = "/redfish";

/// Reads a resource. What is no JSON is not shown, since nothing is known of what it holds.
pub(super) async fn read(
    controller: &Controller,
    path: &str,
    within: Duration,
    cancel: &CancellationToken,
) -> Result<Value, Failure> {
    check(controller, path)?;
    let scope = Scope::new(Lane::Action, Instant::now() + within, cancel.clone());
    let request = Request::new(Method::Get, path);
    let answer = controller.read(request, &scope).await.map_err(failure_of_fault)?;
    let document = serde_json::from_slice(&answer.body);
    if !(200..300).contains(&answer.status) {
        return Err(refusal(&answer, document.ok().as_ref()));
    }
    let mut document: Value = document.map_err(|_| Failure {
        status: Some(answer.status),
        ..Failure::new(
            Cause::Malformed,
            "The BMC's answer is no JSON, and anything else is not shown.",
        )
    })?;
    redact::secrets(&mut document);
    Ok(document)
}

fn check(controller: &Controller, path: &str) -> Result<(), Failure> {
    let endpoint = controller.endpoint();
    if !matches!(endpoint.address.scheme, Scheme::Http | Scheme::Https) {
        let text = format!(
            "The controller {} speaks no HTTP, so that there is nothing to get: look at it with the tools of its own protocol.",
            endpoint.id
        );
        return Err(Failure::new(Cause::NotSupported, text));
    }
    let only_path = path.split_once('?').map_or(path, |(path, _)| path);
    let below = only_path.strip_prefix(TREE);
    if below.is_some_and(|below| below.is_empty() || below.starts_with('/')) {
        return Ok(());
    }
    let text = format!("Only what lies below {TREE} is read: elsewhere a read may change something.");
    Err(Failure::new(Cause::RefusedByHost, text))
}

/// An answer that is no success, in the BMC's own words where it has any (DSP0266, "Error responses").
fn refusal(answer: &Response, document: Option<&Value>) -> Failure {
    let cause = match answer.status {
        401 => Cause::Auth,
        403 => Cause::Forbidden,
        404 | 410 => Cause::NotFound,
        429 | 503 => Cause::Busy,
        status => Cause::Other(format!("http-{status}")),
    };
    let error = document.map(|document| document.get("error").unwrap_or(document));
    let extended = error.and_then(|error| error.pointer("/@Message.ExtendedInfo/0/Message"));
    let words = extended.or_else(|| error?.get("message")).and_then(Value::as_str);
    Failure {
        status: Some(answer.status),
        ..Failure::new(cause, words.unwrap_or("The BMC gave no explanation."))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_keeps_the_words_of_the_bmc() {
        let answer = |status, body: &Value| Response {
            status,
            headers: Vec::new(),
            body: Bytes::from(body.to_string()),
        };
        let body = json!({ "error": { "message": "general", "@Message.ExtendedInfo": [{ "Message": "No such fan." }] } });
        let failure = refusal(&answer(404, &body), Some(&body));
        assert_eq!(
            (failure.cause, failure.status, failure.text.as_str()),
            (Cause::NotFound, Some(404), "No such fan.")
        );
        let bare = refusal(&answer(500, &Value::Null), None);
        assert_eq!(bare.text, "The BMC gave no explanation.");
        assert!(bare.is_transient());
    }
}
