//! The BMC: a power limit that can be read and set.

use std::time::Duration;

use switchyard_core::configuration::{Change, Snapshot, Values};
use switchyard_core::machine::{Answer, TaskProgress};
use switchyard_core::{Cause, Delivery, Executed, Failure, LimitMode, PowerLimit, Timestamp, Watts};

use super::engine::T0;
use super::scenario::Scenario;

/// The least and the most that can be set.
pub(crate) const MIN: u32 = 350;
pub(crate) const MAX: u32 = 900;

/// What it does with one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    Execute,
    /// Accepts, and executes so many milliseconds later.
    Late(u64),
    Ignore,
    LoseRequest,
    LoseReply,
    Refuse,
    Busy,
    ErrorButDone,
    NotSent,
    /// The driver reports success for what never left.
    Liar,
    /// Makes a task of it.
    Task,
}

pub(crate) struct Bmc {
    scenario: Scenario,
    now: Option<u32>,
    scheduled: Vec<(Timestamp, Option<u32>)>,
    pub(crate) changes: usize,
}

fn wanted(change: &Change) -> Option<u32> {
    match change {
        Change::Limits(limits) => limits[0].watts.map(|watts| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
            let whole = watts.get() as u32;
            whole
        }),
        other => panic!("{other:?}"),
    }
}

impl Bmc {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        Self {
            scenario: scenario.clone(),
            now: scenario.start,
            scheduled: Vec::new(),
            changes: 0,
        }
    }

    pub(crate) fn advance(&mut self, now: Timestamp) {
        self.scheduled.sort_by_key(|(at, _)| *at);
        while let Some((_, value)) = self.scheduled.first().copied().filter(|(at, _)| *at <= now) {
            self.scheduled.remove(0);
            self.now = value;
        }
    }

    /// The limit that is in force.
    pub(crate) fn value(&self) -> Option<u32> {
        self.now
    }

    fn is_away(&self, now: Timestamp) -> bool {
        self.scenario.away.iter().any(|(from, length)| {
            let from = T0 + Duration::from_millis(*from);
            (from..from + Duration::from_millis(*length)).contains(&now)
        })
    }

    pub(crate) fn read(&mut self, now: Timestamp) -> Result<Snapshot, Failure> {
        self.advance(now);
        if self.is_away(now) {
            return Err(Failure::new(Cause::Unreachable, "no route"));
        }
        let watts = |watts: u32| Watts::new(f64::from(watts)).unwrap();
        let limit = PowerLimit {
            id: "0".to_owned(),
            name: "Node Power Limit".to_owned(),
            watts: self.now.map(watts),
            min: Some(watts(MIN)),
            max: Some(watts(MAX)),
            mode: if self.now.is_some() {
                LimitMode::Automatic
            } else {
                LimitMode::Disabled
            },
            writable: true,
            facts: Vec::new(),
        };
        Ok(Snapshot {
            at: now,
            values: Values::Limits(vec![limit]),
        })
    }

    /// A change arrives, or fails to.
    pub(crate) fn change(&mut self, now: Timestamp, change: &Change) -> (Delivery, Result<Answer, Failure>) {
        self.advance(now);
        let behaviour = self.scenario.behaviours.get(self.changes).copied();
        self.changes += 1;
        let lost = |text: &str| Err(Failure::new(Cause::Unreachable, text));
        let status = |status, cause| {
            Err(Failure {
                status: Some(status),
                ..Failure::new(cause, "the BMC's words")
            })
        };
        if self.is_away(now) {
            return (Delivery::NotSent, lost("no route"));
        }
        let value = wanted(change);
        let accepted = Delivery::of_http_status(204);
        match behaviour.unwrap_or(Behaviour::Execute) {
            Behaviour::Execute => {
                self.now = value;
                (accepted, Ok(Answer::Accepted))
            }
            Behaviour::Late(millis) => {
                self.scheduled.push((now + Duration::from_millis(millis), value));
                (accepted, Ok(Answer::Accepted))
            }
            Behaviour::Ignore => (accepted, Ok(Answer::Accepted)),
            Behaviour::LoseRequest => (Delivery::MaybeSent, lost("cut")),
            Behaviour::LoseReply => {
                self.now = value;
                (Delivery::MaybeSent, lost("cut"))
            }
            Behaviour::Refuse => (Delivery::of_http_status(400), status(400, Cause::Invalid)),
            Behaviour::Busy => {
                let executed = Executed::No;
                let refused = Delivery::Answered {
                    status: 503,
                    executed,
                };
                (refused, status(503, Cause::Busy))
            }
            Behaviour::ErrorButDone => {
                self.now = value;
                let error = Cause::Other("error".to_owned());
                (Delivery::of_http_status(500), status(500, error))
            }
            Behaviour::NotSent => (Delivery::NotSent, lost("no connection")),
            Behaviour::Liar => (Delivery::NotSent, Ok(Answer::Accepted)),
            Behaviour::Task => {
                self.scheduled.push((now + Duration::from_secs(3), value));
                let pending = Answer::Pending {
                    handle: "7".to_owned(),
                    poll_after: Duration::from_secs(2),
                };
                (Delivery::of_http_status(202), Ok(pending))
            }
        }
    }

    /// A change of a process that died meanwhile: it arrives or it does not.
    pub(crate) fn change_late(&mut self, now: Timestamp, change: &Change, arrives: bool) {
        self.changes += 1;
        if arrives && !self.is_away(now) {
            self.scheduled
                .push((now + Duration::from_millis(800), wanted(change)));
        }
    }

    pub(crate) fn poll(&mut self, now: Timestamp) -> Result<TaskProgress, Failure> {
        self.advance(now);
        if self.is_away(now) {
            return Err(Failure::new(Cause::Timeout, "no answer"));
        }
        Ok(if self.scheduled.is_empty() {
            TaskProgress::Done
        } else {
            TaskProgress::Running {
                handle: "7".to_owned(),
                poll_after: Duration::from_secs(1),
            }
        })
    }
}
