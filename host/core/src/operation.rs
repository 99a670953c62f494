//! What a caller can ask for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::power::{Kind, Level};

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

/// The operations of PCS, and those that ask a BMC for one primitive as it is. Each becomes a plan of steps once the component has been
/// read.
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
    /// Restart at once, in one request; the component must be on.
    Reset,
    /// Cut the power and restore it, in one request; a component that is off is only turned on.
    PowerCycle,
    /// As if mains had been cut and restored, in one request. It may take the BMC down, and leaves what was off as the machine is set.
    FullPowerCycle,
    /// A non-maskable interrupt, which most operating systems answer with a crash dump; the component must be on.
    Nmi,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 11] = [
        Self::On,
        Self::Off,
        Self::SoftOff,
        Self::ForceOff,
        Self::SoftRestart,
        Self::HardRestart,
        Self::Init,
        Self::Reset,
        Self::PowerCycle,
        Self::FullPowerCycle,
        Self::Nmi,
    ];

    /// The operation as PCS writes it in answers; those that PCS does not have are written in its way.
    pub const fn pcs_name(self) -> &'static str {
        match self {
            Self::On => "On",
            Self::Off => "Off",
            Self::SoftOff => "Soft-Off",
            Self::ForceOff => "Force-Off",
            Self::SoftRestart => "Soft-Restart",
            Self::HardRestart => "Hard-Restart",
            Self::Init => "Init",
            Self::Reset => "Reset",
            Self::PowerCycle => "Power-Cycle",
            Self::FullPowerCycle => "Full-Power-Cycle",
            Self::Nmi => "Nmi",
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
            Self::Reset => "reset",
            Self::PowerCycle => "power-cycle",
            Self::FullPowerCycle => "full-power-cycle",
            Self::Nmi => "nmi",
        }
    }

    /// The lane in which the operation waits: every one has to do with power.
    pub const fn lane(self) -> Lane {
        match self {
            Self::On
            | Self::Off
            | Self::SoftOff
            | Self::ForceOff
            | Self::SoftRestart
            | Self::HardRestart
            | Self::Init
            | Self::Reset
            | Self::PowerCycle
            | Self::FullPowerCycle
            | Self::Nmi => Lane::Power,
        }
    }

    /// The state in which the component is left.
    pub const fn end_level(self) -> Level {
        match self {
            Self::On
            | Self::SoftRestart
            | Self::HardRestart
            | Self::Init
            | Self::Reset
            | Self::PowerCycle
            | Self::FullPowerCycle
            | Self::Nmi => Level::On,
            Self::Off | Self::SoftOff | Self::ForceOff => Level::Off,
        }
    }

    /// Whether the operation must start from a component that is known to be on.
    pub const fn needs_on(self) -> bool {
        matches!(
            self,
            Self::SoftRestart | Self::HardRestart | Self::Reset | Self::Nmi
        )
    }

    /// Whether PCS has the operation.
    pub const fn is_of_pcs(self) -> bool {
        !self.is_direct()
    }

    /// Whether the operation asks the BMC for one primitive as it is, so that nothing else can stand in for it.
    pub const fn is_direct(self) -> bool {
        matches!(
            self,
            Self::Reset | Self::PowerCycle | Self::FullPowerCycle | Self::Nmi
        )
    }

    /// Whether the operation is refused while nobody knows if a step that must not be repeated was executed, since it might be the second
    /// of its kind. Any other reaches a level, after which the question is moot.
    pub const fn needs_certainty(self) -> bool {
        self.is_direct() || matches!(self, Self::SoftRestart)
    }

    /// Whether the operation is expected to take the controller of a component of this kind away for a while.
    pub const fn takes_controller_down(self, kind: Kind) -> bool {
        match self {
            Self::FullPowerCycle => true,
            Self::SoftRestart | Self::HardRestart | Self::Init | Self::Reset | Self::PowerCycle => {
                matches!(kind, Kind::Controller)
            }
            Self::On | Self::Off | Self::SoftOff | Self::ForceOff | Self::Nmi => false,
        }
    }

    /// The operation of PCS that the text names.
    pub fn of_pcs(text: &str) -> Result<Self, UnknownOperation> {
        text.parse()
            .ok()
            .filter(|operation: &Self| operation.is_of_pcs())
            .ok_or_else(|| UnknownOperation(text.to_owned()))
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
        if text.eq_ignore_ascii_case("reinit") {
            return Ok(Self::Init);
        }
        Self::ALL
            .into_iter()
            .find(|op| op.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownOperation(text.to_owned()))
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
