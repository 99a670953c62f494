//! Which events a reader wants.

use std::collections::HashSet;

use switchyard_core::{ComponentId, TaskId, TransitionId};
use switchyard_store::{NewEvent, TransitionView};

/// What an event must be to be given; nothing asked for means every event.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The transition that it must be about.
    pub transition: Option<OfTransition>,
    /// The component that it must be about.
    pub component: Option<ComponentId>,
    /// Its kind; one that ends in a dot stands for all kinds that begin so. None means any.
    pub kinds: Vec<String>,
}

/// A transition with the tasks that work for it: other transitions may have made some of them.
#[derive(Debug, Clone)]
pub struct OfTransition {
    id: TransitionId,
    tasks: HashSet<TaskId>,
}

impl OfTransition {
    /// A transition of which nothing but the id is known.
    pub fn of_id(id: TransitionId) -> Self {
        Self {
            id,
            tasks: HashSet::new(),
        }
    }

    /// A transition with its tasks.
    pub fn of_view(view: &TransitionView) -> Self {
        Self {
            id: view.transition.id,
            tasks: view
                .members
                .iter()
                .filter_map(|(_, task)| Some(task.as_ref()?.id))
                .collect(),
        }
    }

    fn passes(&self, event: &NewEvent) -> bool {
        event.transition == Some(self.id) || event.task.is_some_and(|task| self.tasks.contains(&task))
    }
}

impl Filter {
    /// Everything about one transition.
    pub fn of_transition(view: &TransitionView) -> Self {
        Self {
            transition: Some(OfTransition::of_view(view)),
            ..Self::default()
        }
    }

    /// Whether an event passes.
    pub fn passes(&self, event: &NewEvent) -> bool {
        let of_kind = |kind: &String| {
            if kind.ends_with('.') {
                event.kind.starts_with(kind.as_str())
            } else {
                event.kind == *kind
            }
        };
        self.transition.as_ref().is_none_or(|wanted| wanted.passes(event))
            && self
                .component
                .as_ref()
                .is_none_or(|wanted| event.component.as_ref() == Some(wanted))
            && (self.kinds.is_empty() || self.kinds.iter().any(of_kind))
    }
}

#[cfg(test)]
mod tests {
    use switchyard_core::Timestamp;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn all_that_is_asked_for_must_hold() {
        let (ours, theirs) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let event = NewEvent {
            at: Timestamp::from_millis(0),
            kind: "task.ended".to_owned(),
            component: ComponentId::parse("x0c0s0b0n0").ok(),
            task: Some(TaskId(ours)),
            transition: Some(TransitionId(theirs)),
            data: serde_json::Value::Null,
        };
        let kinds = |kinds: &[&str]| Filter {
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            ..Filter::default()
        };
        assert!(Filter::default().passes(&event));
        assert!(kinds(&["task."]).passes(&event));
        assert!(kinds(&["component.", "task.ended"]).passes(&event));
        assert!(!kinds(&["task"]).passes(&event) && !kinds(&["task.end"]).passes(&event));
        let mut of_ours = Filter {
            transition: Some(OfTransition::of_id(TransitionId(ours))),
            ..kinds(&["task."])
        };
        assert!(!of_ours.passes(&event));
        of_ours.transition.as_mut().unwrap().tasks.insert(TaskId(ours));
        assert!(of_ours.passes(&event), "a task that two transitions share");
        of_ours.component = ComponentId::parse("x0c0s1b0n0").ok();
        assert!(!of_ours.passes(&event));
    }
}
