//! How one name in a transition stands, in PCS's words.

use switchyard_core::admission::QUEUE_MAX;
use switchyard_core::pcs::{FAILED, TaskText, describe};
use switchyard_store::{MemberRecord, Part, Refusal, TaskRecord};

/// Describes one part of a transition: by its task, or by why it has none.
pub(in crate::api) fn text(member: &MemberRecord, task: Option<&TaskRecord>) -> TaskText {
    match (task, &member.part) {
        (Some(task), _) => describe(&task.machine, &task.component, None),
        (None, Part::Refused { refusal }) => TaskText {
            standing: refusal.standing(),
            description: FAILED.to_owned(),
            error: Some(explain(refusal).text),
        },
        (None, Part::Task { task }) => TaskText {
            standing: switchyard_core::Standing::Failed,
            description: FAILED.to_owned(),
            error: Some(format!("The record of task {task} is gone")),
        },
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
        Refusal::NoController => (
            "component.no-controller",
            "No controller switches this component".to_owned(),
        ),
        Refusal::QueueFull => (
            "component.queue-full",
            format!("queue-full: {QUEUE_MAX} tasks are in line for this component"),
        ),
    };
    Explanation { code, text }
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
        };
        let unsupported = member(Refusal::NoPowerControl {
            component_type: "NodeEnclosure".to_owned(),
        });
        let unsupported = text(&unsupported, None);
        assert_eq!(unsupported.standing, Standing::Unsupported);
        assert_eq!(unsupported.description, "Failed to achieve transition");
        assert_eq!(
            unsupported.error.as_deref(),
            Some("No power control for component type NodeEnclosure")
        );
        let missing = text(&member(Refusal::NotInInventory), None);
        assert_eq!(missing.standing, Standing::Failed);
        assert_eq!(missing.error.as_deref(), Some("Missing xname"));
    }
}
