//! The vocabulary of power: states, primitives, kinds of component, replay classes.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a component is, as far as power is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A computer system.
    Node,
    /// A chassis.
    Chassis,
    /// A compute module (blade, slot).
    Module,
    /// A router module.
    Router,
    /// A management controller itself; its restart is a restart of this kind.
    Controller,
    /// An outlet of a power distribution unit.
    Outlet,
    /// A management switch.
    NetworkSwitch,
    /// Anything else.
    Other,
}

/// The resource that one driver call is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// What it is.
    pub kind: Kind,
    /// The driver's own word for it, from its survey (`/redfish/v1/Systems/1`, `outlet/A3`); may be empty.
    pub id: String,
}

/// The state of power as read from a BMC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PowerState {
    /// Powered.
    On,
    /// Not powered.
    Off,
    /// On its way to on; not yet on.
    PoweringOn,
    /// On its way to off; not yet off.
    PoweringOff,
    /// Powered and halted.
    Paused,
    /// Suspended or hibernated.
    Asleep,
    /// Neither on nor off is known. Never taken for either.
    Unknown,
}

impl PowerState {
    /// Whether the state is the level, reached and not only approached.
    pub fn is(self, level: Level) -> bool {
        matches!((self, level), (Self::On, Level::On) | (Self::Off, Level::Off))
    }

    /// Whether the state is the way to the level, which is not reached yet.
    pub fn is_on_the_way_to(self, level: Level) -> bool {
        matches!(
            (self, level),
            (Self::PoweringOn, Level::On) | (Self::PoweringOff, Level::Off)
        )
    }
}

/// The two end states that a level primitive can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Powered.
    On,
    /// Not powered.
    Off,
}

/// One thing that can be asked of a BMC in one changing request. The names are Redfish's `ResetType` (DSP2046, Resource).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Primitive {
    /// Turn on.
    On,
    /// Turn on at once.
    ForceOn,
    /// Turn off at once.
    ForceOff,
    /// Ask the operating system to shut down.
    GracefulShutdown,
    /// Ask the operating system to restart.
    GracefulRestart,
    /// Restart at once.
    ForceRestart,
    /// Off, then on.
    PowerCycle,
    /// As if mains had been cut and restored.
    FullPowerCycle,
    /// Press the button; what it does depends on the state.
    PushPowerButton,
    /// Non-maskable interrupt.
    Nmi,
    /// Suspend to memory or disk.
    Suspend,
    /// Halt the processors.
    Pause,
    /// Go on after a pause.
    Resume,
}

impl Primitive {
    /// Every primitive, in the order of the driver contract.
    pub const ALL: [Self; 13] = [
        Self::On,
        Self::ForceOn,
        Self::ForceOff,
        Self::GracefulShutdown,
        Self::GracefulRestart,
        Self::ForceRestart,
        Self::PowerCycle,
        Self::FullPowerCycle,
        Self::PushPowerButton,
        Self::Nmi,
        Self::Suspend,
        Self::Pause,
        Self::Resume,
    ];

    /// The loosest replay class that this primitive may ever have. A driver can only be stricter.
    pub const fn replay_floor(self) -> Replay {
        match self {
            Self::On | Self::ForceOn | Self::ForceOff => Replay::Safe,
            Self::GracefulShutdown | Self::Suspend | Self::Pause | Self::Resume => Replay::IfUnchanged,
            Self::GracefulRestart
            | Self::ForceRestart
            | Self::PowerCycle
            | Self::FullPowerCycle
            | Self::PushPowerButton
            | Self::Nmi => Replay::Never,
        }
    }

    /// Whether the primitive is expected to take the controller away for a while, asked of a component of this kind.
    pub const fn takes_controller_down(self, kind: Kind) -> bool {
        match self {
            Self::FullPowerCycle => true,
            Self::GracefulRestart | Self::ForceRestart | Self::PowerCycle => matches!(kind, Kind::Controller),
            _ => false,
        }
    }

    /// The level that shows success, for primitives that have one.
    pub const fn level(self) -> Option<Level> {
        match self {
            Self::On | Self::ForceOn => Some(Level::On),
            Self::ForceOff | Self::GracefulShutdown => Some(Level::Off),
            _ => None,
        }
    }

