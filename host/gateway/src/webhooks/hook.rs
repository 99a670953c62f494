//! One configured webhook: its messages go out one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use serde_json::Map;
use switchyard_core::Timestamp;
use switchyard_store::{AfterAttempt, DeliveryAttempt, DeliveryRecord, Event, StoreError, Target};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::follower::{Advanced, Follower, STORE_PAUSE, delivery};
use super::key::Signer;
use super::pattern::EventPattern;
use super::sender::{Answer, Sender};
use super::settings::HookSettings;
use super::url::ReceiverUrl;
use super::{Shared, attempt};
use crate::telemetry::Chain;

/// Deliveries taken from the outbox at once. The log is followed only while fewer are pending, so that what a failing receiver does not
/// take stays in the log.
const BATCH: u32 = 64;
/// How long results are let gather before they are stored together.
const GATHER_RESULTS: Duration = Duration::from_millis(500);

/// What others know of a webhook.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) url: ReceiverUrl,
    pub(super) events: Vec<EventPattern>,
    disabled: AtomicBool,
    /// When the oldest pending delivery was stored, in milliseconds; 0 while there is none.
    oldest: AtomicI64,
    wake: Notify,
}

impl Known {
    pub(super) fn enable(&self) {
        self.disabled.store(false, Ordering::SeqCst);
        self.wake.notify_one();
    }

    pub(super) fn oldest_pending_at(&self) -> Option<Timestamp> {
        let oldest = self.oldest.load(Ordering::Relaxed);
        (oldest != 0).then(|| Timestamp::from_millis(oldest))
    }
}

/// What a webhook does next.
enum Next {
    /// Something at once.
    Now,
    /// Nothing before there is news, or this time has come.
    Wait(Option<Timestamp>),
    /// Nothing before it is enabled.
    Disabled,
    /// Nothing until the store has had time to recover.
    Pause,
}

/// A webhook at work.
pub(super) struct Hook {
    pub(super) known: Arc<Known>,
    shared: Shared,
    signer: Signer,
    sender: Sender,
    follower: Follower,
}

impl Hook {
    pub(super) fn new(shared: Shared, settings: HookSettings, sender: Sender, follower: Follower) -> Self {
        let known = Known {
            name: settings.name,
            url: settings.url,
            events: settings.events,
            disabled: AtomicBool::new(follower.disabled),
            oldest: AtomicI64::new(0),
            wake: Notify::new(),
        };
        Self {
            known: Arc::new(known),
            shared,
            signer: settings.signer,
            sender,
            follower,
        }
    }

    pub(super) async fn run(mut self) {
        let stop = self.shared.stop.clone();
        while !stop.is_cancelled() {
            let next = self.step().await.unwrap_or_else(|error| {
                tracing::error!(webhook = self.known.name, error = %Chain(&error), "the outbox failed");
                Next::Pause
            });
            if stop.run_until_cancelled(self.wait(next)).await.is_none() {
                return;
            }
        }
    }

    async fn wait(&mut self, next: Next) {
        match next {
            Next::Now => {}
            Next::Disabled => self.known.wake.notified().await,
            Next::Pause => tokio::time::sleep(STORE_PAUSE).await,
            Next::Wait(at) => tokio::select! {
                () = self.follower.wait(&self.shared, at) => {}
                () = self.known.wake.notified() => {}
            },
        }
    }

    async fn step(&mut self) -> Result<Next, StoreError> {
        if self.known.disabled.load(Ordering::SeqCst) {
            return Ok(Next::Disabled);
        }
        let mut queue = self.pending().await?;
        let mut more = false;
        if queue.len() < BATCH as usize {
            let advanced = self.follow().await?;
            more = advanced.more;
            if advanced.stored > 0 {
                queue = self.pending().await?;
            }
        }
        let oldest = queue
            .first()
            .map_or(0, |head| head.delivery.created_at.as_millis());
        self.known.oldest.store(oldest, Ordering::Relaxed);
        let Some(head) = queue.first() else {
            return Ok(if more { Next::Now } else { Next::Wait(None) });
        };
        let now = self.shared.clock.now();
        if let Some(at) = head.next_attempt_at.filter(|at| *at > now) {
            return Ok(Next::Wait(Some(at)));
        }
        self.deliver(&queue).await?;
        Ok(Next::Now)
    }

    async fn pending(&self) -> Result<Vec<DeliveryRecord>, StoreError> {
        self.shared.outbox.pending(self.follower.name(), BATCH).await
    }

    async fn follow(&mut self) -> Result<Advanced, StoreError> {
        let (shared, known) = (&self.shared, &self.known);
        let pick = async |events: Vec<Event>| {
            let meant = |kind: &str| known.events.iter().any(|pattern| pattern.matches(kind));
            let target = || Target::Webhook(known.name.clone());
            Ok(events
                .iter()
                .filter(|event| meant(&event.event.kind))
                .filter_map(|event| delivery(shared, target(), event, &Map::new()))
                .collect())
        };
        self.follower.advance(shared, pick).await
    }

    /// Sends in order, up to the first message that is not taken.
    async fn deliver(&self, queue: &[DeliveryRecord]) -> Result<(), StoreError> {
        let mut results = Vec::new();
        let mut since = Instant::now();
        for record in queue {
            let sending = self.sender.send(&self.known.url, &self.signer, &record.delivery);
            let Some(answer) = self.shared.stop.run_until_cancelled(sending).await else {
                break;
            };
            let taken = matches!(answer, Answer::Taken { .. });
            let gone = matches!(answer, Answer::Gone { .. });
            let attempt = attempt::of(&self.shared, record, answer);
            let last = attempt.then == AfterAttempt::Failed;
            results.push(attempt);
            if gone {
                return self.disable(&results).await;
            }
            if last {
                return self.give_up(&results).await;
            }
            if !taken {
                break;
            }
            if since.elapsed() >= GATHER_RESULTS {
                self.shared.outbox.record(&results).await?;
                results.clear();
                since = Instant::now();
            }
        }
        if results.is_empty() {
            return Ok(());
        }
        self.shared.outbox.record(&results).await
    }

    /// The receiver wants nothing more: what was not taken stays pending until somebody enables the webhook.
    async fn disable(&self, results: &[DeliveryAttempt]) -> Result<(), StoreError> {
        self.shared.outbox.record(results).await?;
        self.shared
            .outbox
            .disable(self.follower.name(), self.shared.clock.now())
            .await?;
        self.known.disabled.store(true, Ordering::SeqCst);
        tracing::warn!(
            webhook = self.known.name,
            "the receiver answered 410 and is told nothing more; POST /v2/webhooks/{}/enable lets it go on",
            self.known.name
        );
        Ok(())
    }

    /// The receiver has failed for as long as anything is tried: what is as old as that goes with the message that was tried.
    async fn give_up(&self, results: &[DeliveryAttempt]) -> Result<(), StoreError> {
        self.shared.outbox.record(results).await?;
        let target = Target::Webhook(self.known.name.clone());
        let words = "given up with an older message, because the receiver had failed all the time";
        let also = self
            .shared
            .outbox
            .give_up(&target, words, self.shared.clock.now())
            .await?;
        tracing::error!(
            webhook = self.known.name,
            deliveries = also + 1,
            "given up after a day of failures; GET /v2/webhooks/deliveries shows them"
        );
        Ok(())
    }
}
