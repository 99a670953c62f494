//! The engine: does what the machine asks for, stores what it must, dies and starts again.

use std::time::Duration;

use switchyard_core::machine::{Answer, Commit, Course, Event, Fallback, Machine, Next, Phase, World};
use switchyard_core::reservation::{Reason, Refusal};
use switchyard_core::{
    Cause, Delivery, Failure, Kind, Observation, Pace, PermitId, PowerState, Primitive, Replay, Reservation,
    Timestamp,
};
use uuid::Uuid;

use super::bmc::{Bmc, T0, second_controller};
use super::scenario::{Scenario, Window};

/// The longest time that a changing request is in flight.
pub(crate) const CHANGE_TIMEOUT: Duration = Duration::from_secs(90);
/// How long a record lives.
pub(crate) const EXPIRES: Duration = Duration::from_hours(24);
/// How long a task waits for its turn.
pub(crate) const START_WITHIN: Duration = Duration::from_mins(15);
/// More events than any task may need.
const EVENTS_MAX: u32 = 20_000;

/// The process died.
struct Died;

/// What one case has come to.
pub(crate) struct Run {
    pub(crate) bmc: Bmc,
    pub(crate) machine: Machine,
    pub(crate) ended: Timestamp,
    /// How long no process was there.
    pub(crate) down: Duration,
    /// How many requests had been begun when somebody asked to cancel.
    pub(crate) cancelled: Option<usize>,
    /// Intents that were committed.
    pub(crate) intents: Vec<(Primitive, Timestamp)>,
    /// The last reading before each send.
    pub(crate) seen: Vec<(Primitive, Option<PowerState>)>,
}

pub(crate) struct Engine {
    scenario: Scenario,
    run: Run,
    now: Timestamp,
    durable: Machine,
    /// Handed to the store, and lost if the process dies soon enough.
    behind: Option<Machine>,
    boundaries: u32,
    chances: u32,
    permits: u128,
    last_seen: Option<PowerState>,
    /// Whether the component is reserved, as far as this process knows.
    holds: bool,
    /// The step for which it was last asked for, by this process.
    asked: Option<usize>,
}

impl Engine {
    /// Plays a case to its end.
    pub(crate) fn play(scenario: &Scenario) -> Run {
        let machine = Machine::new(
            scenario.operation,
            scenario.deadline,
            T0,
            START_WITHIN,
            T0 + EXPIRES,
        );
        let run = Run {
            bmc: Bmc::new(scenario),
            machine: machine.clone(),
            ended: T0,
            down: Duration::ZERO,
            cancelled: None,
            intents: Vec::new(),
            seen: Vec::new(),
        };
        let mut engine = Self {
            scenario: scenario.clone(),
            run,
            now: T0,
            durable: machine,
            behind: None,
            boundaries: 0,
            chances: 0,
            permits: 0,
            last_seen: None,
            holds: false,
            asked: None,
        };
        let mut first = None;
        while let Err(Died) = engine.live(first.take()) {
            first = engine.restart();
        }
        engine.run.ended = engine.now;
        // Whatever is still on its way arrives after the end.
        engine.run.bmc.advance(engine.now + EXPIRES);
        engine.run
    }

    /// One process, until the task ends or the process dies.
    fn live(&mut self, first: Option<Event>) -> Result<(), Died> {
        let mut next = match first {
            Some(event) => self.take(event)?,
            None => Next::Await,
        };
        for _ in 0..EVENTS_MAX {
            let event = match next {
                Next::End => return Ok(()),
                Next::Await => self.await_turn(),
                Next::AwaitPower => Event::PowerAbove,
                Next::Observe { not_before } => self.observe(not_before)?,
                Next::Poll { not_before, .. } => self.poll(not_before)?,
                Next::Reserve => self.reserve()?,
                Next::Send { primitive, .. } => self.send(primitive)?,
            };
            next = self.take(event)?;
        }
        panic!("the task never ends: {:#?}", self.run.machine);
    }

