//! Paths and methods that are not served.

use http::{Method, StatusCode, Uri};

use super::problem::Problem;

/// A path that leads nowhere.
pub(super) async fn path(uri: Uri) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "route.not-found",
        format!("there is nothing at {}", uri.path()),
    )
}

/// A method that the path does not take.
pub(super) async fn method(method: Method, uri: Uri) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "route.method-not-allowed",
        format!("{} does not take {method}", uri.path()),
    )
}
