//! What an unfinished task waits for: the reason, and when the wait ends.

use std::time::Duration;

use switchyard_core::machine::{Deadline, Machine, Phase};
use switchyard_core::plan::Step;
use switchyard_core::power::Level;
use switchyard_core::{Cause, Primitive, Timestamp};
use switchyard_wire::v2::WaitingFor;

use crate::api::time::rfc3339;
use crate::engine::Wait;

/// What the task waits for; nothing once it has ended. `wait` is why it has not begun, as the engine knows it.
pub(super) fn waiting_for(machine: &Machine, wait: Option<&Wait>) -> Option<WaitingFor> {
    if let (Some(wait), None) = (wait, machine.outcome()) {
        return Some(WaitingFor {
            what: kind(wait).to_owned(),
            text: wait.to_string(),
            until: until(wait, machine).map(rfc3339),
        });
    }
    let (what, text, until) = match &machine.phase {
        Phase::Queued => (
            "turn",
            "its turn in the line of its component".to_owned(),
            Some(machine.start_by),
        ),
        Phase::Preparing => (
            "reading",
            "a fresh reading of its component".to_owned(),
            start_limit(machine),
        ),
        Phase::Reserving { .. } => (
            "reservation",
            "SMD to reserve its component".to_owned(),
            start_limit(machine),
        ),
        Phase::Backoff { until, reason } if reason.cause == Cause::Smd => {
            ("reservation", reason.text.clone(), Some(*until))
        }
        Phase::Backoff { until, reason } if reason.cause == Cause::NoLogin => (
            "credentials",
            format!("a login for its controller: {reason}"),
            Some(*until),
        ),
        Phase::Backoff { until, reason } => ("retry", format!("the next try, after: {reason}"), Some(*until)),
        Phase::Intent { primitive, .. } => ("answer", format!("the answer to {primitive}"), None),
        Phase::Pending { sent, .. } => (
            "bmc-task",
            format!("the BMC's own task for {}", sent.primitive),
            step_limit(machine),
        ),
        Phase::Verifying { sent } => ("proof", proof(sent.primitive), step_limit(machine)),
        Phase::Refused { sent, .. } => (
            "reading",
            format!("a reading after the refusal of {}", sent.primitive),
            step_limit(machine),
        ),
        Phase::Closing => ("reading", "one last reading after the cancel".to_owned(), None),
        Phase::Done { .. } => return None,
    };
    Some(WaitingFor {
        what: what.to_owned(),
        text,
        until: until.map(rfc3339),
    })
}

/// The reading that ends the wait: what it shows is the level, where there is one, and not how the level came about.
fn proof(primitive: Primitive) -> String {
    match primitive.level() {
        Some(Level::On) => "a reading that shows it on".to_owned(),
        Some(Level::Off) => "a reading that shows it off".to_owned(),
        None => format!("a reading that shows the {primitive}"),
    }
}

fn kind(wait: &Wait) -> &'static str {
    match wait {
        Wait::Turn { .. } => "turn",
        Wait::OffAbove { .. } => "off-above",
        Wait::WorkBelow { .. } => "work-below",
        Wait::ControllerDown { .. } => "controller-down",
        Wait::ControllerBusy { .. } => "controller-busy",
        Wait::Order { .. } => "order",
        Wait::Held { .. } => "hold",
        Wait::Staggered { .. } => "stagger",
        Wait::Paused => "resume",
    }
}

/// When the wait ends at the latest. A pause ends when somebody ends it.
fn until(wait: &Wait, machine: &Machine) -> Option<Timestamp> {
    match wait {
        Wait::Held { until, .. } => Some((*until).min(machine.start_by)),
        Wait::Staggered { until } => Some(*until),
        Wait::Order { .. } => Some(machine.expires),
        Wait::Turn { .. }
        | Wait::OffAbove { .. }
        | Wait::WorkBelow { .. }
        | Wait::ControllerDown { .. }
        | Wait::ControllerBusy { .. } => Some(machine.start_by),
        Wait::Paused => None,
    }
}

/// Before the first send of a step its waiting is bounded; afterwards the step's deadline runs.
fn start_limit(machine: &Machine) -> Option<Timestamp> {
    if machine.step_since.is_none() {
        Some(machine.start_by)
    } else {
        step_limit(machine)
    }
}

/// When the deadline of the present step passes. A forced off after a grace has the driver's limit instead, which is not stored.
fn step_limit(machine: &Machine) -> Option<Timestamp> {
    let since = machine.step_since?;
    if matches!(machine.present_step(), Some(Step::ForceOff { after_grace: true })) {
        return None;
    }
    let time: Duration = match machine.deadline {
        Deadline::SkipConfirmation => Deadline::DEFAULT,
        Deadline::Within(time) => time,
        Deadline::Unbounded => return Some(machine.expires),
    };
    Some(since + time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_told_by_what_the_reading_shows() {
        for (primitive, told) in [
            (Primitive::GracefulShutdown, "a reading that shows it off"),
            (Primitive::ForceOff, "a reading that shows it off"),
            (Primitive::On, "a reading that shows it on"),
            (
                Primitive::GracefulRestart,
                "a reading that shows the graceful-restart",
            ),
        ] {
            assert_eq!(proof(primitive), told);
        }
    }
}
