//! `GET /v2/tasks/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_wire::v2::Task;

use super::show::show;
use super::{find, parse_id};
use crate::api::ApiState;
use crate::api::v2::problem::Problem;

/// One task
///
/// With everything that was tried, and all who share it.
#[utoipa::path(
    get,
    path = "/tasks/{id}",
    operation_id = "getTask",
    tag = "tasks",
    params(("id" = String, Path, description = "The id of the task.")),
    responses(
        (status = 200, description = "The task.", body = Task),
        (status = 400, description = "request.invalid-id"),
        (status = 404, description = "task.not-found"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Task>, Problem> {
    let id = parse_id(&id)?;
    let (task, attempts) = find(&state, id).await?;
    let requests = state.engine.store().requests_of(id).await?;
    Ok(Json(show(&state.engine, &task, &attempts, &requests)))
}
