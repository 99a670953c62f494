//! What tasks of one request wait for: tasks of the same request, by the hierarchy.

use serde::{Deserialize, Serialize};
use switchyard_core::machine::Machine;
use switchyard_core::{ComponentId, Relation, TaskId, Timestamp, TransitionId};

use crate::record::MemberEnd;

/// What a component of a request waits for, while it is not known which tasks these come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// The other component, which the request is about as well.
    pub component: ComponentId,
    /// Why.
    pub relation: Relation,
}

/// That a task waits for another, for the request that has just been stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// The task that waits.
    pub task: TaskId,
    /// Its component.
    pub component: ComponentId,
    /// The task that it waits for.
    pub on: TaskId,
    /// The component of that.
    pub on_component: ComponentId,
    /// Why.
    pub relation: Relation,
}

/// That a task waits for another, as it is stored, with how that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DependencyRecord {
    /// Which waits for which.
    pub dependency: Dependency,
    /// The request that wants it so.
    pub transition: TransitionId,
    /// When that was accepted.
    pub made_at: Timestamp,
    /// The state of the task that is waited for.
    pub machine: Machine,
    /// How the request's part in that ended, when it left the task before that ended.
    pub departed: Option<MemberEnd>,
}
