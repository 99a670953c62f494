//! The guard of every send: what may not leave any more does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use switchyard_core::{ComponentId, Reservation, TaskId};
use switchyard_transport::Guard;
use tokio_util::sync::CancellationToken;

use super::reservation::Reservations;

/// The longest time between the commit of an intent and its first byte. What waited longer is prepared afresh, since the reading on
/// which it rests is old.
const INTENT_FRESH: Duration = Duration::from_secs(30);

/// Void once a newer epoch was seen. On an engine with a single process the lease does not run out by itself: the lock on the file
/// keeps every other process away for as long as this one lives.
#[derive(Debug, Default)]
pub struct LeaseGuard {
    void: AtomicBool,
}

impl LeaseGuard {
    /// Makes the lease void for good.
    pub fn void(&self) {
        self.void.store(true, Ordering::SeqCst);
    }

    /// Whether the lease is void.
    pub fn is_void(&self) -> bool {
        self.void.load(Ordering::SeqCst)
    }
}

/// Asked right before the first byte of a send.
#[derive(Debug)]
pub struct SendGuard {
    lease: Arc<LeaseGuard>,
    stop: CancellationToken,
    cancel: CancellationToken,
    intent: Instant,
    reservation: Option<Held>,
}

/// The reservation on which a send rests.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) reservations: Arc<dyn Reservations>,
    pub(super) component: ComponentId,
    pub(super) task: TaskId,
}

impl Held {
    fn is_lost(&self) -> bool {
        self.reservations.standing(&self.component, self.task) == Reservation::Wanted
    }
}

impl SendGuard {
    /// The guard of an intent that was committed just now.
    pub(super) fn new(lease: Arc<LeaseGuard>, stop: CancellationToken, cancel: CancellationToken) -> Self {
        Self {
            lease,
            stop,
            cancel,
            intent: Instant::now(),
            reservation: None,
        }
    }

    /// The same guard, which keeps back what has lost its reservation.
    pub(super) fn with(mut self, reservation: Option<Held>) -> Self {
        self.reservation = reservation;
        self
    }

    /// Why nothing may leave, if so.
    pub fn objection(&self) -> Option<&'static str> {
        if self.lease.is_void() {
            Some("another process has taken over")
        } else if self.stop.is_cancelled() {
            Some("the service is stopping")
        } else if self.cancel.is_cancelled() {
            Some("the task was cancelled")
        } else if self.intent.elapsed() > INTENT_FRESH {
            Some("the request waited too long after the reading on which it rests")
        } else if self.reservation.as_ref().is_some_and(Held::is_lost) {
            Some("the reservation in SMD was lost")
        } else {
            None
        }
    }
}

impl Guard for SendGuard {
    fn may_send(&self, _needed: Duration) -> Result<(), String> {
        self.objection().map_or(Ok(()), |reason| Err(reason.to_owned()))
    }
}
