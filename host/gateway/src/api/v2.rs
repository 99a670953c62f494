//! Switchyard's own API, under `/v2`.

mod components;
mod not_found;
pub(super) mod problem;
mod tasks;
mod transitions;
mod waiting;
mod words;

use axum::Router;
use axum::routing::get;

use super::ApiState;

/// The prefix of the paths.
const PREFIX: &str = "/v2";

/// The routes, without the prefix.
pub(super) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/components", get(components::list::handle))
        .route("/components/{id}", get(components::get::handle))
        .route("/tasks/{id}", get(tasks::handle))
        .route("/transitions/{id}", get(transitions::handle))
        .fallback(not_found::path)
        .method_not_allowed_fallback(not_found::method)
}

/// Whether a path belongs to this API.
pub(super) fn owns(path: &str) -> bool {
    path.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
