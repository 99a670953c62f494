//! How often a request may be sent, and how long each time is waited for.

use std::collections::VecDeque;
use std::time::Duration;

/// The most times that anything is sent.
const TRIES_MAX: u32 = 4;

/// The waits that are left. One datagram may be sent for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tries(VecDeque<Duration>);

impl Tries {
    /// One datagram, never repeated, waited for this long: the only way for whatever changes something.
    pub fn once(wait: Duration) -> Self {
        Self(VecDeque::from([wait]))
    }

    /// Four datagrams, waited for once, twice, three and four times `unit`: for what only asks.
    pub fn asking(unit: Duration) -> Self {
        Self((1..=TRIES_MAX).map(|factor| unit * factor).collect())
    }

    /// Two datagrams, waited for once and twice `unit`: for finding out whether a session is still known.
    pub fn probing(unit: Duration) -> Self {
        Self(VecDeque::from([unit, unit * 2]))
    }

    /// The wait after the next datagram; nothing when none may be sent any more.
    pub(crate) fn take(&mut self) -> Option<Duration> {
        self.0.pop_front()
    }

    /// The wait after the next datagram, which stays.
    pub(crate) fn peek(&self) -> Option<Duration> {
        self.0.front().copied()
    }
}
