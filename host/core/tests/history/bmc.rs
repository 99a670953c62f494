//! The BMC: what it is asked for, what it does, and what it says.

use std::time::Duration;

use switchyard_core::machine::{Answer, TaskProgress};
use switchyard_core::observation::evidence as names;
use switchyard_core::power::Level;
use switchyard_core::{
    Cause, Delivery, Fact, Failure, Observation, PowerState, Primitive, TaskId, Timestamp,
};

use super::script::{Behaviour, Evidence, Lie, Script, T0, Window};

/// A request of which something left the host, or might have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    pub(crate) at: Timestamp,
    /// The event of the history in which it left.
    pub(crate) tick: u64,
    pub(crate) task: TaskId,
    pub(crate) primitive: Primitive,
    /// Whether the host may know that it was not executed.
    pub(crate) disproved: bool,
}

/// Something that was really done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Executed {
    pub(crate) at: Timestamp,
    pub(crate) task: TaskId,
    pub(crate) primitive: Primitive,
    /// Whether it was a restart or an interrupt of a component that was on, or a cut of its mains.
    pub(crate) restarted: bool,
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
    script: Script,
    pub(crate) requests: Vec<Request>,
    pub(crate) executed: Vec<Executed>,
    scheduled: Vec<(Timestamp, Primitive, TaskId)>,
    points: Vec<Point>,
    task_until: Timestamp,
    /// Times at which it was without power.
    dark: Vec<(Timestamp, Timestamp)>,
}

/// For how long a cut of mains takes the BMC away at least.
const DARK: Duration = Duration::from_secs(4);

/// What comes of a request.
pub(crate) type Said = (Delivery, Result<Answer, Failure>);

fn within((from, length): Window, at: Timestamp) -> bool {
    let second = Duration::from_secs;
    (T0 + second(from)..T0 + second(from + length)).contains(&at)
}

impl Bmc {
    pub(crate) fn new(script: &Script) -> Self {
        let state = if script.starts_on {
            PowerState::On
        } else {
            PowerState::Off
        };
        let at = Timestamp::from_millis(0);
        Self {
            script: script.clone(),
            requests: Vec::new(),
            executed: Vec::new(),
            scheduled: Vec::new(),
            points: vec![Point { at, state, resets: 1 }],
            task_until: T0,
            dark: Vec::new(),
        }
    }

    fn point(&self, at: Timestamp) -> Point {
        *self.points.iter().rev().find(|point| point.at <= at).unwrap()
    }

    /// What the component really is at a time that has come.
    pub(crate) fn state(&self, at: Timestamp) -> PowerState {
        self.point(at).state
    }

    fn is_away(&self, at: Timestamp) -> bool {
        let is_dark = self.dark.iter().any(|(from, to)| (*from..*to).contains(&at));
        is_dark || self.script.away.iter().any(|window| within(*window, at))
    }

