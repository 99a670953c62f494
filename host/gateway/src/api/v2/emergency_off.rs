//! `POST /v2/emergency-off`.

use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;
use switchyard_core::admission::IfBusy;
use switchyard_core::machine::Deadline;
use switchyard_core::{ComponentId, Operation, TransitionId};
use switchyard_store::audit::action;
use switchyard_wire::v2::{EmergencyOffRequest, Transition};

use super::body::{self, Body};
use super::obstacles::Obstacles;
use super::problem::Problem;
use super::selection;
use super::transitions::{accepted, stored};
use crate::api::caller::Caller;
use crate::api::idempotency::Reservation;
use crate::api::{ApiState, audit, reason};
use crate::engine::Request;

/// Cuts the power at once
///
/// One try for each component, which waits for no queue, hold, pacing or breaker. For fire and water only.
#[utoipa::path(
    post,
    path = "/emergency-off",
    operation_id = "emergencyOff",
    tag = "transitions",
    request_body(content = EmergencyOffRequest, example = json!({"components": ["x1000c0s1b0n0"], "reason": "water below CDU 3", "expect": 1})),
    responses(
        (status = 202, description = "The transition was accepted and is stored.", body = Transition,
            headers(("Location" = String, description = "The path of the transition."))),
        (status = 400, description = "request.malformed, request.too-many"),
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
    let body: EmergencyOffRequest = body::read(body)?;
    let request = check(&state, caller, reservation, &body)?;
    match stored(&state, request).await? {
        Ok(transition) => Ok(accepted(transition)),
        Err(members) => {
            let mut obstacles = Obstacles::default();
            obstacles.add_refused(&members);
            Err(obstacles.into_problem())
        }
    }
}

fn check(
    state: &ApiState,
    caller: Caller,
    reservation: Reservation,
    body: &EmergencyOffRequest,
) -> Result<Request, Problem> {
    let mut obstacles = Obstacles::default();
    let names = selection::names(&body.components, &state.engine.fleet(), &mut obstacles);
    let ids = selection::known(&names, &state.engine.fleet(), &mut obstacles);
    let reason = reason::read(&body.reason).unwrap_or_else(|refusal| {
        obstacles.add(refusal.code, refusal.detail);
        Some(String::new())
    });
    if reason.is_none() {
        obstacles.add(
            "reason.missing",
            "an emergency needs a reason, for those who read of it later",
        );
    }
    let resolved = selection::count(&ids);
    if body.expect != Some(resolved) {
        let expected = body
            .expect
            .map_or_else(|| "nothing".to_owned(), |expect| expect.to_string());
        obstacles.add(
            "selection.expect-mismatch",
            format!("components stands for {resolved} components, and expect says {expected}"),
        );
    }
    obstacles.into_result()?;
    let names: Vec<String> = ids.iter().map(ComponentId::to_string).collect();
    let caller = Caller { reason, ..caller };
    let (target, detail) = (audit::target(&names), json!({ "components": resolved }));
    let entry = audit::entry(
        &caller,
        state.engine.clock().now(),
        action::EMERGENCY_OFF,
        target,
        detail,
    );
    Ok(Request {
        requested_by: caller.name,
        reason: caller.reason,
        request_id: caller.request_id,
        if_busy: IfBusy::Overtake,
        audit: Some(entry),
        repeated: reservation.repeated,
        ..Request::new(
            TransitionId(reservation.id),
            Operation::ForceOff,
            Deadline::Within(Deadline::DEFAULT),
            names,
        )
    })
}
