//! The task machine: one total function from a task's state and an event to its next state and the next thing to do.
//!
//! A machine has exactly one thing to do at a time ([`Next`]): make a reading, send a step, ask for the fate of a BMC task, or
//! nothing more. [`Transition::commit`] says what must be stored before that is done. After a crash the stored machine is fed
//! [`Event::Recovered`] and goes on by the same function.

mod course;
mod reserve;
mod send;
mod step;
mod terms;
mod verify;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::admission::Progress;
use crate::delivery::Delivery;
use crate::demand::{Demand, Departure};
use crate::failure::Failure;
use crate::id::{ControllerId, PermitId, TransitionId};
use crate::observation::Observation;
use crate::operation::Operation;
use crate::outcome::{Fault, Outcome};
use crate::plan::Step;
use crate::power::{Ability, Kind, Pace, PowerState, Primitive, Replay};
use crate::reservation::{Refusal, Reservation};
use crate::time::Timestamp;

pub use course::Course;

/// How long a verification may take, from the first send of each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deadline {
    /// The last step is not confirmed and nothing escalates; earlier steps have the default time.
    SkipConfirmation,
    /// The time, at least one minute.
    Within(Duration),
    /// Until the record of the request expires; nothing escalates.
    Unbounded,
}

impl Deadline {
    /// The deadline that holds when a caller names none.
    pub const DEFAULT: Duration = Duration::from_mins(5);

    /// PCS's `taskDeadlineMinutes`: 0 skips the confirmation, a negative number waits without end.
    pub fn from_minutes(minutes: i64) -> Self {
        match u64::try_from(minutes) {
            Ok(0) => Self::SkipConfirmation,
            Ok(minutes) => Self::Within(Duration::from_secs(minutes.saturating_mul(60))),
            Err(_) => Self::Unbounded,
        }
    }

    /// The time that a step has when it must be verified, if it is bounded.
    pub(crate) fn for_steps(self) -> Option<Duration> {
        match self {
            Self::SkipConfirmation => Some(Self::DEFAULT),
            Self::Within(time) => Some(time),
            Self::Unbounded => None,
        }
    }
}

/// What is known of the last send of the present step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The permit that was spent.
    pub permit: PermitId,
    /// What was sent.
    pub primitive: Primitive,
    /// When the call ended, or the BMC's task of it; after a crash, when the request can no longer be in flight. A reading asked for
    /// earlier proves nothing.
    pub at: Timestamp,
    /// Whether the BMC accepted it.
    pub acknowledged: bool,
    /// The BMC's words when it did not simply accept.
    pub words: Option<Failure>,
    /// Whether the BMC refused to be asked again, so that nothing more is sent for this step.
    #[serde(default)]
    pub refused: bool,
    /// Whether the component, which was on, was seen away from that since.
    pub seen_off: bool,
    /// Since when the controller has not answered, if it does not.
    #[serde(default)]
    pub away_since: Option<Timestamp>,
    /// Whether the controller was away for longer than a network stumbles, and has answered since.
    #[serde(default)]
    pub seen_away: bool,
    /// Readings made since.
    pub readings: u32,
}

impl Sent {
    fn new(permit: PermitId, primitive: Primitive, at: Timestamp) -> Self {
        Self {
            permit,
            primitive,
            at,
            acknowledged: false,
            words: None,
            refused: false,
            seen_off: false,
            away_since: None,
            seen_away: false,
            readings: 0,
        }
    }
}

