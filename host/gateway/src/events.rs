//! The event log as those read it who follow it: every event once, in order, for as long as it is kept.
//!
//! The table is the truth. While anybody follows the log, one task ([`EventLog::feed`]) reads what was appended and keeps the newest
//! events in a ring that all readers share. A reader knows its place by the id of the last event it has: what comes after that place it
//! takes from the ring, or from the table when the ring does not hold the place. So nobody can lag behind the ring without noticing, and
//! nothing has to be dropped as a duplicate.

mod filter;
mod page;
mod reader;
mod ring;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use switchyard_store::{EventId, Store, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::telemetry::Chain;

pub use filter::{Filter, OfTransition};
pub use page::{PAGE_DEFAULT, PAGE_MAX, Page};
pub use reader::{Piece, Reader};

use ring::Ring;

/// Events that the ring holds.
const RING_MAX: usize = 8_192;
/// Events read from the table at once.
const BATCH: u32 = 1_000;
/// How often the table is looked at although no hint came: hints may be lost, events may not.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// From where a reader reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// The oldest event kept.
    Oldest,
    /// What is appended from now on.
    Now,
    /// What was appended after this place.
    After(EventId),
}

/// A cheap handle on the event log.
#[derive(Debug, Clone)]
pub struct EventLog {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    store: Arc<dyn Store>,
    ring: Mutex<Ring>,
    /// Counts the changes of the ring.
    changes: watch::Sender<u64>,
    /// How many follow the log.
    readers: watch::Sender<usize>,
}

impl Shared {
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.changes
            .send_modify(|changes| *changes = changes.wrapping_add(1));
    }
}

impl EventLog {
    /// The log of a store. Readers get further only while [`feed`](Self::feed) runs.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self::with_ring(store, RING_MAX)
    }

    fn with_ring(store: Arc<dyn Store>, max: usize) -> Self {
        let start = store.event_hint().borrow().clone();
        Self {
            shared: Arc::new(Shared {
                store,
                ring: Mutex::new(Ring::new(start, max)),
                changes: watch::Sender::new(0),
                readers: watch::Sender::new(0),
            }),
        }
    }

    /// A reader of what passes the filter.
    pub fn read(&self, since: Since, filter: Filter) -> Reader {
        Reader::new(&self.shared, self.place(since), filter)
    }

    /// The place that is meant; none for the oldest event.
    fn place(&self, since: Since) -> Option<EventId> {
        match since {
            Since::Oldest => None,
            Since::Now => Some(self.shared.store.event_hint().borrow().clone()),
            Since::After(id) => Some(id),
        }
    }

    /// Feeds the ring while anybody follows the log, until `stop`.
    pub async fn feed(self, stop: CancellationToken) {
        while stop.run_until_cancelled(self.has_readers(true)).await.is_some() {
            stop.run_until_cancelled(self.feed_readers()).await;
            let end = self.shared.ring().end().clone();
            self.shared.ring().restart(end);
        }
    }

    async fn has_readers(&self, wanted: bool) {
        let mut readers = self.shared.readers.subscribe();
        drop(readers.wait_for(|readers| (*readers > 0) == wanted).await);
    }

    /// Feeds the ring until nobody follows the log.
    async fn feed_readers(&self) {
        let mut hint = self.shared.store.event_hint();
        let start = hint.borrow_and_update().clone();
        self.shared.ring().restart(start);
        self.shared.changed();
        loop {
            // What is appended from here on ends the wait below.
            hint.mark_unchanged();
            if let Err(error) = self.fill().await {
                tracing::warn!(error = %Chain(&error), "new events could not be read; trying again");
            }
            tokio::select! {
                () = self.has_readers(false) => return,
                Ok(()) = hint.changed() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Takes from the table what the ring does not hold yet.
    async fn fill(&self) -> Result<(), StoreError> {
        loop {
            let end = self.shared.ring().end().clone();
            let page = self.shared.store.events_after(Some(&end), BATCH).await?;
            if page.gap.is_none() && page.events.is_empty() {
                return Ok(());
            }
            let mut ring = self.shared.ring();
            if page.gap.is_some() {
                ring.restart(page.end);
            } else {
                ring.extend(page.events);
            }
            drop(ring);
            self.shared.changed();
        }
    }
}

#[cfg(test)]
mod tests;
