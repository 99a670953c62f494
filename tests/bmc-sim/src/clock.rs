//! Simulated time: milliseconds since the simulator started, and their wall-clock form.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

/// A point in time, in milliseconds since the simulator started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize)]
#[serde(transparent)]
pub struct Moment(pub u64);

impl Moment {
    /// The moment `duration` later, in whole milliseconds.
    pub fn after(self, duration: Duration) -> Self {
        self.after_ms(millis(duration))
    }

    /// The moment `ms` milliseconds later.
    pub fn after_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to here; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Whole milliseconds of a duration.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Monotonic time since the start, tied once to the wall clock.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    started: tokio::time::Instant,
    epoch_ms: i64,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            started: tokio::time::Instant::now(),
            epoch_ms: jiff::Timestamp::now().as_millisecond(),
        }
    }

    pub(crate) fn now(&self) -> Moment {
        Moment(millis(self.started.elapsed()))
    }

    /// Appends the RFC 3339 form of `at` with the offset `+00:00`, as BMCs write it.
    pub(crate) fn write_rfc3339(&self, at: Moment, resolution: Resolution, out: &mut String) {
        let since_start = i64::try_from(at.0).unwrap_or(i64::MAX);
        let wall_ms = self.epoch_ms.saturating_add(since_start);
        let rounded = match resolution {
            Resolution::Seconds => wall_ms.div_euclid(1000).saturating_mul(1000),
            Resolution::Milliseconds => wall_ms,
        };
        let timestamp = jiff::Timestamp::from_millisecond(rounded).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let start = out.len();
        if write!(out, "{timestamp}").is_ok() && out.ends_with('Z') {
            out.truncate(out.len() - 1);
        }
        debug_assert!(out.len() > start, "a timestamp is never empty");
        out.push_str("+00:00");
    }
}

/// The finest step that a BMC's timestamps show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resolution {
    Seconds,
    Milliseconds,
}

impl Resolution {
    pub(crate) fn ms(self) -> u64 {
        match self {
            Self::Seconds => 1000,
            Self::Milliseconds => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn timestamps_carry_the_offset_and_their_resolution() {
        let clock = Clock {
            started: tokio::time::Instant::now(),
            epoch_ms: 1_700_000_000_250,
        };
        let mut seconds = String::new();
        clock.write_rfc3339(Moment(1_000), Resolution::Seconds, &mut seconds);
        assert_eq!(seconds, "2023-11-14T22:13:21+00:00");
        let mut fine = String::new();
        clock.write_rfc3339(Moment(1), Resolution::Milliseconds, &mut fine);
        assert_eq!(fine, "2023-11-14T22:13:20.251+00:00");
    }
}