/// Why nothing more is sent for a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Stop {
    /// Whoever wanted it cancelled it.
    Cancelled,
    /// A force-off does not wait for it.
    Overtaken {
        /// The transition that wants the force-off.
        by: TransitionId,
    },
}

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
pub enum Phase {
    /// In line; nothing has been read or sent.
    Queued,
    /// A fresh reading is being made before a step.
    Preparing,
    /// The state manager (SMD) is asked for the component before a step is first sent.
    Reserving {
        /// What was read before.
        state: PowerState,
    },
    /// Waiting to prepare again, with the reason.
    Backoff {
        /// When the next try is made.
        until: Timestamp,
        /// What the last try met.
        reason: Failure,
    },
    /// The intent is committed; the one request may be on its way.
    Intent {
        /// The permit of the request.
        permit: PermitId,
        /// What is sent.
        primitive: Primitive,
        /// When the intent was made.
        at: Timestamp,
    },
    /// The BMC made a task of the request; its end is awaited.
    Pending {
        /// What was sent.
        sent: Sent,
        /// The driver's handle of the BMC's task.
        handle: String,
    },
    /// Sent; readings go on until proof or deadline.
    Verifying {
        /// What was sent.
        sent: Sent,
    },
    /// Refused; one reading decides whether the component is there already.
    Refused {
        /// What was refused.
        sent: Sent,
        /// The BMC's words.
        failure: Failure,
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
    pub fn name(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Preparing => "preparing",
            Self::Reserving { .. } => "reserving",
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
    /// What was asked for.
    pub operation: Operation,
    /// The deadline of each step.
    pub deadline: Deadline,
    /// How long each step may wait before it is first sent.
    pub start_within: Duration,
    /// When waiting for the first send of the present step ends the task.
    pub start_by: Timestamp,
    /// When the record expires: the bound of what has no other.
    pub expires: Timestamp,
    /// The steps, empty until the component has been read.
    pub plan: Vec<Step>,
    /// Which step is present; steps before it are done.
    pub step: usize,
    /// When the first request of the present step had been answered; after a crash, when it can no longer be in flight.
    pub step_since: Option<Timestamp>,
    /// Sends of the present step that are not proven unexecuted.
    pub sends: u8,
    /// Tries in a row that ended without anything being executed.
    pub tries: u32,
    /// The reading before the present step was first sent.
    pub baseline: Option<Observation>,
    /// The controller for which the last intent was made, when it was the component's fallback. While a send of the present step may have been
    /// executed, nothing else of that step goes through another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<ControllerId>,
    /// The last primitive for which an intent was made.
    pub last_primitive: Option<Primitive>,
    /// Whether anything may have left the host for this task.
    pub ever_sent: bool,
    /// Why the task is to end at the next step boundary, if it is.
    pub stop: Option<Stop>,
    /// When it got in line again after its last pause: the time to start runs from then on.
    #[serde(default)]
    pub resumed_at: Option<Timestamp>,
    /// Whether it is one try at once: it waits for no good reading and is sent once.
    #[serde(default)]
    pub emergency: bool,
    /// Whether SMD was asked for the component since the present step began, and gave it.
    #[serde(default)]
    pub reserved: bool,
    /// Whether it is not to be turned on yet: what is above it is turned off and on by the same request.
    #[serde(default, skip_serializing_if = "is_false")]
    pub awaits_power: bool,
    /// Whether its restart is that of what is above it, so that nothing is sent and its answer afterwards is all that is wanted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub carried: bool,
    /// Where it stands.
    pub phase: Phase,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes by reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The task's turn has come.
    Start,
    /// The time to start has passed while the task was in line.
    StartLimitPassed,
    /// A reading ended. The reading of [`Observation::at`] is the time at which it was asked for.
    Observed(Result<Observation, Failure>),
    /// SMD has answered whether the component is reserved for the task.
    Reserved(Result<(), Refusal>),
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
    /// A force-off in line does not wait for the task.
    Overtaken {
        /// The transition that wants it.
        by: TransitionId,
    },
    /// Somebody who does not want to wait for the grace has come to share the task.
    Hurried,
    /// The task was paused: it steps out of the line until it is started again.
    Paused,
    /// What is above it has ended, and it may be turned on.
    PowerAbove,
    /// What a request wants to come before the task in its order will never be so.
    Blocked {
        /// The request.
        transition: TransitionId,
        /// What blocks.
        fault: Fault,
    },
    /// A process took the task over from one that died.
    Recovered,
}

/// What a driver says of a request that a BMC accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Accepted.
    Accepted,
    /// Accepted as a task of the BMC.
    Pending {
        /// The driver's handle of it.
        handle: String,
        /// When to ask for it first.
        poll_after: Duration,
    },
    /// The component was there already; nothing was sent.
    Already,
}

/// The state of a BMC's task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskProgress {
    /// Still running.
    Running {
        /// The driver's handle of it from now on; it may be another than the one that was asked for.
        handle: String,
        /// When to ask again.
        poll_after: Duration,
    },
    /// Ended well. A finished task proves nothing: readings follow.
    Done,
    /// Ended badly.
    Failed(Failure),
    /// The BMC no longer knows it.
    Gone,
}

