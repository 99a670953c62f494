//! The total function over phases and events.

use std::time::Duration;

use super::{Commit, Event, Illegal, Machine, Next, Phase, Sent, Stop, Transition, World};
use crate::demand::{Demand, Departure};
use crate::failure::{Cause, Failure};
use crate::id::TransitionId;
use crate::observation::Observation;
use crate::outcome::{Fault, Outcome};
use crate::plan::{self, Plan, Step};
use crate::power::{PowerState, Replay};
use crate::time::Timestamp;

/// The longest time between two tries to read a component before anything is sent.
const BACKOFF_MAX: Duration = Duration::from_secs(15);

/// How long to wait after so many tries in a row that led to nothing.
pub(super) fn pause(tries: u32) -> Duration {
    Duration::from_secs(1 << tries.min(4)).min(BACKOFF_MAX)
}

impl Machine {
    /// Takes one event and gives the new state and the next thing to do.
    ///
    /// # Errors
    /// [`Illegal`] when the event cannot happen in this phase; nothing has then changed.
    pub fn step(self, event: Event, world: &World<'_>) -> Result<Transition, Illegal> {
        let mut transition = self.react(event, world)?;
        if transition.departed.is_empty() {
            transition.departed = transition.machine.departures(world);
        }
        // The end of a request's wait is told once: a caller who has left is not found again.
        if !transition.departed.is_empty() {
            transition.commit = Commit::First;
        }
        Ok(transition)
    }

    fn react(self, event: Event, world: &World<'_>) -> Result<Transition, Illegal> {
        let name = event.name();
        match (self.phase.clone(), event) {
            (
                Phase::Done { .. },
                Event::CancelAsked
                | Event::Overtaken { .. }
                | Event::Hurried
                | Event::Paused
                | Event::PowerAbove
                | Event::Blocked { .. }
                | Event::Recovered,
            ) => Ok(self.goes_on(Next::End, Commit::Nothing)),
            (Phase::Queued, Event::Start) => Ok(self.prepare(world)),
            (Phase::Queued, Event::StartLimitPassed)
                if !world.demands.is_empty() && world.now < self.start_limit(world.demands) =>
            {
                Ok(self.again(world))
            }
            (Phase::Queued, Event::StartLimitPassed) => Ok(self.end(
                Outcome::TimedOut {
                    sent: false,
                    last: None,
                },
                world,
            )),
            (_, Event::CancelAsked) => Ok(self.cancel(world)),
            (_, Event::Overtaken { by }) => Ok(self.overtake(by, world)),
            (_, Event::Hurried) => Ok(self.hurry(world)),
            (_, Event::Paused) => Ok(self.pause(world)),
            (_, Event::Recovered) => Ok(self.recover(world)),
            (Phase::Reserving { state }, Event::Reserved(answer)) => {
                Ok(self.answered_by_smd(state, answer, world))
            }
            (_, Event::PowerAbove) => Ok(self.power_above(world)),
            (_, Event::Blocked { transition, fault }) => Ok(self.blocked(transition, fault, world)),
            (Phase::Preparing, Event::Observed(reading)) => Ok(self.prepared(reading, None, world)),
            (Phase::Backoff { reason, .. }, Event::Observed(reading)) => {
                Ok(self.prepared(reading, Some(reason), world))
            }
            (
                Phase::Intent {
                    permit,
                    primitive,
                    at,
                },
                Event::Sent { delivery, answer },
            ) => Ok(self.sent(Sent::new(permit, primitive, at), delivery, answer, world)),
            (Phase::Pending { sent, handle }, Event::Polled(progress)) => {
                Ok(self.polled(sent, handle, progress, world))
            }
            (Phase::Verifying { sent }, Event::Observed(reading)) => Ok(self.verify(sent, reading, world)),
            (Phase::Refused { sent, failure }, Event::Observed(reading)) => {
                Ok(self.refused(sent, failure, reading, world))
            }
            (Phase::Closing, Event::Observed(reading)) => {
                let left = reading.map_or(PowerState::Unknown, |reading| reading.state);
                Ok(self.end(Outcome::CancelledAfterSend { left }, world))
            }
            (phase, _) => Err(Illegal {
                phase: phase.name(),
                event: name,
            }),
        }
    }

