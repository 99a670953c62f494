//! Whether the service answers, and when to try again.

use tokio::time::{Duration, Instant};

/// The wait before the first new try.
const RETRY_FIRST: Duration = Duration::from_millis(250);
/// The longest wait before a new try.
const RETRY_LAST: Duration = Duration::from_secs(5);

/// The state of the connection.
#[derive(Debug)]
pub(crate) struct Contact {
    patience: Duration,
    since: Option<Instant>,
    wait: Duration,
}

impl Contact {
    pub(crate) const fn new(patience: Duration) -> Self {
        Self {
            patience,
            since: None,
            wait: RETRY_FIRST,
        }
    }

    /// The service answered.
    pub(crate) const fn restored(&mut self) {
        self.since = None;
        self.wait = RETRY_FIRST;
    }

    /// The service did not answer: how long to wait before the next try, none when it was away for too long.
    pub(crate) fn lost(&mut self, now: Instant) -> Option<Duration> {
        let since = *self.since.get_or_insert(now);
        let left = (since + self.patience)
            .checked_duration_since(now)
            .filter(|left| !left.is_zero())?;
        let wait = self.wait.min(left);
        self.wait = (self.wait * 2).min(RETRY_LAST);
        Some(wait)
    }

    /// For how long it has not answered.
    pub(crate) fn lasted(&self, now: Instant) -> Duration {
        self.since
            .map(|since| now.duration_since(since))
            .unwrap_or_default()
    }
}
