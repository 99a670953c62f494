//! The time of day as the service takes it from the outside, so that tests can bring their own.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use switchyard_core::Timestamp;
use uuid::Uuid;

/// The random bytes that one UUID of version 7 takes.
pub const UUID_V7_RANDOM_BYTES: usize = 10;

/// Tells the time of day.
pub trait Clock: Send + Sync {
    /// The time now. It can jump when somebody sets the clock: measure durations with a monotonic one.
    fn now(&self) -> Timestamp;
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands still until it is moved, for tests.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millis()))
    }

    /// Sets the clock, forwards or backwards.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::SeqCst);
    }

    /// Moves the clock forwards.
    pub fn advance(&self, by: Duration) {
        self.set(self.now() + by);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A UUID of version 7 (RFC 9562, section 5.7): ids made later sort later, to the millisecond.
pub fn uuid_v7(now: Timestamp, random: &[u8; UUID_V7_RANDOM_BYTES]) -> Uuid {
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_are_version_7() {
        let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
        let first = uuid_v7(clock.now(), &[0xff; UUID_V7_RANDOM_BYTES]);
        assert_eq!(first.to_string(), "018bcfe5-6800-7fff-bfff-ffffffffffff");
        assert_eq!(first.get_version_num(), 7);
        clock.advance(Duration::from_millis(1));
        assert!(uuid_v7(clock.now(), &[0; UUID_V7_RANDOM_BYTES]) > first);
    }

    #[test]
    fn the_system_clock_tells_the_time() {
        assert!(SystemClock.now() > Timestamp::from_millis(1_700_000_000_000));
    }

    #[test]
    fn a_time_before_the_epoch_makes_an_id_too() {
        assert_eq!(
            uuid_v7(Timestamp::from_millis(-1), &[0; UUID_V7_RANDOM_BYTES]).get_version_num(),
            7
        );
    }
}