    pub(super) fn goes_on(self, next: Next, commit: Commit) -> Transition {
        Transition {
            machine: self,
            next,
            commit,
            departed: Vec::new(),
        }
    }

    pub(super) fn end(mut self, outcome: Outcome, world: &World<'_>) -> Transition {
        self.phase = Phase::Done {
            outcome,
            at: world.now,
        };
        self.goes_on(Next::End, Commit::First)
    }

    /// A fresh reading, once it can say something about whatever was sent to the component before.
    pub(super) fn prepare(mut self, world: &World<'_>) -> Transition {
        self.phase = Phase::Preparing;
        let not_before = self.settled(world);
        self.goes_on(Next::Observe { not_before }, Commit::Nothing)
    }

    /// A reading before a step: it ends the task, waits, or becomes the baseline of an intent.
    fn prepared(
        mut self,
        reading: Result<Observation, Failure>,
        waited_for: Option<Failure>,
        world: &World<'_>,
    ) -> Transition {
        let reading = match reading {
            Ok(reading) => reading,
            Err(failure) => return self.not_prepared(failure, world),
        };
        if self.carried && !self.ever_sent {
            return self.end(Outcome::Already { reading }, world);
        }
        // While nothing was sent the plan is made afresh, since what it rested on may have changed while the task waited.
        if self.step == 0 && !self.ever_sent {
            let abilities = world.abilities_of(reading.controller.as_ref());
            match plan::make(self.operation, world.kind, reading.state, abilities) {
                Plan::Already => return self.end(Outcome::Already { reading }, world),
                Plan::WrongState => {
                    let fault = Fault::WrongState { state: reading.state };
                    return self.end(Outcome::Failed { fault }, world);
                }
                Plan::Unsupported => {
                    if let Some(fallback) = &reading.controller
                        && plan::supports(self.operation, world.kind, world.abilities)
                    {
                        return self.await_own(fallback, world);
                    }
                    return self.end(
                        Outcome::Failed {
                            fault: Fault::Unsupported,
                        },
                        world,
                    );
                }
                Plan::Steps(steps) => self.plan = steps,
            }
            if reading.at > self.start_limit(world.demands) {
                return self.end(
                    Outcome::TimedOut {
                        sent: false,
                        last: waited_for,
                    },
                    world,
                );
            }
        }
        self.take_step(reading, world)
    }

    /// A task of which something was sent is not given up between two steps for a reading that fails, unless the BMC shut the door:
    /// what it has done so far is worse than waiting.
    fn not_prepared(mut self, failure: Failure, world: &World<'_>) -> Transition {
        // What is below a power that is being cut may well not answer.
        if self.awaits_power && self.ever_sent && self.present_step() == Some(Step::On) && self.sends == 0 {
            self.phase = Phase::Preparing;
            return self.goes_on(Next::AwaitPower, Commit::Behind);
        }
        // An emergency goes whatever is known; a force-off does not wait until a controller that is left alone is tried again.
        let forced = self.forces(world) && failure.cause == Cause::BreakerOpen;
        let cut = matches!(self.present_step(), Some(Step::ForceOff { .. }));
        if (self.emergency && !self.ever_sent) || (forced && (cut || !self.ever_sent)) {
            let unread = Observation {
                state: PowerState::Unknown,
                raw: String::new(),
                evidence: Vec::new(),
                at: world.now,
                controller: None,
            };
            if self.ever_sent {
                return self.take_step(unread, world);
            }
            if let Plan::Steps(steps) = plan::make(self.operation, world.kind, unread.state, world.abilities)
            {
                self.plan = steps;
                return self.take_step(unread, world);
            }
        }
        let shut_out = matches!(failure.cause, Cause::Auth | Cause::Forbidden | Cause::Tls);
        if failure.is_transient() || (self.ever_sent && !shut_out) {
            self.back_off(failure, world)
        } else {
            self.end(
                Outcome::Failed {
                    fault: Fault::NotPrepared { failure },
                },
                world,
            )
        }
    }

