//! `GET /transitions/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_wire::pcs::Transition;

use super::{parse_id, unknown, view};
use crate::api::ApiState;
use crate::api::pcs::problem::Problem;

/// Shows one transition with its tasks, until it has expired.
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Transition>, Problem> {
    let id = parse_id(&id)?;
    let found = state
        .engine
        .store()
        .transition(id)
        .await?
        .ok_or_else(|| unknown(id))?;
    if view::is_expired(&found.transition, state.engine.clock().now()) {
        return Err(unknown(id));
    }
    Ok(Json(view::full(&found)))
}
