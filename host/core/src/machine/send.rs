//! From a baseline to an intent, and from an answer to what it means.

use std::time::Duration;

use super::{Answer, Commit, Machine, Next, Phase, Sent, TaskProgress, Transition, World, verify};
use crate::delivery::Delivery;
use crate::failure::{Cause, Failure};
use crate::observation::Observation;
use crate::outcome::{Fault, Outcome, Proof};
use crate::plan::Step;
use crate::power::{Primitive, Replay};
use crate::time::Timestamp;

/// The most times in a row that a driver may end without sending what it was asked to send.
const UNSENT_MAX: u32 = 5;
/// The most failed readings after a refusal, before it is taken at its word.
const BLIND_MAX: u32 = 5;
/// The least time between two questions about a BMC's task.
const POLL_MIN: Duration = Duration::from_millis(250);
/// The longest time between two questions about a BMC's task.
const POLL_MAX: Duration = Duration::from_secs(30);
/// The least time before the first reading after a restart that got no answer.
const UNANSWERED_SETTLE: Duration = Duration::from_secs(1);

impl Machine {
    /// Begins the present step, or repeats it, from a reading just made.
    pub(super) fn take_step(mut self, reading: Observation, world: &World<'_>) -> Transition {
        if let Some(stop) = self.stop {
            return self.stopped(stop, world);
        }
        let Some(step) = self.present_step() else {
            return self.end(
                Outcome::Failed {
                    fault: Fault::NoPrimitive,
                },
                world,
            );
        };
        if step.level().is_some_and(|level| reading.state.is(level)) {
            return self.step_done(Proof::Reading { reading }, world);
        }
        if step == Step::On && self.awaits_power && self.sends == 0 {
            self.phase = Phase::Preparing;
            return self.goes_on(Next::AwaitPower, Commit::Behind);
        }
        if self.sends > 0 && !self.is_from_the_same(&reading) {
            let text = "The controller that may have executed the step cannot be reached.";
            return self.back_off(Failure::new(Cause::Unreachable, text), world);
        }
        let offered = step.primitive(world.abilities_of(reading.controller.as_ref()));
        let Some(primitive) = offered else {
            if let Some(fallback) = &reading.controller
                && step.primitive(world.abilities).is_some()
            {
                return self.await_own(fallback, world);
            }
            return self.end(
                Outcome::Failed {
                    fault: Fault::NoPrimitive,
                },
                world,
            );
        };
        let may_send = if self.sends == 0 {
            self.is_reserved(world)
        } else {
            self.may_repeat(world)
        };
        if !may_send {
            return self.reserve(reading.state, world);
        }
        if self.sends == 0 {
            self.via.clone_from(&reading.controller);
            self.baseline = Some(reading);
        }
        let permit = world.fresh_permit;
        self.last_primitive = Some(primitive);
        self.phase = Phase::Intent {
            permit,
            primitive,
            at: world.now,
        };
        let replay = self.ability(primitive, world).effective_replay();
        self.goes_on(
            Next::Send {
                permit,
                primitive,
                replay,
            },
            Commit::First,
        )
    }

    /// Counts a request that left, or may have, at `at` at the latest: the deadline of the step runs from the first of them.
    pub(super) fn count_send(&mut self, at: Timestamp) {
        self.ever_sent = true;
        self.tries = 0;
        self.sends = self.sends.saturating_add(1);
        self.step_since.get_or_insert(at);
    }