    /// Waits before the next try to prepare a step of which nothing was sent, until the time to start has passed.
    pub(super) fn back_off(mut self, reason: Failure, world: &World<'_>) -> Transition {
        if self.emergency {
            let fault = Fault::NotPrepared { failure: reason };
            return self.end(Outcome::Failed { fault }, world);
        }
        let start_limit = self.start_limit(world.demands);
        if world.now >= start_limit {
            let sent = self.ever_sent;
            return self.end(
                Outcome::TimedOut {
                    sent,
                    last: Some(reason),
                },
                world,
            );
        }
        let grown = pause(self.tries);
        let jitter = grown / 4 * u32::from(world.chance % 256) / 256;
        let wait = reason
            .retry_after
            .unwrap_or_default()
            .max(grown)
            .saturating_add(jitter);
        let until = (world.now + wait).min(start_limit);
        self.tries = self.tries.saturating_add(1);
        self.phase = Phase::Backoff { until, reason };
        self.goes_on(Next::Observe { not_before: until }, Commit::Behind)
    }

    fn cancel(mut self, world: &World<'_>) -> Transition {
        let stop = *self.stop.get_or_insert(Stop::Cancelled);
        match &self.phase {
            Phase::Intent { .. } => self.goes_on(Next::Await, Commit::Behind),
            _ => self.stopped(stop, world),
        }
    }

    /// A force-off takes the place of the task. It has no time for a last reading: its own comes next.
    fn overtake(mut self, by: TransitionId, world: &World<'_>) -> Transition {
        let stop = *self.stop.get_or_insert(Stop::Overtaken { by });
        match (&self.phase, stop) {
            (Phase::Intent { .. }, _) => self.goes_on(Next::Await, Commit::Behind),
            (_, Stop::Cancelled) if self.ever_sent => {
                let left = PowerState::Unknown;
                self.end(Outcome::CancelledAfterSend { left }, world)
            }
            _ => self.stopped(stop, world),
        }
    }

    /// Ends a task for which nothing more is sent, now that nothing of it is in flight.
    pub(super) fn stopped(self, stop: Stop, world: &World<'_>) -> Transition {
        match stop {
            Stop::Overtaken { by } => self.end(Outcome::Superseded { by }, world),
            Stop::Cancelled if self.ever_sent => self.close(world),
            Stop::Cancelled => self.end(Outcome::Cancelled, world),
        }
    }

    /// Cuts the power at once when the present step is a shutdown and somebody no longer wants to wait for it.
    fn hurry(mut self, world: &World<'_>) -> Transition {
        let sent = matches!(self.phase, Phase::Pending { .. } | Phase::Verifying { .. });
        if sent && self.stop.is_none() && self.grace_is_over(world) {
            let not_before = self.settled(world);
            self.force_off_next(world);
            self.phase = Phase::Preparing;
            return self.goes_on(Next::Observe { not_before }, Commit::First);
        }
        self.again(world)
    }

    /// Has the whole time again to be turned on, now that nothing above keeps it from that.
    fn power_above(mut self, world: &World<'_>) -> Transition {
        if self.phase != Phase::Preparing {
            return self.again(world);
        }
        self.resume(world.now);
        let mut transition = self.prepare(world);
        transition.commit = Commit::Behind;
        transition
    }

    /// Ends for the request that wanted another order, unless something is under way. The task goes on for others who share it.
    fn blocked(self, transition: TransitionId, fault: Fault, world: &World<'_>) -> Transition {
        let waits = matches!(
            self.phase,
            Phase::Queued | Phase::Preparing | Phase::Reserving { .. } | Phase::Backoff { .. }
        );
        if !waits || self.stop.is_some() {
            return self.again(world);
        }
        let is_own = |demand: &Demand| demand.transition == transition;
        let outcome = Outcome::Failed { fault };
        if world.demands.iter().all(is_own) {
            return self.end(outcome, world);
        }
        if !world.demands.iter().any(is_own) {
            return self.again(world);
        }
        let mut goes_on = self.again(world);
        goes_on.departed = vec![Departure { transition, outcome }];
        goes_on
    }

