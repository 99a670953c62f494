//! The longest time that a request may take.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;

use super::refusal::Refusal;

/// The longest time from the head of a request to its answer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

/// The longest time for a backup, which copies the whole database. The command waits as long.
const BACKUP_TIMEOUT: Duration = Duration::from_mins(10);

/// How long a request to this path may take.
fn limit(path: &str) -> Duration {
    if path == "/v2/backup" {
        BACKUP_TIMEOUT
    } else {
        REQUEST_TIMEOUT
    }
}

/// Answers 503 when the time is over. What the engine has begun by then goes on.
pub(super) async fn bound(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let limit = limit(&path);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "request.timeout",
            format!("the answer took longer than {} s", limit.as_secs()),
        )
        .hint("a request to switch power may have been accepted all the same: look for it before sending it again")
        .retry_after(Duration::from_secs(10))
        .answer(&path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_may_take_as_long_as_the_command_waits_and_all_else_a_minute() {
        assert_eq!(limit("/v2/backup"), Duration::from_mins(10));
        for path in ["/v2/transitions", "/v1/transitions", "/v2/backups"] {
            assert_eq!(limit(path), REQUEST_TIMEOUT);
        }
    }
}
