//! The time of day as the service takes it from the outside, so that tests can bring their own.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use switchyard_core::Timestamp;
use uuid::Uuid;

/// The random bytes that one UUID of version 7 takes.
pub const UUID_V7_RANDOM_BYTES: usize = 10;

/// Tells the time of day.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The time of day as it was when the process first asked, and the monotonic time that has passed since.
///
/// Graces, deadlines and waits for a second send are differences of these times. If somebody, or NTP after a boot without a network,
/// sets the clock of the machine while a shutdown is in its grace, the difference must not grow with it: power would be cut at once, or a
/// restart be sent again too soon. So within one process time never jumps and never runs backwards, for all users of this clock.
///
/// The price: a correction of the machine's clock, the slow drift of the monotonic one against it, and time in which the machine was
/// suspended show only after the next start of the service. Until then what is stored and logged is off by that much.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        static ANCHOR: OnceLock<Anchor> = OnceLock::new();
        ANCHOR.get_or_init(Anchor::here).at(Instant::now())
    }
}

/// A moment on both clocks.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    wall: Timestamp,
    monotonic: Instant,
}

impl Anchor {
    fn here() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            wall: Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)),
            monotonic: Instant::now(),
        }
    }

    fn at(&self, instant: Instant) -> Timestamp {
        self.wall + instant.saturating_duration_since(self.monotonic)
    }
}

/// The time of day in seconds as the machine's clock shows it now, jumps included: for what others compare with their clocks, such as
/// signatures and signed tokens.
pub fn wall_seconds() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)
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
        let first = SystemClock.now();
        assert!(first > Timestamp::from_millis(1_700_000_000_000));
        assert!(SystemClock.now() >= first);
    }

    #[test]
    fn time_goes_on_from_its_anchor_whatever_the_wall_clock_says() {
        let anchor = Anchor {
            wall: Timestamp::from_millis(5_000),
            monotonic: Instant::now(),
        };
        let later = anchor.monotonic + Duration::from_millis(1_234);
        assert_eq!(anchor.at(later), Timestamp::from_millis(6_234));
        let earlier = anchor.monotonic.checked_sub(Duration::from_secs(1)).unwrap();
        assert_eq!(anchor.at(earlier), anchor.wall);
    }

    #[test]
    fn a_time_before_the_epoch_makes_an_id_too() {
        assert_eq!(
            uuid_v7(Timestamp::from_millis(-1), &[0; UUID_V7_RANDOM_BYTES]).get_version_num(),
            7
        );
    }
}