/// What has to be done next. The event that answers it is named with each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing until an event comes by itself: [`Event::Start`], [`Event::CancelAsked`], or the [`Event::Sent`] of the request that a
    /// cancel found in flight. A send that the cancel found not yet begun is not begun, and answered as not sent.
    Await,
    /// Nothing until what is above it has ended: [`Event::PowerAbove`] or [`Event::Blocked`].
    AwaitPower,
    /// Make a fresh reading, not before the time: [`Event::Observed`].
    Observe {
        /// The earliest time.
        not_before: Timestamp,
    },
    /// Ask SMD for the component, or whether it is still reserved for the task: [`Event::Reserved`].
    Reserve,
    /// Spend the permit on the primitive: [`Event::Sent`]. The state that holds the intent must be committed first.
    Send {
        /// The permit.
        permit: PermitId,
        /// The primitive.
        primitive: Primitive,
        /// The replay class that holds for it.
        replay: Replay,
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

/// What must be stored, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// Nothing worth storing has changed.
    Nothing,
    /// The new state is to be stored; the next thing may begin meanwhile.
    Behind,
    /// The new state must be durable before the next thing begins.
    First,
}

impl Commit {
    /// At least [`Self::Behind`]: for callers that have something of their own to store with the state.
    #[must_use]
    pub fn at_least_behind(self) -> Self {
        if self == Self::Nothing { Self::Behind } else { self }
    }
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
    /// Who no longer shares the task, which goes on for others. They are stored as ended with the state.
    pub departed: Vec<Departure>,
}

/// What the rules need to know besides the task: time, chance and what the component can do.
#[derive(Debug, Clone, Copy)]
pub struct World<'a> {
    /// Now.
    pub now: Timestamp,
    /// A permit id that was never used before.
    pub fresh_permit: PermitId,
    /// A random number, for jitter.
    pub chance: u16,
    /// What the component is.
    pub kind: Kind,
    /// What it can be asked for through its own controller.
    pub abilities: &'a [Ability],
    /// Its second controller, where it has one.
    pub fallback: Option<Fallback<'a>>,
    /// How fast its BMC may be asked.
    pub pace: Pace,
    /// The longest time that one changing request can be in flight.
    pub change_timeout: Duration,
    /// Who wants what of the task. Nobody stands for one who wants what the task was made with.
    pub demands: &'a [Demand],
    /// Since when other work waits behind the task, if any does.
    pub others_wait_since: Option<Timestamp>,
    /// From when on a reading says something about what was last sent to the component, by whichever task.
    pub settled_at: Timestamp,
    /// How the reservation of the component stands.
    pub reservation: Reservation,
}

/// A component's second controller.
#[derive(Debug, Clone, Copy)]
pub struct Fallback<'a> {
    /// The controller.
    pub controller: &'a ControllerId,
    /// What the component can be asked for through it.
    pub abilities: &'a [Ability],
}

impl<'a> World<'a> {
    /// What the component can be asked for through a controller: its own, or the named one.
    fn abilities_of(&self, via: Option<&ControllerId>) -> &'a [Ability] {
        match (via, self.fallback) {
            (None, _) => self.abilities,
            (Some(via), Some(fallback)) if fallback.controller == via => fallback.abilities,
            (Some(_), _) => &[],
        }
    }

    fn ability(&self, primitive: Primitive, via: Option<&ControllerId>) -> Ability {
        self.abilities_of(via)
            .iter()
            .find(|a| a.what == primitive)
            .cloned()
            .unwrap_or(Ability {
                what: primitive,
                replay: primitive.replay_floor(),
                advertised: false,
                usual: primitive.usual(),
                limit: primitive.limit(),
            })
    }
}

