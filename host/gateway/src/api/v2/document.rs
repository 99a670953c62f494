//! `GET /v2/openapi.json`.

use std::sync::LazyLock;

use axum::response::IntoResponse;
use http::header;

use crate::api;

/// The document as it is served, written once.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| api::document().to_json().unwrap_or_default());

/// This document
///
/// OpenAPI 3.1, made of the code that serves the routes. `/docs` shows it.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "getDocument",
    tag = "service",
    responses((status = 200, description = "The document.", body = Object)),
)]
pub(super) async fn handle() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}
