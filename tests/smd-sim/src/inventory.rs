//! `Inventory/RedfishEndpoints` and `Inventory/ComponentEndpoints`.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{bad_request, decode, deleted, no_such_xname, ok, problem, values};
use crate::endpoint::{Posted, component_endpoint};
use crate::power_map::is_xname;
use crate::{App, Component, Endpoint, Site};

/// The routes below `/hsm/v2/Inventory`.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/RedfishEndpoints", get(endpoints).post(discover))
        .route("/RedfishEndpoints/{id}", get(endpoint).delete(delete_endpoint))
        .route("/ComponentEndpoints", get(component_endpoints))
        .route("/ComponentEndpoints/{id}", get(one_component_endpoint))
}

async fn endpoints(State(app): State<App>, Query(query): Query<Vec<(String, String)>>) -> Response {
    let ids = values(&query, "id");
    let site = app.site();
    let shown: Vec<Value> = site
        .endpoints
        .values()
        .filter(|endpoint| ids.is_empty() || ids.contains(&endpoint.id.as_str()))
        .map(Endpoint::shown)
        .collect();
    ok(json!({ "RedfishEndpoints": shown }))
}

async fn endpoint(State(app): State<App>, Path(id): Path<String>) -> Response {
    match app.site().endpoints.get(&id) {
        Some(endpoint) => ok(endpoint.shown()),
        None => no_such_xname(),
    }
}

async fn delete_endpoint(State(app): State<App>, Path(id): Path<String>) -> Response {
    match app.site().endpoints.remove(&id) {
        Some(_) => deleted(),
        None => no_such_xname(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Discovery {
    redfish_endpoints: Vec<Posted>,
}

/// Posting a BMC makes SMD discover it; here every BMC is found to have one node.
async fn discover(State(app): State<App>, body: Bytes) -> Response {
    let Discovery {
        redfish_endpoints: posted,
    } = match decode(&body) {
        Ok(discovery) => discovery,
        Err(answer) => return answer,
    };
    if let Some((index, bad)) = posted.iter().enumerate().find(|(_, bmc)| !is_xname(&bmc.id)) {
        return bad_request(format!(
            "couldn't validate endpoint data at idx {index}: {} is not a valid locational xname ID",
            bad.id
        ));
    }
    let mut site = app.site();
    let taken = |site: &Site, bmc: &Posted| {
        site.endpoints
            .values()
            .any(|known| known.id == bmc.id || known.fqdn == bmc.fqdn)
    };
    if posted.iter().any(|bmc| taken(&site, bmc)) {
        return problem(
            StatusCode::CONFLICT,
            "operation would conflict with an existing resource that has the same FQDN or xname ID.",
        );
    }
    let mut uris = Vec::new();
    for bmc in posted {
        uris.push(json!({ "URI": format!("/hsm/v2/Inventory/RedfishEndpoints/{}", bmc.id) }));
        site.add(Component::new(&bmc.id, "NodeBMC"));
        site.add(Component::new(&format!("{}n0", bmc.id), "Node"));
        let endpoint = Endpoint {
            user: bmc.user,
            password: bmc.password,
            ..Endpoint::new(&bmc.id, "NodeBMC", &bmc.fqdn)
        };
        site.endpoints.insert(bmc.id, endpoint);
    }
    (StatusCode::CREATED, axum::Json(uris)).into_response()
}

async fn component_endpoints(State(app): State<App>, Query(query): Query<Vec<(String, String)>>) -> Response {
    let ids = values(&query, "id");
    let site = app.site();
    let shown: Vec<Value> = if ids.is_empty() {
        site.components
            .values()
            .filter_map(|component| component_endpoint(&site, component))
            .collect()
    } else {
        // What is not known is left out.
        let known = ids.iter().filter_map(|id| site.components.get(*id));
        known
            .filter_map(|component| component_endpoint(&site, component))
            .collect()
    };
    ok(json!({ "ComponentEndpoints": shown }))
}

async fn one_component_endpoint(State(app): State<App>, Path(id): Path<String>) -> Response {
    let site = app.site();
    let component = site.components.get(&id);
    match component.and_then(|component| component_endpoint(&site, component)) {
        Some(endpoint) => ok(endpoint),
        None => no_such_xname(),
    }
}
