//! How much the service takes on.

use super::layers::Layers;

/// How much the service takes on, of one caller and of all together.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Requests of one caller on v2 per second in the long run; reading and changing count apart.
    pub requests_per_second: u32,
    /// Requests of one caller on v2 at once, after a pause.
    pub burst: u32,
    /// The most callers that have a rate of their own; those that come on top share one.
    pub callers_max: usize,
    /// Requests that are in work at once over all callers.
    pub requests_in_flight: usize,
    /// Tasks that wait or run, from which on no more are accepted.
    pub open_tasks_max: usize,
    /// The most idempotency keys that are kept for one caller.
    pub idempotency_keys_per_caller: u32,
    /// The most idempotency keys that are kept for all callers.
    pub idempotency_keys_max: u32,
}

pub(super) fn read(layers: &mut Layers<'_>) -> Limits {
    Limits {
        requests_per_second: layers.number("limits.requests_per_second", 200, 1..=100_000),
        burst: layers.number("limits.burst", 1_000, 1..=100_000),
        callers_max: layers.number("limits.callers_max", 10_000, 1..=1_000_000),
        requests_in_flight: layers.number("limits.requests_in_flight", 512, 1..=65_536),
        open_tasks_max: layers.number("limits.open_tasks_max", 200_000, 1..=10_000_000),
        idempotency_keys_per_caller: layers.number(
            "limits.idempotency_keys_per_caller",
            20_000,
            1..=1_000_000,
        ),
        idempotency_keys_max: layers.number("limits.idempotency_keys_max", 100_000, 1..=10_000_000),
    }
}
