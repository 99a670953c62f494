//! `POST /v2/drivers/{id}/rollback`.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::json;
use switchyard_store::audit::action;
use switchyard_store::event::kind;
use switchyard_wire::v2::{Driver, RollbackRequest};

use super::{Deed, shown, tell};
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::v2::body::{self, Body};
use crate::api::v2::problem::Problem;

/// Ends the canary; without one, goes back to the version before the last promotion
#[utoipa::path(
    post,
    path = "/drivers/{id}/rollback",
    operation_id = "rollBackDriver",
    tag = "drivers",
    params(("id" = String, Path, description = "The id of the driver.")),
    request_body(content = RollbackRequest, example = json!({"reason": "1.1.0 misreads the chassis"})),
    responses(
        (status = 200, description = "The driver.", body = Driver),
        (status = 400, description = "request.malformed"),
        (status = 404, description = "driver.not-found, driver.version-not-found"),
        (status = 409, description = "driver.nothing-to-roll-back"),
        (status = 500, description = "driver.not-stored"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Driver>, Problem> {
    let body: RollbackRequest = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    state.drivers.lifecycle().roll_back(&id).await?;
    let driver = shown(&state, &id)?;
    let deed = Deed {
        action: action::DRIVER_ROLL_BACK,
        event: kind::DRIVER_ROLLED_BACK,
        driver: format!("{id}@{}", driver.version),
        detail: json!({}),
    };
    tell(&state, &caller, deed).await?;
    Ok(Json(shown(&state, &id)?))
}
