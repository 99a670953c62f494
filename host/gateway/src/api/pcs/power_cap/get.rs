//! `GET /power-cap/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_wire::pcs as wire;
use switchyard_wire::pcs::PowerCap;

use super::{TRACKS, parse_id, unknown, view};
use crate::api::ApiState;
use crate::api::pcs::problem::{CONTENT_TYPE, Problem};

/// One task about power limits
///
/// With its components, until it has expired.
#[utoipa::path(
    get,
    path = "/power-cap/{id}",
    operation_id = "pcsGetPowerCap",
    tag = "pcs",
    params(("id" = String, Path, description = "The id of the task.")),
    responses(
        (status = 200, description = "The task.", body = PowerCap),
        (status = 400, description = "The id is no UUID.", body = wire::Problem, content_type = CONTENT_TYPE),
        (status = 404, description = "There is no such task, or no more.", body = wire::Problem, content_type = CONTENT_TYPE),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<PowerCap>, Problem> {
    let id = parse_id(&id)?;
    let found = state.engine.store().configuration(id).await?;
    let found = found.filter(|view| TRACKS.contains(&view.configuration.track));
    let found = found.ok_or_else(|| unknown(id))?;
    if view::is_expired(&found.configuration, state.engine.clock().now()) {
        return Err(unknown(id));
    }
    Ok(Json(view::full(&found)))
}
