//! What an operator can set about the engine and the poller.

use std::time::Duration;

use switchyard_core::Ability;

/// Settings of the engine.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// How long a task may wait before each step is first sent.
    pub start_within: Duration,
    /// How long v1 shows a record.
    pub record_expiry: Duration,
    /// Tasks that move at once; those that wait do not count.
    pub actions_in_flight: usize,
    /// Factor on the drivers' usual and longest times, in percent.
    pub patience_percent: u32,
    /// How long task summaries and events are kept.
    pub history_kept: Duration,
    /// How long a stop waits for requests in flight: a little longer than one request can take.
    pub stop_within: Duration,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            start_within: switchyard_core::admission::START_WITHIN_DEFAULT,
            record_expiry: Duration::from_secs(24 * 3600),
            actions_in_flight: 256,
            patience_percent: 100,
            history_kept: Duration::from_secs(30 * 24 * 3600),
            stop_within: Duration::from_secs(75),
        }
    }
}

impl EngineSettings {
    /// An ability with its times scaled by the operator's patience.
    pub fn patient(&self, mut ability: Ability) -> Ability {
        let scale = |time: Duration| time * self.patience_percent.max(1) / 100;
        ability.usual = scale(ability.usual);
        ability.limit = scale(ability.limit);
        ability
    }
}

/// Settings of the power-state poller.
#[derive(Debug, Clone)]
pub struct PollerSettings {
    /// Whether it runs at all.
    pub enabled: bool,
    /// The time between two readings of a component.
    pub interval: Duration,
    /// Controllers asked at once.
    pub in_flight: usize,
}

impl Default for PollerSettings {
    fn default() -> Self {
        Self { enabled: true, interval: Duration::from_secs(30), in_flight: 256 }
    }
}
