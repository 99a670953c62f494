//! Drives one task from its place in line to its end.

use std::sync::Arc;
use std::time::Duration;

use switchyard_core::machine::{Answer, Commit, Event, Machine, Next, Phase, Transition, World};
use switchyard_core::{
    Cause, ComponentId, Delivery, Failure, Observation, PermitId, Primitive, Replay, Subject, Timestamp,
};
use switchyard_store::{Applied, AttemptChange, Change, NewEvent, TaskChange, TaskRecord};
use tracing::Instrument;

use super::hardware::{Order, Urgency};
use super::line::Place;
use super::{Inner, Row, survey};
use crate::telemetry::metrics;

/// The time between two tries to store what must be stored before work goes on.
const STORE_AGAIN: Duration = Duration::from_secs(1);

/// Why a task is no longer driven by this process.
enum Left {
    /// The service stops; the next start takes the task up again.
    Stopping,
    /// The lease is void; whoever has it now drives the task.
    Fenced,
    /// The task has ended, and that is durable.
    Ended,
}

pub(super) async fn drive(inner: &Arc<Inner>, record: TaskRecord, place: &Place) {
    let span = tracing::info_span!(
        "task",
        transition = %record.transition,
        task = %record.id,
        component = %record.component,
        operation = %record.machine.operation,
    );
    let Some(row) = inner.fleet.get(record.component.as_str()).cloned() else {
        tracing::warn!(component = %record.component, task = %record.id, "the inventory no longer holds the component of an unfinished task; put it back, or cancel the transition");
        return;
    };
    let mut runner = Runner { inner, row, record, place, ended_attempt: None };
    match runner.run().instrument(span.clone()).await {
        Left::Ended => runner.report(&span),
        Left::Stopping => tracing::debug!(parent: &span, "left for the next start"),
        Left::Fenced => {
            inner.guard.void();
            tracing::error!(parent: &span, "another process has taken over; nothing more is sent by this one");
        }
    }
}

struct Runner<'a> {
    inner: &'a Arc<Inner>,
    row: Arc<Row>,
    record: TaskRecord,
    place: &'a Place,
    /// What became of the last attempt, until it is stored.
    ended_attempt: Option<AttemptChange>,
}

