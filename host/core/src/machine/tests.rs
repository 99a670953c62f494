use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::delivery::Executed;
use crate::failure::Cause;
use crate::observation::{Fact, evidence};
use crate::power::PowerState::{self, Off, On, PoweringOff, PoweringOn, Unknown};

mod cancel;
mod direct;
mod order;
mod recovery;
mod refusal;
mod reserve;
mod shared;
mod steps;

/// The wall clock at which every task is made.
const T0: Timestamp = Timestamp::from_millis(1_000_000);
/// A deadline of five minutes, as PCS has it.
const FIVE: Deadline = Deadline::Within(Deadline::DEFAULT);
/// The ids of everything that a node offers.
const NODE: [Primitive; 4] = [
    Primitive::On,
    Primitive::ForceOff,
    Primitive::GracefulShutdown,
    Primitive::GracefulRestart,
];

/// One thing that happens to a task under test.
#[derive(Debug, Clone)]
enum Do {
    /// Time passes, besides that which the machine itself asks for.
    Wait(u64),
    /// The task's turn.
    Start,
    StartLimit,
    /// A reading of a state, without evidence.
    Read(PowerState),
    /// A reading of a state with a `LastResetTime`.
    ReadAt(PowerState, &'static str),
    /// A reading with a `LastResetTime` that was asked for some seconds ago.
    ReadOld(PowerState, &'static str, u64),
    /// A reading that fails.
    Blind(Cause),
    /// A reading that the BMC answers with a status.
    BlindStatus(u16),
    /// The BMC answers with a status; the driver agrees.
    Answer(u16),
    /// The BMC answers with a status and asks to wait.
    Busy(u16, u64),
    /// The permit and the driver say what they say.
    Sent(Delivery, Result<Answer, Failure>),
    Poll(Result<TaskProgress, Failure>),
    /// SMD answers.
    Smd(Result<(), Refusal>),
    /// The reservation stands otherwise, as far as is known.
    Stands(Reservation),
    Cancel,
    /// A force-off in line does not wait.
    Overtake,
    /// Somebody who does not want to wait has joined.
    Hurry,
    Pause,
    PowerAbove,
    Blocked(TransitionId),
    /// The process dies, and another goes on from the state that the machine is in.
    Crash,
}

use Do::{
    Answer as Ans, Blind, BlindStatus, Blocked, Busy, Cancel, Crash, Hurry, Overtake, Pause, Poll,
    PowerAbove, Read, ReadAt, ReadOld, Sent as Out, Smd, Stands, Start, StartLimit, Wait,
};

fn lost() -> Do {
    Out(Delivery::MaybeSent, Err(Failure::new(Cause::Unreachable, "cut")))
}

fn unsent(cause: Cause) -> Do {
    Out(Delivery::NotSent, Err(Failure::new(cause, "not sent")))
}

/// A task, its world and its clock.
struct Play {
    machine: Machine,
    next: Next,
    now: Timestamp,
    permits: u128,
    abilities: Vec<Ability>,
    kind: Kind,
    pace: Pace,
    demands: Vec<Demand>,
    departed: Vec<Departure>,
    others_wait_since: Option<Timestamp>,
    settled_at: Timestamp,
    reservation: Reservation,
}

impl Play {
    fn new(operation: Operation, deadline: Deadline) -> Self {
        Self::with(operation, deadline, &NODE)
    }

    fn with(operation: Operation, deadline: Deadline, offers: &[Primitive]) -> Self {
        let minute = Duration::from_mins(1);
        let ability = |what: &Primitive| Ability {
            what: *what,
            replay: Replay::Safe,
            advertised: true,
            usual: what.usual(),
            limit: what.limit(),
        };
        Self {
            machine: Machine::new(operation, deadline, T0, minute * 15, T0 + minute * 1440),
            next: Next::Await,
            now: T0,
            permits: 0,
            abilities: offers.iter().map(ability).collect(),
            kind: Kind::Node,
            pace: Pace::default(),
            demands: Vec::new(),
            departed: Vec::new(),
            others_wait_since: None,
            settled_at: T0,
            reservation: Reservation::NotNeeded,
        }
    }

    fn event(&mut self, act: Do) -> Option<Event> {
        let status = |status: u16, wait: u64| {
            let delivery = Delivery::of_http_status(status);
            let cause = if wait > 0 { Cause::Busy } else { Cause::Invalid };
            let failure = Failure {
                status: Some(status),
                retry_after: (wait > 0).then(|| Duration::from_secs(wait)),
                ..Failure::new(cause, "the BMC's words")
            };
            let answer = if delivery.is_accepted() {
                Ok(Answer::Accepted)
            } else {
                Err(failure)
            };
            Event::Sent { delivery, answer }
        };
        let reading = |state, reset: Option<&str>, at| {
            let evidence = reset
                .map(|value| Fact {
                    name: evidence::LAST_RESET_TIME.to_owned(),
                    value: value.to_owned(),
                })
                .into_iter()
                .collect();
            Event::Observed(Ok(Observation {
                state,
                raw: String::new(),
                evidence,
                at,
                controller: None,
            }))
        };
        if matches!(act, Read(_) | ReadAt(..) | Blind(_) | BlindStatus(_) | Poll(_))
            && let Next::Observe { not_before } | Next::Poll { not_before, .. } = &self.next
        {
            self.now = self.now.max(*not_before);
        }
        Some(match act {
            Wait(seconds) => {
                self.now = self.now + Duration::from_secs(seconds);
                return None;
            }
            Stands(reservation) => {
                self.reservation = reservation;
                return None;
            }
            Smd(answer) => {
                if answer.is_ok() {
                    self.reservation = Reservation::Held;
                }
                Event::Reserved(answer)
            }
            Start => Event::Start,
            StartLimit => Event::StartLimitPassed,
            Read(state) => reading(state, None, self.now),
            ReadAt(state, reset) => reading(state, Some(reset), self.now),
            ReadOld(state, reset, age) => reading(state, Some(reset), self.now - Duration::from_secs(age)),
            Blind(cause) => Event::Observed(Err(Failure::new(cause, "no reading"))),
            BlindStatus(status) => Event::Observed(Err(Failure {
                status: Some(status),
                ..Failure::new(Cause::Other(format!("http-{status}")), "no reading")
            })),
            Ans(code) => status(code, 0),
            Busy(code, wait) => status(code, wait),
            Out(delivery, answer) => Event::Sent { delivery, answer },
            Poll(progress) => Event::Polled(progress),
            Cancel => Event::CancelAsked,
            Overtake => Event::Overtaken {
                by: TransitionId(Uuid::from_u128(99)),
            },
            Hurry => Event::Hurried,
            Pause => Event::Paused,
            PowerAbove => Event::PowerAbove,
            Blocked(transition) => Event::Blocked {
                transition,
                fault: order::fault(),
            },
            Crash => Event::Recovered,
        })
    }

    /// Takes one event, gives what comes of it in words.
    fn go(&mut self, act: Do) -> String {
        let Some(event) = self.event(act) else {
            return String::new();
        };
        self.permits += 1;
        let world = World {
            now: self.now,
            fresh_permit: PermitId(Uuid::from_u128(self.permits)),
            chance: 0,
            kind: self.kind,
            abilities: &self.abilities,
            fallback: None,
            pace: self.pace,
            change_timeout: Duration::from_secs(90),
            demands: &self.demands,
            others_wait_since: self.others_wait_since,
            settled_at: self.settled_at,
            reservation: self.reservation,
        };
        let transition = match self.machine.clone().step(event, &world) {
            Ok(transition) => transition,
            Err(illegal) => return illegal.to_string(),
        };
        let stored = serde_json::to_string(&transition.machine).unwrap();
        assert_eq!(
            serde_json::from_str::<Machine>(&stored).unwrap(),
            transition.machine
        );
        self.machine = transition.machine;
        self.next = transition.next;
        for left in transition.departed {
            self.demands.retain(|demand| demand.transition != left.transition);
            self.departed.push(left);
        }
        if let Next::Send { .. } | Next::End = self.next {
            let replayed = transition.commit == Commit::Nothing && self.machine.outcome().is_some();
            assert!(
                transition.commit == Commit::First || replayed,
                "{:?}",
                transition.commit
            );
        }
        self.words()
    }

    fn words(&self) -> String {
        let after = |not_before: &Timestamp| not_before.since(self.now).as_millis();
        match &self.next {
            Next::Await => "await".to_owned(),
            Next::AwaitPower => "await power".to_owned(),
            Next::Observe { not_before } => format!("observe +{}", after(not_before)),
            Next::Poll { not_before, handle } => format!("poll {handle} +{}", after(not_before)),
            Next::Reserve => "reserve".to_owned(),
            Next::Send { primitive, .. } => format!("send {primitive}"),
            Next::End => format!("end {}", self.machine.outcome().unwrap().name()),
        }
    }

    /// Plays rows of an event and what it must lead to; `observe` without a time stands for any time.
    #[track_caller]
    fn check(mut self, rows: impl IntoIterator<Item = (Do, &'static str)>) -> Machine {
        for (index, (act, expected)) in rows.into_iter().enumerate() {
            let got = self.go(act.clone());
            let fits = got == expected || (expected == "observe" && got.starts_with("observe +"));
            assert!(
                fits,
                "row {index}, {act:?}: expected {expected:?}, got {got:?} in {:#?}",
                self.machine
            );
        }
        self.machine
    }

    /// Reads the same state until the machine does something else, or `seconds` have passed; gives how many passed.
    fn read_for(&mut self, act: &Do, seconds: u64) -> u64 {
        let from = self.now;
        while matches!(self.next, Next::Observe { .. }) && self.now.since(from) < Duration::from_secs(seconds)
        {
            self.go(act.clone());
        }
        self.now.since(from).as_secs()
    }
}

#[track_caller]
fn check(operation: Operation, rows: impl IntoIterator<Item = (Do, &'static str)>) -> Machine {
    Play::new(operation, FIVE).check(rows)
}

/// A play that has gone through these events.
#[track_caller]
fn after(mut play: Play, acts: impl IntoIterator<Item = Do>) -> Play {
    for act in acts {
        let got = play.go(act.clone());
        assert!(!got.contains("cannot"), "{act:?}: {got}");
    }
    play
}

#[track_caller]
fn words_of_failure(machine: &Machine) -> String {
    use crate::outcome::Fault;
    match machine.outcome().unwrap() {
        Outcome::Failed {
            fault: Fault::Refused { failure, .. } | Fault::NotPrepared { failure },
        }
        | Outcome::TimedOut {
            last: Some(failure), ..
        } => failure.to_string(),
        other => panic!("no words in {other:?}"),
    }
}
