//! The total function over phases and events.

use std::time::Duration;

use super::{Commit, Event, Illegal, Machine, Next, Phase, Transition, World};
use crate::failure::{Cause, Failure};
use crate::observation::Observation;
use crate::outcome::{Fault, Outcome};
use crate::plan::{self, Plan};
use crate::power::{PowerState, Replay};
use crate::time::Timestamp;

/// The longest time between two tries to read a component before anything is sent.
const BACKOFF_MAX: Duration = Duration::from_secs(15);

impl Machine {
    /// Takes one event and gives the new state and the next thing to do.
    ///
    /// # Errors
    /// [`Illegal`] when the event cannot happen in this phase; the machine is then unchanged.
    pub fn step(mut self, event: Event, world: &World<'_>) -> Result<Transition, Illegal> {
        let name = event.name();
        match (self.phase.clone(), event) {
            (Phase::Done { .. }, Event::CancelAsked | Event::Recovered) => Ok(self.goes_on(Next::End, Commit::Nothing)),
            (Phase::Queued, Event::Start) => Ok(self.prepare(world.now)),
            (Phase::Queued, Event::StartLimitPassed) => Ok(self.end(Outcome::TimedOut { sent: false, last: None }, world)),
            (Phase::Queued, Event::Recovered) => Ok(self.goes_on(Next::Await, Commit::Nothing)),
            (_, Event::CancelAsked) => Ok(self.cancel(world)),
            (_, Event::Recovered) => Ok(self.recover(world)),
            (Phase::Preparing | Phase::Backoff { .. }, Event::Observed(reading)) => Ok(self.prepared(reading, world)),
            (Phase::Intent { permit, primitive, at }, Event::Sent { delivery, answer }) => {
                let sent = super::Sent {
                    permit,
                    primitive,
                    at,
                    acknowledged: false,
                    words: None,
                    seen_off: false,
                    readings: 0,
                };
                Ok(self.sent(sent, delivery, answer, world))
            }
            (Phase::Pending { sent, handle }, Event::Polled(progress)) => Ok(self.polled(sent, handle, progress, world)),
            (Phase::Verifying { sent }, Event::Observed(reading)) => Ok(self.verify(sent, reading, world)),
            (Phase::Refused { sent, failure }, Event::Observed(reading)) => Ok(self.refused(sent, failure, reading, world)),
            (Phase::Closing, Event::Observed(reading)) => {
                let left = reading.map_or(PowerState::Unknown, |reading| reading.state);
                Ok(self.end(Outcome::CancelledAfterSend { left }, world))
            }
            (phase, _) => {
                self.phase = phase;
                Err(Illegal { phase: self.phase.name(), event: name })
            }
        }
    }

    pub(super) fn goes_on(self, next: Next, commit: Commit) -> Transition {
        Transition { machine: self, next, commit }
    }

    pub(super) fn end(mut self, outcome: Outcome, world: &World<'_>) -> Transition {
        self.phase = Phase::Done { outcome, at: world.now };
        self.goes_on(Next::End, Commit::First)
    }

    pub(super) fn prepare(mut self, not_before: Timestamp) -> Transition {
        self.phase = Phase::Preparing;
        self.goes_on(Next::Observe { not_before }, Commit::Nothing)
    }

    /// A reading before a step: it ends the task, waits, or becomes the baseline of an intent.
    fn prepared(mut self, reading: Result<Observation, Failure>, world: &World<'_>) -> Transition {
        if self.cancelled {
            return self.end_cancelled(reading.map_or(PowerState::Unknown, |r| r.state), world);
        }
        let reading = match reading {
            Ok(reading) => reading,
            Err(failure) => return self.not_prepared(failure, world),
        };
        if self.plan.is_empty() {
            match plan::make(self.operation, world.kind, reading.state, world.abilities) {
                Plan::Already => return self.end(Outcome::Already { reading }, world),
                Plan::WrongState => {
                    let fault = Fault::WrongState { state: reading.state };
                    return self.end(Outcome::Failed { fault }, world);
                }
                Plan::Unsupported => return self.end(Outcome::Failed { fault: Fault::Unsupported }, world),
                Plan::Steps(steps) => self.plan = steps,
            }
        }
        self.tries = 0;
        self.take_step(reading, world)
    }

    fn not_prepared(self, failure: Failure, world: &World<'_>) -> Transition {
        if failure.cause.is_transient() {
            self.back_off(failure, world)
        } else {
            self.end(Outcome::Failed { fault: Fault::NotPrepared { failure } }, world)
        }
    }

    /// Waits before the next try to prepare a step of which nothing was sent, until the time to start has passed.
    pub(super) fn back_off(mut self, reason: Failure, world: &World<'_>) -> Transition {
        if world.now >= self.start_by {
            let sent = self.ever_sent;
            return self.end(Outcome::TimedOut { sent, last: Some(reason) }, world);
        }
        let grown = Duration::from_secs(1 << self.tries.min(4)).min(BACKOFF_MAX);
        let jitter = grown / 4 * u32::from(world.chance % 256) / 256;
        let wait = reason.retry_after.unwrap_or_default().max(grown) + jitter;
        let until = (world.now + wait).min(self.start_by);
        self.tries = self.tries.saturating_add(1);
        self.phase = Phase::Backoff { until, reason };
        self.goes_on(Next::Observe { not_before: until }, Commit::Behind)
    }

    fn cancel(mut self, world: &World<'_>) -> Transition {
        self.cancelled = true;
        match &self.phase {
            Phase::Intent { .. } => self.goes_on(Next::Await, Commit::Behind),
            _ if self.ever_sent => {
                self.phase = Phase::Closing;
                self.goes_on(Next::Observe { not_before: world.now }, Commit::Behind)
            }
            _ => self.end(Outcome::Cancelled, world),
        }
    }

    pub(super) fn end_cancelled(self, left: PowerState, world: &World<'_>) -> Transition {
        let outcome = if self.ever_sent { Outcome::CancelledAfterSend { left } } else { Outcome::Cancelled };
        self.end(outcome, world)
    }

    /// Goes on after the process that worked on the task died: read first, then decide. An intent without a result may have been
    /// sent; one that must never be repeated counts as in flight until no request of the dead process can be.
    fn recover(mut self, world: &World<'_>) -> Transition {
        match self.phase.clone() {
            Phase::Intent { permit, primitive, at } => {
                self.count_send(at);
                let replay = world.ability(primitive).effective_replay();
                let words = Failure::new(Cause::Cancelled, "The service stopped while the request was being sent.");
                let sent = super::Sent {
                    permit,
                    primitive,
                    at,
                    acknowledged: false,
                    words: Some(words),
                    seen_off: false,
                    readings: 0,
                };
                let quiet = if replay == Replay::Never { world.change_timeout } else { world.pace.settle };
                self.phase = Phase::Verifying { sent };
                let not_before = (at + quiet).max(world.now);
                self.goes_on(Next::Observe { not_before }, Commit::Behind)
            }
            Phase::Pending { handle, .. } => self.goes_on(Next::Poll { handle, not_before: world.now }, Commit::Nothing),
            Phase::Verifying { .. } | Phase::Refused { .. } | Phase::Closing => {
                self.goes_on(Next::Observe { not_before: world.now }, Commit::Nothing)
            }
            Phase::Preparing | Phase::Backoff { .. } => self.prepare(world.now),
            Phase::Queued => self.goes_on(Next::Await, Commit::Nothing),
            Phase::Done { .. } => self.goes_on(Next::End, Commit::Nothing),
        }
    }
}
