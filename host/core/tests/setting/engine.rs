//! The engine: does what the machine asks for, stores what it must, dies and starts again.

use std::time::Duration;

use switchyard_core::configuration::{Change, Event, Goal, LimitGoal, Machine, Next, Phase, World};
use switchyard_core::machine::Commit;
use switchyard_core::{Pace, PermitId, Timestamp, Watts};
use uuid::Uuid;

use super::bmc::Bmc;
use super::scenario::Scenario;

/// When virtual time begins.
pub(crate) const T0: Timestamp = Timestamp::from_millis(1_000_000_000);
/// Within which every task ends.
pub(crate) const EXPIRES: Duration = Duration::from_mins(30);
/// More events than any task may need.
const EVENTS_MAX: u32 = 5_000;

/// The process died.
struct Died;

/// What a reading showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// There was none.
    Nothing,
    /// This limit, or none in force.
    Limit(Option<u32>),
}

/// What one case has come to.
pub(crate) struct Run {
    pub(crate) machine: Machine,
    pub(crate) ended: Timestamp,
    /// Changes that were begun.
    pub(crate) sends: usize,
    /// Those that are not proven unexecuted.
    pub(crate) open_sends: usize,
    /// How many had been begun when somebody cancelled.
    pub(crate) cancelled_after: Option<usize>,
    /// What the last good reading showed, if there was one.
    pub(crate) shown_last: Shown,
    /// What is in force at the end.
    pub(crate) left: Option<u32>,
}

struct Engine {
    scenario: Scenario,
    bmc: Bmc,
    run: Run,
    now: Timestamp,
    durable: Machine,
    /// Handed to the store, and lost if the process dies soon enough.
    behind: Option<Machine>,
    boundaries: u32,
    permits: u128,
    change: Option<Change>,
}

/// Plays a case to its end.
pub(crate) fn play(scenario: &Scenario) -> Run {
    let goal = Goal::Limits {
        limits: vec![LimitGoal {
            limit: None,
            watts: scenario.wanted.and_then(|watts| Watts::new(f64::from(watts))),
        }],
        skip_invalid: false,
    };
    let machine = Machine::new(goal, T0 + Duration::from_mins(5), Duration::from_mins(2));
    let mut engine = Engine {
        scenario: scenario.clone(),
        bmc: Bmc::new(scenario),
        run: Run {
            machine: machine.clone(),
            ended: T0,
            sends: 0,
            open_sends: 0,
            cancelled_after: None,
            shown_last: Shown::Nothing,
            left: None,
        },
        now: T0,
        durable: machine,
        behind: None,
        boundaries: 0,
        permits: 0,
        change: None,
    };
    let mut first = None;
    while let Err(Died) = engine.live(first.take()) {
        first = engine.restart();
    }
    engine.run.ended = engine.now;
    engine.bmc.advance(engine.now + EXPIRES);
    engine.run.left = engine.bmc.value();
    engine.run
}

impl Engine {
    fn live(&mut self, first: Option<Event>) -> Result<(), Died> {
        let mut next = match first {
            Some(event) => self.take(event)?,
            None => Next::Await,
        };
        // The store remembers a cancel, whatever state the process left.
        if self.run.cancelled_after.is_some() && next != Next::End {
            next = self.take(Event::CancelAsked)?;
        }
        for _ in 0..EVENTS_MAX {
            let event = match next {
                Next::End => return Ok(()),
                Next::Await => Event::Start,
                Next::Observe { not_before } => {
                    self.wait(not_before);
                    self.boundary()?;
                    let reading = self.bmc.read(self.now);
                    if reading.is_ok() {
                        self.run.shown_last = Shown::Limit(self.bmc.value());
                    }
                    Event::Observed(reading)
                }
                Next::Poll { not_before, .. } => {
                    self.wait(not_before);
                    Event::Polled(self.bmc.poll(self.now))
                }
                Next::Send { change, .. } => self.send(&change)?,
            };
            // Somebody may cancel at any time; the machine is told before what it waited for.
            let cancels = self.scenario.cancel_at.is_some_and(|at| self.boundaries >= at);
            if cancels && self.run.cancelled_after.is_none() {
                self.run.cancelled_after = Some(self.run.sends);
                let told = self.take(Event::CancelAsked)?;
                next = match told {
                    Next::Await if matches!(self.run.machine.phase, Phase::Intent { .. }) => {
                        self.take(event)?
                    }
                    told => told,
                };
                continue;
            }
            next = self.take(event)?;
        }
        panic!("the task never ends: {:#?}", self.run.machine);
    }

    fn send(&mut self, change: &Change) -> Result<Event, Died> {
        self.run.sends += 1;
        self.run.open_sends += 1;
        self.change = Some(change.clone());
        self.boundary()?;
        self.change = None;
        let (delivery, answer) = self.bmc.change(self.now, change);
        if delivery.proves_not_executed() {
            self.run.open_sends -= 1;
        }
        self.now = self.now + Duration::from_millis(30);
        self.boundary()?;
        Ok(Event::Sent { delivery, answer })
    }

    fn wait(&mut self, until: Timestamp) {
        self.now = self.now.max(until) + Duration::from_millis(20);
    }

    fn take(&mut self, event: Event) -> Result<Next, Died> {
        self.permits += 1;
        let world = World {
            now: self.now,
            fresh_permit: PermitId(Uuid::from_u128(self.permits)),
            chance: 7,
            pace: Pace::default(),
        };
        let machine = self.run.machine.clone();
        let transition = machine
            .step(event, &world)
            .unwrap_or_else(|illegal| panic!("{illegal}"));
        let text = serde_json::to_string(&transition.machine).unwrap();
        let stored: Machine = serde_json::from_str(&text).unwrap();
        assert_eq!(stored, transition.machine, "a state must survive being stored");
        self.run.machine = transition.machine;
        self.boundary()?;
        match transition.commit {
            Commit::Nothing => {}
            Commit::Behind => self.behind = Some(stored),
            Commit::First => (self.durable, self.behind) = (stored, None),
        }
        if matches!(transition.next, Next::Send { .. } | Next::End) {
            assert_eq!(
                self.durable, self.run.machine,
                "an intent and an end must be durable"
            );
        }
        Ok(transition.next)
    }

    /// A point at which the process may die.
    fn boundary(&mut self) -> Result<(), Died> {
        let here = self.boundaries;
        self.boundaries += 1;
        if self.scenario.crashes.contains(&here) {
            return Err(Died);
        }
        Ok(())
    }

    /// The next process: it knows what was durable, or what had been handed to the store.
    fn restart(&mut self) -> Option<Event> {
        self.now = self.now + Duration::from_secs(1);
        if let Some(change) = self.change.take() {
            let arrives = self.boundaries.is_multiple_of(2);
            self.bmc.change_late(self.now, &change, arrives);
        }
        if !self.boundaries.is_multiple_of(3)
            && let Some(behind) = self.behind.take()
        {
            self.durable = behind;
        }
        self.behind = None;
        self.run.machine = self.durable.clone();
        match self.run.machine.phase {
            Phase::Queued => None,
            _ => Some(Event::Recovered),
        }
    }
}
