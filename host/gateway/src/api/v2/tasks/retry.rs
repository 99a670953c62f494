//! `POST /v2/tasks/{id}/retry`.

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use serde_json::json;
use switchyard_store::audit::action;
use switchyard_store::{MemberRecord, Part};
use switchyard_wire::v2::{Retried, TaskIntervention};

use super::{find, parse_id};
use crate::api::access::scope;
use crate::api::caller::Caller;
use crate::api::idempotency::Reservation;
use crate::api::v2::again::{self, LeftOut, Why};
use crate::api::v2::body::{self, Body};
use crate::api::v2::problem::Problem;
use crate::api::v2::transitions::retry::{again_as, nothing_left, retried};
use crate::api::v2::{intake, transitions};
use crate::api::{ApiState, audit};
use crate::engine::Request;

/// Tries a failed task again
///
/// As a new transition of the same operation for its component. A task that is uncertain is not tried again.
#[utoipa::path(
    post,
    path = "/tasks/{id}/retry",
    operation_id = "retryTask",
    tag = "tasks",
    params(("id" = String, Path, description = "The id of the task.")),
    request_body = Option<TaskIntervention>,
    responses(
        (status = 202, description = "The new transition.", body = Retried,
            headers(("Location" = String, description = "The path of the new transition."))),
        (status = 400, description = "request.invalid-id, request.malformed, request.invalid-reason"),
        (status = 404, description = "task.not-found, transition.not-found"),
        (status = 409, description = "transition.nothing-to-retry"),
        (status = 503, description = "service.stopping"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    reservation: Reservation,
    Path(id): Path<String>,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let id = parse_id(&id)?;
    let body: TaskIntervention = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    let (task, _) = find(&state, id).await?;
    let name = task.component.to_string();
    scope::permit(&state, &caller, [&name])
        .await
        .map_err(scope::problem)?;
    let as_member = MemberRecord {
        name: name.clone(),
        part: Part::Task { task: id },
        how: None,
        departure: None,
        included: false,
    };
    let mut left_out = LeftOut::default();
    let verdict = match again::verdict(&as_member, Some(&task)) {
        // What stopped it would not be tried again with it: its whole request is.
        Ok(()) if again::is_stopped(&as_member, Some(&task)) => Err(Why::Dependency),
        verdict => verdict,
    };
    if let Err(why) = verdict {
        left_out.add(why, &name);
        return Err(nothing_left(&left_out));
    }
    let old = transitions::find(&state, task.transition).await?.transition;
    let detail = json!({ "operation": task.machine.operation.name(), "components": name });
    let entry = audit::entry(
        &caller,
        state.engine.clock().now(),
        action::TASK_RETRY,
        id.to_string(),
        detail,
    );
    let request = Request {
        audit: Some(entry),
        operation: task.machine.operation,
        guard: intake::guard(&state, &caller, false),
        ..again_as(&old, &caller, reservation, vec![name.clone()])
    };
    retried(&state, request, &left_out).await
}
