//! From an intent to what became of it.

use std::time::Duration;

use super::step::cadence;
use super::{ATTEMPTS_KEPT, Attempt, Machine, Next, Phase, SENDS_MAX, Sent, Transition, World};
use crate::configuration::goal::Change;
use crate::configuration::outcome::{Fault, Outcome};
use crate::configuration::snapshot::Snapshot;
use crate::delivery::Delivery;
use crate::failure::{Cause, Failure};
use crate::id::PermitId;
use crate::machine::{Answer, Commit, TaskProgress};
use crate::time::Timestamp;

/// The least time before a change is sent again to which no answer came.
const AGAIN_UNANSWERED: Duration = Duration::from_secs(2);
/// The least time before a change is sent again that was accepted and does not show.
const AGAIN_IGNORED: Duration = Duration::from_secs(15);
/// Tries in a row that a driver may spoil before anything left the host.
const SPOILT_MAX: u32 = 3;
/// Readings in a row that may fail after a refusal.
const MISSES_MAX: u32 = 3;
/// The least and the longest time between two questions for a task of the BMC.
const POLL_MIN: Duration = Duration::from_secs(1);
const POLL_MAX: Duration = Duration::from_secs(10);

impl Machine {
    /// Makes an intent.
    pub(super) fn intend(mut self, change: Change, world: &World) -> Transition {
        let (permit, at) = (world.fresh_permit, world.now);
        self.sends = self.sends.saturating_add(1);
        if self.attempts.len() >= ATTEMPTS_KEPT {
            self.attempts.remove(0);
        }
        self.attempts.push(Attempt {
            permit,
            intent_at: at,
            ended_at: None,
            delivery: None,
            failure: None,
        });
        self.phase = Phase::Intent { permit, at };
        self.goes_on(Next::Send { permit, change }, Commit::First)
    }

    pub(super) fn sent(
        mut self,
        permit: PermitId,
        delivery: Delivery,
        answer: Result<Answer, Failure>,
        world: &World,
    ) -> Transition {
        if let Some(attempt) = self.attempts.iter_mut().find(|attempt| attempt.permit == permit) {
            attempt.ended_at = Some(world.now);
            attempt.delivery = Some(delivery);
            attempt.failure = answer.as_ref().err().cloned();
        }
        if delivery.proves_not_executed() {
            self.sends = self.sends.saturating_sub(1);
            return self.not_executed(permit, delivery, answer, world);
        }
        self.sent_since.get_or_insert(world.now);
        self.tries = 0;
        if self.cancelled {
            return self.stopped(world);
        }
        let mut sent = Sent {
            permit,
            at: world.now,
            acknowledged: delivery.is_accepted(),
            words: None,
            readings: 0,
        };
        match answer {
            Ok(Answer::Pending { handle, poll_after }) => self.await_task(sent, handle, poll_after, world),
            Ok(Answer::Accepted | Answer::Already) => self.await_proof(sent, world),
            // Of several requests in one change an earlier one may have been executed: a reading tells.
            Err(failure) if is_final(&failure) => self.decide(failure, world),
            Err(failure) => {
                sent.words = Some(failure);
                self.await_proof(sent, world)
            }
        }
    }

    /// It is proven that nothing was executed: nothing left the host, or the BMC refused it.
    fn not_executed(
        self,
        permit: PermitId,
        delivery: Delivery,
        answer: Result<Answer, Failure>,
        world: &World,
    ) -> Transition {
        if self.cancelled {
            return self.stopped(world);
        }
        let failure = answer.err().unwrap_or_else(|| {
            let text =
                "The driver reports that there was nothing to do, or success, and no request was executed.";
            Failure::new(Cause::Driver, text)
        });
        let unsent = delivery == Delivery::NotSent;
        let passes = failure.is_transient() || failure.cause == Cause::Cancelled;
        let spoilt = unsent && failure.cause == Cause::Driver && self.tries < SPOILT_MAX;
        if !(passes || spoilt) {
            return self.decide(failure, world);
        }
        if self.sends == 0 {
            return self.back_off(failure, world);
        }
        // An earlier send may have been executed: readings go on.
        let sent = Sent {
            permit,
            at: world.now,
            acknowledged: false,
            words: Some(failure),
            readings: 0,
        };
        self.await_proof(sent, world)
    }

