//! Places for live instances, per class.

use std::time::Duration;

use switchyard_transport::Lane;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

/// How many instances are alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live {
    /// For polls.
    pub polls: usize,
    /// For actions.
    pub actions: usize,
}

#[derive(Debug)]
pub(crate) struct Seats {
    polls: Semaphore,
    actions: Semaphore,
    all: Live,
}

/// Why no place was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoSeat {
    Cancelled,
    Late,
}

impl Seats {
    pub(crate) fn new(all: Live) -> Self {
        Self {
            polls: Semaphore::new(all.polls),
            actions: Semaphore::new(all.actions),
            all,
        }
    }

    pub(crate) fn live(&self) -> Live {
        Live {
            polls: self.all.polls.saturating_sub(self.polls.available_permits()),
            actions: self.all.actions.saturating_sub(self.actions.available_permits()),
        }
    }

    /// Waits for a place, at most `limit`.
    pub(crate) async fn take(
        &self,
        lane: Lane,
        limit: Duration,
        cancel: &CancellationToken,
    ) -> Result<SemaphorePermit<'_>, NoSeat> {
        let class = match lane {
            Lane::Action => &self.actions,
            Lane::Poll => &self.polls,
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(NoSeat::Cancelled),
            seat = class.acquire() => seat.map_err(|_| NoSeat::Cancelled),
            () = tokio::time::sleep(limit) => Err(NoSeat::Late),
        }
    }
}
