//! The callbacks of requests: each is told once that its transition has ended.

use std::collections::{HashMap, HashSet};

use serde_json::Map;
use switchyard_store::event::kind;
use switchyard_store::{
    AfterAttempt, DeliveryAttempt, DeliveryRecord, Event, NewDelivery, StoreError, Target,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::follower::{Advanced, Follower, STORE_PAUSE, delivery};
use super::key::Signer;
use super::sender::Sender;
use super::url::ReceiverUrl;
use super::{Shared, attempt};
use crate::telemetry::Chain;

/// The most receivers that are sent to at once.
const RECEIVERS_AT_ONCE: usize = 64;

/// Callbacks at work.
pub(super) struct Callbacks {
    shared: Shared,
    signer: Signer,
    sender: Sender,
    follower: Follower,
    /// Cancelled once everything that the log held at the start is in the outbox.
    caught_up: CancellationToken,
    sending: JoinSet<(Target, DeliveryAttempt)>,
    busy: HashSet<Target>,
}

impl Callbacks {
    pub(super) fn new(
        shared: Shared,
        signer: Signer,
        sender: Sender,
        follower: Follower,
        caught_up: CancellationToken,
    ) -> Self {
        Self {
            shared,
            signer,
            sender,
            follower,
            caught_up,
            sending: JoinSet::new(),
            busy: HashSet::new(),
        }
    }

    /// Follows the log and sends until stopped. Dropping the set breaks off what is being sent; the next start sends it again.
    pub(super) async fn run(mut self) {
        let stop = self.shared.stop.clone();
        while !stop.is_cancelled() {
            match self.step().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(error = %Chain(&error), "the outbox of callbacks failed");
                    stop.run_until_cancelled(tokio::time::sleep(STORE_PAUSE)).await;
                }
            }
            let Some(results) = stop.run_until_cancelled(self.wait()).await else {
                return;
            };
            if let Err(error) = self.store(&results).await {
                tracing::error!(error = %Chain(&error), "results of callbacks could not be stored; they are sent again");
            }
        }
    }

    /// Waits for news of the log or the end of an attempt. Gives the attempts that have ended.
    async fn wait(&mut self) -> Vec<(Target, DeliveryAttempt)> {
        let ended = tokio::select! {
            Some(ended) = self.sending.join_next() => Some(ended),
            () = self.follower.wait(&self.shared, None) => None,
        };
        let more = std::iter::from_fn(|| self.sending.try_join_next());
        let results: Vec<_> = ended.into_iter().chain(more).flatten().collect();
        for (target, _) in &results {
            self.busy.remove(target);
        }
        results
    }

    async fn store(&self, results: &[(Target, DeliveryAttempt)]) -> Result<(), StoreError> {
        if results.is_empty() {
            return Ok(());
        }
        let attempts: Vec<DeliveryAttempt> = results.iter().map(|(_, result)| result.clone()).collect();
        self.shared.outbox.record(&attempts).await?;
        let words = "given up with an older message, because the receiver had failed all the time";
        for (target, _) in results
            .iter()
            .filter(|(_, result)| result.then == AfterAttempt::Failed)
        {
            self.shared
                .outbox
                .give_up(target, words, self.shared.clock.now())
                .await?;
        }
        Ok(())
    }

    /// Reads a page of the log and begins what is due. Gives whether there is more to do at once.
    async fn step(&mut self) -> Result<bool, StoreError> {
        let shared = &self.shared;
        let Advanced { more, .. } = self
            .follower
            .advance(shared, async |events| deliveries(shared, events).await)
            .await?;
        if !more {
            self.caught_up.cancel();
        }
        let free = RECEIVERS_AT_ONCE.saturating_sub(self.busy.len());
        if free > 0 {
            let limit = u32::try_from(RECEIVERS_AT_ONCE + free).unwrap_or(u32::MAX);
            let due = shared.outbox.due_callbacks(shared.clock.now(), limit).await?;
            for record in due {
                self.send(record);
            }
        }
        Ok(more)
    }

    /// Begins an attempt, unless the receiver is being sent to or too many are.
    fn send(&mut self, record: DeliveryRecord) {
        let target = record.delivery.target.clone();
        let Target::Callback(url) = &target else { return };
        if self.busy.len() >= RECEIVERS_AT_ONCE || self.busy.contains(&target) {
            return;
        }
        let url: ReceiverUrl = match url.parse() {
            Ok(url) => url,
            Err(error) => {
                tracing::error!(message = record.delivery.message, error = %Chain(&error), "a stored callback is no URL");
                return;
            }
        };
        self.busy.insert(target.clone());
        let (shared, signer, sender) = (self.shared.clone(), self.signer.clone(), self.sender.clone());
        self.sending.spawn(async move {
            let answer = sender.send(&url, &signer, &record.delivery).await;
            (target, attempt::of(&shared, &record, answer))
        });
    }
}

/// What the ends of transitions among these events mean for callers.
async fn deliveries(shared: &Shared, mut events: Vec<Event>) -> Result<Vec<NewDelivery>, StoreError> {
    events.retain(|event| event.event.kind == kind::TRANSITION_ENDED);
    let transitions: Vec<_> = events.iter().filter_map(|event| event.event.transition).collect();
    if transitions.is_empty() {
        return Ok(Vec::new());
    }
    let urls: HashMap<_, _> = shared
        .outbox
        .callbacks_of(&transitions)
        .await?
        .into_iter()
        .collect();
    Ok(events
        .iter()
        .filter_map(|event| {
            let url = urls.get(&event.event.transition?)?;
            delivery(shared, Target::Callback(url.clone()), event, &Map::new())
        })
        .collect())
}
