//! `POST /v2/drivers/{id}/promote`.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::json;
use switchyard_drivers::{LifecycleError, LineupError};
use switchyard_store::audit::action;
use switchyard_store::event::kind;
use switchyard_wire::v2::{Driver, PromoteRequest};

use super::{Deed, shown, tell, version};
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::v2::body::{self, Body};
use crate::api::v2::problem::Problem;

/// Makes a version the one for all controllers
///
/// Without a version, that of the canary is promoted. The version before is kept for a rollback.
#[utoipa::path(
    post,
    path = "/drivers/{id}/promote",
    operation_id = "promoteDriver",
    tag = "drivers",
    params(("id" = String, Path, description = "The id of the driver.")),
    request_body(content = PromoteRequest, example = json!({"version": "1.1.0"})),
    responses(
        (status = 200, description = "The driver.", body = Driver),
        (status = 400, description = "request.malformed"),
        (status = 404, description = "driver.not-found, driver.version-not-found"),
        (status = 409, description = "driver.standard-already"),
        (status = 422, description = "driver.no-controllers, request.out-of-range"),
        (status = 500, description = "driver.not-stored"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Driver>, Problem> {
    let body: PromoteRequest = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    let to = if let Some(text) = &body.version {
        version(text)?
    } else {
        let shelf = state.drivers.registry().shelf(&id);
        let shelf = shelf.ok_or_else(|| LifecycleError::NotFound(id.clone()))?;
        let canary = shelf.lineup.canary.map(|canary| canary.version);
        canary.ok_or(LifecycleError::Lineup(LineupError::NoControllers))?
    };
    state.drivers.lifecycle().promote(&id, to).await?;
    let deed = Deed {
        action: action::DRIVER_PROMOTE,
        event: kind::DRIVER_PROMOTED,
        driver: format!("{id}@{to}"),
        detail: json!({}),
    };
    tell(&state, &caller, deed).await?;
    Ok(Json(shown(&state, &id)?))
}
