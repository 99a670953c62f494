//! `POST /v2/transitions/{id}/cancel`.

use axum::extract::{Path, State};
use serde_json::json;
use switchyard_store::audit::action;
use switchyard_store::{CancelAsk, CancelScope};
use switchyard_wire::v2::{Cancelled, Intervention};

use super::scope::Scope;
use super::{ended, find, not_found, parse_id};
use crate::api::access::scope as access;
use crate::api::caller::Caller;
use crate::api::v2::body::{self, Body};
use crate::api::v2::cancelling;
use crate::api::v2::problem::Problem;
use crate::api::{ApiState, audit};

/// Cancels a transition, or a part of it
///
/// Nothing more is sent for it once the answer is given. It leaves the tasks that it shares with others, which go on for them.
#[utoipa::path(
    post,
    path = "/transitions/{id}/cancel",
    operation_id = "cancelTransition",
    tag = "transitions",
    params(("id" = String, Path, description = "The id of the transition.")),
    request_body = Option<Intervention>,
    responses(
        (status = 202, description = "What ends, and what goes on for whom.", body = Cancelled),
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
) -> Result<cancelling::Answer, Problem> {
    let id = parse_id(&id)?;
    let body: Intervention = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    let view = find(&state, id).await?;
    let scope = Scope::of(&state, &view, body.components.as_deref(), body.group.as_deref())?;
    let tasks = view.members.iter().filter_map(|(_, task)| task.as_ref());
    let named = tasks
        .filter(|task| scope.holds(&task.component))
        .map(|task| &task.component);
    access::permit_stored(&state, &caller, named)
        .await
        .map_err(access::problem)?;
    let at = state.engine.clock().now();
    let only = scope.into_components();
    let detail = json!({ "finish": body.finish, "components": only.as_deref().map(audit::target) });
    let ask = CancelAsk {
        scope: CancelScope::Transition { id, only },
        mode: cancelling::mode(body.finish),
        by: caller.name.clone(),
        at,
        audit: Some(audit::entry(
            &caller,
            at,
            action::TRANSITION_CANCEL,
            id.to_string(),
            detail,
        )),
    };
    cancelling::cancel(&state.engine, ask, || Err(not_found(id)), || Err(ended(id))).await
}
