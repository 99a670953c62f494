//! What a task says to clients of PCS: status, description and error, which some of them compare letter by letter.

use crate::failure::{Cause, Failure};
use crate::id::ComponentId;
use crate::machine::{Machine, Phase};
use crate::operation::Operation;
use crate::outcome::{Fault, Outcome};
use crate::plan::Step;
use crate::power::Primitive;
use crate::standing::Standing;

/// The description of every failure that has no description of its own.
pub const FAILED: &str = "Failed to achieve transition";
/// The description of a BMC that is restarted by what happens to the power above it.
pub const CARRIED: &str =
    "Component will be reset as a result of its parent component getting powered off->on.";
/// The description of a task whose turn has come, while it is read.
const GATHERING: &str = "Gathering data";

/// A task in PCS's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskText {
    /// `taskStatus`.
    pub standing: Standing,
    /// `taskStatusDescription`.
    pub description: String,
    /// `error`; left out of the body when there is none.
    pub error: Option<String>,
}

/// Describes a task of `component` as v1 shows it. `waiting` is why a queued task waits, as the engine knows it.
pub fn describe(machine: &Machine, component: &ComponentId, waiting: Option<&str>) -> TaskText {
    let (description, error) = match &machine.phase {
        Phase::Done { outcome, .. } => of_outcome(machine, outcome, component),
        _ => (of_progress(machine, waiting), None),
    };
    TaskText {
        standing: Standing::from(machine),
        description,
        error,
    }
}

fn of_progress(machine: &Machine, waiting: Option<&str>) -> String {
    let between = machine
        .step
        .checked_sub(1)
        .and_then(|done| machine.plan.get(done));
    match (&machine.phase, between) {
        // A task that waits for nothing is being read; that it has begun is stored with what comes of it.
        (Phase::Queued, _) => {
            waiting.map_or_else(|| GATHERING.to_owned(), |reason| format!("Waiting: {reason}"))
        }
        (Phase::Preparing | Phase::Reserving { .. } | Phase::Backoff { .. }, Some(done)) => match machine
            .present_step()
        {
            Some(Step::ForceOff { after_grace: true }) => format!("Applying transition, {}", word(machine)),
            _ => format!(
                "Transition confirmed, {}. Waiting for next transition",
                step_word(*done)
            ),
        },
        (Phase::Backoff { reason, .. }, None) => format!("Waiting: {reason}"),
        (Phase::Preparing | Phase::Reserving { .. }, None) => GATHERING.to_owned(),
        (Phase::Intent { primitive, .. }, _) => format!("Applying transition, {}", primitive.pcs_word()),
        (Phase::Pending { sent, .. } | Phase::Verifying { sent } | Phase::Refused { sent, .. }, _) => {
            format!("Confirming successful transition, {}", sent.primitive.pcs_word())
        }
        (Phase::Closing | Phase::Done { .. }, _) => last_status(machine),
    }
}

/// The last thing that a task which is being cancelled, or was, had to say. Its phase no longer tells, what it had done does.
fn last_status(machine: &Machine) -> String {
    match machine.last_primitive {
        Some(primitive) if machine.ever_sent => {
            format!("Confirming successful transition, {}", primitive.pcs_word())
        }
        Some(primitive) => format!("Applying transition, {}", primitive.pcs_word()),
        None => GATHERING.to_owned(),
    }
}

fn of_outcome(machine: &Machine, outcome: &Outcome, component: &ComponentId) -> (String, Option<String>) {
    let failed = |error: String| (FAILED.to_owned(), Some(error));
    match outcome {
        Outcome::Verified { .. } => (format!("Transition confirmed, {}", word(machine)), None),
        Outcome::Already { .. } if machine.carried => (CARRIED.to_owned(), None),
        Outcome::Already { .. } => ("Component already in desired state".to_owned(), None),
        Outcome::Unproven => (
            format!("Transition applied, {}. Not confirming.", word(machine)),
            None,
        ),
        Outcome::Failed { fault } => of_fault(machine, fault, component),
        Outcome::TimedOut {
            last: Some(failure), ..
        } if failure.cause == Cause::Smd => (
            "Error acquiring reservations".to_owned(),
            Some(failure.text.clone()),
        ),
        Outcome::TimedOut { .. } => failed(format!("Timeout waiting for transition, {}.", word(machine))),
        Outcome::Superseded { by } => failed(format!("Superseded by transition {by}")),
        Outcome::Absorbed { into } => failed(format!("Absorbed by task {into}")),
        Outcome::Cancelled | Outcome::CancelledAfterSend { .. } => (
            format!("Aborted. Last status - {}", last_status(machine)),
            Some("Transition aborted".to_owned()),
        ),
        Outcome::Uncertain { primitive } => {
            let action = primitive.pcs_word();
            failed(format!(
                "Outcome uncertain: {action} may or may not have been executed"
            ))
        }
    }
}

