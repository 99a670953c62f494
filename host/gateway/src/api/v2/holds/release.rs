//! `DELETE /v2/holds/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde_json::json;
use switchyard_store::HoldId;
use switchyard_store::audit::action;
use switchyard_wire::v2::Hold;

use super::show;
use crate::api::access::scope;
use crate::api::caller::Caller;
use crate::api::v2::problem::Problem;
use crate::api::{ApiState, audit};

/// Releases a hold
///
/// Anybody who may change its components may. What waits for it goes on.
#[utoipa::path(
    delete,
    path = "/holds/{id}",
    operation_id = "releaseHold",
    tag = "holds",
    params(("id" = String, Path, description = "The id of the hold.")),
    responses(
        (status = 200, description = "The hold as it was.", body = Hold),
        (status = 400, description = "request.invalid-id, request.invalid-reason"),
        (status = 404, description = "hold.not-found"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Hold>, Problem> {
    let hold: HoldId = id.parse().map_err(|_| {
        let detail = format!("{id:?} is not a UUID");
        Problem::new(StatusCode::BAD_REQUEST, "request.invalid-id", detail)
    })?;
    let now = state.engine.clock().now();
    let holds = state.engine.store().holds(now).await?;
    let held = holds
        .iter()
        .filter(|known| known.id == hold)
        .flat_map(|known| &known.components);
    scope::permit_stored(&state, &caller, held)
        .await
        .map_err(scope::problem)?;
    let entry = audit::entry(&caller, now, action::HOLD_RELEASE, hold.to_string(), json!({}));
    let released = state.engine.release_hold(hold, &caller.name, Some(entry)).await?;
    let released = released.ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "hold.not-found",
            format!("there is no hold {hold}, or it was released before"),
        )
        .hint("GET /v2/holds lists those that hold")
    })?;
    Ok(Json(show(&released)))
}
