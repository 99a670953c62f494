//! The BMC: what it is asked for, what it does, and what it says.

use std::time::Duration;

use switchyard_core::machine::{Answer, TaskProgress};
use switchyard_core::observation::evidence as names;
use switchyard_core::power::Level;
use switchyard_core::{
    Cause, ControllerId, Delivery, Fact, Failure, Observation, PowerState, Primitive, Timestamp,
};

use super::scenario::{Behaviour, Evidence, Lie, Scenario, Window};

/// When virtual time begins.
pub(crate) const T0: Timestamp = Timestamp::from_millis(1_000_000_000);

/// The id of the second controller.
pub(crate) fn second_controller() -> ControllerId {
    ControllerId::parse("second").unwrap()
}

/// One request that the host sent, or tried to send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    pub(crate) at: Timestamp,
    pub(crate) step: usize,
    pub(crate) primitive: Primitive,
    /// Whether it went through the second controller.
    pub(crate) second: bool,
    /// Whether the BMC took it: it arrived, and was not refused.
    pub(crate) taken: bool,
    /// Whether the host may know that it was not executed.
    pub(crate) disproved: bool,
}

/// A point from which on the component is in a state.
#[derive(Debug, Clone, Copy)]
struct Point {
    at: Timestamp,
    state: PowerState,
    resets: u32,
}

/// The model BMC with the component behind it.
pub(crate) struct Bmc {
    scenario: Scenario,
    /// Requests, as far as the host tried.
    pub(crate) requests: Vec<Request>,
    /// What was really done, and when.
    pub(crate) executed: Vec<(Timestamp, Primitive)>,
    restarts: u32,
    scheduled: Vec<(Timestamp, Primitive)>,
    history: Vec<Point>,
    task_fails: bool,
    task_until: Timestamp,
    /// Times at which it was without power.
    dark: Vec<(Timestamp, Timestamp)>,
}

/// For how many seconds a cut of mains takes the BMC away at least.
const DARK: u64 = 4;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn within((from, length): Window, at: Timestamp) -> bool {
    (T0 + seconds(from)..T0 + seconds(from + length)).contains(&at)
}

