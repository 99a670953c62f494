//! `POST /v2/transitions/{id}/retry`.

use std::collections::HashSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use http::{StatusCode, header};
use serde_json::json;
use switchyard_core::{ComponentId, TransitionId};
use switchyard_store::audit::action;
use switchyard_store::{TransitionRecord, TransitionView};
use switchyard_wire::v2::{Obstacle, Retried, RetryRequest};

use super::scope::Scope;
use super::{find, parse_id, stored};
use crate::api::access::scope as access;
use crate::api::caller::Caller;
use crate::api::idempotency::Reservation;
use crate::api::v2::again::{self, LeftOut, Why};
use crate::api::v2::body::{self, Body};
use crate::api::v2::intake;
use crate::api::v2::problem::Problem;
use crate::api::{ApiState, audit};
use crate::engine::Request;

/// Tries the failed parts of a transition again
///
/// As a new transition of the same operation. What succeeded, goes on, was cancelled or superseded is left out, and what is uncertain
/// always is.
#[utoipa::path(
    post,
    path = "/transitions/{id}/retry",
    operation_id = "retryTransition",
    tag = "transitions",
    params(("id" = String, Path, description = "The id of the transition.")),
    request_body = Option<RetryRequest>,
    responses(
        (status = 202, description = "The new transition, and what it leaves out.", body = Retried,
            headers(("Location" = String, description = "The path of the new transition."))),
        (status = 400, description = "request.invalid-id, request.malformed, request.invalid-reason"),
        (status = 404, description = "transition.not-found, group.not-found"),
        (status = 409, description = "transition.nothing-to-retry"),
        (status = 422, description = "request.refused"),
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
    let body: RetryRequest = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    let view = find(&state, parse_id(&id)?).await?;
    let scope = Scope::of(&state, &view, body.components.as_deref(), body.group.as_deref())?;
    let (names, left_out) = sort_out(&state, &view, &scope);
    let included = view.members.iter().filter(|(record, _)| record.included);
    let included = included.map(|(record, _)| record.name.clone()).collect();
    if names.is_empty() {
        return Err(nothing_left(&left_out));
    }
    access::permit(&state, &caller, &names)
        .await
        .map_err(access::problem)?;
    let at = state.engine.clock().now();
    let old = &view.transition;
    let detail = json!({ "operation": old.operation.name(), "names": names.len(), "components": audit::target(&names) });
    let entry = audit::entry(&caller, at, action::TRANSITION_RETRY, old.id.to_string(), detail);
    let request = Request {
        audit: Some(entry),
        included,
        guard: intake::guard(&state, &caller, body.force),
        ..again_as(old, &caller, reservation, names)
    };
    retried(&state, request, &left_out).await
}

/// A request for the same as before, for these components.
pub(in crate::api::v2) fn again_as(
    old: &TransitionRecord,
    caller: &Caller,
    reservation: Reservation,
    names: Vec<String>,
) -> Request {
    Request {
        repeated: reservation.repeated,
        requested_by: caller.name.clone(),
        reason: caller.reason.clone(),
        request_id: caller.request_id.clone(),
        retry_of: Some(old.id),
        max_failures: old.max_failures,
        ..Request::new(TransitionId(reservation.id), old.operation, old.deadline, names)
    }
}

/// Stores the request and answers with it.
pub(in crate::api::v2) async fn retried(
    state: &ApiState,
    request: Request,
    left_out: &LeftOut<'_>,
) -> Result<impl IntoResponse + use<>, Problem> {
    let Ok(transition) = stored(state, request).await? else {
        return Err(nothing_left(left_out));
    };
    let location = format!("/v2/transitions/{}", transition.id);
    let retried = Retried {
        transition,
        left_out: left_out.show(),
    };
    Ok((
        StatusCode::ACCEPTED,
        [(header::LOCATION, location)],
        Json(retried),
    ))
}

/// What is tried again, by name, and what is not.
fn sort_out<'a>(state: &ApiState, view: &'a TransitionView, scope: &Scope) -> (Vec<String>, LeftOut<'a>) {
    let mut names = Vec::new();
    let mut left_out = LeftOut::default();
    for (record, task) in &view.members {
        let task = task.as_ref();
        if !scope.holds_member(state, &record.name, task) {
            continue;
        }
        let name = task.map_or(record.name.as_str(), |task| task.component.as_str());
        match again::verdict(record, task) {
            Ok(()) => names.push(name.to_owned()),
            Err(why) => left_out.add(why, name),
        }
    }
    leave_out_stopped(state, view, &mut names, &mut left_out);
    (names, left_out)
}

/// Leaves out what was stopped by something that is not tried again with it, unless that has come to be as it was to be.
fn leave_out_stopped<'a>(
    state: &ApiState,
    view: &'a TransitionView,
    names: &mut Vec<String>,
    left_out: &mut LeftOut<'a>,
) {
    let fleet = state.engine.fleet();
    let again: HashSet<&str> = names.iter().map(String::as_str).collect();
    let wanted = view.transition.operation.end_level();
    let mut missing: HashSet<ComponentId> = HashSet::new();
    for (record, task) in &view.members {
        let name = task
            .as_ref()
            .map_or(record.name.as_str(), |task| task.component.as_str());
        let Some(row) = fleet.get(name) else { continue };
        let id = &row.component.id;
        let failed = again::verdict(record, task.as_ref()) != Err(Why::Succeeded);
        if failed && !again.contains(id.as_str()) && !again.contains(name) && !row.seen().state.is(wanted) {
            missing.insert(id.clone());
        }
    }
    if missing.is_empty() {
        return;
    }
    let mut stays: HashSet<&str> = HashSet::new();
    for (record, task) in &view.members {
        let name = task
            .as_ref()
            .map_or(record.name.as_str(), |task| task.component.as_str());
        let Some(row) = fleet.get(name) else { continue };
        let id = &row.component.id;
        let mut relatives = fleet.below(id).iter().chain(fleet.above(id));
        if again::is_stopped(record, task.as_ref()) && relatives.any(|id| missing.contains(id)) {
            stays.insert(name);
        }
    }
    names.retain(|name| !stays.contains(name.as_str()));
    for name in stays {
        left_out.add(Why::Dependency, name);
    }
}

/// Nothing failed in a way that another try could mend.
pub(in crate::api::v2) fn nothing_left(left_out: &LeftOut<'_>) -> Problem {
    let obstacles = left_out.show().into_iter().map(|group| Obstacle {
        code: group.why,
        detail: group.text,
        components: Some(group.components),
        count: Some(group.count),
    });
    Problem::new(
        StatusCode::CONFLICT,
        "transition.nothing-to-retry",
        "nothing of it failed in a way that another try could mend",
    )
    .because(obstacles.collect())
}
