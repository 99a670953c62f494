//! What a task counts as for those who only count: PCS's five task statuses.

use serde::{Deserialize, Serialize};

use crate::machine::{Machine, Phase};
use crate::outcome::{Fault, Outcome};

/// A task's status in PCS's words, as v1 shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Waiting; no intent has been made.
    New,
    /// From the first intent to the end, also between steps.
    InProgress,
    /// Ended without success.
    Failed,
    /// Ended with success.
    Succeeded,
    /// The component cannot do this at all.
    Unsupported,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 5] = [
        Self::New,
        Self::InProgress,
        Self::Failed,
        Self::Succeeded,
        Self::Unsupported,
    ];

    /// The stable name, as stored and as PCS writes it in a task.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InProgress => "in-progress",
            Self::Failed => "failed",
            Self::Succeeded => "succeeded",
            Self::Unsupported => "unsupported",
        }
    }

    /// The standing of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.name() == name)
    }

    /// Whether nothing will change any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Failed | Self::Succeeded | Self::Unsupported)
    }
}

impl From<&Machine> for Standing {
    fn from(machine: &Machine) -> Self {
        match &machine.phase {
            Phase::Done {
                outcome: Outcome::Failed {
                    fault: Fault::Unsupported,
                },
                ..
            } => Self::Unsupported,
            Phase::Done { outcome, .. } if outcome.is_success() => Self::Succeeded,
            Phase::Done { .. } => Self::Failed,
            _ if machine.last_primitive.is_some() => Self::InProgress,
            _ => Self::New,
        }
    }
}
