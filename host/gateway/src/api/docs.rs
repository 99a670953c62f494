//! `GET /docs`: the OpenAPI document as a page. Everything it needs is in the program, so that it works without a network.

use std::sync::Arc;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use utoipa_swagger_ui::Config;

/// The page itself.
const PAGE: &str = include_str!("docs/index.html");
/// Starts the viewer.
const START: &str = include_str!("docs/start.js");
/// The files of the viewer that the page asks for.
const VIEWER: &[&str] = &["favicon-32x32.png", "swagger-ui-bundle.js", "swagger-ui.css"];

/// Nothing from elsewhere, and neither script nor style in the page. The icons in the viewer's style sheet are `data:` images.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'; object-src 'none'";
/// The files of a release do not change, but the next release has them under the same names.
const CACHE_CONTROL: &str = "no-cache";

/// The headers of the page and of its files.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static(CACHE_CONTROL)),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// This document as a page
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "getDocs",
    tag = "service",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html; charset=utf-8")),
)]
pub(super) async fn page() -> Response {
    answer("text/html; charset=utf-8", PAGE)
}

/// A file of that page
#[utoipa::path(
    get,
    path = "/docs/{file}",
    operation_id = "getDocsFile",
    tag = "service",
    params(("file" = String, Path, description = "The name of the file.", example = "start.js")),
    responses(
        (status = 200, description = "The file.", content(
            (String = "text/javascript"),
            (String = "text/css"),
            (String = "image/png"),
        )),
        (status = 404, description = "The page has no such file.", body = String, content_type = "text/plain; charset=utf-8"),
    ),
)]
pub(super) async fn asset(Path(file): Path<String>) -> Response {
    if file == "start.js" {
        return answer("text/javascript", START);
    }
    let served = VIEWER
        .contains(&file.as_str())
        .then(|| utoipa_swagger_ui::serve(&file, Arc::new(Config::default())).ok())
        .flatten()
        .flatten();
    match served {
        Some(served) => answer(&served.content_type, served.bytes.into_owned()),
        None => super::pcs::not_found().await,
    }
}

fn answer(content_type: &str, body: impl IntoResponse) -> Response {
    let content_type =
        HeaderValue::from_str(content_type).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let mut response = (StatusCode::OK, HEADERS, body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}