/// The event does not belong to the state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a task that is {phase} cannot meet the event {event}")]
pub struct Illegal {
    /// The phase of the task.
    pub phase: &'static str,
    /// The event.
    pub event: &'static str,
}

impl Event {
    fn name(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::StartLimitPassed => "start-limit-passed",
            Self::Observed(_) => "observed",
            Self::Reserved(_) => "reserved",
            Self::Sent { .. } => "sent",
            Self::Polled(_) => "polled",
            Self::CancelAsked => "cancel-asked",
            Self::Overtaken { .. } => "overtaken",
            Self::Hurried => "hurried",
            Self::Paused => "paused",
            Self::PowerAbove => "power-above",
            Self::Blocked { .. } => "blocked",
            Self::Recovered => "recovered",
        }
    }
}

impl Machine {
    /// A task that waits in line from `now` on, for at most `start_within`.
    pub fn new(
        operation: Operation,
        deadline: Deadline,
        now: Timestamp,
        start_within: Duration,
        expires: Timestamp,
    ) -> Self {
        Self {
            operation,
            deadline,
            start_within,
            start_by: now + start_within,
            expires,
            plan: Vec::new(),
            step: 0,
            step_since: None,
            sends: 0,
            tries: 0,
            baseline: None,
            via: None,
            last_primitive: None,
            ever_sent: false,
            stop: None,
            resumed_at: None,
            emergency: false,
            reserved: false,
            awaits_power: false,
            carried: false,
            phase: Phase::Queued,
        }
    }

    /// How the task ended, if it has.
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.phase {
            Phase::Done { outcome, .. } => Some(outcome),
            _ => None,
        }
    }

    /// Gets in line again after a pause, or waits no more for others of its request: it has the whole time to start.
    pub fn resume(&mut self, now: Timestamp) {
        self.resumed_at = Some(now);
        self.start_by = now + self.start_within;
    }

    /// Whether the component would be left off if the task ended now although it is to end on: a restart of which the off was sent.
    pub fn is_between_off_and_on(&self) -> bool {
        self.ever_sent && self.plan.len() > 1 && self.plan.last() == Some(&Step::On)
    }

    /// How far the task has come, as far as others may still change its fate.
    pub fn progress(&self, paused: bool) -> Progress {
        match self.phase {
            Phase::Queued | Phase::Preparing | Phase::Reserving { .. } | Phase::Backoff { .. }
                if !self.ever_sent =>
            {
                if paused {
                    Progress::Paused
                } else {
                    Progress::Unsent
                }
            }
            _ => Progress::Sent,
        }
    }

    /// Whether something was sent that is expected to take the controller of the component away, and is not shown to be done yet.
    pub fn has_taken_controller_down(&self, kind: Kind) -> bool {
        let sent = match &self.phase {
            Phase::Intent { primitive, .. } => *primitive,
            Phase::Pending { sent, .. } | Phase::Verifying { sent } => sent.primitive,
            Phase::Queued
            | Phase::Preparing
            | Phase::Reserving { .. }
            | Phase::Backoff { .. }
            | Phase::Refused { .. }
            | Phase::Closing
            | Phase::Done { .. } => return false,
        };
        sent.takes_controller_down(kind)
    }

    /// The ability for a primitive that was sent, or is about to be.
    fn ability(&self, primitive: Primitive, world: &World<'_>) -> Ability {
        world.ability(primitive, self.via.as_ref())
    }

    /// The present step, once there is a plan.
    pub fn present_step(&self) -> Option<Step> {
        self.plan.get(self.step).copied()
    }
}

#[cfg(test)]
mod tests;
