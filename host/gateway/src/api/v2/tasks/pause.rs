//! `POST /v2/tasks/{id}/pause`.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::json;
use switchyard_store::audit::action;
use switchyard_wire::v2::{Paused, TaskIntervention};

use super::{ended, find, parse_id};
use crate::api::access::scope;
use crate::api::caller::Caller;
use crate::api::v2::body::{self, Body};
use crate::api::v2::pausing;
use crate::api::v2::problem::Problem;
use crate::api::{ApiState, audit};

/// Pauses a task for everybody who shares it
///
/// It steps out of the line, unless something was sent for it already.
#[utoipa::path(
    post,
    path = "/tasks/{id}/pause",
    operation_id = "pauseTask",
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
    set(&state, caller, &id, body, true).await
}

/// Pauses a task, or lets it go on.
pub(super) async fn set(
    state: &ApiState,
    caller: Caller,
    id: &str,
    body: Body,
    paused: bool,
) -> Result<Json<Paused>, Problem> {
    let id = parse_id(id)?;
    let body: TaskIntervention = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    let task = find(state, id).await?.0;
    scope::permit_stored(state, &caller, [&task.component])
        .await
        .map_err(scope::problem)?;
    if task.machine.outcome().is_some() {
        return Err(ended(id));
    }
    let action = if paused {
        action::TASK_PAUSE
    } else {
        action::TASK_RESUME
    };
    let entry = audit::entry(
        &caller,
        state.engine.clock().now(),
        action,
        id.to_string(),
        json!({}),
    );
    let answers = state.engine.pause(vec![id], paused, Some(entry)).await?;
    Ok(Json(pausing::show(&answers, &[])))
}
