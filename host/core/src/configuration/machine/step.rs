//! Readings: before anything is sent, after it, and after a cancel or a crash.

use std::time::Duration;

use super::{Machine, Next, Phase, Sent, Transition, World};
use crate::configuration::goal::Goal;
use crate::configuration::outcome::{Fault, Outcome};
use crate::configuration::snapshot::Snapshot;
use crate::failure::{Cause, Failure};
use crate::machine::Commit;

/// The longest time between two tries to read a component before anything is sent.
const BACKOFF_MAX: Duration = Duration::from_secs(15);
/// The time between readings while a change is read back: quick at first, for BMCs that are, then slower.
const CADENCE_MS: [u64; 7] = [200, 500, 1_000, 1_500, 2_500, 4_000, 6_000];
/// The longest time between two such readings.
const CADENCE_MAX: Duration = Duration::from_secs(10);

/// The wait before the next reading, after so many.
pub(super) fn cadence(readings: u32, world: &World) -> Duration {
    let index = usize::try_from(readings.saturating_sub(1)).unwrap_or(usize::MAX);
    CADENCE_MS
        .get(index)
        .map_or(CADENCE_MAX, |ms| Duration::from_millis(*ms))
        .max(world.pace.poll)
}

impl Machine {
    pub(super) fn goes_on(self, next: Next, commit: Commit) -> Transition {
        Transition {
            machine: self,
            next,
            commit,
        }
    }

    pub(super) fn end(mut self, outcome: Outcome, world: &World) -> Transition {
        let at = world.now;
        self.phase = Phase::Done { outcome, at };
        self.goes_on(Next::End, Commit::First)
    }

    pub(super) fn fail(self, fault: Fault, world: &World) -> Transition {
        self.end(Outcome::Failed { fault }, world)
    }

    pub(super) fn read(mut self, world: &World) -> Transition {
        self.phase = Phase::Reading;
        let not_before = world.now;
        self.goes_on(Next::Observe { not_before }, Commit::Behind)
    }

    /// A reading before anything was sent: it ends the task, waits, or becomes an intent.
    pub(super) fn prepared(
        mut self,
        reading: Result<Snapshot, Failure>,
        waited_for: Option<Failure>,
        world: &World,
    ) -> Transition {
        let snapshot = match reading {
            Ok(snapshot) => snapshot,
            Err(failure) if failure.is_transient() || failure.cause == Cause::Cancelled => {
                return self.back_off(failure, world);
            }
            Err(failure) => return self.fail(Fault::NotRead { failure }, world),
        };
        let comparison = self.goal.compare(&snapshot.values);
        self.before.get_or_insert_with(|| snapshot.clone());
        self.seen = Some(snapshot);
        self.objections.clone_from(&comparison.objections);
        if !comparison.possible {
            let objections = std::mem::take(&mut self.objections);
            return self.fail(Fault::Invalid { objections }, world);
        }
        match comparison.change {
            None if self.goal == Goal::Snapshot => self.end(Outcome::Read, world),
            None => self.end(Outcome::Already, world),
            Some(_) if world.now > self.start_by => {
                let (sent, last) = (false, waited_for);
                self.end(Outcome::TimedOut { sent, last }, world)
            }
            Some(change) => self.intend(change, world),
        }
    }

    /// Waits before the next try, as long as nothing was sent, until the time to start has passed.
    pub(super) fn back_off(mut self, reason: Failure, world: &World) -> Transition {
        if world.now >= self.start_by {
            let (sent, last) = (self.sends > 0, Some(reason));
            return self.end(Outcome::TimedOut { sent, last }, world);
        }
        let grown = Duration::from_secs(1 << self.tries.min(4)).min(BACKOFF_MAX);
        let jitter = grown / 4 * u32::from(world.chance % 256) / 256;
        let asked = reason.retry_after.unwrap_or_default();
        let until = (world.now + asked.max(grown).saturating_add(jitter)).min(self.start_by);
        self.tries = self.tries.saturating_add(1);
        self.phase = Phase::Backoff { until, reason };
        self.goes_on(Next::Observe { not_before: until }, Commit::Behind)
    }

    /// A reading after a send.
    pub(super) fn verify(
        mut self,
        mut sent: Sent,
        reading: Result<Snapshot, Failure>,
        world: &World,
    ) -> Transition {
        sent.readings = sent.readings.saturating_add(1);
        let mut change = None;
        match reading {
            Ok(snapshot) if snapshot.at >= sent.at => {
                let comparison = self.goal.compare(&snapshot.values);
                self.seen = Some(snapshot);
                if comparison.shows_all_but(&self.objections) {
                    return self.end(Outcome::Verified, world);
                }
                change = comparison.change;
            }
            Ok(_) => {}
            Err(failure) => sent.words = Some(failure),
        }
        if world.now >= self.bound() {
            let last = sent.words;
            return self.end(Outcome::TimedOut { sent: true, last }, world);
        }
        if let Some(change) = change.filter(|_| self.may_send_again(&sent, world)) {
            return self.intend(change, world);
        }
        let not_before = (world.now + cadence(sent.readings, world)).min(self.bound().max(world.now));
        self.phase = Phase::Verifying { sent };
        self.goes_on(Next::Observe { not_before }, Commit::Nothing)
    }

    pub(super) fn cancel(mut self, world: &World) -> Transition {
        self.cancelled = true;
        match &self.phase {
            Phase::Intent { .. } => self.goes_on(Next::Await, Commit::Behind),
            _ => self.stopped(world),
        }
    }

    /// Ends a task for which nothing more is sent, now that nothing of it is in flight.
    pub(super) fn stopped(mut self, world: &World) -> Transition {
        if self.sends == 0 {
            return self.end(Outcome::Cancelled, world);
        }
        self.phase = Phase::Closing;
        let not_before = world.now + world.pace.settle;
        self.goes_on(Next::Observe { not_before }, Commit::Behind)
    }

    /// The last reading after a cancel.
    pub(super) fn close(mut self, reading: Result<Snapshot, Failure>, world: &World) -> Transition {
        if let Ok(snapshot) = reading {
            self.seen = Some(snapshot);
        }
        self.end(Outcome::CancelledAfterSend, world)
    }

    /// Goes on after the process that worked on the task died: read first, then decide. An intent without a result counts as sent.
    pub(super) fn recover(mut self, world: &World) -> Transition {
        let not_before = world.now;
        match self.phase.clone() {
            Phase::Queued => self.goes_on(Next::Await, Commit::Nothing),
            Phase::Done { .. } => self.goes_on(Next::End, Commit::Nothing),
            Phase::Reading | Phase::Backoff { .. } => self.read(world),
            Phase::Pending { handle, .. } => self.goes_on(Next::Poll { handle, not_before }, Commit::Nothing),
            Phase::Verifying { .. } | Phase::Refused { .. } | Phase::Closing => {
                self.goes_on(Next::Observe { not_before }, Commit::Nothing)
            }
            Phase::Intent { permit, .. } => {
                self.sent_since.get_or_insert(world.now);
                if self.cancelled {
                    return self.stopped(world);
                }
                let words = Failure::new(
                    Cause::Cancelled,
                    "The service stopped while the change was being sent.",
                );
                let sent = Sent {
                    permit,
                    at: world.now,
                    acknowledged: false,
                    words: Some(words),
                    readings: 0,
                };
                self.phase = Phase::Verifying { sent };
                self.goes_on(Next::Observe { not_before }, Commit::Behind)
            }
        }
    }
}
