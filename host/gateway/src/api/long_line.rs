//! Requests whose line was too long for the HTTP library.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;

use super::ApiState;
use super::refusal::Refusal;
use crate::request_line::{LINE_MAX_BYTES, LongLine, Refused, TARGET_MAX_BYTES};

/// How long a caller is asked to wait for those that are in work.
const BUSY_RETRY_AFTER: std::time::Duration = std::time::Duration::from_secs(1);

/// Gives a request the query that was taken out of its line, or says why it was not. The ticket is used up by this, whatever becomes of
/// the request.
pub(super) async fn find(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    match state.long_lines.take(query) {
        None => next.run(request).await,
        Some(LongLine::Query(query)) => {
            request.extensions_mut().insert(query);
            next.run(request).await
        }
        Some(LongLine::Refused(why)) => refusal(why).answer(request.uri().path()),
    }
}

fn refusal(why: Refused) -> Refusal {
    match why {
        Refused::TooLong => Refusal::new(
            StatusCode::URI_TOO_LONG,
            "request.uri-too-long",
            format!(
                "the request line is too long: a URI has at most {TARGET_MAX_BYTES} bytes, the line of GET /power-status at most \
                 {LINE_MAX_BYTES}; POST /power-status takes the names in its body"
            ),
        )
        .hint("send the names in the body of POST /power-status"),
        Refused::Busy => Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "service.busy",
            "too many requests with over-long lines are in flight; POST /power-status takes the names in its body",
        )
        .hint("send the request again after the time in Retry-After")
        .retry_after(BUSY_RETRY_AFTER),
        Refused::Malformed => Refusal::new(
            StatusCode::BAD_REQUEST,
            "request.malformed",
            "the query holds characters that no URI holds",
        ),
    }
}
