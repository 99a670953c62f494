//! What is stored, as the rest of the service sees it.

use serde::{Deserialize, Serialize};
use switchyard_core::admission::{Conflict, Disposition};
use switchyard_core::machine::{Deadline, Machine};
use switchyard_core::{
    Ability, Breaker, ComponentId, ControllerId, Delivery, Demand, Failure, FailureLimit, Operation, Outcome,
    PermitId, PowerState, Primitive, Standing, TaskId, Timestamp, TransitionId,
};

use crate::hold::HoldId;

/// A caller's request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitionRecord {
    /// Its id.
    pub id: TransitionId,
    /// What was asked for.
    pub operation: Operation,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When v1 stops showing it, once it has ended.
    pub expires_at: Timestamp,
    /// Who asked: a token's subject, or `anonymous`.
    pub requested_by: String,
    /// Why, in the caller's words.
    pub reason: Option<String>,
    /// The id of the HTTP request (X-Request-Id).
    pub request_id: String,
    /// How long each step may take.
    pub deadline: Deadline,
    /// When waiting for the first send ends it.
    pub start_by: Timestamp,
    /// The request whose failed parts it tries again.
    pub retry_of: Option<TransitionId>,
    /// How many of its parts may fail before what has not been sent is given up.
    pub max_failures: Option<FailureLimit>,
    /// When more than so many had failed.
    pub struck_at: Option<Timestamp>,
    /// When somebody asked to cancel it.
    pub cancel_asked_at: Option<Timestamp>,
    /// When its last task ended.
    pub ended_at: Option<Timestamp>,
}

impl TransitionRecord {
    /// What it wants of each of its tasks.
    pub fn demand(&self) -> Demand {
        Demand {
            transition: self.id,
            operation: self.operation,
            deadline: self.deadline,
            joined_at: self.created_at,
            start_by: self.start_by,
            expires: self.expires_at,
        }
    }
}

/// One component's part of a transition, in the order of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRecord {
    /// The name as the caller sent it.
    pub name: String,
    /// What became of it.
    pub part: Part,
    /// What else happened when the request came; nothing when a task simply starts, or the name was refused.
    pub how: Option<How>,
    /// How it ended before the task that it shared, which went on for others.
    pub departure: Option<MemberEnd>,
    /// Whether the caller did not name it: it stands above or below what was named, and those were to be included.
    pub included: bool,
}

/// What became of a request for one component besides getting a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct How {
    /// Whether it starts, waits or joins.
    pub disposition: Disposition,
    /// Tasks that ended because of it, on the component and below it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Displaced>,
    /// Weaker tasks whose requests share its task now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absorbed: Vec<Displaced>,
    /// The active task that makes way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overtaken: Option<Displaced>,
}

/// A task that a request took the place of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Displaced {
    /// The task.
    pub task: TaskId,
    /// Its component.
    pub component: ComponentId,
    /// The transition that made it.
    pub transition: TransitionId,
}

/// How a request ended for one component, apart from the task that it shared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberEnd {
    /// How.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
}

/// What became of a component named in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "kebab-case")]
pub enum Part {
    /// A task works on it.
    Task {
        /// The task.
        task: TaskId,
    },
    /// It was refused at once.
    Refused {
        /// Why.
        refusal: Refusal,
    },
}

/// Why a named component got no task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "kebab-case")]
pub enum Refusal {
    /// The name is no xname and no known plain name.
    InvalidName,
    /// Nothing of this type has power control.
    NoPowerControl {
        /// The component type.
        component_type: String,
    },
    /// The inventory does not hold it.
    NotInInventory,
    /// The inventory does not hold it, and has not been read in full yet.
    InventoryNotRead,
    /// Several components have this name, which is the id of none.
    Ambiguous {
        /// One of them.
        one: ComponentId,
        /// Another.
        other: ComponentId,
    },
    /// The component is in the inventory, but no controller switches it.
    NoController,
    /// The caller may change other components only.
    OutOfScope,
    /// It is protected, and the request does not say that it is meant all the same.
    Protected {
        /// What protects it, such as its role.
        why: String,
    },
    /// It is known not to support the operation.
    Unsupported {
        /// The operation.
        operation: Operation,
    },
    /// Nothing of its kind has limits, and so none of this name.
    UnknownLimit {
        /// The name of the first limit that was asked for.
        limit: String,
    },
    /// Its line does not take the request.
    Conflict {
        /// Why.
        #[serde(flatten)]
        conflict: Conflict,
    },
    /// Somebody keeps others off it.
    OnHold {
        /// The hold.
        hold: HoldId,
        /// Why.
        reason: String,
        /// Who.
        by: String,
        /// Until when.
        until: Timestamp,
    },
    /// It is not known whether a restart was executed, and the request is another.
    Uncertain {
        /// The task that left it so.
        task: TaskId,
    },
    /// It is not switched off, since something below it that the request names is refused.
    Dependency {
        /// The component below.
        component: ComponentId,
    },
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// Its id.
    pub id: TaskId,
    /// The component.
    pub component: ComponentId,
    /// The controller through which it is switched.
    pub controller: ControllerId,
    /// The transition that made it.
    pub transition: TransitionId,
    /// Its number in the order in which tasks were made.
    pub seq: i64,
    /// Its place in line, which changes when it is admitted again after a pause.
    pub place: i64,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// Whether a cancel was asked for.
    pub cancel_asked: Option<CancelMode>,
    /// Whether it has stepped out of the line.
    pub paused: bool,
    /// Its whole state.
    pub machine: Machine,
}

