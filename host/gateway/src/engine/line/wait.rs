//! Why a task has not begun.

use std::fmt;

use switchyard_core::{ComponentId, Relation, TaskId, Timestamp, TransitionId};

/// What a task waits for that has not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// The task in front of it.
    Turn {
        /// That task.
        behind: TaskId,
    },
    /// An off in line above it.
    OffAbove {
        /// The component above.
        component: ComponentId,
        /// The task there.
        task: TaskId,
    },
    /// Work in progress below it, which an off would cut.
    WorkBelow {
        /// The component below.
        component: ComponentId,
        /// The task there.
        task: TaskId,
    },
    /// Work that takes its controller down.
    ControllerDown {
        /// The component for which that is done.
        component: ComponentId,
        /// The task there.
        task: TaskId,
    },
    /// Work in progress through its controller, which it takes down.
    ControllerBusy {
        /// The component that is worked on.
        component: ComponentId,
        /// The task there.
        task: TaskId,
    },
    /// Another task of the same request, which comes first by the hierarchy.
    Order {
        /// The component of that.
        component: ComponentId,
        /// That task.
        task: TaskId,
        /// Why it comes first.
        relation: Relation,
        /// The request.
        transition: TransitionId,
        /// When the wait is looked at again by itself, or ends.
        until: Option<Timestamp>,
    },
    /// Somebody keeps its caller off.
    Held {
        /// Why.
        reason: String,
        /// Who.
        by: String,
        /// Until when.
        until: Timestamp,
    },
    /// Power-ons are spread over time.
    Staggered {
        /// When its own comes.
        until: Timestamp,
    },
    /// Somebody paused it.
    Paused,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Turn { behind } => write!(f, "its turn behind task {behind}"),
            Self::OffAbove { component, task } => {
                write!(f, "the end of an off of {component} above (task {task})")
            }
            Self::WorkBelow { component, task } => {
                write!(f, "the end of what {component} below is doing (task {task})")
            }
            Self::ControllerDown { component, task } => {
                write!(f, "its controller, which {component} takes down (task {task})")
            }
            Self::ControllerBusy { component, task } => {
                write!(
                    f,
                    "the end of what {component} is doing through its controller (task {task})"
                )
            }
            Self::Order {
                component,
                task,
                relation,
                ..
            } => {
                let what = match relation {
                    Relation::OffFirst => "to be off",
                    Relation::OnFirst | Relation::OneOnFirst => "to be on",
                    Relation::Between => "to be off and on again",
                    Relation::EndFirst | Relation::EndFirstBriefly => "to be done",
                };
                write!(f, "{component} {what} first (task {task})")
            }
            Self::Held { reason, by, .. } => write!(f, "the end of a hold by {by}: {reason}"),
            Self::Staggered { .. } => f.write_str("its place among power-ons that are spread over time"),
            Self::Paused => f.write_str("somebody to resume it"),
        }
    }
}