fn of_fault(machine: &Machine, fault: &Fault, component: &ComponentId) -> (String, Option<String>) {
    let operation = machine.operation.pcs_name();
    let refused = |action: &str, failure: &Failure| {
        (
            format!("Failed to apply transition, {action}"),
            Some(failure.to_string()),
        )
    };
    match fault {
        Fault::WrongState { .. } => (
            format!("Component must be in the On state for {operation}"),
            Some("Component is in the wrong power state".to_owned()),
        ),
        Fault::Unsupported => (
            format!("Component does not support the specified transition operation, {operation}"),
            Some("Unsupported for transition operation".to_owned()),
        ),
        Fault::NoPrimitive => (
            "Failed to construct payload".to_owned(),
            Some(format!("Power action not supported for {component}")),
        ),
        Fault::NotPrepared { failure } => refused(word(machine), failure),
        Fault::Refused { primitive, failure } => refused(primitive.pcs_word(), failure),
        Fault::NotReserved { bad_deputy_key, .. } => {
            let error = if *bad_deputy_key {
                "Invalid deputy key and unable to reserve component"
            } else {
                "Unable to reserve component"
            };
            (FAILED.to_owned(), Some(error.to_owned()))
        }
        Fault::ReservationLost { .. } => (FAILED.to_owned(), Some("Reservation expired".to_owned())),
        Fault::Dependency { text, .. } => (text.clone(), Some(text.clone())),
    }
}

/// The error of a component whose task waited for this one in vain. PCS has words for a deadline alone; the others are put likewise.
pub fn on_dependency(machine: &Machine, outcome: &Outcome, component: &ComponentId) -> String {
    let action = word(machine);
    match (outcome, of_outcome(machine, outcome, component).1) {
        (Outcome::TimedOut { .. }, _) => {
            format!("Timeout waiting for transition, {action}, on dependency, {component}.")
        }
        (
            Outcome::Failed {
                fault: Fault::NotReserved { .. },
            },
            _,
        ) => format!("Unable to reserve dependent component, {component}."),
        (_, Some(error)) => {
            format!("Failed to apply transition, {action}, on dependency, {component}. {error}")
        }
        (_, None) => {
            let end = outcome.name();
            format!("Failed to apply transition, {action}, on dependency, {component}. Its end is {end}")
        }
    }
}

/// PCS's word for what the present step sends, or for what the operation begins with while there is no plan.
fn word(machine: &Machine) -> &'static str {
    let began = || match machine.operation {
        Operation::On => Primitive::On,
        Operation::ForceOff => Primitive::ForceOff,
        Operation::SoftRestart => Primitive::GracefulRestart,
        Operation::Reset => Primitive::ForceRestart,
        Operation::PowerCycle => Primitive::PowerCycle,
        Operation::FullPowerCycle => Primitive::FullPowerCycle,
        Operation::Nmi => Primitive::Nmi,
        Operation::Off | Operation::SoftOff | Operation::HardRestart | Operation::Init => {
            Primitive::GracefulShutdown
        }
    };
    machine
        .present_step()
        .map_or_else(|| began().pcs_word(), step_word)
}

const fn step_word(step: Step) -> &'static str {
    match step {
        Step::On => Primitive::On.pcs_word(),
        Step::Shutdown => Primitive::GracefulShutdown.pcs_word(),
        Step::ForceOff { .. } => Primitive::ForceOff.pcs_word(),
        Step::Restart { primitive } => primitive.pcs_word(),
        Step::Interrupt => Primitive::Nmi.pcs_word(),
    }
}

#[cfg(test)]
mod tests;