/// What a cancel leaves undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CancelMode {
    /// Nothing more is sent.
    Now,
    /// As [`Self::Now`], but a restart that has begun to turn off is finished, so that the component is not left off.
    Finish,
}

/// An unfinished task with those who want it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTask {
    /// The task.
    pub record: TaskRecord,
    /// Who shares it, in the order in which they came. Nobody when all have left, which is on the way to its end.
    pub demands: Vec<Demand>,
    /// Who asked for it first: the `requested_by` of the transition that made it.
    pub requested_by: String,
}

/// One try to send a step, with the permit that it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// The permit.
    pub permit: PermitId,
    /// The task.
    pub task: TaskId,
    /// The step of the plan, from 0.
    pub step: u32,
    /// What was sent.
    pub primitive: Primitive,
    /// Through which controller, when that was not the task's own.
    pub controller: Option<ControllerId>,
    /// When the intent was committed.
    pub intent_at: Timestamp,
    /// When its result was known.
    pub ended_at: Option<Timestamp>,
    /// What the permit said. Absent while in flight, and for ever when the service died meanwhile.
    pub delivery: Option<Delivery>,
    /// The BMC's words, when it did not simply accept.
    pub failure: Option<Failure>,
}

/// What is known of a component besides its tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentRecord {
    /// Its id.
    pub id: ComponentId,
    /// The last state that was read.
    pub observed: PowerState,
    /// The BMC's own word for it.
    pub raw: String,
    /// Whether its controller answered the last readings.
    pub available: bool,
    /// When the state or the availability last changed.
    pub changed_at: Timestamp,
    /// The state that the last accepted operation wants, if any.
    pub desired: Option<switchyard_core::power::Level>,
    /// What it can be asked for, as last surveyed.
    pub abilities: Vec<Ability>,
    /// The task that left it unknown whether a restart was executed, until somebody resolves it or a level is reached.
    pub uncertain: Option<TaskId>,
}

/// What is known of a controller as an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControllerRecord {
    /// Its id.
    pub id: ControllerId,
    /// Whether it is called.
    pub breaker: Breaker,
    /// What the last call that failed met.
    pub failure: Option<Failure>,
    /// When that was.
    pub failed_at: Option<Timestamp>,
    /// When it last answered a call, as known when the breaker last moved.
    pub answered_at: Option<Timestamp>,
}

impl ControllerRecord {
    /// A controller of which nothing is known.
    pub const fn new(id: ControllerId) -> Self {
        Self {
            id,
            breaker: Breaker::CLOSED,
            failure: None,
            failed_at: None,
            answered_at: None,
        }
    }
}

/// How many tasks of a transition stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Waiting.
    pub new: u32,
    /// Being worked on.
    pub in_progress: u32,
    /// Ended without success, or refused.
    pub failed: u32,
    /// Ended with success.
    pub succeeded: u32,
    /// Not possible for the component.
    pub unsupported: u32,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, standing: Standing, n: u32) {
        let slot = match standing {
            Standing::New => &mut self.new,
            Standing::InProgress => &mut self.in_progress,
            Standing::Failed => &mut self.failed,
            Standing::Succeeded => &mut self.succeeded,
            Standing::Unsupported => &mut self.unsupported,
        };
        *slot = slot.saturating_add(n);
    }

    /// All together.
    pub fn total(self) -> u32 {
        self.new + self.in_progress + self.failed + self.succeeded + self.unsupported
    }
}

/// How many parts of a transition became what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Breakdown {
    /// In line.
    pub queued: u32,
    /// Paused before anything was sent.
    pub paused: u32,
    /// Being read or sent.
    pub running: u32,
    /// Waiting for the next try.
    pub retrying: u32,
    /// Sent, and not proven yet.
    pub verifying: u32,
    /// Proven by a reading after the send.
    pub verified: u32,
    /// There already.
    pub already: u32,
    /// Accepted, and nothing could prove it.
    pub unproven: u32,
    /// Failed.
    pub failed: u32,
    /// The time was over.
    pub timed_out: u32,
    /// Another request took its place.
    pub superseded: u32,
    /// Cancelled, before or after something was sent.
    pub cancelled: u32,
    /// Whether something was executed is not known.
    pub uncertain: u32,
    /// Refused at once.
    pub refused: u32,
}

impl Refusal {
    /// What a refused component counts as.
    pub fn standing(&self) -> Standing {
        match self {
            Self::NoPowerControl { .. } | Self::Unsupported { .. } => Standing::Unsupported,
            Self::InvalidName
            | Self::NotInInventory
            | Self::InventoryNotRead
            | Self::Ambiguous { .. }
            | Self::NoController
            | Self::OutOfScope
            | Self::Protected { .. }
            | Self::UnknownLimit { .. }
            | Self::Conflict { .. }
            | Self::OnHold { .. }
            | Self::Dependency { .. }
            | Self::Uncertain { .. } => Standing::Failed,
        }
    }
}
