//! What a driver call gives to each of its requests: lane, deadline and cancellation.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Who passes whom when requests wait for a slot of the same controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Work that somebody asked for.
    Action,
    /// Background polling; every waiting action goes first.
    Poll,
}

/// The bounds of one driver call. Clones share the clock.
///
/// The clock of the call stands still while one of its requests waits for a slot: [`Scope::due`] moves later meanwhile. One wait is
/// bounded by [`TransportConfig::slot_wait`](crate::TransportConfig::slot_wait).
#[derive(Debug, Clone)]
pub struct Scope {
    /// The lane of all requests of the call.
    pub lane: Lane,
    /// The end of the call, had it never waited for a slot; see [`Scope::due`].
    pub deadline: Instant,
    /// Cancels the call.
    pub cancel: CancellationToken,
    stopped: Arc<Mutex<Stopped>>,
    /// The controller refused the login in this call.
    login_refused: Arc<AtomicBool>,
    /// Why no login could be handed out in this call.
    no_login: Arc<OnceLock<String>>,
}

/// How long the clock has stood still.
#[derive(Debug, Default)]
struct Stopped {
    total: Duration,
    waiting: u32,
    since: Option<Instant>,
}

impl Stopped {
    fn until(&self, now: Instant) -> Duration {
        self.total
            + self
                .since
                .map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

impl Scope {
    /// A scope that ends at `deadline`, extended by the time that its requests wait for a slot.
    pub fn new(lane: Lane, deadline: Instant, cancel: CancellationToken) -> Self {
        Self {
            lane,
            deadline,
            cancel,
            stopped: Arc::default(),
            login_refused: Arc::default(),
            no_login: Arc::default(),
        }
    }

    /// The time spent in waiting for slots, a wait that is still going on included.
    pub fn waited(&self) -> Duration {
        self.stopped().until(Instant::now())
    }

    /// The end of the call: the deadline moved by the time waited. It only ever moves later, so whoever enforces it sleeps until it
    /// and reads it again, until it has passed.
    pub fn due(&self) -> Instant {
        self.deadline + self.waited()
    }

    /// Returns when the call is over, however often its end moves.
    pub async fn expired(&self) {
        loop {
            let due = self.due();
            if due <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(due).await;
        }
    }

    /// Remembers that the controller refused the login, so that this call does not send it again.
    pub(crate) fn refuse_login(&self) {
        self.login_refused.store(true, Ordering::Release);
    }

    /// Whether the controller refused the login in this call.
    pub(crate) fn login_was_refused(&self) -> bool {
        self.login_refused.load(Ordering::Acquire)
    }

    /// Remembers that no login could be handed out, and why. Of several reasons the first is kept.
    pub(crate) fn lack_login(&self, why: &str) {
        self.no_login.get_or_init(|| why.to_owned());
    }

    /// Why no login could be handed out in this call, when that was so: whatever a driver then says, the controller did not fail.
    pub fn no_login(&self) -> Option<&str> {
        self.no_login.get().map(String::as_str)
    }

    /// Stops the clock until the guard is dropped.
    pub(crate) fn stop_clock(&self) -> ClockStopped<'_> {
        let mut stopped = self.stopped();
        stopped.waiting += 1;
        stopped.since.get_or_insert_with(Instant::now);
        ClockStopped(self)
    }

    fn stopped(&self) -> std::sync::MutexGuard<'_, Stopped> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The clock of a call stands still while this lives.
#[derive(Debug)]
pub(crate) struct ClockStopped<'a>(&'a Scope);

impl Drop for ClockStopped<'_> {
    fn drop(&mut self) {
        let mut stopped = self.0.stopped();
        stopped.waiting = stopped.waiting.saturating_sub(1);
        if stopped.waiting == 0 {
            stopped.total = stopped.until(Instant::now());
            stopped.since = None;
        }
    }
}
