//! The longest time that a request may take.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;

use super::refusal::Refusal;

/// The longest time from the head of a request to its answer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

/// Answers 503 when the time is over. What the engine has begun by then goes on.
pub(super) async fn bound(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "request.timeout",
            format!("the answer took longer than {} s", REQUEST_TIMEOUT.as_secs()),
        )
        .hint("a request to switch power may have been accepted all the same: look for it before sending it again")
        .retry_after(Duration::from_secs(10))
        .answer(&path),
    }
}
