//! What a component was found to be set to.

use serde::{Deserialize, Serialize};

use crate::boot::BootOverride;
use crate::indicator::Indicator;
use crate::limit::PowerLimit;
use crate::time::Timestamp;

/// What a reading of one track shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Values {
    /// The power limits.
    Limits(Vec<PowerLimit>),
    /// The boot override.
    Boot(BootOverride),
    /// The indicator.
    Indicator(Indicator),
}

/// A reading made from the BMC, never from a cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When the reading was asked for: it tells nothing of what happened after.
    pub at: Timestamp,
    /// What it shows.
    pub values: Values,
}

impl Snapshot {
    /// The power limits, if it shows those.
    pub fn limits(&self) -> Option<&[PowerLimit]> {
        match &self.values {
            Values::Limits(limits) => Some(limits),
            Values::Boot(_) | Values::Indicator(_) => None,
        }
    }
}