impl Bmc {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let state = if scenario.starts_on {
            PowerState::On
        } else {
            PowerState::Off
        };
        Self {
            scenario: scenario.clone(),
            requests: Vec::new(),
            executed: Vec::new(),
            restarts: 0,
            scheduled: Vec::new(),
            history: vec![Point {
                at: Timestamp::from_millis(0),
                state,
                resets: 1,
            }],
            task_fails: false,
            task_until: T0,
            dark: Vec::new(),
        }
    }

    fn point(&self, at: Timestamp) -> Point {
        *self.history.iter().rev().find(|point| point.at <= at).unwrap()
    }

    /// What the component really is at a time that has come.
    pub(crate) fn state(&self, at: Timestamp) -> PowerState {
        self.point(at).state
    }

    /// How often restarts and interrupts were really executed.
    pub(crate) fn restarts(&self) -> u32 {
        self.restarts
    }

    /// Whether the controller, or the second one, is away.
    pub(crate) fn is_away(&self, second: bool, at: Timestamp) -> bool {
        let is_dark = self.dark.iter().any(|(from, to)| (*from..*to).contains(&at));
        let away = if second {
            self.scenario.fallback.as_ref()
        } else {
            Some(&self.scenario.away)
        };
        is_dark || away.is_none_or(|windows| windows.iter().any(|window| within(*window, at)))
    }

    /// Lets everything happen that was due.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        self.scheduled.sort_by_key(|(at, _)| *at);
        while let Some((at, primitive)) = self.scheduled.first().copied().filter(|(at, _)| *at <= now) {
            self.scheduled.remove(0);
            self.execute(at, primitive);
        }
    }

    fn execute(&mut self, at: Timestamp, primitive: Primitive) {
        self.executed.push((at, primitive));
        let Point { state, resets, .. } = self.point(at);
        // What happens now overtakes what a dip still had before it.
        self.history.retain(|point| point.at <= at);
        if primitive.level() == Some(Level::Off) {
            // An operating system that is gone cannot shut down any more.
            self.scheduled
                .retain(|(_, waiting)| *waiting != Primitive::GracefulShutdown);
        }
        let back = at + seconds(self.scenario.dip);
        if primitive == Primitive::FullPowerCycle {
            self.restarts += 1;
            self.dark.push((at, back + seconds(DARK)));
        }
        let mut to = |at, state, resets| self.history.push(Point { at, state, resets });
        match (primitive, state) {
            (Primitive::On | Primitive::ForceOn, PowerState::Off) => to(at, PowerState::On, resets + 1),
            (Primitive::ForceOff | Primitive::GracefulShutdown, PowerState::On) => {
                to(at, PowerState::Off, resets);
            }
            (
                Primitive::GracefulRestart | Primitive::ForceRestart | Primitive::PowerCycle,
                PowerState::On,
            ) => {
                self.restarts += 1;
                to(at, PowerState::Off, resets);
                to(back, PowerState::On, resets + 1);
            }
            (Primitive::FullPowerCycle, PowerState::On) => {
                to(at, PowerState::Off, resets);
                to(back, PowerState::On, resets + 1);
            }
            (Primitive::Nmi, PowerState::On) => self.restarts += 1,
            _ => {}
        }
    }

    /// How late a request is executed: never later than the longest time, also counting a dip and stale readings.
    fn delay(&self, primitive: Primitive, percent: u64) -> Duration {
        let most = self
            .scenario
            .limit(primitive)
            .saturating_sub(seconds(self.scenario.dip + DARK + 6));
        Duration::from_millis(u64::try_from(most.as_millis()).unwrap() * percent / 100)
    }

    /// Requests for the same are done in the order in which they came.
    fn schedule(&mut self, now: Timestamp, primitive: Primitive, percent: u64) {
        let same = self.scheduled.iter().filter(|(_, other)| *other == primitive);
        let at = same
            .map(|(at, _)| *at)
            .max()
            .unwrap_or(now)
            .max(now + self.delay(primitive, percent));
        self.scheduled.push((at, primitive));
    }

    /// A request arrives, or fails to.
    pub(crate) fn receive(
        &mut self,
        now: Timestamp,
        step: usize,
        primitive: Primitive,
        second: bool,
    ) -> (Delivery, Result<Answer, Failure>) {
        let number = self.requests.len();
        let behaviour = self
            .scenario
            .behaviours
            .get(number)
            .copied()
            .unwrap_or(Behaviour::Execute(0));
        let away = self.is_away(second, now);
        let (delivery, answer) = if away {
            (
                Delivery::NotSent,
                Err(Failure::new(Cause::Unreachable, "no route")),
            )
        } else {
            self.behave(behaviour, now, primitive)
        };
        let idle = [
            Behaviour::NotSent,
            Behaviour::Liar,
            Behaviour::SaysAlready,
            Behaviour::LoseRequest,
        ];
        let taken = !away && !idle.contains(&behaviour) && !matches!(behaviour, Behaviour::Refuse(_));
        self.requests.push(Request {
            at: now,
            step,
            primitive,
            second,
            taken,
            disproved: delivery.proves_not_executed(),
        });
        (delivery, answer)
    }

    fn behave(
        &mut self,
        behaviour: Behaviour,
        now: Timestamp,
        primitive: Primitive,
    ) -> (Delivery, Result<Answer, Failure>) {
        let cut = || Err(Failure::new(Cause::Unreachable, "the connection was cut"));
        let status = |status, cause| {
            Err(Failure {
                status: Some(status),
                ..Failure::new(cause, "the BMC's words")
            })
        };
        let accepted = Delivery::of_http_status(204);
        match behaviour {
            Behaviour::Execute(percent) => {
                self.schedule(now, primitive, percent);
                (accepted, Ok(Answer::Accepted))
            }
            Behaviour::Task(percent) => {
                self.schedule(now, primitive, percent);
                self.pending(now + self.delay(primitive, percent), false)
            }
            Behaviour::TaskHangs => self.pending(Timestamp::from_millis(i64::MAX), false),
            Behaviour::TaskFails => self.pending(now + seconds(4), true),
            Behaviour::Ignore => (accepted, Ok(Answer::Accepted)),
            Behaviour::LoseRequest => (Delivery::MaybeSent, cut()),
            Behaviour::LoseReply(percent) => {
                self.schedule(now, primitive, percent);
                (Delivery::MaybeSent, cut())
            }
            Behaviour::Refuse(code) => {
                let cause = match code {
                    401 => Cause::Auth,
                    429 => Cause::Busy,
                    _ => Cause::Invalid,
                };
                (Delivery::of_http_status(code), status(code, cause))
            }
            Behaviour::ErrorButDone(percent) => {
                self.schedule(now, primitive, percent);
                (
                    Delivery::of_http_status(500),
                    status(500, Cause::Other("error".to_owned())),
                )
            }
            Behaviour::Error => (Delivery::of_http_status(503), status(503, Cause::Busy)),
            Behaviour::NotSent => (Delivery::NotSent, cut()),
            Behaviour::Liar => (Delivery::NotSent, Ok(Answer::Accepted)),
            Behaviour::SaysAlready => (Delivery::NotSent, Ok(Answer::Already)),
            Behaviour::Trap(percent) => {
                self.schedule(now, primitive, percent);
                (accepted, Err(Failure::new(Cause::Driver, "trap")))
            }
        }
    }

    fn pending(&mut self, until: Timestamp, fails: bool) -> (Delivery, Result<Answer, Failure>) {
        (self.task_until, self.task_fails) = (until, fails);
        let answer = Answer::Pending {
            handle: "task".to_owned(),
            poll_after: seconds(1),
        };
        (Delivery::of_http_status(202), Ok(answer))
    }

    /// A request of a process that died: whether it arrives, and when, nobody knows.
    pub(crate) fn receive_late(
        &mut self,
        sent: Timestamp,
        arrives: Option<Timestamp>,
        step: usize,
        primitive: Primitive,
        second: bool,
    ) {
        if let Some(at) = arrives.filter(|at| !self.is_away(second, *at)) {
            self.schedule(at, primitive, 100);
        }
        self.requests.push(Request {
            at: sent,
            step,
            primitive,
            second,
            taken: arrives.is_some(),
            disproved: false,
        });
    }

    pub(crate) fn poll(&self, now: Timestamp, second: bool) -> Result<TaskProgress, Failure> {
        if self.is_away(second, now) {
            return Err(Failure::new(Cause::Timeout, "no answer"));
        }
        Ok(match (now < self.task_until, self.task_fails) {
            (true, _) => TaskProgress::Running {
                handle: "7".to_owned(),
                poll_after: seconds(20),
            },
            (false, true) => {
                TaskProgress::Failed(Failure::new(Cause::Other("task".to_owned()), "the task's words"))
            }
            (false, false) => TaskProgress::Done,
        })
    }

    /// A reading that is asked for now. The second controller knows as much of a restart, in its own words.
    pub(crate) fn read(&self, now: Timestamp, second: bool) -> Result<Observation, Failure> {
        if self.is_away(second, now) {
            return Err(Failure::new(Cause::Unreachable, "no answer"));
        }
        let lie = self
            .scenario
            .lies
            .iter()
            .find(|(window, _)| within(*window, now))
            .map(|(_, lie)| *lie);
        let point = match lie {
            Some(Lie::Stale(age)) => self.point(now - seconds(age)),
            _ => self.point(now),
        };
        let state = match lie {
            Some(Lie::On) => PowerState::On,
            Some(Lie::Off) => PowerState::Off,
            Some(Lie::Unknown) => PowerState::Unknown,
            Some(Lie::Stale(_)) | None => point.state,
        };
        let fact = |name: &str, value: String| Fact {
            name: name.to_owned(),
            value: if second { format!("second {value}") } else { value },
        };
        let booted = Fact {
            name: names::BOOT_PROGRESS.to_owned(),
            value: "OSRunning".to_owned(),
        };
        let evidence = match self.scenario.evidence {
            Evidence::ResetTime => vec![fact(
                names::LAST_RESET_TIME,
                format!("2026-01-01T00:00:{:02}Z", point.resets),
            )],
            Evidence::BootProgress => vec![
                booted,
                fact(
                    names::BOOT_PROGRESS_TIME,
                    format!("2026-01-01T00:00:{:02}Z", point.resets),
                ),
            ],
            Evidence::None => Vec::new(),
        };
        Ok(Observation {
            state,
            raw: format!("{state:?}"),
            evidence,
            at: now,
            controller: second.then(second_controller),
        })
    }
}
