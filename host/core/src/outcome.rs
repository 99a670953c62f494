//! How a task ends.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::id::{ComponentId, TaskId, TransitionId};
use crate::observation::Observation;
use crate::power::{PowerState, Primitive};
use crate::reservation::Reason;
use crate::time::Timestamp;

/// What shows that a step was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Proof {
    /// A reading of the wanted state, made after the send.
    Reading {
        /// The reading.
        reading: Observation,
    },
    /// A piece of evidence differs from the baseline, and the component is on.
    Evidence {
        /// The name of the piece of evidence.
        name: String,
        /// Its value before the send.
        before: String,
        /// Its value after the send.
        after: String,
        /// When the reading that shows it was made.
        at: Timestamp,
    },
    /// The component was seen leaving the on state after the send, and is on again.
    SeenOff {
        /// When it was seen on again.
        at: Timestamp,
    },
    /// The controller, which the step was to take down, stopped answering after the send, and answers again.
    SeenAway {
        /// When it was seen again.
        at: Timestamp,
    },
}

/// Why a task failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Fault {
    /// A restart or an interrupt was asked of a component that is not known to be on.
    WrongState {
        /// The state that was read.
        state: PowerState,
    },
    /// The component does not support the operation.
    Unsupported,
    /// The component offers no primitive for a step of the plan.
    NoPrimitive,
    /// Reading the component failed in a way that waiting does not mend; nothing was sent.
    NotPrepared {
        /// What the BMC, the host or the driver said.
        failure: Failure,
    },
    /// The BMC refused the primitive.
    Refused {
        /// The primitive.
        primitive: Primitive,
        /// The BMC's own words.
        failure: Failure,
    },
    /// The state manager (SMD) did not reserve the component; nothing was sent.
    NotReserved {
        /// SMD's word for why.
        why: Reason,
        /// Whether a deputy key came with the request that is not valid.
        bad_deputy_key: bool,
    },
    /// The reservation in SMD was lost after something had been sent; nothing more was.
    ReservationLost {
        /// The state in which the component was left.
        left: PowerState,
    },
    /// What it waited for within its request did not come to be ([`crate::order`]); nothing was sent since.
    Dependency {
        /// The component that blocks.
        component: ComponentId,
        /// Its task, if it has one.
        task: Option<TaskId>,
        /// The name of the outcome of that task.
        end: String,
        /// The same in the words of v1.
        text: String,
    },
}

/// The end of a task. The first three are success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// A reading after the send shows it; for restarts, evidence does.
    Verified {
        /// The proof of the last step.
        proof: Proof,
    },
    /// The component was there already; nothing was sent.
    Already {
        /// The reading that says so.
        reading: Observation,
    },
    /// Accepted, nothing contradicts it, and no usable evidence exists or none was asked for.
    Unproven,
    /// Refused or impossible.
    Failed {
        /// Why.
        fault: Fault,
    },
    /// The deadline passed.
    TimedOut {
        /// Whether anything had been sent.
        sent: bool,
        /// The last failure met while waiting, if any.
        last: Option<Failure>,
    },
    /// A later request with a contrary end state took its place.
    Superseded {
        /// The transition that did.
        by: TransitionId,
    },
    /// Nobody waits for it any more: its requests moved to a stronger task of the same end, before anything was sent.
    Absorbed {
        /// That task.
        into: TaskId,
    },
    /// Cancelled before anything was sent, or by one of several requests that share the task.
    Cancelled,
    /// Cancelled after something had been sent.
    CancelledAfterSend {
        /// The state in which the component was left.
        left: PowerState,
    },
    /// A step that must not be repeated may or may not have been executed.
    Uncertain {
        /// The step's primitive.
        primitive: Primitive,
    },
}

impl Outcome {
    /// Whether the request was fulfilled as far as anyone can tell.
    pub fn is_success(&self) -> bool {
        matches!(
            self,
            Self::Verified { .. } | Self::Already { .. } | Self::Unproven
        )
    }

    /// The stable name of the outcome.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Verified { .. } => "verified",
            Self::Already { .. } => "already",
            Self::Unproven => "unproven",
            Self::Failed { .. } => "failed",
            Self::TimedOut { .. } => "timed-out",
            Self::Superseded { .. } => "superseded",
            Self::Absorbed { .. } => "absorbed",
            Self::Cancelled => "cancelled",
            Self::CancelledAfterSend { .. } => "cancelled-after-send",
            Self::Uncertain { .. } => "uncertain",
        }
    }
}
