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

/// The id of an event, and so a place in the log: opaque, ordered only by the log itself. The place in front of every event has an id too.
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

/// A piece of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The events in order.
    pub events: Vec<Event>,
    /// The place where the page ends: the next page is the one after it.
    pub end: EventId,
    /// What is missing between the place asked for and this page, which then begins with the oldest event kept.
    pub gap: Option<Gap>,
}

/// Why events after a place cannot be given without a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// Events after the place are no longer kept.
    Pruned,
    /// This log never gave the place.
    Unknown,
}
