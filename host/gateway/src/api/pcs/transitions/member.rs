//! How one name in a transition stands, in PCS's words.

use std::borrow::Cow;

use switchyard_core::Operation;
use switchyard_core::admission::{Conflict, JOINED_MAX, QUEUE_MAX};
use switchyard_core::machine::{Machine, Phase};
use switchyard_core::pcs::{FAILED, TaskText, describe};
use switchyard_store::{MemberEnd, MemberRecord, Part, Refusal, TaskRecord};

use crate::api::time::rfc3339;

/// Describes one part of a transition: by how it ended apart, by its task, or by why it has none. `waiting` is why a queued task waits,
/// as the engine knows it.
pub(in crate::api) fn text(
    operation: Operation,
    member: &MemberRecord,
    task: Option<&TaskRecord>,
    waiting: Option<&str>,
) -> TaskText {
    match (task, &member.part) {
        (Some(task), _) => {
            let waiting = waiting.filter(|_| member.departure.is_none());
            describe(&machine(member, task), &task.component, waiting)
        }
        (None, Part::Refused { refusal }) => of_refusal(operation, refusal),
        (None, Part::Task { task }) => TaskText {
            standing: switchyard_core::Standing::Failed,
            description: FAILED.to_owned(),
            error: Some(format!("The record of task {task} is gone")),
        },
    }
}

/// The state of the task as the request sees it, which may have left it while it goes on for others.
pub(in crate::api) fn machine<'a>(member: &MemberRecord, task: &'a TaskRecord) -> Cow<'a, Machine> {
    let Some(MemberEnd { outcome, at }) = &member.departure else {
        return Cow::Borrowed(&task.machine);
    };
    Cow::Owned(Machine {
        phase: Phase::Done {
            outcome: outcome.clone(),
            at: *at,
        },
        ..task.machine.clone()
    })
}

fn of_refusal(operation: Operation, refusal: &Refusal) -> TaskText {
    let description = match refusal {
        Refusal::Conflict {
            conflict: Conflict::WouldBeOff { .. },
        } => format!("Component must be in the On state for {}", operation.pcs_name()),
        Refusal::Unsupported { .. } => format!(
            "Component does not support the specified transition operation, {}",
            operation.pcs_name()
        ),
        Refusal::Dependency { .. } => explain(refusal).text,
        _ => FAILED.to_owned(),
    };
    TaskText {
        standing: refusal.standing(),
        description,
        error: Some(explain(refusal).text),
    }
}

/// Why a name got no task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::api) struct Explanation {
    /// The stable code, for v2.
    pub(in crate::api) code: &'static str,
    /// PCS's words where it has any.
    pub(in crate::api) text: String,
}

/// Explains a refusal.
pub(in crate::api) fn explain(refusal: &Refusal) -> Explanation {
    let (code, text) = match refusal {
        Refusal::InvalidName => ("component.invalid-name", "Invalid xname".to_owned()),
        Refusal::NoPowerControl { component_type } => (
            "component.no-power-control",
            format!("No power control for component type {component_type}"),
        ),
        Refusal::NotInInventory => ("component.not-found", "Missing xname".to_owned()),
        Refusal::InventoryNotRead => (
            "component.inventory-not-read",
            "The inventory has not been read in full yet".to_owned(),
        ),
        Refusal::Ambiguous { .. } => ("component.ambiguous", "Invalid xname".to_owned()),
        Refusal::NoController => (
            "component.no-controller",
            "No controller switches this component".to_owned(),
        ),
        Refusal::Protected { why } => ("component.protected", format!("protected: {why}")),
        Refusal::UnknownLimit { limit } => ("limit.unknown", format!("Skipping undefined control '{limit}'")),
        Refusal::Unsupported { .. } => (
            "component.unsupported",
            "Unsupported for transition operation".to_owned(),
        ),
        Refusal::Conflict { conflict } => explain_conflict(*conflict),
        Refusal::OnHold {
            reason, by, until, ..
        } => (
            "component.on-hold",
            format!(
                "on-hold: {by} keeps others off until {}: {reason}",
                rfc3339(*until)
            ),
        ),
        Refusal::Dependency { component } => (
            "component.dependency",
            format!("Unable to reserve dependent component, {component}."),
        ),
        Refusal::OutOfScope => (
            "component.out-of-scope",
            "out-of-scope: the caller may not change this component".to_owned(),
        ),
        Refusal::Uncertain { task } => (
            "component.uncertain",
            format!(
                "uncertain: it is not known whether task {task} was executed; resolve it, or switch on or off"
            ),
        ),
    };
    Explanation { code, text }
}

fn explain_conflict(conflict: Conflict) -> (&'static str, String) {
    match conflict {
        Conflict::QueueFull => (
            "component.queue-full",
            format!("queue-full: {QUEUE_MAX} tasks are in line for this component"),
        ),
        Conflict::TooManyJoined { task } => (
            "component.too-many-joined",
            format!("too-many-joined: {JOINED_MAX} requests share task {task}"),
        ),
        Conflict::WouldBeOff { .. } => (
            "component.would-be-off",
            "Component is in the wrong power state".to_owned(),
        ),
        Conflict::Busy { task } => ("component.busy", format!("busy: task {task} is in line")),
    }
}

#[cfg(test)]
mod tests {
    use switchyard_core::Standing;

    use super::*;

    #[test]
    fn refusals_speak_as_pcs_does() {
        let member = |refusal| MemberRecord {
            name: "x".to_owned(),
            part: Part::Refused { refusal },
            how: None,
            departure: None,
            included: false,
        };
        let unsupported = member(Refusal::NoPowerControl {
            component_type: "NodeEnclosure".to_owned(),
        });
        let unsupported = text(Operation::On, &unsupported, None, None);
        assert_eq!(unsupported.standing, Standing::Unsupported);
        assert_eq!(unsupported.description, "Failed to achieve transition");
        assert_eq!(
            unsupported.error.as_deref(),
            Some("No power control for component type NodeEnclosure")
        );
        let missing = text(Operation::On, &member(Refusal::NotInInventory), None, None);
        assert_eq!(missing.standing, Standing::Failed);
        assert_eq!(missing.error.as_deref(), Some("Missing xname"));
    }
}
