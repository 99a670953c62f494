//! Request bodies, bounded.

use axum::extract::rejection::BytesRejection;
use http::StatusCode;

use super::refusal::Refusal;

/// The longest request body, in bytes: about 150,000 components.
pub const BODY_MAX_BYTES: usize = 8 << 20;

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
