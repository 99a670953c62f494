//! Requests per second of one caller on v2. v1 has no such limit, because its clients know none.
//!
//! A token bucket is one instant: when it will be full again. That is less than a crate of rate limiting would need, and the number of
//! callers that are remembered has a bound.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;

use super::caller::Caller;
use super::gate::is_change;
use super::refusal::Refusal;
use super::{ApiState, v2};

/// Answers 429 to a caller on v2 that asks too fast.
pub(super) async fn check(
    State(state): State<ApiState>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if !v2::owns(path) {
        return next.run(request).await;
    }
    let kind = if is_change(request.method(), path) {
        Kind::Change
    } else {
        Kind::Read
    };
    match state.gate.rates().take(&caller.name, kind, Instant::now()) {
        Ok(()) => next.run(request).await,
        Err(wait) => Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "caller.too-many-requests",
            format!("{} sends too many requests", caller.name),
        )
        .hint("wait for the time in Retry-After; a stream of events replaces repeated reading")
        .retry_after(wait)
        .answer(path),
    }
}

/// What a request is counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Change,
}

/// A bucket of tokens, which refills steadily.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    /// When it is full again. None, or a time that has passed, means full.
    full_at: Option<Instant>,
}

impl Bucket {
    /// Takes one token, or says how long it is until there is one.
    fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        let full_at = self.full_at.map_or(now, |at| at.max(now)) + rate.interval;
        let missing = full_at.duration_since(now);
        match missing.checked_sub(rate.capacity) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                self.full_at = Some(full_at);
                Ok(())
            }
        }
    }

    fn is_full(self, now: Instant) -> bool {
        self.full_at.is_none_or(|at| at <= now)
    }
}

#[derive(Debug, Clone, Copy)]
struct Rate {
    /// The time in which one token is refilled.
    interval: Duration,
    /// The time in which an empty bucket is refilled.
    capacity: Duration,
}

/// The buckets of one caller.
#[derive(Debug, Clone, Copy, Default)]
struct Buckets {
    reads: Bucket,
    changes: Bucket,
}

impl Buckets {
    fn take(&mut self, kind: Kind, rate: Rate, now: Instant) -> Result<(), Duration> {
        match kind {
            Kind::Read => self.reads.take(rate, now),
            Kind::Change => self.changes.take(rate, now),
        }
    }

    fn are_full(self, now: Instant) -> bool {
        self.reads.is_full(now) && self.changes.is_full(now)
    }
}

#[derive(Debug, Default)]
struct Callers {
    known: HashMap<String, Buckets>,
    /// What callers share that come when too many are known.
    others: Buckets,
    /// When those with full buckets were last forgotten.
    swept_at: Option<Instant>,
}

/// What holds for every caller, and for all.
#[derive(Debug, Clone, Copy)]
struct Limits {
    rate: Rate,
    callers_max: usize,
}

impl Limits {
    fn new(per_second: u32, burst: u32, callers_max: usize) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        Self {
            rate: Rate {
                interval,
                capacity: interval.saturating_mul(burst.max(1)),
            },
            callers_max,
        }
    }
}

/// The buckets of all callers.
#[derive(Debug)]
pub(super) struct RateLimiter {
    limits: ArcSwap<Limits>,
    callers: Mutex<Callers>,
}

impl RateLimiter {
    /// How often callers with full buckets are looked for at most.
    const SWEEP: Duration = Duration::from_secs(1);

    pub(super) fn new(per_second: u32, burst: u32, callers_max: usize) -> Self {
        Self {
            limits: ArcSwap::from_pointee(Limits::new(per_second, burst, callers_max)),
            callers: Mutex::default(),
        }
    }

    /// Takes over other limits; what callers have used up stays used up.
    pub(super) fn retune(&self, per_second: u32, burst: u32, callers_max: usize) {
        self.limits
            .store(Arc::new(Limits::new(per_second, burst, callers_max)));
    }

    /// Takes a token of this caller, or says how long it is until there is one.
    pub(super) fn take(&self, caller: &str, kind: Kind, now: Instant) -> Result<(), Duration> {
        let Limits { rate, callers_max } = **self.limits.load();
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(buckets) = callers.known.get_mut(caller) {
            return buckets.take(kind, rate, now);
        }
        if callers.known.len() >= callers_max {
            callers.forget_the_idle(now);
        }
        if callers.known.len() >= callers_max {
            return callers.others.take(kind, rate, now);
        }
        let buckets = callers.known.entry(caller.to_owned()).or_default();
        buckets.take(kind, rate, now)
    }
}

impl Callers {
    /// A caller whose buckets are full is as good as one that never came.
    fn forget_the_idle(&mut self, now: Instant) {
        let due = self
            .swept_at
            .is_none_or(|at| now.duration_since(at) >= RateLimiter::SWEEP);
        if due {
            self.known.retain(|_, buckets| !buckets.are_full(now));
            self.swept_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(limiter: &RateLimiter, caller: &str, kind: Kind, now: Instant) -> usize {
        (0..100)
            .take_while(|_| limiter.take(caller, kind, now).is_ok())
            .count()
    }

    #[test]
    fn a_burst_and_then_the_rate() {
        let limiter = RateLimiter::new(10, 5, 10);
        let now = Instant::now();
        assert_eq!(taken(&limiter, "slurm", Kind::Read, now), 5);
        assert_eq!(
            limiter.take("slurm", Kind::Read, now),
            Err(Duration::from_millis(100))
        );
        let later = now + Duration::from_millis(250);
        assert_eq!(taken(&limiter, "slurm", Kind::Read, later), 2);
        assert_eq!(
            limiter.take("slurm", Kind::Read, later),
            Err(Duration::from_millis(50))
        );
        let much_later = now + Duration::from_hours(1);
        assert_eq!(taken(&limiter, "slurm", Kind::Read, much_later), 5);
    }

    #[test]
    fn reading_starves_no_change_and_no_other_caller() {
        let limiter = RateLimiter::new(1, 3, 10);
        let now = Instant::now();
        assert_eq!(taken(&limiter, "a", Kind::Read, now), 3);
        assert_eq!(taken(&limiter, "a", Kind::Change, now), 3);
        assert_eq!(taken(&limiter, "b", Kind::Read, now), 3);
    }

    #[test]
    fn the_callers_that_are_remembered_are_bounded() {
        let limiter = RateLimiter::new(1, 2, 2);
        let now = Instant::now();
        for caller in ["a", "b"] {
            assert_eq!(taken(&limiter, caller, Kind::Read, now), 2);
        }
        assert!(limiter.take("c", Kind::Read, now).is_ok());
        assert!(limiter.take("d", Kind::Read, now).is_ok());
        assert!(
            limiter.take("e", Kind::Read, now).is_err(),
            "those that are too many share a bucket"
        );
        let later = now + Duration::from_secs(2);
        assert_eq!(taken(&limiter, "c", Kind::Read, later), 2);
        assert_eq!(limiter.callers.lock().unwrap().known.len(), 1);
    }
}
