//! `POST /v2/transitions`.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};
use serde_json::json;
use switchyard_core::TransitionId;
use switchyard_store::audit::action;
use switchyard_store::{MemberRecord, Part, Refusal};
use switchyard_wire::v2::{Notice, Transition, TransitionRequest};

use super::{find, show};
use crate::api::access::scope;
use crate::api::caller::Caller;
use crate::api::idempotency::Reservation;
use crate::api::v2::body::{self, Body};
use crate::api::v2::intake::Intake;
use crate::api::v2::obstacles::Obstacles;
use crate::api::v2::plans;
use crate::api::v2::problem::Problem;
use crate::api::v2::selection::fold;
use crate::api::{ApiState, audit};
use crate::engine::{Answer, FlipFlop, Request};

/// Accepts a transition
///
/// Everything is checked first and all problems are told together. By default nothing is done when any component is refused.
#[utoipa::path(
    post,
    path = "/transitions",
    operation_id = "createTransition",
    tag = "transitions",
    request_body(content = TransitionRequest, example = json!({"operation": "soft-off", "components": ["x1000c0s[0-1]b0n0"], "deadlineMinutes": 10, "reason": "CHG0012"})),
    responses(
        (status = 202, description = "The transition was accepted and is stored.", body = Transition,
            headers(("Location" = String, description = "The path of the transition."))),
        (status = 400, description = "request.malformed, request.invalid-id, request.invalid-reason, request.too-many"),
        (status = 404, description = "plan.not-found"),
        (status = 409, description = "request.conflict, plan.changed, plan.executed, plan.expired"),
        (status = 422, description = "request.refused"),
        (status = 503, description = "service.stopping"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    reservation: Reservation,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let body: TransitionRequest = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    // The filter may hold for others by now than for those of the first try.
    if reservation.repeated
        && body.filter.is_some()
        && let Some(view) = state
            .engine
            .store()
            .transition(TransitionId(reservation.id))
            .await?
    {
        return Ok(accepted(show(&state.engine, &view)));
    }
    let transition = if let Some(plan) = &body.plan {
        let request = plans::execute::request(&state, &caller, reservation, plan, &body).await?;
        let caller = Caller {
            reason: request.reason.clone(),
            ..caller
        };
        scope::permit(&state, &caller, &request.names)
            .await
            .map_err(scope::problem)?;
        submit(&state, &caller, &body, request, Obstacles::into_changed).await?
    } else {
        let mut intake = Intake::of(&state, &caller, reservation, &body);
        if let (Some(large), false) = (&intake.large, body.confirm) {
            let detail = format!("{large}; send confirm=true, or make a plan and execute it");
            intake.obstacles.add("selection.unconfirmed", detail);
        }
        if let Some(request) = &intake.request {
            scope::permit(&state, &caller, &request.names)
                .await
                .map_err(scope::problem)?;
        }
        let request = intake.admit(&state).await?;
        submit(&state, &caller, &body, request, Obstacles::into_problem).await?
    };
    Ok(accepted(transition))
}

/// Submits a request, with its entry in the audit. `refuse` makes a problem of what is refused when the request wants all or none.
async fn submit(
    state: &ApiState,
    caller: &Caller,
    body: &TransitionRequest,
    mut request: Request,
    refuse: impl FnOnce(Obstacles) -> Problem,
) -> Result<Transition, Problem> {
    let target = audit::target(&request.names);
    let mut detail = json!({ "operation": request.operation.name(), "names": request.names.len() });
    if let Some(filter) = &body.filter {
        detail["filter"] = json!(filter);
    }
    let entry = |action| {
        audit::entry(
            caller,
            state.engine.clock().now(),
            action,
            target.clone(),
            detail.clone(),
        )
    };
    request.audit = Some(entry(action::TRANSITION_CREATE));
    match stored(state, request).await? {
        Ok(transition) => Ok(transition),
        Err(members) => {
            if members.iter().any(is_kept_off) {
                state
                    .engine
                    .store()
                    .audit(entry(action::TRANSITION_REFUSED))
                    .await?;
            }
            let mut obstacles = Obstacles::default();
            obstacles.add_refused(&members);
            Err(refuse(obstacles))
        }
    }
}

/// Whether somebody or something keeps callers off the component: attempts at those are of interest.
fn is_kept_off(member: &MemberRecord) -> bool {
    matches!(
        &member.part,
        Part::Refused {
            refusal: Refusal::OnHold { .. } | Refusal::Protected { .. }
        }
    )
}

/// Stores a request and shows what became of it, or gives the members when it is refused as a whole.
pub(in crate::api::v2) async fn stored(
    state: &ApiState,
    request: Request,
) -> Result<Result<Transition, Vec<MemberRecord>>, Problem> {
    Ok(match state.engine.submit(request).await? {
        Answer::Accepted {
            submitted,
            flip_flops,
        } => {
            let view = find(state, submitted.transition.id).await?;
            Ok(Transition {
                notices: notice(&flip_flops).into_iter().collect(),
                ..show(&state.engine, &view)
            })
        }
        Answer::Refused(members) => Err(members),
    })
}

/// The answer to a request that was accepted.
pub(in crate::api::v2) fn accepted(transition: Transition) -> impl IntoResponse {
    let location = format!("/v2/transitions/{}", transition.id);
    (
        StatusCode::ACCEPTED,
        [(header::LOCATION, location)],
        Json(transition),
    )
}

/// What the caller should know about components that are switched to and fro.
fn notice(flip_flops: &[FlipFlop]) -> Option<Notice> {
    if flip_flops.is_empty() {
        return None;
    }
    let mut callers: Vec<String> = Vec::new();
    for name in flip_flops.iter().flat_map(|flip| &flip.by) {
        if !callers.contains(name) {
            callers.push(name.clone());
        }
    }
    let names: Vec<&str> = flip_flops.iter().map(|flip| flip.component.as_str()).collect();
    Some(Notice {
        code: "flip-flop".to_owned(),
        text: format!(
            "switched to and fro at least {} times within ten minutes, by {}",
            flip_flops
                .iter()
                .map(|flip| flip.changes)
                .min()
                .unwrap_or_default(),
            callers.join(" and ")
        ),
        components: fold(&names),
        count: u32::try_from(names.len()).unwrap_or(u32::MAX),
        callers,
    })
}
