//! Controllers as endpoints: who is called, who is left alone, and what each said last.
//!
//! One [`Endpoints`] holds the breaker of every controller of the inventory. [`Guarded`] asks it before every call and tells it what
//! became of the call; what changes is stored behind, so that an open breaker is open after a restart too.

mod guarded;
mod known;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use serde_json::json;
use switchyard_core::breaker::{Admission, Breaker, Event, Passage, Report};
use switchyard_core::{ControllerId, Failure, Timestamp};
use switchyard_store::event::kind;
use switchyard_store::{Change, ControllerRecord, GroupCommit, NewEvent};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::inventory::{Controller, Inventory};
use crate::telemetry::{Chain, metrics};

use super::ids::chance;

pub(super) use guarded::Guarded;
use known::{Known, refusal};

/// The endpoints of the inventory.
pub struct Endpoints {
    /// Replaced as a whole when another inventory comes to hold.
    by_id: ArcSwap<BTreeMap<ControllerId, Arc<Endpoint>>>,
    commit: GroupCommit,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoints")
            .field("endpoints", &self.by_id.load().len())
            .finish_non_exhaustive()
    }
}

/// One controller.
#[derive(Debug)]
pub struct Endpoint {
    /// The inventory's entry.
    pub controller: Arc<Controller>,
    known: Mutex<Known>,
    /// Held by the one call that tries a login of which nothing is known yet.
    turn: tokio::sync::Mutex<()>,
    /// Told when the breaker closes, or when a person asks for a try.
    moved: Notify,
    /// How many tasks are taking it down: what it then leaves without an answer says nothing against it.
    taken_down: Arc<AtomicUsize>,
}

/// Held while a task takes a controller down.
#[derive(Debug)]
pub(super) struct TakenDown(Arc<AtomicUsize>);

impl Drop for TakenDown {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the poller does about a controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outlook {
    /// It is called.
    Called,
    /// The next call is a probe.
    ProbeDue,
    /// It is left alone: what a call would meet.
    LeftAlone(Failure),
}

impl Endpoint {
    fn new(controller: Arc<Controller>, record: Option<ControllerRecord>, now: Timestamp) -> Self {
        let mut record = record.unwrap_or_else(|| ControllerRecord::new(controller.endpoint.id.clone()));
        record.breaker = record.breaker.recovered(now);
        Self {
            controller,
            known: Mutex::new(Known::new(record)),
            turn: tokio::sync::Mutex::default(),
            moved: Notify::new(),
            taken_down: Arc::default(),
        }
    }

    /// The endpoint of another definition of the controller: it is tried at once, whatever was known of the former one.
    fn redefined(&self, controller: Arc<Controller>, now: Timestamp) -> Self {
        Self {
            taken_down: Arc::clone(&self.taken_down),
            ..Self::new(controller, None, now)
        }
    }

    /// What a call says about the controller, given that it may be down on purpose.
    fn excuse(&self, report: Report) -> Report {
        match report {
            Report::Silent | Report::Unanswered if self.taken_down.load(Ordering::Relaxed) > 0 => {
                Report::Nothing
            }
            report => report,
        }
    }

    /// A copy of what is known of it.
    pub fn record(&self) -> ControllerRecord {
        self.known().record.clone()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the breaker. Gives what it was, and all that is known now.
    fn step(&self, event: Event, now: Timestamp) -> (Breaker, ControllerRecord) {
        let mut known = self.known();
        let before = known.step(event, now, chance());
        let after = known.record.clone();
        drop(known);
        let answers = before.trip().is_some() && after.breaker.trip().is_none();
        if answers || matches!(event, Event::TryNow | Event::SecretChanged) {
            self.moved.notify_waiters();
        }
        (before, after)
    }
}

impl Endpoints {
    /// The controllers of an inventory, with what the store remembers of them.
    pub(super) fn new(
        inventory: &Inventory,
        remembered: Vec<ControllerRecord>,
        commit: GroupCommit,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let now = clock.now();
        let mut remembered: BTreeMap<_, _> = remembered
            .into_iter()
            .map(|record| (record.id.clone(), record))
            .collect();
        let by_id = inventory.controllers().map(|controller| {
            let id = controller.endpoint.id.clone();
            let record = remembered.remove(&id);
            (id, Arc::new(Endpoint::new(Arc::clone(controller), record, now)))
        });
        Self {
            by_id: ArcSwap::from_pointee(by_id.collect()),
            commit,
            clock,
        }
    }

    /// Takes over the controllers of another inventory. What has not changed is kept, with its breaker.
    pub(super) async fn replace(&self, inventory: &Inventory) {
        let now = self.clock.now();
        let before = self.by_id.load_full();
        let mut redefined = Vec::new();
        let by_id: BTreeMap<_, _> = inventory
            .controllers()
            .map(|controller| {
                let id = controller.endpoint.id.clone();
                let endpoint = match before.get(&id) {
                    Some(known) if known.controller == *controller => Arc::clone(known),
                    Some(known) => {
                        let endpoint = Arc::new(known.redefined(Arc::clone(controller), now));
                        redefined.push((Arc::clone(known), endpoint.record()));
                        endpoint
                    }
                    None => Arc::new(Endpoint::new(Arc::clone(controller), None, now)),
                };
                (id, endpoint)
            })
            .collect();
        self.by_id.store(Arc::new(by_id));
        for (known, record) in redefined {
            let was = known.record().breaker;
            self.moved(was, record, now).await;
            known.moved.notify_waiters();
        }
        for (_, gone) in before.iter().filter(|(id, _)| inventory.controller(id).is_none()) {
            gone.moved.notify_waiters();
        }
    }

