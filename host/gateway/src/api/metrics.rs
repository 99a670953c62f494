//! `GET /metrics`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;

use super::ApiState;

/// Prometheus' text format, version 0.0.4.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The metrics in Prometheus' text format
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "getMetrics",
    tag = "service",
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain; version=0.0.4; charset=utf-8")),
)]
pub(super) async fn show(State(state): State<ApiState>) -> Response {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], (state.metrics)()).into_response()
}