impl Runner<'_> {
    async fn run(&mut self) -> Left {
        let mut event = match self.record.machine.phase {
            Phase::Queued => None,
            _ => Some(Event::Recovered),
        };
        loop {
            let next = match event.take() {
                Some(event) => match self.take(event).await {
                    Ok(next) => next,
                    Err(left) => return left,
                },
                None => Next::Await,
            };
            event = match next {
                Next::End => return Left::Ended,
                Next::Await => self.await_turn().await,
                Next::Observe { not_before } => self.observe(not_before).await,
                Next::Poll { handle, not_before } => self.poll(&handle, not_before).await,
                Next::Send { permit, primitive, replay } => Some(self.send(permit, primitive, replay).await),
            };
            if event.is_none() {
                return Left::Stopping;
            }
        }
    }

    /// Feeds an event to the machine and stores what has to be stored before the next thing begins.
    async fn take(&mut self, event: Event) -> Result<Next, Left> {
        let now = self.inner.clock.now();
        let seen = self.row.seen();
        let world = World {
            now,
            fresh_permit: PermitId(self.inner.ids.fresh(now)),
            chance: self.inner.ids.chance(),
            kind: self.row.component.kind,
            abilities: &seen.abilities,
            pace: seen.pace,
            change_timeout: self.inner.hardware.change_timeout(),
        };
        let Transition { machine, next, commit } = match self.record.machine.clone().step(event, &world) {
            Ok(transition) => transition,
            Err(illegal) => {
                tracing::error!(error = &illegal as &dyn std::error::Error, "an event did not fit; the task is read again at the next start");
                return Err(Left::Stopping);
            }
        };
        let before = std::mem::replace(&mut self.record.machine, machine);
        let commit = if self.ended_attempt.is_some() { commit.at_least_behind() } else { commit };
        match commit {
            Commit::Nothing => {}
            Commit::Behind => {
                let change = self.change(&before, &next, now);
                self.inner.store_behind(change).await;
            }
            Commit::First => self.store_first(&before, &next, now).await?,
        }
        Ok(next)
    }

    /// Stores a change durably, for as long as it takes or until the service stops. What cannot be stored is not sent.
    async fn store_first(&mut self, before: &Machine, next: &Next, now: Timestamp) -> Result<(), Left> {
        let change = self.change(before, next, now);
        loop {
            match self.inner.commit.apply(change.clone()).await {
                Ok(Applied::Stored) => return Ok(()),
                Ok(Applied::Fenced) => return Err(Left::Fenced),
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the task's state could not be stored; trying again");
                }
            }
            if self.inner.stop.run_until_cancelled(tokio::time::sleep(STORE_AGAIN)).await.is_none() {
                return Err(Left::Stopping);
            }
        }
    }

    fn change(&mut self, before: &Machine, next: &Next, now: Timestamp) -> Change {
        let machine = self.record.machine.clone();
        let attempt = match next {
            Next::Send { permit, primitive, .. } => {
                if machine.sends > 0 {
                    metrics::resent(primitive.pcs_word());
                }
                let step = u32::try_from(machine.step).unwrap_or(u32::MAX);
                Some(AttemptChange::Intent { permit: *permit, step, primitive: *primitive })
            }
            _ => self.ended_attempt.take(),
        };
        let events = self.events(before, &machine, attempt.as_ref(), now);
        Change::Task(Box::new(TaskChange { task: self.record.id, machine, attempt, at: now, events }))
    }

    fn events(&self, before: &Machine, after: &Machine, attempt: Option<&AttemptChange>, now: Timestamp) -> Vec<NewEvent> {
        let event = |kind: &str, data| NewEvent {
            at: now,
            kind: kind.to_owned(),
            component: Some(self.record.component.clone()),
            task: Some(self.record.id),
            transition: Some(self.record.transition),
            data,
        };
        let mut events = Vec::new();
        match attempt {
            Some(AttemptChange::Intent { permit, primitive, .. }) => {
                events.push(event("task.intent", serde_json::json!({ "permit": permit, "primitive": primitive })));
            }
            Some(AttemptChange::Ended { permit, delivery, failure }) => {
                let data = serde_json::json!({ "permit": permit, "delivery": delivery, "failure": failure });
                events.push(event("task.answered", data));
            }
            None => {}
        }
        if let (None, Some(outcome)) = (before.outcome(), after.outcome()) {
            events.push(event("task.ended", serde_json::json!(outcome)));
        }
        events
    }

    /// Waits in line, until the turn, a cancel, the limit of waiting, or the stop of the service.
    async fn await_turn(&self) -> Option<Event> {
        let limit = self.record.machine.start_by.since(self.inner.clock.now());
        tokio::select! {
            biased;
            () = self.inner.stop.cancelled() => None,
            () = self.place.cancel.cancelled() => Some(Event::CancelAsked),
            () = self.place.turn.notified() => Some(Event::Start),
            () = tokio::time::sleep(limit) => Some(Event::StartLimitPassed),
        }
    }

    /// Waits for a time, or for what makes waiting useless.
    async fn wait_until(&self, not_before: Timestamp) -> Wait {
        let wait = not_before.since(self.inner.clock.now());
        tokio::select! {
            biased;
            () = self.inner.stop.cancelled() => Wait::Stopping,
            () = self.place.cancel.cancelled(), if !self.record.machine.cancelled => Wait::CancelAsked,
            () = tokio::time::sleep(wait) => Wait::Over,
        }
    }

    async fn observe(&self, not_before: Timestamp) -> Option<Event> {
        match self.wait_until(not_before).await {
            Wait::Stopping => return None,
            Wait::CancelAsked => return Some(Event::CancelAsked),
            Wait::Over => {}
        }
        let call = self.inner.stop.child_token();
        let reading = tokio::select! {
            biased;
            () = self.place.cancel.cancelled(), if !self.record.machine.cancelled => {
                call.cancel();
                return Some(Event::CancelAsked);
            }
            reading = self.read(&call) => reading,
        };
        if self.inner.stop.is_cancelled() {
            return None;
        }
        Some(Event::Observed(reading))
    }

    /// Reads the component, after a survey if none was made yet. What is read is news for the fleet too.
    async fn read(&self, call: &tokio_util::sync::CancellationToken) -> Result<Observation, Failure> {
        let controller = &self.record.controller;
        let _slot = self.slot().await?;
        if self.row.seen().abilities.is_empty() || self.row.seen().subject.is_none() {
            survey::ensure(self.inner, controller, Urgency::Action, call).await?;
        }
        let subject = self.subject()?;
        let reading = self.inner.hardware.observe(controller, &subject, Urgency::Action, call).await;
        note_reading(self.inner, &self.row, &reading).await;
        reading
    }

    fn subject(&self) -> Result<Subject, Failure> {
        self.row.seen().subject.ok_or_else(|| {
            let text = "The controller does not show this component; check its path in the inventory.";
            Failure::new(Cause::NotFound, text)
        })
    }

    async fn slot(&self) -> Result<tokio::sync::OwnedSemaphorePermit, Failure> {
        let slots = Arc::clone(&self.inner.actions);
        slots.acquire_owned().await.map_err(|_| Failure::new(Cause::Cancelled, "The service is stopping."))
    }

    async fn send(&mut self, permit: PermitId, primitive: Primitive, replay: Replay) -> Event {
        let (delivery, answer) = self.act(permit, primitive, replay).await;
        tracing::info!(%primitive, ?delivery, failure = answer.as_ref().err().map(tracing::field::display), "sent");
        let failure = answer.as_ref().err().cloned();
        self.ended_attempt = Some(AttemptChange::Ended { permit, delivery, failure });
        Event::Sent { delivery, answer }
    }

    /// Spends the permit. From here on nothing interrupts: a request in flight always ends, also when the service stops.
    async fn act(&self, permit: PermitId, primitive: Primitive, replay: Replay) -> (Delivery, Result<Answer, Failure>) {
        let prepared = async { Ok((self.slot().await?, self.subject()?)) }.await;
        let (_slot, subject) = match prepared {
            Ok(prepared) => prepared,
            Err(failure) => return (Delivery::NotSent, Err(failure)),
        };
        let controller = self.record.controller.clone();
        self.inner.hardware.act(Order { controller, subject, primitive, permit, replay }).await
    }

    async fn poll(&self, handle: &str, not_before: Timestamp) -> Option<Event> {
        match self.wait_until(not_before).await {
            Wait::Stopping => return None,
            Wait::CancelAsked => return Some(Event::CancelAsked),
            Wait::Over => {}
        }
        let call = self.inner.stop.child_token();
        let progress = match self.slot().await {
            Ok(_slot) => self.inner.hardware.poll(&self.record.controller, handle, &call).await,
            Err(failure) => Err(failure),
        };
        if self.inner.stop.is_cancelled() {
            return None;
        }
        Some(Event::Polled(progress))
    }

    fn report(&self, span: &tracing::Span) {
        let machine = &self.record.machine;
        let Some(outcome) = machine.outcome() else { return };
        let waited = self.inner.clock.now().since(self.record.created_at);
        metrics::task_ended(machine.operation, outcome, waited);
        let millis = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(parent: span, outcome = outcome.name(), elapsed_ms = millis, "task ended");
    }
}

enum Wait {
    Over,
    CancelAsked,
    Stopping,
}

/// Gives a reading to the fleet, and what is news to the store and the event log.
pub(super) async fn note_reading(inner: &Inner, row: &Row, reading: &Result<Observation, Failure>) {
    let now = inner.clock.now();
    let Some(seen) = row.read(reading, now) else { return };
    let component: ComponentId = row.component.id.clone();
    let data = serde_json::json!({ "state": seen.state, "raw": seen.raw, "available": seen.available });
    let event = NewEvent {
        at: now,
        kind: "component.state".to_owned(),
        component: Some(component.clone()),
        task: None,
        transition: None,
        data,
    };
    let (state, raw, available) = (seen.state, seen.raw, seen.available);
    inner.store_behind(Change::Observed { component, state, raw, available, at: now }).await;
    inner.store_behind(Change::Event(event)).await;
}
