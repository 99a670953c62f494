//! `GET /transitions/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_store::TaskRecord;
use switchyard_wire::pcs as wire;
use switchyard_wire::pcs::Transition;

use super::{parse_id, unknown, view};
use crate::api::ApiState;
use crate::api::pcs::problem::{CONTENT_TYPE, Problem};

/// One transition
///
/// With its tasks, until it has expired.
#[utoipa::path(
    get,
    path = "/transitions/{id}",
    operation_id = "pcsGetTransition",
    tag = "pcs",
    params(("id" = String, Path, description = "The id of the transition.")),
    responses(
        (status = 200, description = "The transition.", body = Transition),
        (status = 400, description = "The id is no UUID.", body = wire::Problem, content_type = CONTENT_TYPE),
        (status = 404, description = "There is no such transition, or no more.", body = wire::Problem, content_type = CONTENT_TYPE),
    ),
)]
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
    let waiting = |task: &TaskRecord| {
        let wait = state.engine.wait(&task.component, task.id)?;
        Some(wait.to_string())
    };
    Ok(Json(view::full(&found, waiting)))
}
