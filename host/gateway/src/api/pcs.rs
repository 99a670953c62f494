//! The Power Control Service's API, to the key and the text.

mod go_json;
mod go_uuid;
mod health;
mod power_status;
pub(super) mod problem;
pub(super) mod query;
mod root;
pub(super) mod transitions;

use axum::Router;
use axum::handler::Handler;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use http::{StatusCode, header};

use super::ApiState;

/// The routes, for `/` and for `/v1`.
pub(super) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/", get_only(root::show))
        .route("/health", get_only(health::show))
        .route("/liveness", get_only(health::liveness))
        .route("/readiness", get_only(health::readiness))
        .route(
            "/power-status",
            get_only(power_status::get::handle).post(power_status::post::handle),
        )
        .route(
            "/transitions",
            get_only(transitions::list::handle).post(transitions::create::handle),
        )
        .route(
            "/transitions/{id}",
            get_only(transitions::get::handle).delete(transitions::abort::handle),
        )
}

/// GET without the HEAD that usually comes with it: PCS refuses HEAD.
fn get_only<H, T>(handler: H) -> MethodRouter<ApiState>
where
    H: Handler<T, ApiState>,
    T: 'static,
{
    get(handler).head(method_not_allowed)
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
