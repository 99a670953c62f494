//! The dashboard at `/ui/`: the files of `web-ui/dist`, which the build script embeds, with the headers that keep them to themselves.

mod asset;
mod headers;

use axum::Router;
use axum::extract::{Path, State};
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};

use asset::Asset;

include!(concat!(env!("OUT_DIR"), "/web_ui.rs"));

/// Where the dashboard is. The slash at the end is part of it: the addresses in the page are relative.
pub const HOME: &str = "/ui/";
/// The page that is opened there.
const INDEX: &str = "index.html";
/// What is shown by a build that holds no dashboard.
const ABSENT: &str = include_str!("web_ui/absent.html");

/// The files that this build holds; none when the dashboard was not built before it.
type Assets = &'static [Asset];

/// The routes of the dashboard.
pub fn routes<S>() -> Router<S> {
    serve(EMBEDDED)
}

fn serve<S>(assets: Assets) -> Router<S> {
    Router::new()
        .route("/ui", get(redirect))
        .route(HOME, get(index))
        .route("/ui/{*name}", get(file))
        .layer(middleware::map_response(headers::protect))
        .with_state(assets)
}

/// Leads to the page by a relative address, which also holds behind a proxy that puts a prefix in front.
async fn redirect() -> Response {
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, "ui/")]).into_response()
}

async fn index(State(assets): State<Assets>, request: HeaderMap) -> Response {
    match find(assets, INDEX) {
        Some(asset) => asset.answer(&request),
        None => (StatusCode::SERVICE_UNAVAILABLE, Html(ABSENT)).into_response(),
    }
}

async fn file(State(assets): State<Assets>, Path(name): Path<String>, request: HeaderMap) -> Response {
    match find(assets, &name) {
        Some(asset) => asset.answer(&request),
        None => (StatusCode::NOT_FOUND, "404 page not found\n").into_response(),
    }
}

fn find(assets: Assets, name: &str) -> Option<&'static Asset> {
    assets.iter().find(|asset| asset.name == name)
}

#[cfg(test)]
mod tests;
