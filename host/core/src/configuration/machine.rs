//! The machine of a configuration task: one total function from a task's state and an event to its next state and the next thing to do.
//!
//! Waiting, then reading; what is so already is done; else an intent is committed and sent, and read back until it shows or the time is
//! over. [`Transition::commit`] says what must be stored before the next thing is done. After a crash the stored machine is fed
//! [`Event::Recovered`] and goes on from a fresh reading.

mod send;
mod step;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::admission::Progress;
use super::goal::{Change, Goal, Objection};
use super::outcome::Outcome;
use super::snapshot::Snapshot;
use crate::delivery::Delivery;
use crate::failure::Failure;
use crate::id::PermitId;
use crate::machine::{Answer, Commit, Illegal, TaskProgress};
use crate::power::Pace;
use crate::time::Timestamp;

/// The most times that one change is sent, counting only sends that are not proven unexecuted.
pub const SENDS_MAX: u8 = 3;
/// How long a change is read back before its task times out, when the caller does not say.
pub const VERIFY_WITHIN_DEFAULT: Duration = Duration::from_mins(2);
/// The most tries that are remembered; the oldest are forgotten.
pub const ATTEMPTS_KEPT: usize = 8;

/// What is known of the last send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The permit that was spent.
    pub permit: PermitId,
    /// When the call ended. A reading asked for earlier proves nothing.
    pub at: Timestamp,
    /// Whether the BMC accepted it.
    pub acknowledged: bool,
    /// The BMC's words when it did not simply accept.
    pub words: Option<Failure>,
    /// Readings made since.
    pub readings: u32,
}

/// One try to send the change, with the permit that it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The permit.
    pub permit: PermitId,
    /// When the intent was made.
    pub intent_at: Timestamp,
    /// When its result was known.
    pub ended_at: Option<Timestamp>,
    /// What the permit said. Absent while in flight, and for ever when the service died meanwhile.
    pub delivery: Option<Delivery>,
    /// The BMC's words, when it did not simply accept.
    pub failure: Option<Failure>,
}

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
pub enum Phase {
    /// In line; nothing has been read or sent.
    Queued,
    /// A fresh reading is being made.
    Reading,
    /// Waiting to read again, with the reason.
    Backoff {
        /// When the next try is made.
        until: Timestamp,
        /// What the last try met.
        reason: Failure,
    },
    /// The intent is committed; the change may be on its way.
    Intent {
        /// The permit.
        permit: PermitId,
        /// When the intent was made.
        at: Timestamp,
    },
    /// The BMC made a task of the change; its end is awaited.
    Pending {
        /// What was sent.
        sent: Sent,
        /// The driver's handle of the BMC's task.
        handle: String,
    },
    /// Sent; readings go on until it shows or the time is over.
    Verifying {
        /// What was sent.
        sent: Sent,
    },
    /// Refused; one reading decides whether it is so already.
    Refused {
        /// The BMC's words.
        failure: Failure,
        /// Readings that failed since.
        misses: u32,
    },
    /// Cancelled after a send; one last reading says what was left.
    Closing,
    /// Ended.
    Done {
        /// How.
        outcome: Outcome,
        /// When.
        at: Timestamp,
    },
}

impl Phase {
    /// The stable name of the phase.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Reading => "reading",
            Self::Backoff { .. } => "backoff",
            Self::Intent { .. } => "intent",
            Self::Pending { .. } => "pending",
            Self::Verifying { .. } => "verifying",
            Self::Refused { .. } => "refused",
            Self::Closing => "closing",
            Self::Done { .. } => "done",
        }
    }
}

/// One task's state, complete: what is stored is this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// What it is to bring about.
    pub goal: Goal,
    /// When waiting for the first send ends the task.
    pub start_by: Timestamp,
    /// How long the change is read back, from its first send.
    pub verify_within: Duration,
    /// When it was first sent.
    pub sent_since: Option<Timestamp>,
    /// Sends that are not proven unexecuted. An intent counts until its end is known.
    pub sends: u8,
    /// Tries in a row that ended without anything being executed.
    pub tries: u32,
    /// The tries to send, oldest first, at most [`ATTEMPTS_KEPT`].
    pub attempts: Vec<Attempt>,
    /// The reading before anything was sent.
    pub before: Option<Snapshot>,
    /// The last good reading.
    pub seen: Option<Snapshot>,
    /// What is left out because it cannot be set, of a goal that goes on without.
    pub objections: Vec<Objection>,
    /// Whether everybody who wanted it has cancelled.
    pub cancelled: bool,
    /// Where it stands.
    pub phase: Phase,
}

impl Machine {
    /// A task in line.
    pub const fn new(goal: Goal, start_by: Timestamp, verify_within: Duration) -> Self {
        Self {
            goal,
            start_by,
            verify_within,
            sent_since: None,
            sends: 0,
            tries: 0,
            attempts: Vec::new(),
            before: None,
            seen: None,
            objections: Vec::new(),
            cancelled: false,
            phase: Phase::Queued,
        }
    }

