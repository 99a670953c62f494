//! `POST /v2/tasks/{id}/resume`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_wire::v2::{Paused, TaskIntervention};

use super::pause;
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::v2::body::Body;
use crate::api::v2::problem::Problem;

/// Lets a paused task go on
///
/// It gets in line again, at the end, with the whole time to start.
#[utoipa::path(
    post,
    path = "/tasks/{id}/resume",
    operation_id = "resumeTask",
    tag = "tasks",
    params(("id" = String, Path, description = "The id of the task.")),
    request_body = Option<TaskIntervention>,
    responses(
        (status = 200, description = "What happened.", body = Paused),
        (status = 400, description = "request.invalid-id, request.malformed, request.invalid-reason"),
        (status = 404, description = "task.not-found"),
        (status = 409, description = "task.ended"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Paused>, Problem> {
    pause::set(&state, caller, &id, body, false).await
}
