//! What a component draws.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limit::Watts;
use crate::observation::Fact;

/// What one meter reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeterReading {
    /// The driver's own word for the meter.
    pub id: String,
    /// The BMC's name for it.
    pub name: String,
    /// Now.
    pub watts: Option<Watts>,
    /// The least of the window.
    pub min: Option<Watts>,
    /// The most of the window.
    pub max: Option<Watts>,
    /// The mean of the window.
    pub average: Option<Watts>,
    /// The window.
    pub window: Option<Duration>,
    /// What else is known.
    pub facts: Vec<Fact>,
}
