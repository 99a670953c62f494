//! Failed tries of each address. Who guesses is told nothing more than to wait.

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
    /// Counts a failed try. Gives how long the address has to wait before it is told again why, if it has to.
    pub(super) fn note(&self, from: Option<IpAddr>, now: Instant) -> Option<Duration> {
        let from = from.map(network);
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
        let left = WINDOW.saturating_sub(now.duration_since(count.since));
        (count.failed > FAILURES_MAX).then_some(left)
    }
}

/// What one host or customer has at hand: an address of IPv4, and all of a /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::from((u128::from(address) & !u128::from(u64::MAX)).to_be_bytes()),
        address @ IpAddr::V4(_) => address,
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
            assert_eq!(failures.note(Some(bad), now), None);
        }
        assert_eq!(failures.note(Some(bad), now), Some(WINDOW));
        assert_eq!(failures.note(Some(good), now), None);
        assert_eq!(failures.note(Some(bad), now + WINDOW), None);
    }

    #[test]
    fn addresses_of_one_network_share_a_count_and_so_do_those_that_find_no_place() {
        let now = Instant::now();
        let failures = Failures::default();
        let of = |n: u128| Some(IpAddr::from((0x2001_0db8_u128 << 96 | n).to_be_bytes()));
        for n in 0..u128::from(FAILURES_MAX) {
            assert_eq!(failures.note(of(n), now), None);
        }
        assert_eq!(failures.note(of(7777), now), Some(WINDOW));
        assert_eq!(failures.note(of(1 << 64), now), None);
        let failures = Failures::default();
        let others = u32::try_from(ADDRESSES_MAX).unwrap();
        for address in 0..others {
            failures.note(Some(IpAddr::from(address.to_be_bytes())), now);
        }
        let late = (others..=others + FAILURES_MAX).map(|address| IpAddr::from(address.to_be_bytes()));
        let told: Vec<_> = late.map(|address| failures.note(Some(address), now)).collect();
        assert_eq!(told.last(), Some(&Some(WINDOW)));
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
