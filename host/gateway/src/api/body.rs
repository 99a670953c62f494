//! Request bodies, bounded.

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use http::StatusCode;
use http::request::Parts;

use super::refusal::Refusal;

/// The longest request body, in bytes: about 150,000 components.
pub const BODY_MAX_BYTES: usize = 8 << 20;

/// Reads a body ahead of its handler.
pub(super) async fn read(parts: &Parts, body: Body) -> Result<Bytes, Refusal> {
    // The parts hold the limit that the router was given.
    let request = Request::from_parts(parts.clone(), body);
    Bytes::from_request(request, &())
        .await
        .map_err(|rejection| refusal(&rejection))
}

/// What is wrong with a body that could not be read.
pub(super) fn refusal(rejection: &BytesRejection) -> Refusal {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "request.too-long",
            format!("the body is longer than {BODY_MAX_BYTES} bytes; split the request"),
        );
    }
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "request.invalid-body",
        "the body could not be read to its end; send the request again",
    )
}
