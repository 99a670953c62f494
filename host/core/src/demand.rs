//! Who wants what of a task: several requests can share one, and each has a deadline of its own.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::TransitionId;
use crate::machine::Deadline;
use crate::operation::Operation;
use crate::outcome::Outcome;
use crate::time::Timestamp;

/// The longest time that a request without a deadline goes on once other work waits behind it.
pub const UNBOUNDED_WHILE_OTHERS_WAIT: Duration = Duration::from_mins(5);

/// What one request wants of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// The request.
    pub transition: TransitionId,
    /// What it asked for, which may be less than what the task does.
    pub operation: Operation,
    /// How long each step may take.
    pub deadline: Deadline,
    /// When it came to share the task.
    pub joined_at: Timestamp,
    /// When waiting for the first send ends it.
    pub start_by: Timestamp,
    /// When its record expires.
    pub expires: Timestamp,
}

impl Demand {
    /// From when on its deadline runs for a step that was first sent at `step_since`.
    fn runs_from(&self, step_since: Timestamp) -> Timestamp {
        step_since.max(self.joined_at)
    }

    /// When it stops waiting for the proof of a step that was first sent at `step_since`.
    pub fn bound(&self, step_since: Timestamp, others_wait_since: Option<Timestamp>) -> Timestamp {
        match self.deadline.for_steps() {
            Some(time) => self.runs_from(step_since) + time,
            None => others_wait_since.map_or(self.expires, |since| {
                self.expires
                    .min(since.max(self.runs_from(step_since)) + UNBOUNDED_WHILE_OTHERS_WAIT)
            }),
        }
    }

    /// When it wants the power to be cut, after a shutdown that was first asked for at `step_since`.
    pub fn grace_end(&self, step_since: Timestamp) -> Option<Timestamp> {
        match (self.operation, self.deadline) {
            // It waits for nobody, nor for what a crash may have left in flight.
            (Operation::ForceOff, _) => Some(step_since.min(self.joined_at)),
            (Operation::SoftOff | Operation::On, _)
            | (_, Deadline::SkipConfirmation | Deadline::Unbounded) => None,
            (_, Deadline::Within(time)) => Some(self.runs_from(step_since) + time),
        }
    }
}

/// A request that ends while the task that it shares goes on for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// The request.
    pub transition: TransitionId,
    /// How it ends.
    pub outcome: Outcome,
}
