//! How a configuration task ends.

use serde::{Deserialize, Serialize};

use super::goal::Objection;
use crate::failure::Failure;
use crate::id::ConfigurationId;

/// Why a task failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Fault {
    /// The component could not be read in a way that waiting does not mend; nothing was sent.
    NotRead {
        /// What the BMC, the host or the driver said.
        failure: Failure,
    },
    /// What is wanted cannot be set; nothing was sent.
    Invalid {
        /// Why.
        objections: Vec<Objection>,
    },
    /// The BMC refused it.
    Refused {
        /// The BMC's own words.
        failure: Failure,
    },
}

/// The end of a task. The first three are success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// A reading after the send shows it.
    Verified,
    /// It was so already; nothing was sent.
    Already,
    /// What was to be read was read.
    Read,
    /// Refused or impossible.
    Failed {
        /// Why.
        fault: Fault,
    },
    /// The time was over.
    TimedOut {
        /// Whether anything had been sent.
        sent: bool,
        /// The last failure met while waiting, if any.
        last: Option<Failure>,
    },
    /// A later request for something else took its place before anything was sent.
    Superseded {
        /// The request that did.
        by: ConfigurationId,
    },
    /// Cancelled before anything was sent, or by one of several requests that share the task.
    Cancelled,
    /// Cancelled after something had been sent; the last reading says what was left.
    CancelledAfterSend,
}

impl Outcome {
    /// Whether the request was fulfilled.
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Verified | Self::Already | Self::Read)
    }

    /// The stable name of the outcome.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Already => "already",
            Self::Read => "read",
            Self::Failed { .. } => "failed",
            Self::TimedOut { .. } => "timed-out",
            Self::Superseded { .. } => "superseded",
            Self::Cancelled => "cancelled",
            Self::CancelledAfterSend => "cancelled-after-send",
        }
    }
}
