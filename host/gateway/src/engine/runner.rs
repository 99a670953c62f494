//! Drives one task from its place in line to its end.

mod order;
mod record;
mod reserving;
mod turn;

use std::sync::Arc;

use switchyard_core::breaker::Passage;
use switchyard_core::machine::{Answer, Commit, Course, Event, Fallback, Next, Phase, Transition, World};
use switchyard_core::{
    Cause, ControllerId, Delivery, Failure, Kind, Observation, Operation, Outcome, Pace, PermitId, Primitive,
    Replay, Subject, Timestamp,
};
use switchyard_store::{AttemptChange, NewEvent, OpenTask, TaskRecord};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::endpoint::TakenDown;
use super::hardware::{Order as HardwareOrder, Urgency};
use super::ids::{chance, fresh_id};
use super::lease::SendGuard;
use super::line::{Order, Place};
use super::turnstile::{PAUSE_MAX, Pass};
use super::{Inner, Row, failure_limit, fallback, replacement};
use crate::telemetry::{Chain, metrics};

pub(super) use record::note_reading;

/// How long an emergency waits for the reading before its one try.
const EMERGENCY_READ: std::time::Duration = std::time::Duration::from_secs(2);

/// Why a task is no longer driven by this process.
enum Left {
    /// The service stops; the next start takes the task up again.
    Stopping,
    /// The lease is void; whoever has it now drives the task.
    Fenced,
    /// The task has ended, and that is durable.
    Ended,
    /// The task was ended by a request that took its place, and that is durable.
    Gone,
    /// The store contradicts: somebody else has ended the task.
    Contradicted,
}

/// What comes of doing the next thing.
type Done = Result<Event, Left>;

/// The span in which everything about a task is logged, down to the request at its BMC.
pub(super) fn span(record: &TaskRecord, request_id: Option<&str>) -> tracing::Span {
    tracing::info_span!(
        "task",
        request_id,
        transition = %record.transition,
        task = %record.id,
        component = %record.component,
        operation = %record.machine.operation,
    )
}

pub(super) async fn drive(inner: &Arc<Inner>, open: OpenTask, place: &Place, span: tracing::Span) {
    let record = open.record;
    let mut runner = Runner {
        inner,
        record,
        place,
        pass: Pass::default(),
        ended_attempt: None,
        told: Vec::new(),
        taken_down: None,
    };
    let left = runner.run().instrument(span.clone()).await;
    if matches!(left, Left::Gone) {
        runner.release().await;
    }
    if matches!(left, Left::Ended | Left::Gone) {
        runner.recall().await;
    }
    if matches!(left, Left::Ended) {
        if let Some(outcome) = runner.record.machine.outcome() {
            inner.failed.ended(&runner.record.component, outcome);
            for demand in place.slot.demands() {
                failure_limit::ended(inner, demand.transition, outcome);
            }
        }
        inner.wake_waiting(runner.record.id, &inner.dependencies.ended(&runner.record));
    }
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
    record: TaskRecord,
    place: &'a Place,
    pass: Pass,
    /// What became of the last attempt, until it is stored.
    ended_attempt: Option<AttemptChange>,
    /// What the event log is told of with the next change.
    told: Vec<NewEvent>,
    /// Held while the task takes its controller down.
    taken_down: Option<TakenDown>,
}

