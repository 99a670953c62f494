//! A path with a trailing slash moved to the bare one.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use super::prefix::AskedUri;
use super::v2;
use crate::web_ui;

/// Answers 301 when the path ends in a slash, which only the dashboard's own address does, and perhaps one at a BMC. Leading slashes are folded into one, so that no path can name another host.
pub(super) async fn redirect(request: Request, next: Next) -> Response {
    // The prefix that led here leads to the new place as well.
    let prefixed = request
        .extensions()
        .get::<AskedUri>()
        .and_then(|asked| bare(&asked.0));
    match bare(request.uri()).map(|location| prefixed.unwrap_or(location)) {
        Some(location) => (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, location)]).into_response(),
        None => next.run(request).await,
    }
}

fn bare(uri: &http::Uri) -> Option<String> {
    let path = uri.path();
    let stays = path == web_ui::HOME || v2::components::bmc::owns(path);
    if path.len() < 2 || stays || !path.ends_with('/') {
        return None;
    }
    let path = path.trim_matches('/');
    Some(match uri.query() {
        Some(query) => format!("/{path}?{query}"),
        None => format!("/{path}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trailing_slashes_move() {
        let moved = |uri: &str| bare(&uri.parse().unwrap());
        assert_eq!(moved("/v1/transitions/").as_deref(), Some("/v1/transitions"));
        assert_eq!(
            moved("/v1/power-status//?xname=a&xname=b").as_deref(),
            Some("/v1/power-status?xname=a&xname=b")
        );
        assert_eq!(moved("//example.org/").as_deref(), Some("/example.org"));
        assert_eq!(moved("/"), None);
        assert_eq!(moved("/ui/"), None);
        assert_eq!(moved("/v1/transitions"), None);
    }
}