    /// Lets everything happen that was due.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        self.scheduled.sort_by_key(|(at, ..)| *at);
        while let Some((at, primitive, task)) = self.scheduled.first().copied().filter(|due| due.0 <= now) {
            self.scheduled.remove(0);
            self.execute(at, primitive, task);
        }
    }

    fn execute(&mut self, at: Timestamp, primitive: Primitive, task: TaskId) {
        if self.script.deaf && primitive == Primitive::GracefulShutdown {
            return;
        }
        let Point { state, resets, .. } = self.point(at);
        // What happens now overtakes what a dip still had before it.
        self.points.retain(|point| point.at <= at);
        if primitive.level() == Some(Level::Off) {
            // An operating system that is gone cannot shut down any more.
            self.scheduled
                .retain(|(_, waiting, _)| *waiting != Primitive::GracefulShutdown);
        }
        let back = at + Duration::from_secs(self.script.dip);
        let cuts_mains = primitive == Primitive::FullPowerCycle;
        if cuts_mains {
            self.dark.push((at, back + DARK));
        }
        let mut to = |at, state, resets| self.points.push(Point { at, state, resets });
        let mut restarted = cuts_mains;
        match (primitive, state) {
            (Primitive::On, PowerState::Off) => to(at, PowerState::On, resets + 1),
            (Primitive::ForceOff | Primitive::GracefulShutdown, PowerState::On) => {
                to(at, PowerState::Off, resets);
            }
            // A dip that a level cuts short is not repeated.
            (
                Primitive::GracefulRestart
                | Primitive::ForceRestart
                | Primitive::PowerCycle
                | Primitive::FullPowerCycle,
                PowerState::On,
            ) => {
                restarted = true;
                to(at, PowerState::Off, resets);
                to(back, PowerState::On, resets + 1);
            }
            (Primitive::Nmi, PowerState::On) => restarted = true,
            _ => {}
        }
        self.executed.push(Executed {
            at,
            task,
            primitive,
            restarted,
        });
    }

    /// How late a request is executed: never later than the longest time, also counting a dip and stale readings. What an operating
    /// system is asked for takes its time.
    fn delay(&self, primitive: Primitive, percent: u64) -> Duration {
        let graceful = matches!(
            primitive,
            Primitive::GracefulShutdown | Primitive::GracefulRestart
        );
        let percent = if graceful {
            percent.max(self.script.sluggish)
        } else {
            percent
        };
        let margin = DARK + Duration::from_secs(self.script.dip + 6);
        let most = self.script.limit(primitive).saturating_sub(margin);
        most * u32::try_from(percent).unwrap() / 100
    }

    /// Requests for the same are done in the order in which they came.
    fn schedule(&mut self, now: Timestamp, primitive: Primitive, percent: u64, task: TaskId) {
        let same = self.scheduled.iter().filter(|due| due.1 == primitive);
        let last = same.map(|due| due.0).max().unwrap_or(now);
        let at = last.max(now + self.delay(primitive, percent));
        self.scheduled.push((at, primitive, task));
    }

    /// A request arrives, or fails to.
    pub(crate) fn receive(&mut self, request: Request) -> Said {
        let Request {
            at: now,
            task,
            primitive,
            ..
        } = request;
        let number = self.requests.len();
        let behaviour = self.script.behaviours.get(number).copied();
        let behaviour = behaviour.unwrap_or(Behaviour::Execute(0));
        let said = if self.is_away(now) {
            let words = Failure::new(Cause::Unreachable, "no route");
            (Delivery::NotSent, Err(words))
        } else {
            self.behave(behaviour, now, primitive, task)
        };
        self.requests.push(Request {
            disproved: said.0.proves_not_executed(),
            ..request
        });
        self.advance(now);
        said
    }

    fn behave(&mut self, behaviour: Behaviour, now: Timestamp, primitive: Primitive, task: TaskId) -> Said {
        let cut = || Err(Failure::new(Cause::Unreachable, "the connection was cut"));
        let status = |status, cause| {
            let words = Failure::new(cause, "the BMC's words");
            let failure = Failure {
                status: Some(status),
                ..words
            };
            (Delivery::of_http_status(status), Err(failure))
        };
        let accepted = (Delivery::of_http_status(204), Ok(Answer::Accepted));
        match behaviour {
            Behaviour::Execute(percent) => {
                self.schedule(now, primitive, percent, task);
                accepted
            }
            Behaviour::Task(percent) => {
                self.schedule(now, primitive, percent, task);
                self.task_until = now + self.delay(primitive, percent);
                let answer = Answer::Pending {
                    handle: "task".to_owned(),
                    poll_after: Duration::from_secs(20),
                };
                (Delivery::of_http_status(202), Ok(answer))
            }
            Behaviour::Ignore => accepted,
            Behaviour::LoseRequest => (Delivery::MaybeSent, cut()),
            Behaviour::LoseReply(percent) => {
                self.schedule(now, primitive, percent, task);
                (Delivery::MaybeSent, cut())
            }
            Behaviour::Refuse(401) => status(401, Cause::Auth),
            Behaviour::Refuse(429) => status(429, Cause::Busy),
            Behaviour::Refuse(code) => status(code, Cause::Invalid),
            Behaviour::ErrorButDone(percent) => {
                self.schedule(now, primitive, percent, task);
                status(500, Cause::Other("error".to_owned()))
            }
            Behaviour::Error => status(503, Cause::Busy),
            Behaviour::NotSent => (Delivery::NotSent, cut()),
        }
    }

    /// A request of a process that died: whether it arrives, and when, nobody knows.
    pub(crate) fn receive_late(&mut self, request: Request, arrives: Option<Timestamp>) {
        if let Some(at) = arrives.filter(|at| !self.is_away(*at)) {
            self.schedule(at, request.primitive, 0, request.task);
        }
        self.requests.push(request);
    }

    pub(crate) fn poll(&self, now: Timestamp) -> Result<TaskProgress, Failure> {
        if self.is_away(now) {
            return Err(Failure::new(Cause::Timeout, "no answer"));
        }
        Ok(if now < self.task_until {
            TaskProgress::Running {
                handle: "task".to_owned(),
                poll_after: Duration::from_secs(20),
            }
        } else {
            TaskProgress::Done
        })
    }

    /// A reading that is asked for now.
    pub(crate) fn read(&self, now: Timestamp) -> Result<Observation, Failure> {
        if self.is_away(now) {
            return Err(Failure::new(Cause::Unreachable, "no answer"));
        }
        let lie = self.script.lies.iter().find(|(window, _)| within(*window, now));
        let (state, resets) = match lie.map(|(_, lie)| *lie) {
            Some(Lie::Stale(age)) => {
                let point = self.point(now - Duration::from_secs(age));
                (point.state, point.resets)
            }
            Some(Lie::Unknown) => (PowerState::Unknown, self.point(now).resets),
            None => (self.state(now), self.point(now).resets),
        };
        let fact = |name: &str, value: String| Fact {
            name: name.to_owned(),
            value,
        };
        let time = format!("2026-01-01T00:00:{resets:02}Z");
        let evidence = match self.script.evidence {
            Evidence::ResetTime => vec![fact(names::LAST_RESET_TIME, time)],
            Evidence::BootProgress => vec![
                fact(names::BOOT_PROGRESS, "OSRunning".to_owned()),
                fact(names::BOOT_PROGRESS_TIME, time),
            ],
            Evidence::None => Vec::new(),
        };
        Ok(Observation {
            state,
            raw: format!("{state:?}"),
            evidence,
            at: now,
            controller: None,
        })
    }
}
