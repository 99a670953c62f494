//! Power maps: what powers what.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::App;
use crate::answer::{bad_request, decode, deleted, no_such_xname, ok};

/// What powers a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PowerMap {
    /// The component.
    pub id: String,
    /// The outlets that feed it.
    #[serde(default)]
    pub powered_by: Vec<String>,
}

/// The routes below `/hsm/v2/sysinfo/powermaps`.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/", get(list).post(create))
        .route("/{id}", get(one).delete(delete))
}

async fn list(State(app): State<App>) -> Response {
    ok(json!(app.site().power_maps.values().collect::<Vec<_>>()))
}

async fn one(State(app): State<App>, Path(id): Path<String>) -> Response {
    match app.site().power_maps.get(&id) {
        Some(map) => ok(json!(map)),
        None => no_such_xname(),
    }
}

async fn create(State(app): State<App>, body: axum::body::Bytes) -> Response {
    let maps: Vec<PowerMap> = match decode(&body) {
        Ok(maps) => maps,
        Err(answer) => return answer,
    };
    if let Some((index, map)) = maps.iter().enumerate().find(|(_, map)| !is_xname(&map.id)) {
        return bad_request(format!(
            "couldn't validate map data at idx {index}: xname ID '{}' is invalid",
            map.id
        ));
    }
    let count = maps.len();
    let mut site = app.site();
    site.power_maps
        .extend(maps.into_iter().map(|map| (map.id.clone(), map)));
    ok(json!({ "code": 0, "message": format!("Created or modified {count} entries") }))
}

async fn delete(State(app): State<App>, Path(id): Path<String>) -> Response {
    match app.site().power_maps.remove(&id) {
        Some(_) => deleted(),
        None => no_such_xname(),
    }
}

/// Whether a text could be an xname: `x` or `d` or `s`, and a digit.
pub(crate) fn is_xname(text: &str) -> bool {
    let mut bytes = text.bytes();
    matches!(bytes.next(), Some(b'x' | b'd' | b's')) && bytes.next().is_some_and(|byte| byte.is_ascii_digit())
}
