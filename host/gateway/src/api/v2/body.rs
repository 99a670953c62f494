//! Request bodies in JSON.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use http::StatusCode;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::api::body;
use crate::api::caller::Caller;
use crate::api::reason;

/// A body that was read, or could not be.
pub(super) type Body = Result<Bytes, BytesRejection>;

/// Reads a body. An empty one is an object without keys.
pub(super) fn read<T: DeserializeOwned>(body: Body) -> Result<T, Problem> {
    let body = body.map_err(|rejection| body::refusal(&rejection))?;
    let body = if body.iter().all(u8::is_ascii_whitespace) {
        b"{}".as_slice()
    } else {
        &body
    };
    serde_json::from_slice(body).map_err(|error| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "request.malformed",
            format!("the body is not what this route takes: {error}"),
        )
        .hint("the API's document describes the body; keys that it does not name are refused")
    })
}

/// The caller with the reason in the body, which is stronger than the one in the header.
pub(super) fn with_reason(mut caller: Caller, words: Option<&str>) -> Result<Caller, Problem> {
    if let Some(words) = words {
        caller.reason = reason::read(words)?;
    }
    Ok(caller)
}
