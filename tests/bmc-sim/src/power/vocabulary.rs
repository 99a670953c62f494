//! Redfish's words for power, as DMTF's `Resource` schema spells them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A word that is not in the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no {vocabulary} of the Redfish Resource schema")]
pub struct UnknownName {
    vocabulary: &'static str,
    name: String,
}

macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($variant:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $(
                #[doc = concat!("`", stringify!($variant), "`.")]
                $variant,
            )+
        }

        impl $name {
            /// Every value, in the order of the schema.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;

            fn from_str(name: &str) -> Result<Self, UnknownName> {
                Self::ALL.iter().copied().find(|value| value.as_str() == name).ok_or_else(|| UnknownName {
                    vocabulary: stringify!($name),
                    name: name.to_owned(),
                })
            }
        }
    };
}

vocabulary! {
    /// The property `PowerState`.
    PowerState { On, Off, PoweringOn, PoweringOff, Paused }
}

vocabulary! {
    /// The parameter `ResetType` of the reset actions; `Off` is HPE Cray EX's word for an orderly shutdown.
    ResetType {
        On, ForceOn, ForceOff, Off, GracefulShutdown, GracefulRestart, ForceRestart, PowerCycle, FullPowerCycle,
        PushPowerButton, Nmi, Suspend, Pause, Resume,
    }
}

impl ResetType {
    /// True for resets that end in the state On without a restart.
    pub(crate) fn switches_on(self) -> bool {
        matches!(self, Self::On | Self::ForceOn)
    }

    /// True for resets that end in the state Off.
    pub(crate) fn switches_off(self) -> bool {
        matches!(self, Self::ForceOff | Self::Off | Self::GracefulShutdown)
    }

    /// True for resets that make sense on a running machine only.
    pub(crate) fn needs_power(self) -> bool {
        matches!(
            self,
            Self::GracefulRestart
                | Self::ForceRestart
                | Self::PowerCycle
                | Self::FullPowerCycle
                | Self::Nmi
                | Self::Pause
                | Self::Suspend
        )
    }

    /// True for resets that restart the machine.
    pub(crate) fn restarts(self) -> bool {
        matches!(
            self,
            Self::GracefulRestart | Self::ForceRestart | Self::PowerCycle | Self::FullPowerCycle
        )
    }
}
