//! Switchyard's own API, under `/v2`.

mod components;
mod document;
mod endpoints;
mod not_found;
mod page;
pub(super) mod problem;
mod tasks;
mod transitions;
mod waiting;
mod webhooks;
mod words;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;

/// The prefix of the paths.
const PREFIX: &str = "/v2";

/// The routes, without the prefix.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    let routes = OpenApiRouter::new()
        .routes(routes!(components::list::handle))
        .routes(routes!(components::get::handle))
        .routes(routes!(document::handle))
        .routes(routes!(endpoints::list::handle))
        .routes(routes!(endpoints::get::handle))
        .routes(routes!(endpoints::r#try::handle))
        .routes(routes!(tasks::handle))
        .routes(routes!(transitions::handle))
        .routes(routes!(webhooks::list::handle))
        .routes(routes!(webhooks::deliveries::handle))
        .routes(routes!(webhooks::enable::handle));
    let (routes, document) = routes.split_for_parts();
    let routes: Router<ApiState> = routes
        .fallback(not_found::path)
        .method_not_allowed_fallback(not_found::method);
    let mut routes = OpenApiRouter::from(routes);
    *routes.get_openapi_mut() = document;
    routes
}

/// Whether a path belongs to this API.
pub(super) fn owns(path: &str) -> bool {
    path.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
