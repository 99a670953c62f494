//! How fast components end, and how long the rest may take.

use std::collections::VecDeque;

use tokio::time::{Duration, Instant};

use crate::account::Tally;

/// The time over which the rate is taken.
const WINDOW: Duration = Duration::from_secs(15);
/// The shortest time over which a rate says anything.
const WINDOW_MIN: Duration = Duration::from_secs(1);
/// How much must have ended before an estimate is shown, in percent.
const ESTIMATE_FROM_PERCENT: usize = 10;
/// The longest estimate that is shown.
const ESTIMATE_MAX_SECONDS: f64 = 86_400.0;

/// The numbers of ended components that were seen lately.
#[derive(Debug, Default)]
pub(super) struct Pace {
    seen: VecDeque<(Instant, usize)>,
}

impl Pace {
    pub(super) fn see(&mut self, now: Instant, tally: Tally) {
        self.seen.push_back((now, tally.ended()));
        while self.seen.len() > 2
            && self
                .seen
                .get(1)
                .is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW)
        {
            self.seen.pop_front();
        }
    }

    /// Components ended per second.
    pub(super) fn rate(&self) -> Option<f64> {
        let (first, last) = (self.seen.front()?, self.seen.back()?);
        let span = last.0.duration_since(first.0);
        let ended = u32::try_from(last.1.saturating_sub(first.1))
            .ok()
            .filter(|ended| *ended > 0)?;
        (span >= WINDOW_MIN).then(|| f64::from(ended) / span.as_secs_f64())
    }

    /// How long the rest takes at this rate.
    pub(super) fn remaining(&self, tally: &Tally) -> Option<Duration> {
        let left = u32::try_from(tally.total() - tally.ended()).ok()?;
        if tally.percent() < ESTIMATE_FROM_PERCENT || left == 0 {
            return None;
        }
        let seconds = f64::from(left) / self.rate()?;
        (seconds <= ESTIMATE_MAX_SECONDS).then(|| Duration::from_secs_f64(seconds.ceil()))
    }
}
