//! The five statuses of a task.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a task, or a component's part of a transition, stands. Closed: clients of PCS know these five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Waiting; nothing was sent.
    New,
    /// Being worked on.
    InProgress,
    /// Ended without success.
    Failed,
    /// Ended with success.
    Succeeded,
    /// The component cannot do this at all.
    Unsupported,
}

impl Standing {
    /// Whether nothing will change any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Failed | Self::Succeeded | Self::Unsupported)
    }

    /// The word for it, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InProgress => "in-progress",
            Self::Failed => "failed",
            Self::Succeeded => "succeeded",
            Self::Unsupported => "unsupported",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