    /// What became of a request. The permit's facts come first; the driver's words explain them and never contradict them.
    pub(super) fn sent(
        mut self,
        mut sent: Sent,
        delivery: Delivery,
        answer: Result<Answer, Failure>,
        world: &World<'_>,
    ) -> Transition {
        if delivery.proves_not_executed() {
            return self.not_executed(sent, delivery, answer, world);
        }
        // The request may have waited for the controller's other requests since the intent.
        self.count_send(world.now);
        sent.at = world.now;
        sent.acknowledged = delivery.is_accepted();
        match answer {
            Ok(Answer::Pending { handle, poll_after })
                if sent.acknowledged && !self.skips_confirmation(world) =>
            {
                self.await_task(sent, handle, poll_after, world)
            }
            Ok(_) if sent.acknowledged && self.needs_no_proof(world) && self.stop.is_none() => {
                self.end(Outcome::Unproven, world)
            }
            Ok(_) => self.await_proof(sent, world),
            Err(failure) => {
                sent.words = Some(failure);
                self.await_proof(sent, world)
            }
        }
    }

    /// Whether the present step is over once it is accepted: nobody wants it confirmed, or nothing could.
    fn needs_no_proof(&self, world: &World<'_>) -> bool {
        self.skips_confirmation(world) || self.present_step() == Some(Step::Interrupt)
    }

    /// It is proven that this request was not executed: nothing left the host, or the BMC refused it.
    fn not_executed(
        mut self,
        sent: Sent,
        delivery: Delivery,
        answer: Result<Answer, Failure>,
        world: &World<'_>,
    ) -> Transition {
        if let Some(stop) = self.stop {
            return self.stopped(stop, world);
        }
        let says_already = answer == Ok(Answer::Already);
        let failure = answer.err().unwrap_or_else(|| unfounded(says_already, delivery));
        if self.sends > 0 {
            return self.not_repeated(sent, delivery, failure, world);
        }
        if failure.cause == Cause::Busy {
            return self.back_off(failure, world);
        }
        if delivery == Delivery::NotSent && !says_already {
            return self.unsent(sent.primitive, failure, world);
        }
        if self.present_step().is_some_and(|step| step.level().is_some()) {
            self.phase = Phase::Refused { sent, failure };
            return self.goes_on(
                Next::Observe {
                    not_before: world.now,
                },
                Commit::Behind,
            );
        }
        let fault = Fault::Refused {
            primitive: sent.primitive,
            failure,
        };
        self.end(Outcome::Failed { fault }, world)
    }

    /// Nothing left the host: try again, unless trying again cannot help.
    fn unsent(self, primitive: Primitive, failure: Failure, world: &World<'_>) -> Transition {
        if is_passing(&failure) || (failure.cause == Cause::Driver && self.tries < UNSENT_MAX) {
            return self.back_off(failure, world);
        }
        let fault = Fault::Refused { primitive, failure };
        self.end(Outcome::Failed { fault }, world)
    }

    /// Asking again was not executed, while an earlier send of the step may have been: readings go on. After a refusal that no waiting
    /// mends nothing more is sent for this step.
    fn not_repeated(
        mut self,
        mut sent: Sent,
        delivery: Delivery,
        failure: Failure,
        world: &World<'_>,
    ) -> Transition {
        let unsent = delivery == Delivery::NotSent
            && (is_passing(&failure) || matches!(failure.cause, Cause::Driver | Cause::Conflict));
        sent.refused = !unsent && failure.cause != Cause::Busy;
        self.tries = self.tries.saturating_add(1);
        sent.at = world.now;
        sent.words = Some(failure);
        self.await_proof(sent, world)
    }

    /// After a refusal one reading decides: there already counts as done, on the way there is waited for, anything else fails with the
    /// BMC's words.
    pub(super) fn refused(
        mut self,
        mut sent: Sent,
        failure: Failure,
        reading: Result<Observation, Failure>,
        world: &World<'_>,
    ) -> Transition {
        sent.readings = sent.readings.saturating_add(1);
        let level = self.present_step().and_then(Step::level);
        let wait = match reading {
            Ok(reading) if level.is_some_and(|level| reading.state.is(level)) => {
                return self.step_done(Proof::Reading { reading }, world);
            }
            Ok(reading) => {
                let in_time = world.now.since(sent.at) < self.ability(sent.primitive, world).limit;
                let coming = level.is_some_and(|level| reading.state.is_on_the_way_to(level));
                (coming && in_time).then(|| verify::cadence(sent.readings, world))
            }
            Err(lost) => {
                let again = lost.is_transient() && sent.readings <= BLIND_MAX;
                again.then(|| Duration::from_secs(1 << sent.readings.min(4)))
            }
        };
        if let Some(wait) = wait {
            self.phase = Phase::Refused { sent, failure };
            return self.goes_on(
                Next::Observe {
                    not_before: world.now + wait,
                },
                Commit::Nothing,
            );
        }
        let fault = Fault::Refused {
            primitive: sent.primitive,
            failure,
        };
        self.end(Outcome::Failed { fault }, world)
    }

