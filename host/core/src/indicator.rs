//! The light by which people find a machine.

use serde::{Deserialize, Serialize};

use crate::observation::Fact;

/// The light (DSP2046, Resource: `IndicatorLED`, `LocationIndicatorActive`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Light {
    /// Dark.
    Off,
    /// Lit.
    Lit,
    /// Blinking.
    Blinking,
    /// The BMC does not say.
    Unknown,
}

/// The light as the BMC has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indicator {
    /// The light.
    pub light: Light,
    /// The BMC's own word for it.
    pub raw: String,
    /// What can be set.
    pub lights: Vec<Light>,
    /// What else is known.
    pub facts: Vec<Fact>,
}