    /// How long the primitive usually takes, when no driver says otherwise.
    pub const fn usual(self) -> Duration {
        Duration::from_secs(match self {
            Self::ForceOff | Self::Nmi | Self::Pause | Self::Resume => 5,
            Self::On | Self::ForceOn | Self::Suspend | Self::PushPowerButton => 15,
            Self::ForceRestart | Self::PowerCycle => 30,
            Self::GracefulShutdown | Self::GracefulRestart | Self::FullPowerCycle => 60,
        })
    }

    /// How long the primitive takes at the longest, when no driver says otherwise.
    pub const fn limit(self) -> Duration {
        Duration::from_secs(match self {
            Self::ForceOff | Self::Nmi | Self::Pause | Self::Resume => 60,
            Self::On | Self::ForceOn | Self::Suspend | Self::PushPowerButton => 120,
            Self::ForceRestart | Self::PowerCycle => 180,
            Self::GracefulShutdown | Self::GracefulRestart => 300,
            Self::FullPowerCycle => 600,
        })
    }

    /// PCS's word for the primitive: the reset type in lower case without hyphens.
    pub const fn pcs_word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::ForceOn => "forceon",
            Self::ForceOff => "forceoff",
            Self::GracefulShutdown => "gracefulshutdown",
            Self::GracefulRestart => "gracefulrestart",
            Self::ForceRestart => "forcerestart",
            Self::PowerCycle => "powercycle",
            Self::FullPowerCycle => "fullpowercycle",
            Self::PushPowerButton => "pushpowerbutton",
            Self::Nmi => "nmi",
            Self::Suspend => "suspend",
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }
}

impl fmt::Display for Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::On => "on",
            Self::ForceOn => "force-on",
            Self::ForceOff => "force-off",
            Self::GracefulShutdown => "graceful-shutdown",
            Self::GracefulRestart => "graceful-restart",
            Self::ForceRestart => "force-restart",
            Self::PowerCycle => "power-cycle",
            Self::FullPowerCycle => "full-power-cycle",
            Self::PushPowerButton => "push-power-button",
            Self::Nmi => "nmi",
            Self::Suspend => "suspend",
            Self::Pause => "pause",
            Self::Resume => "resume",
        })
    }
}

/// Whether a primitive may be sent again when it is not known to have arrived. Ordered from loose to strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replay {
    /// Sending twice is the same as sending once.
    Safe,
    /// Sending again is harmless only while the state is still the one before the first sending.
    IfUnchanged,
    /// Sending again is a second execution; only proof of non-execution allows it.
    Never,
}

/// What a component can be asked for, as its driver found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ability {
    /// The primitive.
    pub what: Primitive,
    /// The driver's replay class, before the floor.
    pub replay: Replay,
    /// Whether the BMC itself advertises it.
    pub advertised: bool,
    /// How long it usually takes.
    pub usual: Duration,
    /// How long it takes at the longest.
    pub limit: Duration,
}

impl Ability {
    /// The replay class that holds: the driver's, never looser than the floor of the primitive.
    pub fn effective_replay(&self) -> Replay {
        self.replay.max(self.what.replay_floor())
    }
}

/// How fast a BMC may be asked. A driver may only tighten what the operator set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Requests in flight at once.
    pub parallel: u8,
    /// Least time between two requests.
    pub gap: Duration,
    /// Time after a change during which a reading says nothing.
    pub settle: Duration,
    /// Least time between two readings while a change is verified.
    pub poll: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            parallel: 1,
            gap: Duration::ZERO,
            settle: Duration::ZERO,
            poll: Duration::ZERO,
        }
    }
}

impl Pace {
    /// The stricter of two paces, field by field.
    pub fn tightened_by(self, other: Self) -> Self {
        Self {
            parallel: self.parallel.min(other.parallel).max(1),
            gap: self.gap.max(other.gap),
            settle: self.settle.max(other.settle),
            poll: self.poll.max(other.poll),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_cannot_loosen_the_replay_class() {
        let liar = Ability {
            what: Primitive::ForceRestart,
            replay: Replay::Safe,
            advertised: true,
            usual: Duration::ZERO,
            limit: Duration::ZERO,
        };
        assert_eq!(liar.effective_replay(), Replay::Never);
    }

    #[test]
    fn a_transition_on_the_way_is_not_there() {
        assert!(!PowerState::PoweringOn.is(Level::On));
        assert!(!PowerState::Unknown.is(Level::Off));
        assert!(PowerState::Off.is(Level::Off));
    }
}
