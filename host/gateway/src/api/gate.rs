//! What every request passes before a handler sees it: limits of the whole service, limits of one caller, and safe repetition.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use http::Method;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::idempotency::{self, KeyLimits, Running};
use super::rate_limit::{Kind, RateLimiter};
use crate::config;
use crate::engine::Engine;

/// How long a stop waits for requests that run on without their caller.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Refused changes that are added to the audit each second; whoever tries all the time must not fill it.
const REFUSALS_PER_SECOND: u32 = 1;
/// Refused changes that are added at once.
const REFUSALS_BURST: u32 = 60;

/// A cheap handle on the limits of the API and the work that is done under idempotency keys.
#[derive(Debug, Clone)]
pub struct Gate {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    rates: RateLimiter,
    in_flight: Arc<Semaphore>,
    running: Running,
    key_limits: ArcSwap<KeyLimits>,
    tasks: TaskTracker,
    stop: CancellationToken,
    refusals: RateLimiter,
}

impl Gate {
    /// A gate with these limits, through which nobody has gone yet.
    pub fn new(limits: &config::Limits) -> Self {
        Self {
            inner: Arc::new(Inner {
                rates: RateLimiter::new(limits.requests_per_second, limits.burst, limits.callers_max),
                in_flight: Arc::new(Semaphore::new(limits.requests_in_flight)),
                running: Running::default(),
                key_limits: ArcSwap::from_pointee(key_limits(limits)),
                tasks: TaskTracker::new(),
                stop: CancellationToken::new(),
                refusals: RateLimiter::new(REFUSALS_PER_SECOND, REFUSALS_BURST, 1),
            }),
        }
    }

    /// Takes over other limits. How many requests are in flight at once stays as it is.
    pub fn retune(&self, limits: &config::Limits) {
        self.inner
            .rates
            .retune(limits.requests_per_second, limits.burst, limits.callers_max);
        self.inner.key_limits.store(Arc::new(key_limits(limits)));
    }

    /// Begins to delete idempotency keys when their time is over, until [`Gate::stop`].
    pub fn expire_keys(&self, engine: &Engine) {
        let sweep = idempotency::expire_now_and_then(engine.clone(), self.inner.stop.clone());
        self.inner.tasks.spawn(sweep);
    }

    /// Waits for the work that was begun under idempotency keys. What does not end in time is taken up when it is repeated.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        if tokio::time::timeout(STOP_WITHIN, self.inner.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(left = self.inner.tasks.len(), "some requests did not end in time");
        }
    }

    pub(super) fn rates(&self) -> &RateLimiter {
        &self.inner.rates
    }

    /// Whether one more refused change finds room in the audit.
    pub(super) fn may_note_refusal(&self) -> bool {
        let now = Instant::now();
        self.inner.refusals.take("", Kind::Change, now).is_ok()
    }

    pub(super) fn in_flight(&self) -> &Arc<Semaphore> {
        &self.inner.in_flight
    }

    pub(super) fn running(&self) -> &Running {
        &self.inner.running
    }

    pub(super) fn key_limits(&self) -> KeyLimits {
        **self.inner.key_limits.load()
    }

    /// How much work is owned that goes on when its caller is gone.
    #[cfg(test)]
    pub(super) fn tasks_owned(&self) -> usize {
        self.inner.tasks.len()
    }

    /// Who owns work that goes on when its caller is gone.
    pub(super) fn tasks(&self) -> &TaskTracker {
        &self.inner.tasks
    }
}

fn key_limits(limits: &config::Limits) -> KeyLimits {
    KeyLimits {
        per_caller: limits.idempotency_keys_per_caller,
        overall: limits.idempotency_keys_max,
    }
}

/// The path without the prefix of PCS's version: `/v1/transitions` and `/transitions` are one resource.
pub(super) fn unversioned(path: &str) -> &str {
    match path.strip_prefix("/v1") {
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

/// Whether a request changes anything. `POST /power-status` is a GET with a body.
pub(super) fn is_change(method: &Method, path: &str) -> bool {
    let changes = matches!(
        *method,
        Method::POST | Method::PUT | Method::PATCH | Method::DELETE
    );
    changes && unversioned(path) != "/power-status"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_from_readings() {
        for (method, path, change) in [
            (Method::POST, "/transitions", true),
            (Method::DELETE, "/v1/transitions/1", true),
            (Method::POST, "/v2/holds", true),
            (Method::GET, "/v1/transitions", false),
            (Method::POST, "/v1/power-status", false),
            (Method::POST, "/power-status", false),
        ] {
            assert_eq!(is_change(&method, path), change, "{method} {path}");
        }
    }

    #[test]
    fn the_version_of_pcs_is_no_part_of_a_resource() {
        assert_eq!(unversioned("/v1/transitions/1"), "/transitions/1");
        for path in ["/transitions", "/v1", "/v11/transitions", "/v2/transitions"] {
            assert_eq!(unversioned(path), path);
        }
    }
}
