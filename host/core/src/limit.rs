//! Power limits ("caps") of a component, and what is wanted of them.

use serde::{Deserialize, Serialize};

use crate::observation::Fact;

/// A power in watts: finite, not negative, and below a gigawatt.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Watts(f64);

impl Eq for Watts {}

impl Watts {
    /// What no machine draws.
    const BEYOND: f64 = 1e9;

    /// A power, unless the number is none.
    pub fn new(watts: f64) -> Option<Self> {
        (0.0..Self::BEYOND).contains(&watts).then_some(Self(watts))
    }

    /// The number of watts.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// A number that is no power.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{0} is no power in watts: it must be a number from 0 to below 1000000000")]
pub struct NoPower(pub f64);

impl TryFrom<f64> for Watts {
    type Error = NoPower;

    fn try_from(watts: f64) -> Result<Self, NoPower> {
        Self::new(watts).ok_or(NoPower(watts))
    }
}

impl From<Watts> for f64 {
    fn from(watts: Watts) -> Self {
        watts.0
    }
}

impl std::fmt::Display for Watts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} W", self.0)
    }
}

/// What keeps to a limit (DSP0268, Control: `ControlMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitMode {
    /// The BMC regulates to it.
    Automatic,
    /// Something set it by hand against the BMC's own regulation.
    Override,
    /// Set, and enforced by something else.
    Manual,
    /// No limit is in force.
    Disabled,
    /// The BMC does not say.
    Unknown,
}

/// One power limit as the BMC has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerLimit {
    /// The driver's own word for it.
    pub id: String,
    /// The BMC's name for it.
    pub name: String,
    /// The limit; nothing when none is in force.
    pub watts: Option<Watts>,
    /// The least that can be set, where the BMC tells.
    pub min: Option<Watts>,
    /// The most that can be set, where the BMC tells.
    pub max: Option<Watts>,
    /// What keeps to it.
    pub mode: LimitMode,
    /// Whether it can be set right now.
    pub writable: bool,
    /// What else is known, such as why it cannot be set.
    pub facts: Vec<Fact>,
}

/// A power limit to set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedLimit {
    /// The driver's own word for it.
    pub id: String,
    /// The limit; nothing lifts it.
    pub watts: Option<Watts>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_are_powers() {
        for odd in [f64::NAN, f64::INFINITY, -1.0, 1e9] {
            assert_eq!(Watts::new(odd), None, "{odd}");
        }
        assert_eq!(Watts::new(0.0).map(Watts::get), Some(0.0));
        assert!(serde_json::from_str::<Watts>("-5").is_err());
        assert_eq!(
            serde_json::to_string(&Watts::new(1785.5)).ok().as_deref(),
            Some("1785.5")
        );
    }
}
