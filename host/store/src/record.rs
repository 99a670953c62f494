//! What is stored, as the rest of the service sees it.

use serde::{Deserialize, Serialize};
use switchyard_core::machine::Machine;
use switchyard_core::{
    Ability, Breaker, ComponentId, ControllerId, Delivery, Failure, Operation, PermitId, PowerState,
    Primitive, Standing, TaskId, Timestamp, TransitionId,
};

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
    /// When somebody asked to cancel it.
    pub cancel_asked_at: Option<Timestamp>,
    /// When its last task ended.
    pub ended_at: Option<Timestamp>,
}

/// One component's part of a transition, in the order of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRecord {
    /// The name as the caller sent it.
    pub name: String,
    /// What became of it.
    pub part: Part,
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
    /// The component is in the inventory, but no controller switches it.
    NoController,
    /// Its line is full.
    QueueFull,
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
    /// Its place in the order of all tasks.
    pub seq: i64,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// Whether a cancel was asked for.
    pub cancel_asked: bool,
    /// Its whole state.
    pub machine: Machine,
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

impl Refusal {
    /// What a refused component counts as.
    pub fn standing(&self) -> Standing {
        match self {
            Self::NoPowerControl { .. } => Standing::Unsupported,
            Self::InvalidName | Self::NotInInventory | Self::NoController | Self::QueueFull => {
                Standing::Failed
            }
        }
    }
}
