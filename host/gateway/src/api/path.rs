//! Paths that can be read.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use percent_encoding::percent_decode_str;

use super::refusal::Refusal;

/// Refuses a path whose escapes are not UTF-8, in the words of the version that was asked; no name has such bytes.
pub(super) async fn check(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if percent_decode_str(path).decode_utf8().is_ok() {
        return next.run(request).await;
    }
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "request.invalid-path",
        "the path holds escapes that are not UTF-8",
    )
    .answer(path)
}