impl Runner<'_> {
    async fn run(&mut self) -> Left {
        match self.run_to_end().await {
            Ok(never) => match never {},
            Err(left) => left,
        }
    }

    async fn run_to_end(&mut self) -> Result<std::convert::Infallible, Left> {
        let mut next = match self.record.machine.phase {
            Phase::Queued => Next::Await,
            _ => self.take(Event::Recovered).await?,
        };
        loop {
            let event = match next {
                Next::End => return Err(Left::Ended),
                Next::Await => self.await_turn().await?,
                Next::AwaitPower => self.await_power().await?,
                Next::Observe { not_before } => self.observe(not_before).await?,
                Next::Reserve => self.reserve().await?,
                Next::Poll { handle, not_before } => self.poll(&handle, not_before).await?,
                Next::Send {
                    permit,
                    primitive,
                    replay,
                } => self.send(permit, primitive, replay).await?,
            };
            next = self.take(event).await?;
        }
    }

    /// Feeds an event to the machine and stores what has to be stored before the next thing begins.
    async fn take(&mut self, event: Event) -> Result<Next, Left> {
        let now = self.inner.clock.now();
        self.record.machine.awaits_power = self.awaits_power();
        let row = self.present();
        let seen = row.as_ref().map(|row| (row.component.kind, row.seen()));
        let second = row
            .as_ref()
            .and_then(|row| row.second())
            .map(|second| (&second.controller, second.known()));
        let pace = match (&self.record.machine.via, &second) {
            (Some(_), Some((_, known))) => known.pace,
            _ => seen.as_ref().map_or_else(Pace::default, |(_, seen)| seen.pace),
        };
        let last_sent = row.as_ref().map_or(Timestamp::default(), |row| row.last_sent());
        let component = &self.record.component;
        let world = World {
            now,
            fresh_permit: PermitId(fresh_id(now)),
            chance: chance(),
            kind: seen.as_ref().map_or(Kind::Other, |(kind, _)| *kind),
            abilities: seen.as_ref().map_or(&[], |(_, seen)| &seen.abilities),
            fallback: second.as_ref().map(|(controller, known)| Fallback {
                controller,
                abilities: &known.abilities,
            }),
            pace,
            change_timeout: self.inner.hardware.change_timeout(),
            demands: &self.place.slot.demands(),
            others_wait_since: self.inner.lines.others_wait_since(component, self.record.id),
            settled_at: last_sent + pace.settle,
            reservation: self.reservation(),
        };
        let Transition {
            machine,
            next,
            commit,
            departed,
        } = match self.record.machine.clone().step(event, &world) {
            Ok(transition) => transition,
            Err(illegal) => {
                tracing::error!(error = %Chain(&illegal), "an event did not fit; the task is read again at the next start");
                return Err(Left::Stopping);
            }
        };
        let before = std::mem::replace(&mut self.record.machine, machine);
        self.note_phase(&before);
        self.note_controller();
        self.give_back(&before).await;
        let commit = if self.ended_attempt.is_some() {
            commit.at_least_behind()
        } else {
            commit
        };
        for departure in &departed {
            self.place.slot.left(departure.transition);
            let machine = &self.record.machine;
            let waiting = self.inner.dependencies.left(
                self.record.id,
                departure.transition,
                machine,
                &departure.outcome,
                now,
            );
            self.inner.wake_waiting(self.record.id, &waiting);
        }
        let left = departed.clone();
        let stored = match commit {
            Commit::Nothing => Ok(next),
            Commit::Behind => {
                let change = self.change(&before, &next, departed, now);
                self.told.clear();
                self.inner.store_behind(change).await;
                Ok(next)
            }
            Commit::First => self.store_first(before, next, departed, now).await,
        };
        for departure in left {
            failure_limit::ended(self.inner, departure.transition, &departure.outcome);
        }
        stored
    }

    /// Lets the controller be silent while the task takes it down.
    fn note_controller(&mut self) {
        let machine = &self.record.machine;
        let takes_down = self
            .present()
            .is_some_and(|row| machine.has_taken_controller_down(row.component.kind));
        if !takes_down {
            self.taken_down = None;
        } else if self.taken_down.is_none() {
            self.taken_down = self.inner.endpoints.take_down(self.addressed());
        }
    }

    /// What others have ordered since the machine was last asked.
    fn ordered(&self) -> Option<Done> {
        self.place
            .slot
            .order(&self.record.machine)
            .map(|order| match order {
                Order::Gone => Err(Left::Gone),
                Order::Tell(event) => Ok(event),
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
                () = self.place.slot.changed() => {}
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
                let row = self.present();
                let second = row.as_ref().and_then(|row| row.second());
                let controller = match (self.course(), second) {
                    (Course::FallbackOnly, Some(second)) => &second.controller,
                    _ => &self.record.controller,
                };
                self.inner.endpoints.called_again(controller).await;
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
            reading = self.read_in_time(&call) => reading,
        };
        if self.is_to_wait_again() {
            return self.unless_stopping(Event::Paused);
        }
        self.unless_stopping(Event::Observed(reading))
    }

    /// What was read while the service stops is read again by the next.
    fn unless_stopping(&self, event: Event) -> Done {
        if self.inner.stop.is_cancelled() {
            Err(Left::Stopping)
        } else {
            Ok(event)
        }
    }

    /// Reads the component, after a survey if none was made yet. What is read is news for the fleet too.
    async fn read(&self, call: &CancellationToken) -> Result<Observation, Failure> {
        let row = self.row()?;
        if !self.is_urgent() {
            self.pass.enter(&self.inner.turnstile).await;
        }
        let operation = self.record.machine.operation;
        self.pass
            .during(fallback::ensure_known(self.inner, &row, operation, call))
            .await?;
        let (own, course) = (&self.record.controller, self.course());
        let reading = fallback::read(self.inner, &row, own, course, Urgency::Action, call);
        let reading = self.pass.during(reading).await;
        note_reading(self.inner, &row, &reading).await;
        reading
    }

    /// The component, as the inventory has it now. Nothing when that no longer holds it, or lets another controller switch it: what the
    /// task knows of it means another machine there. The task then ends with that, as its machine sees fit.
    fn present(&self) -> Option<Arc<Row>> {
        let row = self.inner.fleet().component(&self.record.component)?;
        (row.component.controller.as_ref() == Some(&self.record.controller)).then_some(row)
    }

    /// In which order the controllers are asked for the reading that is needed next.
    fn course(&self) -> Course {
        let row = self.present();
        let Some((row, second)) = row.as_ref().and_then(|row| Some((row, row.second()?))) else {
            return Course::OwnFirst;
        };
        let (own, other) = (row.seen().abilities, second.known().abilities);
        self.record.machine.course(row.component.kind, &own, &other)
    }

    /// The controller to which the present step goes.
    fn addressed(&self) -> &ControllerId {
        self.record
            .machine
            .via
            .as_ref()
            .unwrap_or(&self.record.controller)
    }

    /// As [`Self::read`]. An emergency waits but a moment for what a reading may say.
    async fn read_in_time(&self, call: &CancellationToken) -> Result<Observation, Failure> {
        if !self.record.machine.emergency || self.record.machine.ever_sent {
            return self.read(call).await;
        }
        let reading = tokio::time::timeout(EMERGENCY_READ, self.read(call)).await;
        reading.unwrap_or_else(|_| {
            let text = "An emergency does not wait for a slow reading.";
            Err(Failure::new(Cause::Timeout, text))
        })
    }

    /// Whether the task passes the budget of tasks that move at once: a force-off waits for nobody.
    fn is_urgent(&self) -> bool {
        let forces = |operation| operation == Operation::ForceOff;
        forces(self.record.machine.operation)
            || self
                .place
                .slot
                .demands()
                .iter()
                .any(|demand| forces(demand.operation))
    }

    /// For what the call may pass a breaker.
    fn passage(&self) -> Passage {
        if self.record.machine.emergency {
            Passage::EmergencyOff
        } else if self.is_urgent() {
            Passage::ForceOff
        } else {
            Passage::Ordinary
        }
    }

    fn row(&self) -> Result<Arc<Row>, Failure> {
        self.present()
            .ok_or_else(|| replacement::absent(self.inner, &self.record.component))
    }

    /// The word of the controller to which the present step goes for the component.
    fn subject(&self) -> Result<Subject, Failure> {
        let row = self.row()?;
        let subject = match &self.record.machine.via {
            None => row.seen().subject,
            Some(via) => {
                let second = row.second().filter(|second| second.controller == *via);
                second.and_then(|second| second.known().subject)
            }
        };
        subject.ok_or_else(fallback::unknown)
    }

    /// Sends a step. What ended the task before the first byte left is told to the machine first, as is what did meanwhile.
    async fn send(&mut self, permit: PermitId, primitive: Primitive, replay: Replay) -> Done {
        let (delivery, answer) = self.act(permit, primitive, replay).await;
        tracing::info!(%primitive, ?delivery, failure = answer.as_ref().err().map(tracing::field::display), "sent");
        if let Some(row) = self.present()
            && delivery != Delivery::NotSent
        {
            row.sent(self.inner.clock.now());
        }
        if let Some(stop) = self.place.slot.stop(&self.record.machine) {
            self.take(stop).await?;
        }
        // What became of the attempt is stored with what it means, so that no crash can come between.
        let failure = answer.as_ref().err().cloned();
        self.ended_attempt = Some(AttemptChange::Ended {
            permit,
            delivery,
            failure,
        });
        Ok(Event::Sent { delivery, answer })
    }

    /// Spends the permit. A cancel or the stop of the service ends what has not left yet; a request in flight always ends by itself.
    async fn act(
        &self,
        permit: PermitId,
        primitive: Primitive,
        replay: Replay,
    ) -> (Delivery, Result<Answer, Failure>) {
        let subject = match self.subject() {
            Ok(subject) => subject,
            Err(failure) => return (Delivery::NotSent, Err(failure)),
        };
        if let Some(failure) = self.objection_of_smd().await {
            return (Delivery::NotSent, Err(failure));
        }
        let (stop, interrupt) = (self.inner.stop.clone(), self.place.slot.interrupt().clone());
        let guard = SendGuard::new(Arc::clone(&self.inner.guard), stop, interrupt.clone());
        let guard = Arc::new(guard.with(self.held()));
        let call = self.inner.stop.child_token();
        let controller = self.addressed().clone();
        let order = HardwareOrder {
            controller,
            subject,
            primitive,
            permit,
            replay,
            passage: self.passage(),
            guard: Arc::clone(&guard),
            cancel: call.clone(),
        };
        let mut acting = std::pin::pin!(self.pass.during(self.inner.hardware.act(order)));
        let (delivery, answer) = tokio::select! {
            biased;
            done = &mut acting => done,
            () = interrupt.cancelled() => {
                call.cancel();
                acting.await
            }
        };
        match guard.objection() {
            Some(reason) if delivery == Delivery::NotSent => (
                delivery,
                Err(Failure::new(
                    Cause::Cancelled,
                    format!("Nothing was sent: {reason}."),
                )),
            ),
            _ => (delivery, answer),
        }
    }

    async fn poll(&self, handle: &str, not_before: Timestamp) -> Done {
        if let Some(done) = self.wait_until(not_before).await {
            return done;
        }
        let call = self.inner.stop.child_token();
        self.pass.enter(&self.inner.turnstile).await;
        let progress = self
            .pass
            .during(self.inner.hardware.poll(self.addressed(), handle, &call))
            .await;
        self.unless_stopping(Event::Polled(progress))
    }

    /// Takes over what the end of the task leaves behind on its component, while the task is still in line: any end but a success may
    /// leave nothing desired, and a success may clear what was uncertain.
    async fn recall(&self) {
        let component = &self.record.component;
        let succeeded = self.record.machine.outcome().is_some_and(Outcome::is_success);
        if !succeeded || self.inner.drift.is_uncertain(component) {
            self.inner.recall(component).await;
        }
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
