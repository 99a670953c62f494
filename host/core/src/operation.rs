//! What a caller can ask for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::power::Level;

/// What waits for what: a component has one line for each lane, and one active task in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lane {
    /// What switches power.
    Power,
    /// What sets how a component behaves, such as limits and boot order: it waits for no power operation.
    Configuration,
}

impl Lane {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Power => "power",
            Self::Configuration => "configuration",
        }
    }
}

/// The operations of PCS. Each becomes a plan of steps once the component has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Power on.
    On,
    /// Ask the operating system to shut down, force it off when the grace has passed.
    Off,
    /// Ask the operating system to shut down; never force.
    SoftOff,
    /// Cut the power without asking.
    ForceOff,
    /// Restart gracefully; the component must be on.
    SoftRestart,
    /// Off as in [`Self::Off`], then on; the component must be on.
    HardRestart,
    /// Like [`Self::HardRestart`], but a component that is off is only turned on.
    Init,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 7] = [
        Self::On,
        Self::Off,
        Self::SoftOff,
        Self::ForceOff,
        Self::SoftRestart,
        Self::HardRestart,
        Self::Init,
    ];

    /// The operation as PCS writes it in answers.
    pub const fn pcs_name(self) -> &'static str {
        match self {
            Self::On => "On",
            Self::Off => "Off",
            Self::SoftOff => "Soft-Off",
            Self::ForceOff => "Force-Off",
            Self::SoftRestart => "Soft-Restart",
            Self::HardRestart => "Hard-Restart",
            Self::Init => "Init",
        }
    }

    /// The operation as the API and the command line write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::SoftOff => "soft-off",
            Self::ForceOff => "force-off",
            Self::SoftRestart => "soft-restart",
            Self::HardRestart => "hard-restart",
            Self::Init => "init",
        }
    }

    /// The lane in which the operation waits. Every operation of PCS switches power.
    pub const fn lane(self) -> Lane {
        match self {
            Self::On
            | Self::Off
            | Self::SoftOff
            | Self::ForceOff
            | Self::SoftRestart
            | Self::HardRestart
            | Self::Init => Lane::Power,
        }
    }

    /// The state in which the component is left.
    pub const fn end_level(self) -> Level {
        match self {
            Self::On | Self::SoftRestart | Self::HardRestart | Self::Init => Level::On,
            Self::Off | Self::SoftOff | Self::ForceOff => Level::Off,
        }
    }

    /// Whether the operation must start from a component that is known to be on.
    pub const fn needs_on(self) -> bool {
        matches!(self, Self::SoftRestart | Self::HardRestart)
    }
}

/// The text named no operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid Operation type {0}")]
pub struct UnknownOperation(pub String);

impl FromStr for Operation {
    type Err = UnknownOperation;

    /// Parses an operation in any letter case. `reinit` is accepted for `init`, since one client of PCS sends it.
    fn from_str(text: &str) -> Result<Self, UnknownOperation> {
        let lower = text.to_ascii_lowercase();
        if lower == "reinit" {
            return Ok(Self::Init);
        }
        Self::ALL
            .into_iter()
            .find(|op| op.name() == lower)
            .ok_or_else(|| UnknownOperation(text.to_owned()))
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