    /// Feeds the machine, and stores what it says must be stored.
    fn take(&mut self, event: Event) -> Result<Next, Died> {
        self.permits += 1;
        let second = second_controller();
        let world = World {
            now: self.now,
            fresh_permit: PermitId(Uuid::from_u128(self.permits)),
            chance: u16::try_from(self.scenario.chance & 0xffff).unwrap(),
            kind: Kind::Node,
            abilities: &self.scenario.offers,
            fallback: self.scenario.fallback.is_some().then_some(Fallback {
                controller: &second,
                abilities: &self.scenario.offers,
            }),
            pace: Pace {
                settle: Duration::from_secs(self.scenario.settle),
                ..Pace::default()
            },
            change_timeout: CHANGE_TIMEOUT,
            demands: &[],
            others_wait_since: None,
            settled_at: T0,
            reservation: self.reservation(),
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
        if let Next::Send { primitive, .. } = transition.next {
            assert_ne!(
                self.reservation(),
                Reservation::Wanted,
                "sent without a reservation"
            );
            let first = self.run.machine.sends == 0;
            assert!(
                !first || self.scenario.smd.is_none() || self.asked == Some(self.run.machine.step),
                "SMD was not asked before a step"
            );
            self.run.intents.push((primitive, self.now));
        }
        self.boundary()?;
        Ok(transition.next)
    }

    /// A point at which the process may die, and at which somebody may ask to cancel.
    fn boundary(&mut self) -> Result<(), Died> {
        let here = self.boundaries;
        self.boundaries += 1;
        if self.scenario.cancel.map(u32::from) == Some(here) {
            self.run.cancelled = Some(self.run.seen.len());
        }
        if self.scenario.crashes.iter().any(|(at, _)| u32::from(*at) == here) {
            Err(Died)
        } else {
            Ok(())
        }
    }

    fn chance(&mut self) -> bool {
        self.chances += 1;
        self.scenario.chance.rotate_right(self.chances) & 1 == 1
    }

    /// The next process takes over what was stored.
    fn restart(&mut self) -> Option<Event> {
        if let Some(behind) = self.behind.take()
            && self.chance()
        {
            self.durable = behind;
        }
        self.run.machine = self.durable.clone();
        self.last_seen = None;
        (self.holds, self.asked) = (false, None);
        let here = self.boundaries - 1;
        let down = self
            .scenario
            .crashes
            .iter()
            .find(|(at, _)| u32::from(*at) == here)
            .map_or(0, |(_, down)| *down);
        self.run.down += Duration::from_secs(down);
        self.pass(Duration::from_secs(down));
        let queued = matches!(self.run.machine.phase, Phase::Queued);
        (!queued).then_some(Event::Recovered)
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        self.run.bmc.advance(self.now);
    }

    /// Whether a cancel was asked for that the machine does not know of.
    fn is_cancelled(&self) -> bool {
        self.run.cancelled.is_some() && self.run.machine.stop.is_none()
    }

    fn await_turn(&mut self) -> Event {
        assert_eq!(
            self.run.machine.phase,
            Phase::Queued,
            "only a queued task waits for what comes by itself"
        );
        if self.is_cancelled() {
            return Event::CancelAsked;
        }
        let turn = T0 + Duration::from_secs(self.scenario.queued);
        let limit = self.run.machine.start_by;
        self.pass(turn.min(limit).since(self.now));
        if turn > limit {
            Event::StartLimitPassed
        } else {
            Event::Start
        }
    }

    fn observe(&mut self, not_before: Timestamp) -> Result<Event, Died> {
        if self.is_cancelled() {
            return Ok(Event::CancelAsked);
        }
        self.pass(not_before.since(self.now));
        self.boundary()?;
        if self.is_cancelled() {
            return Ok(Event::CancelAsked);
        }
        let reading = self.read();
        self.pass(Duration::from_secs(self.scenario.takes.0));
        self.boundary()?;
        self.last_seen = reading.as_ref().ok().map(|Observation { state, .. }| *state);
        Ok(Event::Observed(reading))
    }

    /// Asks one controller, and the other when that is away.
    fn read(&self) -> Result<Observation, Failure> {
        let offers = &self.scenario.offers;
        let order = match self.run.machine.course(Kind::Node, offers, offers) {
            Course::OwnFirst => [false, true],
            Course::FallbackFirst | Course::FallbackOnly => [true, false],
        };
        let [first, second] = order.map(|second| self.run.bmc.read(self.now, second));
        if second.is_ok() { first.or(second) } else { first }
    }

    fn reservation(&self) -> Reservation {
        match (&self.scenario.smd, self.holds) {
            (None, _) => Reservation::NotNeeded,
            (Some(_), false) => Reservation::Wanted,
            (Some(_), true) => Reservation::Held,
        }
    }

    /// Asks SMD, which takes a second. What somebody else has taken meanwhile is lost.
    fn reserve(&mut self) -> Result<Event, Died> {
        if self.is_cancelled() {
            return Ok(Event::CancelAsked);
        }
        self.pass(Duration::from_secs(1));
        self.boundary()?;
        let Some(smd) = &self.scenario.smd else {
            panic!("there is no SMD to ask");
        };
        let seconds = self.now.since(T0).as_secs();
        let within = |windows: &[Window]| {
            windows
                .iter()
                .any(|(from, length)| (*from..from + length).contains(&seconds))
        };
        let answer = if within(&smd.away) {
            Err(Refusal::Later(Failure::new(Cause::Smd, "SMD is away")))
        } else if !within(&smd.taken) {
            Ok(())
        } else if self.holds {
            Err(Refusal::Lost)
        } else {
            let (reason, bad_deputy_key) = (Reason::Reserved, false);
            Err(Refusal::Refused {
                reason,
                bad_deputy_key,
            })
        };
        self.holds = answer.is_ok() || (self.holds && within(&smd.away));
        self.asked = answer.is_ok().then_some(self.run.machine.step);
        Ok(Event::Reserved(answer))
    }

    fn poll(&mut self, not_before: Timestamp) -> Result<Event, Died> {
        if self.is_cancelled() {
            return Ok(Event::CancelAsked);
        }
        self.pass(not_before.since(self.now));
        self.boundary()?;
        let progress = self.run.bmc.poll(self.now, self.run.machine.via.is_some());
        self.boundary()?;
        Ok(Event::Polled(progress))
    }

    /// Spends the permit, unless a cancel came before the first byte.
    fn send(&mut self, primitive: Primitive) -> Result<Event, Died> {
        if self.is_cancelled() {
            let next = self.take(Event::CancelAsked)?;
            assert_eq!(next, Next::Await);
            let answer: Result<Answer, Failure> =
                Err(Failure::new(Cause::Cancelled, "cancelled before it was sent"));
            return Ok(Event::Sent {
                delivery: Delivery::NotSent,
                answer,
            });
        }
        self.run.seen.push((primitive, self.last_seen));
        let (step, sent) = (self.run.machine.step, self.now);
        let second = self.run.machine.via.is_some();
        if let Err(died) = self.boundary() {
            // The process dies while the request is in flight: it arrives within the time that a request may take, or never.
            let late = if primitive.replay_floor() == Replay::Never {
                CHANGE_TIMEOUT
            } else {
                Duration::from_secs(1)
            };
            let arrives = self
                .chance()
                .then(|| if self.chance() { sent + late } else { sent });
            self.run.bmc.receive_late(sent, arrives, step, primitive, second);
            return Err(died);
        }
        let (delivery, answer) = self.run.bmc.receive(self.now, step, primitive, second);
        self.pass(Duration::from_secs(self.scenario.takes.1));
        self.boundary()?;
        Ok(Event::Sent { delivery, answer })
    }
}
