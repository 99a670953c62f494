//! `POST /v2/plans`.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};
use switchyard_store::{PlanId, PlanRecord};
use switchyard_wire::v2::{Plan, TransitionRequest};

use super::draft::{self, Draft};
use crate::api::ApiState;
use crate::api::access::scope;
use crate::api::caller::Caller;
use crate::api::idempotency::Reservation;
use crate::api::v2::body::{self, Body};
use crate::api::v2::intake::Intake;
use crate::api::v2::problem::Problem;

/// How long a plan can be executed.
const VALID: Duration = Duration::from_mins(10);
/// The most components that a plan names.
const MEMBERS_MAX: usize = 20_000;

/// Makes a plan
///
/// What a request would do to each component, without doing it. A plan pins components, operation, options and refusals, not states.
#[utoipa::path(
    post,
    path = "/plans",
    operation_id = "createPlan",
    tag = "plans",
    request_body(content = TransitionRequest, example = json!({"operation": "hard-restart", "components": ["x1000c0s[0-1]b0n0"]})),
    responses(
        (status = 201, description = "The plan is stored for ten minutes.", body = Plan,
            headers(("Location" = String, description = "The path of the plan."))),
        (status = 400, description = "request.malformed, request.invalid-reason, request.too-many"),
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
    let id = PlanId(reservation.id);
    if reservation.repeated && state.engine.store().plan(id).await?.is_some() {
        return Ok(made(super::find(&state, id).await?.1));
    }
    let body: TransitionRequest = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    let Intake {
        request,
        mut obstacles,
        large,
    } = Intake::of(&state, &caller, reservation, &body);
    if body.plan.is_some() || body.expect.is_some() {
        obstacles.add(
            "plan.mismatch",
            "a plan is made of an operation and components, not of a plan",
        );
    }
    let named = request.as_ref().map_or(0, |request| request.names.len());
    if named > MEMBERS_MAX {
        let detail = format!("a plan names at most {MEMBERS_MAX} components, not {named}");
        obstacles.add("plan.too-large", detail);
    }
    let Some(request) = request.filter(|_| obstacles.is_empty()) else {
        return Err(obstacles.into_problem());
    };
    scope::permit(&state, &caller, &request.names)
        .await
        .map_err(scope::problem)?;
    let operation = request.operation;
    let members = state.engine.preview(request).await?;
    let at = state.engine.clock().now();
    let plan = draft::plan(
        &state.engine,
        Draft {
            id,
            operation,
            by: caller.name,
            at,
            expires_at: at + VALID,
            request: body,
            needs_confirmation: large.is_some(),
        },
        &members,
    );
    // A plan that cannot be kept is not shown either: it could never be executed.
    let stored = serde_json::to_value(&plan).map_err(|error| {
        tracing::error!(%id, %error, "a plan cannot be written");
        let detail = format!("plan {id} cannot be written");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "store.failed", detail)
    })?;
    state
        .engine
        .store()
        .keep_plan(PlanRecord {
            id,
            made_at: at,
            expires_at: at + VALID,
            body: stored,
        })
        .await?;
    Ok(made(plan))
}

fn made(plan: Plan) -> impl IntoResponse {
    let location = format!("/v2/plans/{}", plan.id);
    (StatusCode::CREATED, [(header::LOCATION, location)], Json(plan))
}
