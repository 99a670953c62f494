//! Drives one task of the lane from its place in line to its end.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use switchyard_core::configuration::{
    Attempt, Change, Event, Machine, Next, Outcome, Phase, Snapshot, Transition, World,
};
use switchyard_core::machine::{Answer, Commit};
use switchyard_core::{Cause, Delivery, Failure, Pace, PermitId, Subject, Timestamp};
use switchyard_store::event::kind;
use switchyard_store::{
    Applied, Change as Stored, ConfigurationChange, ConfigurationTask, NewEvent, StoreError,
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::reading;
use super::track::{Order, Slot, Wait};
use crate::engine::hardware::{ConfigurationOrder, Urgency};
use crate::engine::ids::{chance, fresh_id};
use crate::engine::lease::SendGuard;
use crate::engine::turnstile::{PAUSE_MAX, Pass};
use crate::engine::{Inner, Row, replacement, survey};
use crate::telemetry::{Chain, metrics};

/// How long the order may take that explains why an intent was refused.
const ORDER_WITHIN: Duration = Duration::from_secs(5);
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
    /// A later request took the task's place, and that is durable.
    Gone,
    /// The store contradicts: somebody else has ended the task.
    Contradicted,
}

/// What comes of doing the next thing.
type Done = Result<Event, Left>;

/// The span in which everything about a task is logged, down to the request at its BMC.
pub(super) fn span(record: &ConfigurationTask, request_id: Option<&str>) -> tracing::Span {
    tracing::info_span!(
        "setting",
        request_id,
        configuration = %record.configuration,
        task = %record.id,
        component = %record.component,
        track = %record.machine.goal.track(),
    )
}

pub(super) async fn drive(inner: &Arc<Inner>, record: ConfigurationTask, slot: &Slot, span: tracing::Span) {
    let mut runner = Runner {
        inner,
        record,
        slot,
        pass: Pass::default(),
    };
    let left = match runner.run().instrument(span.clone()).await {
        Ok(never) => match never {},
        Err(left) => left,
    };
    match left {
        Left::Ended => runner.report(&span),
        Left::Gone => tracing::info!(parent: &span, "another request took the task's place"),
        Left::Stopping => tracing::debug!(parent: &span, "left for the next start"),
        Left::Contradicted => {
            tracing::error!(parent: &span, "the task is no longer what the store says; left alone");
        }
        Left::Fenced => {
            inner.guard.void();
            tracing::error!(parent: &span, "another process has taken over; nothing more is sent by this one");
        }
    }
}

struct Runner<'a> {
    inner: &'a Arc<Inner>,
    record: ConfigurationTask,
    slot: &'a Slot,
    pass: Pass,
}

