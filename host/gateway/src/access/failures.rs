//! Failed tries of each address, so that guessing is slow and costs little.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failed tries of one address within one [`WINDOW`].
const FAILURES_MAX: u32 = 30;
/// The time over which they are counted.
const WINDOW: Duration = Duration::from_mins(1);
/// Addresses that are remembered. When there are more, those share one count.
const ADDRESSES_MAX: usize = 4_096;

#[derive(Debug, Clone, Copy)]
struct Count {
    failed: u32,
    since: Instant,
}

/// The addresses that failed lately.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// Under `None` those whose address is not known, or finds no place.
    counts: Mutex<HashMap<Option<IpAddr>, Count>>,
}

impl Failures {
    /// How long the address has to wait before a costly check is made for it, if it has to.
    pub(super) fn wait(&self, from: Option<IpAddr>, now: Instant) -> Option<Duration> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.get(&from)?;
        let left = WINDOW.saturating_sub(now.duration_since(count.since));
        (count.failed >= FAILURES_MAX && !left.is_zero()).then_some(left)
    }

    /// Counts a failed try.
    pub(super) fn note(&self, from: Option<IpAddr>, now: Instant) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |count: &Count| now.duration_since(count.since) >= WINDOW;
        if counts.len() >= ADDRESSES_MAX && !counts.contains_key(&from) {
            counts.retain(|_, count| !is_over(count));
        }
        let full = counts.len() >= ADDRESSES_MAX && !counts.contains_key(&from);
        let fresh = Count {
            failed: 0,
            since: now,
        };
        let count = counts.entry(if full { None } else { from }).or_insert(fresh);
        if is_over(count) {
            *count = fresh;
        }
        count.failed = count.failed.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_fails_too_often_waits_and_others_do_not() {
        let failures = Failures::default();
        let (bad, good) = (IpAddr::from([127, 0, 0, 2]), IpAddr::from([127, 0, 0, 3]));
        let now = Instant::now();
        for _ in 0..FAILURES_MAX {
            assert_eq!(failures.wait(Some(bad), now), None);
            failures.note(Some(bad), now);
        }
        assert_eq!(failures.wait(Some(bad), now), Some(WINDOW));
        assert_eq!(failures.wait(Some(good), now), None);
        assert_eq!(failures.wait(Some(bad), now + WINDOW), None);
        failures.note(Some(bad), now + WINDOW);
        assert_eq!(failures.wait(Some(bad), now + WINDOW), None);
    }

    #[test]
    fn the_addresses_that_are_remembered_are_bounded() {
        let failures = Failures::default();
        let now = Instant::now();
        for address in 0..u32::try_from(ADDRESSES_MAX).unwrap() + 100 {
            failures.note(Some(IpAddr::from(address.to_be_bytes())), now);
        }
        assert!(failures.counts.lock().unwrap().len() <= ADDRESSES_MAX + 1);
    }
}