    /// After a refusal one reading decides: what is so already counts as done, anything else fails with the BMC's words.
    fn decide(mut self, failure: Failure, world: &World) -> Transition {
        self.phase = Phase::Refused { failure, misses: 0 };
        let not_before = world.now + world.pace.settle;
        self.goes_on(Next::Observe { not_before }, Commit::Behind)
    }

    pub(super) fn refused(
        mut self,
        failure: Failure,
        misses: u32,
        reading: Result<Snapshot, Failure>,
        world: &World,
    ) -> Transition {
        match reading {
            Ok(snapshot) => {
                let met = self
                    .goal
                    .compare(&snapshot.values)
                    .shows_all_but(&self.objections);
                self.seen = Some(snapshot);
                match (met, self.sends) {
                    (true, 0) => self.end(Outcome::Already, world),
                    (true, _) => self.end(Outcome::Verified, world),
                    (false, _) => self.fail(Fault::Refused { failure }, world),
                }
            }
            Err(lost) if lost.is_transient() && misses < MISSES_MAX => {
                let misses = misses + 1;
                let not_before = world.now + Duration::from_secs(1 << misses);
                self.phase = Phase::Refused { failure, misses };
                self.goes_on(Next::Observe { not_before }, Commit::Nothing)
            }
            Err(_) => self.fail(Fault::Refused { failure }, world),
        }
    }

    fn await_proof(mut self, sent: Sent, world: &World) -> Transition {
        self.phase = Phase::Verifying { sent };
        let not_before = world.now + world.pace.settle;
        self.goes_on(Next::Observe { not_before }, Commit::Behind)
    }

    fn await_task(mut self, sent: Sent, handle: String, poll_after: Duration, world: &World) -> Transition {
        let asked = handle.clone();
        self.phase = Phase::Pending { sent, handle };
        let wait = poll_after.clamp(POLL_MIN, POLL_MAX);
        let not_before = (world.now + wait).min(self.bound().max(world.now + POLL_MIN));
        let next = Next::Poll {
            handle: asked,
            not_before,
        };
        self.goes_on(next, Commit::Behind)
    }

    pub(super) fn polled(
        self,
        mut sent: Sent,
        handle: String,
        progress: Result<TaskProgress, Failure>,
        world: &World,
    ) -> Transition {
        let overdue = world.now >= self.bound();
        match progress {
            Ok(TaskProgress::Running { handle, poll_after }) if !overdue => {
                self.await_task(sent, handle, poll_after, world)
            }
            Ok(TaskProgress::Failed(failure)) => self.decide(failure, world),
            Err(failure) if failure.is_transient() && !overdue => {
                self.await_task(sent, handle, POLL_MAX, world)
            }
            Ok(TaskProgress::Running { .. } | TaskProgress::Done | TaskProgress::Gone) | Err(_) => {
                sent.at = world.now;
                self.await_proof(sent, world)
            }
        }
    }

    /// When reading back ends.
    pub(super) fn bound(&self) -> Timestamp {
        self.sent_since.unwrap_or(self.start_by) + self.verify_within
    }

    /// Whether a change that a reading does not show is sent again now.
    pub(super) fn may_send_again(&self, sent: &Sent, world: &World) -> bool {
        let least = if sent.acknowledged {
            AGAIN_IGNORED
        } else {
            AGAIN_UNANSWERED
        };
        let asked = sent.words.as_ref().and_then(|words| words.retry_after);
        let wait = least.max(asked.unwrap_or_default()).max(cadence(0, world));
        self.sends < SENDS_MAX && !self.cancelled && world.now.since(sent.at) >= wait
    }
}

/// Whether asking again cannot help: the BMC understood, and refused.
fn is_final(failure: &Failure) -> bool {
    let refused = matches!(
        failure.cause,
        Cause::Invalid
            | Cause::NotSupported
            | Cause::NotFound
            | Cause::Forbidden
            | Cause::Locked
            | Cause::NeedsConsent
            | Cause::Conflict
    );
    refused && !failure.is_transient()
}
