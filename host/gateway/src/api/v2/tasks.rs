//! `GET /v2/tasks/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use switchyard_core::machine::{Machine, Phase};
use switchyard_core::outcome::Fault;
use switchyard_core::{Outcome, TaskId, pcs};
use switchyard_store::{AttemptRecord, TaskRecord};
use switchyard_wire::v2;

use super::problem::Problem;
use super::{waiting, words};
use crate::api::time::rfc3339;
use crate::api::{ApiState, standing};

/// One task
///
/// With everything that was tried.
#[utoipa::path(
    get,
    path = "/tasks/{id}",
    operation_id = "getTask",
    tag = "tasks",
    params(("id" = String, Path, description = "The id of the task.")),
    responses(
        (status = 200, description = "The task.", body = v2::Task),
        (status = 400, description = "request.invalid-id"),
        (status = 404, description = "task.not-found"),
    ),
)]
pub(super) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<v2::Task>, Problem> {
    let id: TaskId = id.parse().map_err(|error: switchyard_core::id::IdError| {
        Problem::new(StatusCode::BAD_REQUEST, "request.invalid-id", error.to_string())
    })?;
    let (task, attempts) = state.engine.store().task(id).await?.ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "task.not-found", format!("there is no task {id}"))
            .hint("GET /v2/transitions/{id} names the task of each component; tasks are forgotten some time after they ended")
    })?;
    Ok(Json(show(&task, &attempts)))
}

fn show(task: &TaskRecord, attempts: &[AttemptRecord]) -> v2::Task {
    let machine = &task.machine;
    let text = pcs::describe(machine, &task.component, None);
    let (outcome, proof) = match &machine.phase {
        Phase::Done { outcome, at } => (Some(words::outcome(outcome, *at)), words::proof(outcome)),
        _ => (None, None),
    };
    v2::Task {
        id: task.id.to_string(),
        component: task.component.to_string(),
        controller: task.controller.to_string(),
        transition: task.transition.to_string(),
        operation: machine.operation.name().to_owned(),
        standing: standing::wire(text.standing),
        phase: machine.phase.name().to_owned(),
        description: text.description,
        step: u32::try_from(machine.step).unwrap_or(u32::MAX),
        plan: machine.plan.iter().map(|step| words::step(*step)).collect(),
        outcome,
        proof,
        waiting_for: waiting::waiting_for(machine),
        deadline: words::deadline(machine.deadline),
        start_by: rfc3339(machine.start_by),
        step_since: machine.step_since.map(rfc3339),
        cancel_asked: task.cancel_asked.is_some(),
        created_at: rfc3339(task.created_at),
        updated_at: rfc3339(task.updated_at),
        attempts: attempts.iter().map(show_attempt).collect(),
    }
}

fn show_attempt(attempt: &AttemptRecord) -> v2::Attempt {
    let (delivery, executed, status) = match attempt.delivery.map(words::delivery) {
        Some((delivery, executed, status)) => {
            (Some(delivery.to_owned()), executed.map(str::to_owned), status)
        }
        None => (None, None, None),
    };
    v2::Attempt {
        permit: attempt.permit.to_string(),
        step: attempt.step,
        primitive: attempt.primitive.to_string(),
        intent_at: rfc3339(attempt.intent_at),
        ended_at: attempt.ended_at.map(rfc3339),
        delivery,
        executed,
        status,
        failure: attempt.failure.as_ref().map(words::failure),
    }
}

/// What the task met last that went wrong and still matters.
pub(super) fn last_failure(machine: &Machine) -> Option<v2::Failure> {
    match &machine.phase {
        Phase::Done { outcome, at } => words::outcome(outcome, *at).failure,
        Phase::Backoff { reason, .. } => Some(words::failure(reason)),
        Phase::Refused { failure, .. } => Some(words::failure(failure)),
        Phase::Verifying { sent } | Phase::Pending { sent, .. } => sent.words.as_ref().map(words::failure),
        Phase::Queued | Phase::Preparing | Phase::Intent { .. } | Phase::Closing => None,
    }
}

/// Why the task ended without success where nobody else has said anything: a stable code, and `words` as v1 has them.
pub(super) fn own_failure(machine: &Machine, words: Option<String>) -> Option<v2::Failure> {
    let code = match machine.outcome()? {
        Outcome::Failed { fault } => match fault {
            Fault::WrongState { .. } => "task.wrong-state",
            Fault::Unsupported => "task.unsupported",
            Fault::NoPrimitive => "task.no-primitive",
            Fault::NotPrepared { .. } | Fault::Refused { .. } => return None,
        },
        Outcome::TimedOut { .. } => "task.timed-out",
        Outcome::Superseded { .. } => "task.superseded",
        Outcome::Absorbed { .. } => "task.absorbed",
        Outcome::Uncertain { .. } => "task.uncertain",
        Outcome::Verified { .. }
        | Outcome::Already { .. }
        | Outcome::Unproven
        | Outcome::Cancelled
        | Outcome::CancelledAfterSend { .. } => return None,
    };
    Some(v2::Failure {
        code: code.to_owned(),
        status: None,
        codes: Vec::new(),
        text: words?,
        retry_after_ms: None,
    })
}
