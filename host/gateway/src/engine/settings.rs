//! What an operator can set about the engine and the poller. The defaults stand with the configuration.

use std::time::Duration;

use crate::config;

/// Settings of the engine.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// How long a task may wait before each step is first sent.
    pub start_within: Duration,
    /// How long v1 shows a record.
    pub record_expiry: Duration,
    /// Finished transitions that v1 shows, newest first, and as many power-cap tasks.
    pub finished_shown_max: u32,
    /// Tasks that move at once; those that wait do not count.
    pub tasks_moving: usize,
    /// Open tasks from which on no more are accepted.
    pub open_tasks_max: usize,
}

impl From<&config::Config> for EngineSettings {
    fn from(config: &config::Config) -> Self {
        Self {
            start_within: config.engine.start_within,
            record_expiry: config.engine.record_expiry,
            finished_shown_max: config.pcs.max_num_completed,
            tasks_moving: config.engine.tasks_moving,
            open_tasks_max: config.limits.open_tasks_max,
        }
    }
}

/// The defaults of the configuration, for test benches.
#[cfg(test)]
impl Default for EngineSettings {
    fn default() -> Self {
        Self::from(&config::defaults())
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

impl From<&config::Poller> for PollerSettings {
    fn from(config: &config::Poller) -> Self {
        Self {
            enabled: config.enabled,
            interval: config.interval,
            in_flight: config.in_flight,
        }
    }
}

/// The defaults of the configuration, for test benches.
#[cfg(test)]
impl Default for PollerSettings {
    fn default() -> Self {
        Self::from(&config::defaults().poller)
    }
}
