//! Redfish error bodies: DSP0266, "Error responses".

use http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use super::body::{Body, json as json_answer};
use crate::profile::Refusal;

/// A refusal with extended info.
pub(super) fn refuse(refusal: &Refusal) -> Response<Body> {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    extended(status, &refusal.message_id, &refusal.message, "Critical")
}

/// An extended-info message with a status of its own; also successes come in this form from some BMCs.
pub(super) fn extended(status: StatusCode, id: &str, message: &str, severity: &str) -> Response<Body> {
    let registry = id.split('.').next().unwrap_or("Base");
    let code = if registry == "Base" {
        "Base.1.13.GeneralError"
    } else {
        id
    };
    let body = json!({"error": {
        "code": code,
        "message": "A general error has occurred. See ExtendedInfo for more information.",
        "@Message.ExtendedInfo": [{
            "@odata.type": "#Message.v1_1_2.Message",
            "MessageId": id,
            "Message": message,
            "MessageArgs": [],
            "Severity": severity,
            "MessageSeverity": severity,
            "Resolution": "None.",
        }],
    }});
    json_answer(status, body.to_string())
}

pub(super) fn unauthorized() -> Response<Body> {
    let id = "Base.1.13.NoValidSession";
    let message = "There is no valid session established with the implementation.";
    let mut answer = extended(StatusCode::UNAUTHORIZED, id, message, "Critical");
    let challenge = HeaderValue::from_static("Basic realm=\"Redfish\"");
    answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    answer
}

pub(super) fn missing(path: &str) -> Response<Body> {
    let message = format!("The resource at the URI {path} was not found.");
    extended(
        StatusCode::NOT_FOUND,
        "Base.1.13.ResourceMissingAtURI",
        &message,
        "Critical",
    )
}

pub(super) fn method_not_allowed(allowed: &'static str) -> Response<Body> {
    let id = "Base.1.13.OperationNotAllowed";
    let message = "The HTTP method is not allowed on this resource.";
    let mut answer = extended(StatusCode::METHOD_NOT_ALLOWED, id, message, "Critical");
    answer
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

pub(super) fn session_cap() -> Response<Body> {
    let id = "IDRAC.2.8.RAC0218";
    let message = "The maximum number of user sessions is reached.";
    extended(StatusCode::SERVICE_UNAVAILABLE, id, message, "Critical")
}

pub(super) fn busy(retry_after: u64) -> Response<Body> {
    let id = "Base.1.13.ServiceTemporarilyUnavailable";
    let message = format!("The service is temporarily unavailable. Retry in {retry_after} seconds.");
    let mut answer = extended(StatusCode::SERVICE_UNAVAILABLE, id, &message, "Critical");
    answer
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(retry_after));
    answer
}
