//! A task in full.

use switchyard_core::machine::{Machine, Phase};
use switchyard_core::outcome::Fault;
use switchyard_core::{ControllerId, Outcome, pcs};
use switchyard_store::{AttemptRecord, TaskRecord, TransitionRecord};
use switchyard_wire::v2;

use crate::api::standing;
use crate::api::time::rfc3339;
use crate::api::v2::{waiting, words};
use crate::engine::Engine;

/// A task with everything that was tried and those who want it.
pub(super) fn show(
    engine: &Engine,
    task: &TaskRecord,
    attempts: &[AttemptRecord],
    requests: &[TransitionRecord],
) -> v2::Task {
    let machine = &task.machine;
    let wait = engine.wait(&task.component, task.id);
    let waits_for = wait.as_ref().map(ToString::to_string);
    let text = pcs::describe(machine, &task.component, waits_for.as_deref());
    let (outcome, proof) = match &machine.phase {
        Phase::Done { outcome, at } => {
            let shown = v2::Outcome {
                controller: controller(task, outcome).map(ToString::to_string),
                ..words::outcome(outcome, *at)
            };
            (Some(shown), words::proof(outcome))
        }
        _ => (None, None),
    };
    let row = engine.fleet().component(&task.component);
    v2::Task {
        id: task.id.to_string(),
        component: task.component.to_string(),
        controller: task.controller.to_string(),
        transition: task.transition.to_string(),
        requests: requests.iter().map(show_request).collect(),
        operation: machine.operation.name().to_owned(),
        standing: standing::wire(text.standing),
        phase: machine.phase.name().to_owned(),
        description: text.description,
        step: u32::try_from(machine.step).unwrap_or(u32::MAX),
        plan: machine.plan.iter().map(|step| words::step(*step)).collect(),
        outcome,
        proof,
        waiting_for: waiting::waiting_for(machine, wait.as_ref()),
        deadline: words::deadline(machine.deadline),
        start_by: rfc3339(machine.start_by),
        step_since: machine.step_since.map(rfc3339),
        cancel_asked: task.cancel_asked.is_some(),
        paused: task.paused,
        booted: row.and_then(|row| row.seen().booted),
        created_at: rfc3339(task.created_at),
        updated_at: rfc3339(task.updated_at),
        attempts: attempts
            .iter()
            .map(|attempt| show_attempt(task, attempt))
            .collect(),
    }
}

fn show_request(request: &TransitionRecord) -> v2::TaskRequest {
    v2::TaskRequest {
        transition: request.id.to_string(),
        operation: request.operation.name().to_owned(),
        requested_by: request.requested_by.clone(),
        reason: request.reason.clone(),
        created_at: rfc3339(request.created_at),
    }
}

/// The controller that did it, or that showed it to be done already.
fn controller<'a>(task: &'a TaskRecord, outcome: &'a Outcome) -> Option<&'a ControllerId> {
    let via = match outcome {
        Outcome::Already { reading } => &reading.controller,
        _ if task.machine.ever_sent => &task.machine.via,
        _ => return None,
    };
    Some(via.as_ref().unwrap_or(&task.controller))
}

fn show_attempt(task: &TaskRecord, attempt: &AttemptRecord) -> v2::Attempt {
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
        controller: attempt
            .controller
            .as_ref()
            .unwrap_or(&task.controller)
            .to_string(),
        intent_at: rfc3339(attempt.intent_at),
        ended_at: attempt.ended_at.map(rfc3339),
        delivery,
        executed,
        status,
        failure: attempt.failure.as_ref().map(words::failure),
    }
}

/// What the task met last that went wrong and still matters.
pub(in crate::api::v2) fn last_failure(machine: &Machine) -> Option<v2::Failure> {
    match &machine.phase {
        Phase::Done { outcome, at } => words::outcome(outcome, *at).failure,
        Phase::Backoff { reason, .. } => Some(words::failure(reason)),
        Phase::Refused { failure, .. } => Some(words::failure(failure)),
        Phase::Verifying { sent } | Phase::Pending { sent, .. } => sent.words.as_ref().map(words::failure),
        Phase::Queued
        | Phase::Preparing
        | Phase::Reserving { .. }
        | Phase::Intent { .. }
        | Phase::Closing => None,
    }
}

/// Why the task ended without success where nobody else has said anything: a stable code, and the words that v1 has for it.
pub(in crate::api::v2) fn own_failure(machine: &Machine, text: Option<String>) -> Option<v2::Failure> {
    let code = match machine.outcome()? {
        Outcome::Failed { fault } => match fault {
            Fault::WrongState { .. } => "task.wrong-state",
            Fault::Unsupported => "task.unsupported",
            Fault::NoPrimitive => "task.no-primitive",
            Fault::Dependency { .. } => "task.dependency",
            Fault::NotPrepared { .. }
            | Fault::Refused { .. }
            | Fault::NotReserved { .. }
            | Fault::ReservationLost { .. } => return None,
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
    Some(words::own_words(code, text?))
}
