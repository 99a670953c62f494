//! A reading of a component's power, with the evidence that came with it.

use serde::{Deserialize, Serialize};

use crate::id::ControllerId;
use crate::power::PowerState;
use crate::time::Timestamp;

/// Names of facts that count as evidence of a restart. Values are compared as texts, never parsed: BMC clocks and formats lie.
pub mod evidence {
    /// When the system last came out of reset (Redfish `LastResetTime`).
    pub const LAST_RESET_TIME: &str = "last-reset-time";
    /// When the system last booted.
    pub const LAST_BOOT_TIME: &str = "last-boot-time";
    /// A counter that grows with every start.
    pub const BOOT_COUNT: &str = "boot-count";
    /// Redfish `BootProgress.LastState`.
    pub const BOOT_PROGRESS: &str = "boot-progress";
    /// Redfish `BootProgress.LastStateTime`.
    pub const BOOT_PROGRESS_TIME: &str = "boot-progress-time";
    /// IPMI restart cause.
    pub const RESTART_CAUSE: &str = "restart-cause";
    /// The last restart in the BMC's event log.
    pub const RESTART_EVENT: &str = "restart-event";
}

/// One name and value that a driver reports.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fact {
    /// The documented name.
    pub name: String,
    /// The value, opaque.
    pub value: String,
}

/// A reading made from the BMC, never from a cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The state.
    pub state: PowerState,
    /// The BMC's own word for it.
    pub raw: String,
    /// Facts that can prove a restart.
    pub evidence: Vec<Fact>,
    /// When the reading was asked for: a reading proves nothing about what happened after.
    pub at: Timestamp,
    /// The controller that was asked, when it was the component's fallback and not its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<ControllerId>,
}

impl Observation {
    /// The value of the named piece of evidence.
    pub fn evidence(&self, name: &str) -> Option<&str> {
        self.evidence
            .iter()
            .find(|fact| fact.name == name)
            .map(|fact| fact.value.as_str())
    }
}