    fn await_proof(mut self, sent: Sent, world: &World<'_>) -> Transition {
        let never = self.ability(sent.primitive, world).effective_replay() == Replay::Never;
        let least = if never && !sent.acknowledged {
            UNANSWERED_SETTLE
        } else {
            Duration::ZERO
        };
        self.phase = Phase::Verifying { sent };
        if let Some(stop) = self.stop {
            return self.stopped(stop, world);
        }
        let not_before = world.now + world.pace.settle.max(least);
        self.goes_on(Next::Observe { not_before }, Commit::Behind)
    }

    fn await_task(
        mut self,
        sent: Sent,
        handle: String,
        poll_after: Duration,
        world: &World<'_>,
    ) -> Transition {
        self.phase = Phase::Pending {
            sent,
            handle: handle.clone(),
        };
        if let Some(stop) = self.stop {
            return self.stopped(stop, world);
        }
        let wait = poll_after.clamp(POLL_MIN, POLL_MAX);
        let not_before = (world.now + wait).min(self.decision_at(world).max(world.now + POLL_MIN));
        self.goes_on(Next::Poll { handle, not_before }, Commit::Behind)
    }

    pub(super) fn polled(
        mut self,
        mut sent: Sent,
        handle: String,
        progress: Result<TaskProgress, Failure>,
        world: &World<'_>,
    ) -> Transition {
        let overdue = world.now >= self.decision_at(world);
        match progress {
            Ok(TaskProgress::Running { handle, poll_after }) if !overdue => {
                self.await_task(sent, handle, poll_after, world)
            }
            Ok(TaskProgress::Failed(failure)) if self.present_step().is_some_and(|s| s.level().is_some()) => {
                self.phase = Phase::Refused { sent, failure };
                self.goes_on(
                    Next::Observe {
                        not_before: world.now,
                    },
                    Commit::Behind,
                )
            }
            Ok(TaskProgress::Failed(failure)) => {
                let fault = Fault::Refused {
                    primitive: sent.primitive,
                    failure,
                };
                self.end(Outcome::Failed { fault }, world)
            }
            Err(failure) if failure.is_transient() && !overdue => {
                self.await_task(sent, handle, POLL_MAX, world)
            }
            Ok(TaskProgress::Running { .. } | TaskProgress::Done | TaskProgress::Gone) | Err(_) => {
                sent.at = world.now;
                self.await_proof(sent, world)
            }
        }
    }
}

/// Whether a failure to send may pass by itself.
fn is_passing(failure: &Failure) -> bool {
    failure.is_transient() || failure.cause == Cause::Cancelled
}

/// What is said when a driver reports success for a request that is proven not to have been executed.
fn unfounded(says_already: bool, delivery: Delivery) -> Failure {
    if says_already {
        return Failure::new(
            Cause::Conflict,
            "The driver says that the component is there already, and readings do not.",
        );
    }
    let Delivery::Answered { status, .. } = delivery else {
        return Failure::new(
            Cause::Driver,
            "The driver reported success, but no request left the host.",
        );
    };
    let mut failure = Failure::new(
        Cause::Driver,
        "The BMC refused the request, but the driver reported success.",
    );
    failure.status = Some(status);
    failure
}
