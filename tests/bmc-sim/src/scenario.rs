//! Scenarios: makes of BMC with the quirks that others report of them, by name.

mod makes;
mod quirks;

use std::time::Duration;

use crate::config::SimConfig;
use crate::fault::Fault;
use crate::power::Delays;
use crate::profile::Profile;

pub use quirks::SCENARIOS;

/// A make of BMC with a quirk.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// The name.
    pub name: &'static str,
    /// The driver that is meant for it.
    pub driver: &'static str,
    /// What it plays, in a line.
    pub about: &'static str,
    /// The behaviour of the BMCs.
    pub profile: fn() -> Profile,
    /// What goes wrong from the start.
    pub faults: fn() -> Vec<Fault>,
    /// How long changes take.
    pub delays: Delays,
}

impl Scenario {
    /// The scenario of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SCENARIOS.iter().find(|scenario| scenario.name == name)
    }
}

impl SimConfig {
    /// Plays a scenario. Delays that were set before stay where the scenario has none.
    pub fn scenario(self, scenario: &Scenario) -> Self {
        let delays = if scenario.delays == INSTANT {
            self.delays
        } else {
            scenario.delays
        };
        Self {
            profile: (scenario.profile)(),
            faults: (scenario.faults)(),
            delays,
            ..self
        }
    }
}

/// Every change at once.
const INSTANT: Delays = Delays {
    on: Duration::ZERO,
    graceful_off: Duration::ZERO,
    force_off: Duration::ZERO,
    restart: Duration::ZERO,
    boot: Duration::ZERO,
    manager_reset: Duration::ZERO,
};
