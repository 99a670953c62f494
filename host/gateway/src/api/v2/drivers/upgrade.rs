//! `POST /v2/drivers/{id}/upgrade`.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::json;
use switchyard_core::ControllerId;
use switchyard_store::audit::action;
use switchyard_store::event::kind;
use switchyard_wire::v2::{Driver, UpgradeRequest};

use super::{Deed, shown, tell, version};
use crate::api::caller::Caller;
use crate::api::v2::body::{self, Body};
use crate::api::v2::obstacles::Obstacles;
use crate::api::v2::problem::Problem;
use crate::api::v2::selection;
use crate::api::{ApiState, audit};

/// Lets some controllers try a version first
///
/// Calls that are under way end with the version that they began with; the next ones use the new one. Tasks keep their place.
#[utoipa::path(
    post,
    path = "/drivers/{id}/upgrade",
    operation_id = "upgradeDriver",
    tag = "drivers",
    params(("id" = String, Path, description = "The id of the driver.")),
    request_body(content = UpgradeRequest, example = json!({"version": "1.1.0", "components": ["x1000c0s[0-3]b0n0"], "reason": "CHG0012"})),
    responses(
        (status = 200, description = "The driver.", body = Driver),
        (status = 400, description = "request.malformed"),
        (status = 404, description = "driver.not-found, driver.version-not-found"),
        (status = 409, description = "driver.canary-under-way, driver.standard-already"),
        (status = 422, description = "driver.no-controllers, driver.too-many-controllers, request.out-of-range, request.refused"),
        (status = 500, description = "driver.not-stored"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Driver>, Problem> {
    let body: UpgradeRequest = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    let to = version(&body.version)?;
    let controllers = controllers(&state, &body)?;
    let names: Vec<_> = controllers.iter().cloned().collect();
    let lifecycle = state.drivers.lifecycle();
    lifecycle.upgrade(&id, to, controllers).await?;
    let deed = Deed {
        action: action::DRIVER_UPGRADE,
        event: kind::DRIVER_UPGRADED,
        driver: format!("{id}@{to}"),
        detail: json!({ "controllers": audit::target(&names), "count": names.len() }),
    };
    tell(&state, &caller, deed).await?;
    Ok(Json(shown(&state, &id)?))
}

/// The controllers that are named, and those of the components that are named.
fn controllers(state: &ApiState, body: &UpgradeRequest) -> Result<BTreeSet<ControllerId>, Problem> {
    let mut obstacles = Obstacles::default();
    let mut found = BTreeSet::new();
    if !body.components.is_empty() {
        let names = selection::names(&body.components, &state.engine.fleet(), &mut obstacles);
        let ids = selection::known(&names, &state.engine.fleet(), &mut obstacles);
        let rows = ids.iter().filter_map(|id| state.engine.fleet().component(id));
        found.extend(rows.filter_map(|row| row.component.controller.clone()));
    }
    if !body.controllers.is_empty() {
        let mut unknown = Vec::new();
        for name in selection::names(&body.controllers, &state.engine.fleet(), &mut obstacles) {
            match state.engine.endpoints().get(&name) {
                Some(endpoint) => {
                    found.insert(endpoint.controller.endpoint.id.clone());
                }
                None => unknown.push(name),
            }
        }
        if !unknown.is_empty() {
            let detail = format!("the inventory holds no controller {}", selection::fold(&unknown));
            obstacles.add("endpoint.not-found", detail);
        }
    }
    obstacles.into_result()?;
    Ok(found)
}