    /// The endpoint of this id.
    pub fn get(&self, id: &str) -> Option<Arc<Endpoint>> {
        self.by_id.load().get(id).cloned()
    }

    /// The endpoints after this id, or all, in order of id.
    pub fn after(&self, id: Option<&str>) -> impl Iterator<Item = Arc<Endpoint>> + use<> {
        use std::ops::Bound;
        let from = id.map_or(Bound::Unbounded, Bound::Excluded);
        let by_id = self.by_id.load();
        let after = by_id.range::<str, _>((from, Bound::Unbounded));
        let after: Vec<_> = after.map(|(_, endpoint)| Arc::clone(endpoint)).collect();
        after.into_iter()
    }

    /// Lets a controller be silent as long as what is returned is held: its breaker does not open meanwhile.
    pub(super) fn take_down(&self, id: &ControllerId) -> Option<TakenDown> {
        let count = Arc::clone(&self.get(id.as_str())?.taken_down);
        count.fetch_add(1, Ordering::Relaxed);
        Some(TakenDown(count))
    }

    /// Whether the controller is left alone, or about to be probed.
    pub fn is_open(&self, id: &ControllerId) -> bool {
        self.get(id.as_str())
            .is_some_and(|endpoint| endpoint.known().record.breaker.trip().is_some())
    }

    /// Lets the next call of a controller probe it, whatever its breaker says. False when the inventory does not hold it.
    pub async fn try_now(&self, id: &str, by: &str) -> bool {
        let Some(endpoint) = self.get(id) else {
            return false;
        };
        let now = self.clock.now();
        let (before, after) = endpoint.step(Event::TryNow, now);
        let data = json!({ "controller": after.id, "by": by });
        self.tell(kind::ENDPOINT_TRY_ASKED, data, now).await;
        self.moved(before, after, now).await;
        true
    }

    /// Ends when a call of the controller would not be refused, also when that is so already.
    pub(super) async fn called_again(&self, id: &ControllerId) {
        loop {
            let Some(endpoint) = self.get(id.as_str()) else {
                return;
            };
            let mut moved = std::pin::pin!(endpoint.moved.notified());
            moved.as_mut().enable();
            if !matches!(self.outlook(id), Outlook::LeftAlone(_)) {
                return;
            }
            moved.await;
        }
    }

    /// What a call would meet, as far as that is known without a look at the credentials.
    pub(super) fn outlook(&self, id: &ControllerId) -> Outlook {
        let Some(endpoint) = self.get(id.as_str()) else {
            return Outlook::Called;
        };
        let known = endpoint.known();
        let breaker = known.record.breaker;
        match breaker.admission(Passage::Ordinary, self.clock.now()) {
            Admission::Go => Outlook::Called,
            Admission::Probe => Outlook::ProbeDue,
            Admission::Refused { reason, retry_after } => {
                Outlook::LeftAlone(refusal(reason, known.record.failure.as_ref(), retry_after))
            }
        }
    }

    /// Stores where a breaker stands now, and tells of it when it opened, closed, or is open for another reason.
    async fn moved(&self, before: Breaker, after: ControllerRecord, now: Timestamp) {
        let reason = |breaker: &Breaker| breaker.trip().map(|trip| trip.reason);
        let (was, is) = (reason(&before), reason(&after.breaker));
        if (was.is_none() && is.is_none()) || before == after.breaker {
            return;
        }
        let (id, breaker) = (after.id.clone(), after.breaker);
        let failure = after.failure.clone();
        self.behind(Change::Controller(Box::new(after))).await;
        if was == is {
            return;
        }
        let until = match breaker {
            Breaker::Open { until, .. } => Some(until),
            Breaker::Closed { .. } | Breaker::HalfOpen { .. } => None,
        };
        if let Some(reason) = is {
            metrics::breaker_opened(reason);
            let failure = failure.as_ref().map(tracing::field::display);
            tracing::warn!(controller = %id, reason = reason.name(), failure, "controller left alone");
        } else {
            tracing::info!(controller = %id, "controller answers again");
        }
        let data = json!({ "controller": id, "state": breaker.name(), "reason": is, "until": until });
        self.tell(kind::ENDPOINT_BREAKER, data, now).await;
    }

    async fn tell(&self, kind: &str, data: serde_json::Value, now: Timestamp) {
        let event = NewEvent {
            at: now,
            kind: kind.to_owned(),
            component: None,
            task: None,
            transition: None,
            data,
        };
        self.behind(Change::Event(event)).await;
    }

    async fn behind(&self, change: Change) {
        if let Err(error) = self.commit.apply_behind(change).await {
            tracing::warn!(error = %Chain(&error), "the state of a controller could not be stored");
        }
    }
}
