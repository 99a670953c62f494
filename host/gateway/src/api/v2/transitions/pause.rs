//! `POST /v2/transitions/{id}/pause`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_store::audit::action;
use switchyard_store::{TaskRecord, TransitionView};
use switchyard_wire::v2::{Intervention, Paused};

use super::scope::Scope;
use super::{ended, find, parse_id};
use crate::api::access::scope as access;
use crate::api::caller::Caller;
use crate::api::v2::body::{self, Body};
use crate::api::v2::pausing;
use crate::api::v2::problem::Problem;
use crate::api::{ApiState, audit};

/// Pauses what waits of a transition
///
/// Tasks for which nothing was sent step out of the line. Those that are shared with others are left alone.
#[utoipa::path(
    post,
    path = "/transitions/{id}/pause",
    operation_id = "pauseTransition",
    tag = "transitions",
    params(("id" = String, Path, description = "The id of the transition.")),
    request_body = Option<Intervention>,
    responses(
        (status = 200, description = "What happened to each task.", body = Paused),
        (status = 400, description = "request.invalid-id, request.malformed, request.invalid-reason"),
        (status = 404, description = "transition.not-found, group.not-found"),
        (status = 409, description = "transition.ended"),
        (status = 422, description = "request.refused"),
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

/// Pauses what waits of a transition, or lets it go on.
pub(super) async fn set(
    state: &ApiState,
    caller: Caller,
    id: &str,
    body: Body,
    paused: bool,
) -> Result<Json<Paused>, Problem> {
    let id = parse_id(id)?;
    let body: Intervention = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    let view = find(state, id).await?;
    if view.transition.ended_at.is_some() {
        return Err(ended(id));
    }
    let scope = Scope::of(state, &view, body.components.as_deref(), body.group.as_deref())?;
    let (own, shared): (Vec<_>, Vec<_>) = unfinished(&view, &scope)
        .into_iter()
        .partition(|task| !is_shared(state, task));
    let named = own.iter().chain(&shared).map(|task| &task.component);
    access::permit_stored(state, &caller, named)
        .await
        .map_err(access::problem)?;
    let action = if paused {
        action::TRANSITION_PAUSE
    } else {
        action::TRANSITION_RESUME
    };
    let detail = serde_json::json!({ "tasks": own.len() });
    let entry = audit::entry(
        &caller,
        state.engine.clock().now(),
        action,
        id.to_string(),
        detail,
    );
    let tasks = own.iter().map(|task| task.id).collect();
    let answers = state.engine.pause(tasks, paused, Some(entry)).await?;
    Ok(Json(pausing::show(&answers, &shared)))
}

fn unfinished<'a>(view: &'a TransitionView, scope: &Scope) -> Vec<&'a TaskRecord> {
    let members = view
        .members
        .iter()
        .filter(|(record, _)| record.departure.is_none());
    members
        .filter_map(|(_, task)| task.as_ref())
        .filter(|task| task.machine.outcome().is_none() && scope.holds(&task.component))
        .collect()
}

fn is_shared(state: &ApiState, task: &TaskRecord) -> bool {
    let line = state.engine.look(&task.component);
    line.iter()
        .any(|entry| entry.task == task.id && entry.wanted_by.len() > 1)
}