    /// Steps out of the line, as long as nothing was sent.
    fn pause(mut self, world: &World<'_>) -> Transition {
        let waits = matches!(
            self.phase,
            Phase::Preparing | Phase::Reserving { .. } | Phase::Backoff { .. }
        );
        if waits && !self.ever_sent && self.stop.is_none() {
            self.phase = Phase::Queued;
            self.plan.clear();
            self.tries = 0;
            self.reserved = false;
            return self.goes_on(Next::Await, Commit::Behind);
        }
        self.again(world)
    }

    /// One last reading after a cancel, which says what was left; nothing more is sent.
    fn close(mut self, world: &World<'_>) -> Transition {
        let not_before = self.settled(world);
        self.phase = Phase::Closing;
        self.goes_on(Next::Observe { not_before }, Commit::Behind)
    }

    /// From when on a reading says something about the last send.
    fn settled(&self, world: &World<'_>) -> Timestamp {
        match &self.phase {
            Phase::Pending { sent, .. } | Phase::Verifying { sent } | Phase::Refused { sent, .. } => {
                (sent.at + world.pace.settle).max(world.now)
            }
            _ => world.settled_at.max(world.now),
        }
    }

    /// Goes on after the process that worked on the task died: read first, then decide.
    fn recover(mut self, world: &World<'_>) -> Transition {
        self.reserved = false;
        match self.phase.clone() {
            Phase::Intent {
                permit,
                primitive,
                at,
            } => self.recover_intent(Sent::new(permit, primitive, at), world),
            Phase::Reserving { .. } | Phase::Backoff { .. } => self.prepare(world),
            _ => self.again(world),
        }
    }

    /// What the task does in its phase, when it is interrupted by something that changes nothing.
    fn again(self, world: &World<'_>) -> Transition {
        match self.phase.clone() {
            Phase::Pending { handle, .. } => self.goes_on(
                Next::Poll {
                    handle,
                    not_before: world.now,
                },
                Commit::Nothing,
            ),
            Phase::Verifying { .. } | Phase::Refused { .. } | Phase::Closing => {
                let not_before = self.settled(world);
                self.goes_on(Next::Observe { not_before }, Commit::Nothing)
            }
            Phase::Preparing => self.prepare(world),
            Phase::Reserving { .. } => self.goes_on(Next::Reserve, Commit::Nothing),
            Phase::Backoff { until, .. } => {
                let not_before = until.max(world.now);
                self.goes_on(Next::Observe { not_before }, Commit::Nothing)
            }
            Phase::Queued | Phase::Intent { .. } => self.goes_on(Next::Await, Commit::Nothing),
            Phase::Done { .. } => self.goes_on(Next::End, Commit::Nothing),
        }
    }

    /// An intent without a result may have been sent. One that must never be repeated counts as in flight until no request of the dead
    /// process can be, and that time is part of the state, so that it also holds after a second crash.
    fn recover_intent(mut self, mut sent: Sent, world: &World<'_>) -> Transition {
        self.count_send(sent.at + world.change_timeout);
        if self.ability(sent.primitive, world).effective_replay() == Replay::Never {
            sent.at = sent.at + world.change_timeout;
        }
        sent.words = Some(Failure::new(
            Cause::Cancelled,
            "The service stopped while the request was being sent.",
        ));
        self.phase = Phase::Verifying { sent };
        if let Some(stop) = self.stop {
            return self.stopped(stop, world);
        }
        let not_before = self.settled(world);
        self.goes_on(Next::Observe { not_before }, Commit::Behind)
    }

    /// Goes on with the next step from a fresh reading. What is done is stored first, so that it is never done again.
    pub(super) fn prepare_next(self, world: &World<'_>) -> Transition {
        let mut transition = self.prepare(world);
        transition.commit = Commit::First;
        transition
    }
}
