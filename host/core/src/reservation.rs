//! Reservations: the leave of the state manager (SMD) to switch a component while nobody else does.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// How the reservation of a task's component stands, as far as the process that drives the task knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reservation {
    /// The component is none of SMD's, reservations are not used, or the task is an emergency.
    #[default]
    NotNeeded,
    /// Nothing may be sent before it is held.
    Wanted,
    /// It is held, or the deputy key of somebody who holds it is valid.
    Held,
}

/// SMD's word for why it reserves a component for nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Somebody else holds it.
    Reserved,
    /// An administrator has locked it.
    Locked,
    /// An administrator has disabled its reservations.
    Disabled,
    /// SMD does not know the component.
    NotFound,
    /// Something else, in SMD's words.
    Other(String),
}

impl Reason {
    /// From SMD's word.
    pub fn of_smd(word: &str) -> Self {
        match word {
            "Reserved" => Self::Reserved,
            "Locked" => Self::Locked,
            "Disabled" => Self::Disabled,
            "NotFound" => Self::NotFound,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The stable code of the reason, as it appears in the API.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Reserved => "smd.reserved",
            Self::Locked => "smd.locked",
            Self::Disabled => "smd.disabled",
            Self::NotFound => "smd.not-found",
            Self::Other(_) => "smd.refused",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reserved => "Reserved",
            Self::Locked => "Locked",
            Self::Disabled => "Disabled",
            Self::NotFound => "NotFound",
            Self::Other(words) => words,
        })
    }
}

/// Why a task does not have the reservation that it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is not decided: asked again later, within the time to start.
    Later(Failure),
    /// SMD refuses it.
    Refused {
        /// Why.
        reason: Reason,
        /// Whether a deputy key came with the request that is not valid.
        bad_deputy_key: bool,
    },
    /// It was held, and is no longer.
    Lost,
}
