//! One who follows the log.

use std::sync::Arc;

use switchyard_store::{Event, EventId, Gap, StoreError};
use tokio::sync::watch;

use super::ring::Window;
use super::{BATCH, Filter, LOOK_EVERY, Shared};
use crate::telemetry::metrics;

/// What a reader gets next.
#[derive(Debug)]
pub enum Piece {
    /// Events in order; none when the filter let none of this piece pass.
    Events(Vec<Arc<Event>>),
    /// Events after the reader's place are missing; what is kept follows.
    Gap {
        /// Why.
        gap: Gap,
        /// The oldest event kept.
        oldest: Option<EventId>,
    },
    /// The reader has everything that there is.
    End,
}

/// A place in the log and a filter.
#[derive(Debug)]
pub struct Reader {
    shared: Arc<Shared>,
    /// None in front of the oldest event.
    place: Option<EventId>,
    filter: Filter,
    /// What was read together with a gap and is given after it.
    behind_gap: Vec<Arc<Event>>,
    changes: watch::Receiver<u64>,
}

impl Reader {
    pub(super) fn new(shared: &Arc<Shared>, place: Option<EventId>, filter: Filter) -> Self {
        let changes = shared.changes.subscribe();
        shared.readers.send_modify(|readers| *readers += 1);
        Self {
            shared: Arc::clone(shared),
            place,
            filter,
            behind_gap: Vec::new(),
            changes,
        }
    }

    /// The place up to which everything was given that passes the filter; none in front of the oldest event.
    pub fn place(&self) -> Option<&EventId> {
        self.place.as_ref()
    }

    /// What comes next.
    pub async fn next(&mut self) -> Result<Piece, StoreError> {
        if !self.behind_gap.is_empty() {
            let events = std::mem::take(&mut self.behind_gap);
            return Ok(self.give(events));
        }
        // What changes from here on ends the next wait.
        self.changes.mark_unchanged();
        let limit = usize::try_from(BATCH).unwrap_or(usize::MAX);
        let window = match &self.place {
            Some(place) => self.shared.ring().after(place, limit),
            None => Window::Elsewhere,
        };
        match window {
            Window::Events(events) => Ok(self.give(events)),
            Window::End => Ok(Piece::End),
            Window::Elsewhere => self.read_table().await,
        }
    }

    /// Waits until there may be more.
    pub async fn wait(&mut self) {
        // Over time the table is looked at anyway, whatever the ring does.
        drop(tokio::time::timeout(LOOK_EVERY, self.changes.changed()).await);
    }

    async fn read_table(&mut self) -> Result<Piece, StoreError> {
        let page = self.shared.store.events_after(self.place.as_ref(), BATCH).await?;
        let events: Vec<_> = page.events.into_iter().map(Arc::new).collect();
        if let Some(gap) = page.gap {
            metrics::event_gap(gap);
            let oldest = events.first().map(|event| event.id.clone());
            self.place = Some(page.end);
            self.behind_gap = events;
            return Ok(Piece::Gap { gap, oldest });
        }
        if events.is_empty() {
            self.place = Some(page.end);
            return Ok(Piece::End);
        }
        Ok(self.give(events))
    }

    fn give(&mut self, mut events: Vec<Arc<Event>>) -> Piece {
        if let Some(last) = events.last() {
            self.place = Some(last.id.clone());
        }
        events.retain(|event| self.filter.passes(&event.event));
        Piece::Events(events)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shared
            .readers
            .send_modify(|readers| *readers = readers.saturating_sub(1));
    }
}
