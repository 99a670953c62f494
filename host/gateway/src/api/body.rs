//! Request bodies, bounded.

use axum::extract::rejection::BytesRejection;
use http::StatusCode;

/// The longest request body, in bytes: about 150,000 components.
pub const BODY_MAX_BYTES: usize = 8 << 20;

/// What is wrong with a body that could not be read.
pub(super) fn refusal(rejection: &BytesRejection) -> (StatusCode, String) {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = format!("the body is longer than {BODY_MAX_BYTES} bytes; split the request");
        return (StatusCode::PAYLOAD_TOO_LARGE, detail);
    }
    (
        StatusCode::BAD_REQUEST,
        "the body could not be read to its end; send the request again".to_owned(),
    )
}
