//! `POST /v2/tasks/{id}/cancel`.

use axum::extract::{Path, State};
use serde_json::json;
use switchyard_store::audit::action;
use switchyard_store::{CancelAsk, CancelScope};
use switchyard_wire::v2::{Cancelled, TaskIntervention};

use super::{ended, find, not_found, parse_id};
use crate::api::access::scope;
use crate::api::caller::Caller;
use crate::api::v2::body::{self, Body};
use crate::api::v2::cancelling;
use crate::api::v2::problem::Problem;
use crate::api::{ApiState, audit};

/// Cancels a task for everybody who shares it
///
/// Nothing more is sent for it once the answer is given.
#[utoipa::path(
    post,
    path = "/tasks/{id}/cancel",
    operation_id = "cancelTask",
    tag = "tasks",
    params(("id" = String, Path, description = "The id of the task.")),
    request_body = Option<TaskIntervention>,
    responses(
        (status = 202, description = "The task ends.", body = Cancelled),
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
) -> Result<cancelling::Answer, Problem> {
    let id = parse_id(&id)?;
    let body: TaskIntervention = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    let component = find(&state, id).await?.0.component;
    scope::permit_stored(&state, &caller, [&component])
        .await
        .map_err(scope::problem)?;
    let at = state.engine.clock().now();
    let detail = json!({ "finish": body.finish });
    let ask = CancelAsk {
        scope: CancelScope::Tasks(vec![id]),
        mode: cancelling::mode(body.finish),
        by: caller.name.clone(),
        at,
        audit: Some(audit::entry(
            &caller,
            at,
            action::TASK_CANCEL,
            id.to_string(),
            detail,
        )),
    };
    cancelling::cancel(&state.engine, ask, || Err(not_found(id)), || Err(ended(id))).await
}
