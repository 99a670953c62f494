//! Requests to the BMC, and its refusals in its own words.

use serde_json::Value;
use switchyard_driver_sdk::{Cause, Failure, Host, Method, Request, Response, failure, get, header};

/// Whether the answer is a success.
pub(crate) fn succeeded(response: &Response) -> bool {
    (200..300).contains(&response.status)
}

/// Reads a resource.
pub(crate) fn read(host: &dyn Host, path: &str) -> Result<Value, Failure> {
    let response = host.read(&get(path))?;
    if !succeeded(&response) {
        return Err(refused(&response));
    }
    match serde_json::from_slice(&response.body) {
        Ok(resource @ Value::Object(_)) => Ok(resource),
        Ok(_) | Err(_) => Err(Failure {
            status: Some(u32::from(response.status)),
            ..failure(Cause::Malformed, format!("{path}: the answer is no JSON object"))
        }),
    }
}

/// Sends the one change of the call, for an answer with any status.
pub(crate) fn post(host: &dyn Host, path: &str, body: &Value) -> Result<Response, Failure> {
    let request = Request {
        method: Method::Post,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
        ..get(path)
    };
    Ok(host.change(&request)?)
}

/// The failure for an answer that is no success, in the BMC's own words.
pub(crate) fn refused(response: &Response) -> Failure {
    let cause = match response.status {
        400 => Cause::Invalid,
        401 => Cause::Auth,
        403 => Cause::Forbidden,
        404 => Cause::NotFound,
        405 | 501 => Cause::NotSupported,
        409 => Cause::Conflict,
        429 | 503 => Cause::Busy,
        status => Cause::Other(format!("http-{status}")),
    };
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let infos = body
        .pointer("/error/@Message.ExtendedInfo")
        .and_then(Value::as_array);
    let all = |key: &str| -> Vec<String> {
        infos
            .into_iter()
            .flatten()
            .filter_map(|info| info.get(key)?.as_str())
            .map(str::to_owned)
            .collect()
    };
    let words = all("Message").join(" ");
    let wait = header(response, "retry-after").and_then(|wait| wait.parse::<u32>().ok());
    Failure {
        status: Some(u32::from(response.status)),
        codes: all("MessageId"),
        retry_after_ms: wait.map(|seconds| seconds.saturating_mul(1000)),
        ..failure(
            cause,
            if words.is_empty() {
                format!("the BMC answered {}", response.status)
            } else {
                words
            },
        )
    }
}
