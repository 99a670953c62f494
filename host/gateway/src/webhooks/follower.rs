//! Following the event log: page by page into the outbox, each page in one transaction with the place behind it.

use std::time::Duration;

use serde_json::{Map, Value};
use switchyard_core::Timestamp;
use switchyard_store::{Event, EventId, NewDelivery, StoreError, Target};
use tokio::sync::watch;

use super::settings::Settings;
use super::{CALLBACKS, Shared, cloud_event};
use crate::telemetry::Chain;

/// Events read at once.
const PAGE_EVENTS: u32 = 500;
/// How long events are let gather after the first one, so that a busy log is not read event by event.
const GATHER: Duration = Duration::from_millis(100);
/// How often the log is looked at without a hint.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long a store that failed is left alone.
pub(super) const STORE_PAUSE: Duration = Duration::from_secs(5);

/// A reader of the log with its place in it.
pub(super) struct Follower {
    name: String,
    cursor: EventId,
    pub(super) disabled: bool,
    hint: watch::Receiver<EventId>,
}

/// What reading a page came to.
pub(super) struct Advanced {
    /// How many deliveries were stored.
    pub(super) stored: usize,
    /// Whether there may be more events at once.
    pub(super) more: bool,
}

/// Makes all followers known: one for each webhook in order, and the one of callbacks last.
pub(super) async fn begin(shared: &Shared, settings: &Settings) -> Result<Vec<Follower>, StoreError> {
    let mut names: Vec<String> = settings.hooks.iter().map(|hook| hook.name.clone()).collect();
    if settings.callbacks.is_some() {
        names.push(CALLBACKS.to_owned());
    }
    shared.outbox.follow(&names, shared.clock.now()).await?;
    let known = shared.outbox.followers().await?;
    Ok(names
        .into_iter()
        .filter_map(|name| {
            let record = known.iter().find(|record| record.name == name)?;
            Some(Follower {
                name,
                cursor: record.cursor.clone(),
                disabled: record.disabled_at.is_some(),
                hint: shared.store.event_hint(),
            })
        })
        .collect())
}

impl Follower {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Reads the next page and stores what `pick` makes of it.
    pub(super) async fn advance(
        &mut self,
        shared: &Shared,
        pick: impl AsyncFnOnce(Vec<Event>) -> Result<Vec<NewDelivery>, StoreError>,
    ) -> Result<Advanced, StoreError> {
        self.hint.mark_unchanged();
        let page = shared.store.events_after(Some(&self.cursor), PAGE_EVENTS).await?;
        if let Some(gap) = page.gap {
            tracing::warn!(
                webhook = self.name,
                ?gap,
                "events are no longer kept and cannot be told"
            );
        }
        let more = page.events.len() >= PAGE_EVENTS as usize;
        if page.end == self.cursor {
            return Ok(Advanced { stored: 0, more });
        }
        let deliveries = pick(page.events).await?;
        shared.outbox.enqueue(&self.name, &page.end, &deliveries).await?;
        self.cursor = page.end;
        Ok(Advanced {
            stored: deliveries.len(),
            more,
        })
    }

    /// Waits for news of the log, but no longer than up to `at`.
    pub(super) async fn wait(&mut self, shared: &Shared, at: Option<Timestamp>) {
        let pause = at.map_or(LOOK_EVERY, |at| at.since(shared.clock.now()).min(LOOK_EVERY));
        tokio::select! {
            Ok(()) = self.hint.changed() => tokio::time::sleep(GATHER).await,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// The delivery of an event to a target, with `more` beside its data. Nothing when the event cannot be written, which is logged.
pub(super) fn delivery(
    shared: &Shared,
    target: Target,
    event: &Event,
    more: &Map<String, Value>,
) -> Option<NewDelivery> {
    let body = match cloud_event::body(event, more) {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(event = event.id.0, error = %Chain(&error), "an event cannot be written and is not told");
            return None;
        }
    };
    let now = shared.clock.now();
    Some(NewDelivery {
        target,
        message: cloud_event::message_id(event),
        event: event.id.clone(),
        kind: event.event.kind.clone(),
        transition: event.event.transition,
        body,
        created_at: now,
        give_up_at: shared.retry.give_up_at(now),
    })
}
