//! The log page by page, for those who do not follow it.

use switchyard_store::{Event, EventId, Gap, StoreError};

use super::{BATCH, EventLog, Filter, Since};
use crate::telemetry::metrics;

/// Events on one page, when the caller does not say.
pub const PAGE_DEFAULT: usize = 1_000;
/// The most events on one page.
pub const PAGE_MAX: usize = 10_000;
/// The most events that are looked at for one page, so that a filter that lets little pass does not read the whole log at once.
const LOOKED_AT_MAX: usize = 20_000;

/// A page of the log.
#[derive(Debug)]
pub struct Page {
    /// The events that pass the filter, in order.
    pub events: Vec<Event>,
    /// The place where the page ends. When it is the place asked for, there is nothing more yet.
    pub end: EventId,
    /// What is missing in front of the page.
    pub gap: Option<Gap>,
}

impl Page {
    /// Takes in what passes the filter, until the page is full.
    fn take(&mut self, events: Vec<Event>, filter: &Filter, limit: usize) {
        for event in events {
            if self.events.len() >= limit {
                return;
            }
            self.end = event.id.clone();
            if filter.passes(&event.event) {
                self.events.push(event);
            }
        }
    }
}

impl EventLog {
    /// The events after a place that pass the filter, at most `limit`. A page may be shorter, even empty, and not be the last.
    pub async fn page(&self, since: Since, filter: &Filter, limit: usize) -> Result<Page, StoreError> {
        let store = &self.shared.store;
        let mut read = store.events_after(self.place(since).as_ref(), BATCH).await?;
        let mut page = Page {
            events: Vec::new(),
            end: read.end,
            gap: read.gap.inspect(|gap| metrics::event_gap(*gap)),
        };
        let mut looked_at = 0;
        loop {
            looked_at += read.events.len();
            let at_end = read.events.is_empty();
            page.take(read.events, filter, limit);
            if at_end || page.events.len() >= limit || looked_at >= LOOKED_AT_MAX {
                return Ok(page);
            }
            read = store.events_after(Some(&page.end), BATCH).await?;
            if read.gap.is_some() {
                // What is missing from here on is told with the next page.
                return Ok(page);
            }
        }
    }
}