impl Runner<'_> {
    async fn run(&mut self) -> Result<Infallible, Left> {
        let mut next = match self.record.machine.phase {
            Phase::Queued => Next::Await,
            _ => self.take(Event::Recovered).await?,
        };
        loop {
            let event = match next {
                Next::End => return Err(Left::Ended),
                Next::Await => self.await_turn().await?,
                Next::Observe { not_before } => self.observe(not_before).await?,
                Next::Poll { handle, not_before } => self.poll(&handle, not_before).await?,
                Next::Send { permit, change } => self.send(permit, change).await?,
            };
            next = self.take(event).await?;
        }
    }

    /// Feeds an event to the machine and stores what has to be stored before the next thing begins.
    async fn take(&mut self, event: Event) -> Result<Next, Left> {
        let now = self.inner.clock.now();
        let world = World {
            now,
            fresh_permit: PermitId(fresh_id(now)),
            chance: chance(),
            pace: self.present().map_or_else(Pace::default, |row| row.seen().pace),
        };
        let answered = matches!(event, Event::Sent { .. });
        let transition = match self.record.machine.clone().step(event, &world) {
            Ok(transition) => transition,
            Err(illegal) => {
                tracing::error!(error = %Chain(&illegal), "an event did not fit; the task is read again at the next start");
                return Err(Left::Stopping);
            }
        };
        let Transition {
            machine,
            next,
            commit,
        } = transition;
        let before = std::mem::replace(&mut self.record.machine, machine);
        let events = self.events(&before, &next, answered, now);
        let commit = if events.is_empty() {
            commit
        } else {
            commit.at_least_behind()
        };
        let change = ConfigurationChange {
            task: self.record.id,
            machine: self.record.machine.clone(),
            intent: matches!(next, Next::Send { .. }),
            at: now,
            events,
        };
        match commit {
            Commit::Nothing => Ok(next),
            Commit::Behind => {
                self.inner
                    .store_behind(Stored::Configuration(Box::new(change)))
                    .await;
                Ok(next)
            }
            Commit::First => self.store_first(before, change, next).await,
        }
    }

    /// Stores a change durably before the next thing begins. An intent that cannot be stored is taken back, and the reading on which
    /// it rests is made afresh; anything else is tried again for as long as it takes, or until the service stops.
    async fn store_first(
        &mut self,
        before: Machine,
        change: ConfigurationChange,
        next: Next,
    ) -> Result<Next, Left> {
        let intent = change.intent;
        loop {
            let stored = Stored::Configuration(Box::new(change.clone()));
            let not_before = match self.inner.commit.apply(stored).await {
                Ok(Applied::Stored) => return Ok(next),
                Ok(Applied::Fenced) => return Err(Left::Fenced),
                Err(StoreError::Conflict { .. }) if intent && self.was_ordered().await => change.at,
                Err(error @ StoreError::Conflict { .. }) => {
                    tracing::error!(error = %Chain(&error), "the task's state contradicts the store");
                    return Err(Left::Contradicted);
                }
                Err(error) => {
                    tracing::error!(error = %Chain(&error), "the task's state could not be stored; trying again");
                    change.at + STORE_AGAIN
                }
            };
            if intent {
                self.record.machine = before;
                return Ok(Next::Observe { not_before });
            }
            let wait = tokio::time::sleep(STORE_AGAIN);
            if self.inner.stop.run_until_cancelled(wait).await.is_none() {
                return Err(Left::Stopping);
            }
        }
    }

    /// Whether the intent was refused because a later request took the task's place: the order for that is on its way.
    async fn was_ordered(&self) -> bool {
        let ordered = self.slot.interrupt().cancelled();
        tokio::time::timeout(ORDER_WITHIN, ordered).await.is_ok()
    }

    /// What others have ordered since the machine was last asked.
    fn ordered(&self) -> Option<Done> {
        Some(match self.slot.order(self.record.machine.cancelled)? {
            Order::Gone => Err(Left::Gone),
            Order::Cancel => Ok(Event::CancelAsked),
        })
    }

    /// Ends with the next order, or when the service stops.
    async fn interrupted(&self) -> Done {
        loop {
            if let Some(done) = self.ordered() {
                return done;
            }
            tokio::select! {
                biased;
                () = self.inner.stop.cancelled() => return Err(Left::Stopping),
                () = self.slot.changed() => {}
            }
        }
    }

    /// Waits for a turn, an order, the limit of waiting, or the stop of the service.
    async fn await_turn(&self) -> Done {
        self.pass.leave();
        loop {
            if let Some(done) = self.ordered() {
                return done;
            }
            let now = self.inner.clock.now();
            let (component, task) = (&self.record.component, self.record.id);
            let track = self.record.machine.goal.track();
            let lane = &self.inner.configuration;
            let wait = match lane.tracks.begin(component, track, task, &self.inner.holds, now) {
                Ok(()) => return Ok(Event::Start),
                Err(wait) => wait,
            };
            let limit = self.record.machine.start_by;
            if now >= limit {
                return Ok(Event::StartLimitPassed);
            }
            let until = match wait {
                Wait::Turn => limit,
                Wait::Held { until } => until.min(limit),
            };
            let sleep = until.since(now).max(Duration::from_millis(1));
            tokio::select! {
                biased;
                () = self.inner.stop.cancelled() => return Err(Left::Stopping),
                () = self.slot.changed() => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
    }

    /// Waits for a time. Gives what makes waiting useless.
    async fn wait_until(&self, not_before: Timestamp) -> Option<Done> {
        let wait = not_before.since(self.inner.clock.now());
        if wait > PAUSE_MAX {
            self.pass.leave();
        }
        tokio::select! {
            biased;
            done = self.interrupted() => Some(done),
            () = self.endpoint_answers() => None,
            () = tokio::time::sleep(wait) => None,
        }
    }

    /// Ends as soon as the controller is called again, when its breaker is what the task waits for.
    async fn endpoint_answers(&self) {
        match &self.record.machine.phase {
            Phase::Backoff { reason, .. } if reason.cause == Cause::BreakerOpen => {
                self.inner.endpoints.called_again(&self.record.controller).await;
            }
            _ => std::future::pending().await,
        }
    }

    async fn observe(&self, not_before: Timestamp) -> Done {
        if let Some(done) = self.wait_until(not_before).await {
            return done;
        }
        let call = self.inner.stop.child_token();
        let reading = tokio::select! {
            biased;
            done = self.interrupted() => {
                call.cancel();
                return done;
            }
            reading = self.read(&call) => reading,
        };
        self.unless_stopping(Event::Observed(reading))
    }

    async fn read(&self, call: &CancellationToken) -> Result<Snapshot, Failure> {
        let controller = &self.record.controller;
        self.pass.enter(&self.inner.turnstile).await;
        let subject = self.subject(call).await?;
        let track = self.record.machine.goal.track();
        self.pass
            .during(reading::setting(self.inner, controller, &subject, track, call))
            .await
    }

    async fn subject(&self, call: &CancellationToken) -> Result<Subject, Failure> {
        let row = self
            .present()
            .ok_or_else(|| replacement::absent(self.inner, &self.record.component))?;
        let controller = &self.record.controller;
        self.pass
            .during(survey::subject(
                self.inner,
                &row,
                controller,
                Urgency::Action,
                call,
            ))
            .await
    }

    /// The component, as the inventory has it now. Nothing when that no longer holds it, or lets another controller switch it: the task then
    /// ends with that.
    fn present(&self) -> Option<Arc<Row>> {
        let row = self.inner.fleet().component(&self.record.component)?;
        (row.component.controller.as_ref() == Some(&self.record.controller)).then_some(row)
    }

    /// What came while the service stops is left to the next.
    fn unless_stopping(&self, event: Event) -> Done {
        if self.inner.stop.is_cancelled() {
            Err(Left::Stopping)
        } else {
            Ok(event)
        }
    }

    /// Sends a change. What ended the task before the first byte left is told to the machine first.
    async fn send(&mut self, permit: PermitId, change: Change) -> Done {
        let (delivery, answer) = self.configure(permit, change).await;
        tracing::info!(
            ?delivery,
            failure = answer.as_ref().err().map(tracing::field::display),
            "sent"
        );
        if let Some(Ok(cancel)) = self.ordered() {
            self.take(cancel).await?;
        }
        Ok(Event::Sent { delivery, answer })
    }

    /// Spends the permit. A cancel or the stop of the service ends what has not left yet; what is in flight always ends by itself.
    async fn configure(&self, permit: PermitId, change: Change) -> (Delivery, Result<Answer, Failure>) {
        let call = self.inner.stop.child_token();
        let subject = match self.subject(&call).await {
            Ok(subject) => subject,
            Err(failure) => return (Delivery::NotSent, Err(failure)),
        };
        let (stop, interrupt) = (self.inner.stop.clone(), self.slot.interrupt().clone());
        let guard = Arc::new(SendGuard::new(
            Arc::clone(&self.inner.guard),
            stop,
            interrupt.clone(),
        ));
        let order = ConfigurationOrder {
            controller: self.record.controller.clone(),
            subject,
            setting: change,
            permit,
            guard: Arc::clone(&guard),
            cancel: call.clone(),
        };
        let mut acting = std::pin::pin!(self.pass.during(self.inner.hardware.configure(order)));
        let (delivery, answer) = tokio::select! {
            biased;
            done = &mut acting => done,
            () = interrupt.cancelled() => {
                call.cancel();
                acting.await
            }
        };
        match guard.objection() {
            Some(reason) if delivery == Delivery::NotSent => {
                let text = format!("Nothing was sent: {reason}.");
                (delivery, Err(Failure::new(Cause::Cancelled, text)))
            }
            _ => (delivery, answer),
        }
    }

    async fn poll(&self, handle: &str, not_before: Timestamp) -> Done {
        if let Some(done) = self.wait_until(not_before).await {
            return done;
        }
        let call = self.inner.stop.child_token();
        self.pass.enter(&self.inner.turnstile).await;
        let polling = self.inner.hardware.poll(&self.record.controller, handle, &call);
        let progress = self.pass.during(polling).await;
        self.unless_stopping(Event::Polled(progress))
    }

    /// What the event log says of a step.
    fn events(&self, before: &Machine, next: &Next, answered: bool, now: Timestamp) -> Vec<NewEvent> {
        let after = &self.record.machine;
        let mut events = Vec::new();
        if answered
            && let Some(Attempt {
                permit,
                delivery,
                failure,
                ..
            }) = after.attempts.last()
        {
            let data = json!({ "permit": permit, "delivery": delivery, "failure": failure });
            events.push(self.event(kind::SETTING_ANSWERED, data, now));
        }
        if let Next::Send { permit, change } = next {
            let data = json!({ "permit": permit, "change": change });
            events.push(self.event(kind::SETTING_INTENT, data, now));
        }
        if let (None, Some(outcome)) = (before.outcome(), after.outcome()) {
            events.push(self.event(kind::SETTING_ENDED, json!(outcome), now));
        }
        events
    }

    fn event(&self, kind: &str, mut data: Value, at: Timestamp) -> NewEvent {
        if let Value::Object(fields) = &mut data {
            let record = &self.record;
            fields.insert("configuration".to_owned(), json!(record.configuration));
            fields.insert("track".to_owned(), json!(record.machine.goal.track()));
        }
        NewEvent {
            at,
            kind: kind.to_owned(),
            component: Some(self.record.component.clone()),
            task: Some(self.record.id),
            transition: None,
            data,
        }
    }

    fn report(&self, span: &tracing::Span) {
        let machine = &self.record.machine;
        let Some(outcome) = machine.outcome() else { return };
        let waited = self.inner.clock.now().since(self.record.created_at);
        metrics::setting_ended(machine.goal.track(), Outcome::name(outcome), waited);
        let millis = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(parent: span, outcome = outcome.name(), elapsed_ms = millis, "setting ended");
    }
}
