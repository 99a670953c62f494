//! How many operations a task stands for: what PCS counts are the controls of a component, not components.

use serde::{Deserialize, Serialize};

use super::goal::Goal;
use super::machine::{Machine, Phase};
use super::outcome::{Fault, Outcome};
use crate::failure::Cause;
use crate::standing::Standing;

/// How many operations of a task stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How the task as a whole stands.
    pub standing: Standing,
    /// Operations that share that standing.
    pub operations: u32,
    /// Operations that failed although the task as a whole did not.
    pub left_out: u32,
}

impl From<&Machine> for Standing {
    fn from(machine: &Machine) -> Self {
        match &machine.phase {
            Phase::Done {
                outcome:
                    Outcome::Failed {
                        fault: Fault::NotRead { failure } | Fault::Refused { failure },
                    },
                ..
            } if failure.cause == Cause::NotSupported => Self::Unsupported,
            Phase::Done { outcome, .. } if outcome.is_success() => Self::Succeeded,
            Phase::Done { .. } => Self::Failed,
            Phase::Queued | Phase::Reading | Phase::Backoff { .. } if machine.attempts.is_empty() => {
                Self::New
            }
            Phase::Queued
            | Phase::Reading
            | Phase::Backoff { .. }
            | Phase::Intent { .. }
            | Phase::Pending { .. }
            | Phase::Verifying { .. }
            | Phase::Refused { .. }
            | Phase::Closing => Self::InProgress,
        }
    }
}

impl From<&Machine> for Tally {
    fn from(machine: &Machine) -> Self {
        let standing = Standing::from(machine);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let shown = machine.seen.as_ref().and_then(|seen| seen.limits());
        let operations = match &machine.goal {
            Goal::Limits { limits, .. } => count(limits.len()).max(1),
            Goal::Snapshot => count(shown.map_or(0, <[_]>::len)).max(1),
            Goal::Boot(_) | Goal::Indicator(_) => 1,
        };
        let left_out = if standing == Standing::Succeeded {
            count(machine.objections.len()).min(operations)
        } else {
            0
        };
        Self {
            standing,
            operations: operations - left_out,
            left_out,
        }
    }
}
