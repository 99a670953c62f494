//! The Power Control Service's API, to the key and the text.

mod completeness;
mod go_json;
mod go_uuid;
mod health;
mod power_cap;
mod power_status;
pub(super) mod problem;
pub(super) mod query;
mod root;
pub(super) mod transitions;

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use super::ApiState;

/// The routes, for `/` and for `/v1`.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(without_head(routes!(root::show)))
        .routes(without_head(routes!(health::show)))
        .routes(without_head(routes!(health::liveness)))
        .routes(without_head(routes!(health::readiness)))
        .routes(without_head(routes!(
            power_cap::list::handle,
            power_cap::patch::handle
        )))
        .routes(without_head(routes!(power_cap::get::handle)))
        .routes(routes!(power_cap::snapshot::handle))
        .routes(without_head(routes!(
            power_status::get::handle,
            power_status::post::handle
        )))
        .routes(without_head(routes!(
            transitions::list::handle,
            transitions::create::handle
        )))
        .routes(without_head(routes!(
            transitions::get::handle,
            transitions::abort::handle
        )))
}

/// GET without the HEAD that usually comes with it: PCS refuses HEAD.
fn without_head((schemas, paths, methods): UtoipaMethodRouter<ApiState>) -> UtoipaMethodRouter<ApiState> {
    (schemas, paths, methods.head(method_not_allowed))
}

async fn method_not_allowed() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}

/// A path that leads nowhere.
pub(super) async fn not_found() -> Response {
    (
        StatusCode::NOT_FOUND,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        "404 page not found\n",
    )
        .into_response()
}
