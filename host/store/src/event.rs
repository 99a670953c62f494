//! The event log: what happened, in order, resumable.

use serde::{Deserialize, Serialize};
use switchyard_core::{ComponentId, TaskId, Timestamp, TransitionId};

/// The names of the events that the store itself writes.
pub mod kind {
    /// A request is stored. Data: `operation`, `requested_by`, `members`, `tasks`.
    pub const TRANSITION_ACCEPTED: &str = "transition.accepted";
    /// Somebody asked to cancel a request. Data: `by`.
    pub const TRANSITION_CANCEL_ASKED: &str = "transition.cancel-asked";
    /// The last task of a request has ended. Data: `counts`, as in [`Counts`](crate::Counts).
    pub const TRANSITION_ENDED: &str = "transition.ended";
    /// A task got its place in line. Data: `operation`.
    pub const TASK_ACCEPTED: &str = "task.accepted";
}

/// The id of an event: opaque, ordered only by the log itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub String);

/// An event that has not been stored yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEvent {
    /// When it happened.
    pub at: Timestamp,
    /// Its stable dotted name, such as `task.ended`.
    pub kind: String,
    /// The component it is about.
    pub component: Option<ComponentId>,
    /// The task it is about.
    pub task: Option<TaskId>,
    /// The transition it is about.
    pub transition: Option<TransitionId>,
    /// What else belongs to it.
    pub data: serde_json::Value,
}

/// A stored event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What happened.
    #[serde(flatten)]
    pub event: NewEvent,
}