    /// How it ended, if it has.
    pub const fn outcome(&self) -> Option<&Outcome> {
        match &self.phase {
            Phase::Done { outcome, .. } => Some(outcome),
            _ => None,
        }
    }

    /// How far it has come, as far as others may still change its fate.
    pub const fn progress(&self) -> Progress {
        match &self.phase {
            _ if self.cancelled => Progress::Leaving,
            Phase::Queued => Progress::Queued,
            Phase::Reading | Phase::Backoff { .. } if self.sends == 0 => Progress::Unsent,
            _ => Progress::Sent,
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The task's turn has come.
    Start,
    /// The time to start has passed while the task was in line.
    StartLimitPassed,
    /// A reading ended.
    Observed(Result<Snapshot, Failure>),
    /// The driver call that held the permit has ended and nothing of it is in flight any more.
    Sent {
        /// What the permit says.
        delivery: Delivery,
        /// What the driver says.
        answer: Result<Answer, Failure>,
    },
    /// The state of the BMC's task.
    Polled(Result<TaskProgress, Failure>),
    /// Everybody who wanted it has cancelled.
    CancelAsked,
    /// A process took the task over from one that died.
    Recovered,
}

impl Event {
    const fn name(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::StartLimitPassed => "start-limit-passed",
            Self::Observed(_) => "observed",
            Self::Sent { .. } => "sent",
            Self::Polled(_) => "polled",
            Self::CancelAsked => "cancel-asked",
            Self::Recovered => "recovered",
        }
    }
}

/// What has to be done next. The event that answers it is named with each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing until an event comes by itself: [`Event::Start`], [`Event::CancelAsked`], or the [`Event::Sent`] of the change that a
    /// cancel found in flight.
    Await,
    /// Make a fresh reading, not before the time: [`Event::Observed`].
    Observe {
        /// The earliest time.
        not_before: Timestamp,
    },
    /// Spend the permit on the change: [`Event::Sent`]. The state that holds the intent must be committed first.
    Send {
        /// The permit.
        permit: PermitId,
        /// The change.
        change: Change,
    },
    /// Ask for the BMC's task, not before the time: [`Event::Polled`].
    Poll {
        /// The driver's handle.
        handle: String,
        /// The earliest time.
        not_before: Timestamp,
    },
    /// The task has ended.
    End,
}

/// The result of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The new state.
    pub machine: Machine,
    /// What has to be done next.
    pub next: Next,
    /// What must be stored before.
    pub commit: Commit,
}

/// What the rules need to know besides the task.
#[derive(Debug, Clone, Copy)]
pub struct World {
    /// Now.
    pub now: Timestamp,
    /// A permit id that was never used before.
    pub fresh_permit: PermitId,
    /// A random number, for jitter.
    pub chance: u16,
    /// How fast the BMC may be asked.
    pub pace: Pace,
}

impl Machine {
    /// Takes one event and gives the new state and the next thing to do.
    ///
    /// # Errors
    /// [`Illegal`] when the event cannot happen in this phase; nothing has then changed.
    pub fn step(self, event: Event, world: &World) -> Result<Transition, Illegal> {
        let name = event.name();
        match (self.phase.clone(), event) {
            (Phase::Done { .. }, Event::CancelAsked | Event::Recovered) => {
                Ok(self.goes_on(Next::End, Commit::Nothing))
            }
            (Phase::Queued, Event::Start) => Ok(self.read(world)),
            (Phase::Queued, Event::StartLimitPassed) => {
                let (sent, last) = (false, None);
                Ok(self.end(Outcome::TimedOut { sent, last }, world))
            }
            (_, Event::CancelAsked) => Ok(self.cancel(world)),
            (_, Event::Recovered) => Ok(self.recover(world)),
            (Phase::Reading, Event::Observed(reading)) => Ok(self.prepared(reading, None, world)),
            (Phase::Backoff { reason, .. }, Event::Observed(reading)) => {
                Ok(self.prepared(reading, Some(reason), world))
            }
            (Phase::Intent { permit, .. }, Event::Sent { delivery, answer }) => {
                Ok(self.sent(permit, delivery, answer, world))
            }
            (Phase::Pending { sent, handle }, Event::Polled(progress)) => {
                Ok(self.polled(sent, handle, progress, world))
            }
            (Phase::Verifying { sent }, Event::Observed(reading)) => Ok(self.verify(sent, reading, world)),
            (Phase::Refused { failure, misses }, Event::Observed(reading)) => {
                Ok(self.refused(failure, misses, reading, world))
            }
            (Phase::Closing, Event::Observed(reading)) => Ok(self.close(reading, world)),
            (phase, _) => Err(Illegal {
                phase: phase.name(),
                event: name,
            }),
        }
    }
}
