//! What the driver of one task does, from its place in line to its end.

use std::time::Duration;

use switchyard_core::machine::{Commit, Event, Machine, Next, Phase, Transition, World};
use switchyard_core::plan::Step;
use switchyard_core::{
    Cause, Delivery, Failure, Kind, Pace, PermitId, Primitive, Replay, Reservation, TaskId,
};
use uuid::Uuid;

use super::{CHANGE_TIMEOUT, Cut, Died, Engine};
use crate::history::bmc::{Request, Said};
use crate::history::line::{Doing, Entry, Order};
use crate::history::script::Moment;
use crate::history::store::Change;

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

impl Engine {
    /// Stores the change that is first on its way, and lets the one go on who waits for it.
    pub(super) fn store_next(&mut self) -> Result<(), Died> {
        let Some((_, change)) = self.journal.pop_front() else {
            return Ok(());
        };
        let (task, is_intent, machine) = (change.task, change.is_intent, change.machine.clone());
        let stored = self.store(change);
        if is_intent && stored {
            self.moment(Moment::IntentStored)?;
        }
        let waits = self.line.get(task).filter(|entry| entry.machine == machine);
        let Some(entry) = waits else {
            return Ok(());
        };
        let Doing::Storing { before, next } = entry.doing.clone() else {
            return Ok(());
        };
        if stored {
            self.go_on(task, &next);
        } else {
            entry.machine = *before;
            entry.doing = Doing::Observing { not_before: self.now };
        }
        Ok(())
    }

    /// Begins the next thing.
    fn go_on(&mut self, task: TaskId, next: &Next) {
        let leave = self.now + millis(self.script.times.leave);
        let reserved = self.now + millis(self.script.times.read);
        let Some(entry) = self.line.get(task) else { return };
        entry.doing = match next {
            Next::End => return self.line.leave(task),
            Next::Await | Next::AwaitPower => Doing::Waiting,
            Next::Observe { not_before } => Doing::Observing {
                not_before: *not_before,
            },
            Next::Reserve => Doing::Reserving { ends: reserved },
            Next::Poll { not_before, .. } => Doing::Polling {
                not_before: *not_before,
            },
            Next::Send { primitive, .. } => Doing::Leaving {
                primitive: *primitive,
                at: leave,
            },
        };
    }

    /// Lets the driver of a task do what is due.
    pub(super) fn wake(&mut self, task: TaskId) -> Result<(), Died> {
        let now = self.now;
        let has_turn = self.line.has_turn(task);
        let Some(entry) = self.line.get(task) else {
            return Ok(());
        };
        if matches!(entry.doing, Doing::Waiting)
            && let Some(at) = entry.orders.resumed_at.take()
        {
            entry.machine.resume(at);
        }
        let interruptible = !matches!(
            entry.doing,
            Doing::TakingUp | Doing::Storing { .. } | Doing::Leaving { .. } | Doing::Flying { .. }
        );
        if interruptible && let Some(order) = entry.order() {
            return self.obey(task, order);
        }
        match entry.doing.clone() {
            Doing::TakingUp => self.take(task, Event::Recovered),
            Doing::Waiting if has_turn => {
                entry.begun = true;
                self.take(task, Event::Start)
            }
            Doing::Waiting if now >= entry.limit() => self.take(task, Event::StartLimitPassed),
            Doing::Observing { .. } => {
                let ends = now + millis(self.script.times.read);
                let reading = self.run.bmc.read(now);
                entry.doing = Doing::Reading { ends, reading };
                Ok(())
            }
            Doing::Reading { reading, .. } => self.take(task, Event::Observed(reading)),
            Doing::Reserving { .. } => self.take(task, Event::Reserved(Ok(()))),
            Doing::Polling { .. } => self.take(task, Event::Polled(self.run.bmc.poll(now))),
            Doing::Leaving { primitive, .. } => self.leave(task, primitive),
            Doing::Flying { said, .. } => self.land(task, said),
            Doing::Waiting | Doing::Storing { .. } => Ok(()),
        }
    }

    fn obey(&mut self, task: TaskId, order: Order) -> Result<(), Died> {
        match order {
            Order::Gone => {
                self.line.leave(task);
                Ok(())
            }
            Order::Tell(event) => self.take(task, event),
        }
    }

    /// Feeds the machine, and stores what it says must be stored.
    fn take(&mut self, task: TaskId, event: Event) -> Result<(), Died> {
        let transition = self.step(task, event);
        let Transition {
            machine,
            next,
            commit,
            departed,
        } = transition;
        let goes_on = machine.outcome().is_none();
        let Some(entry) = self.line.get(task) else {
            return Ok(());
        };
        let before = std::mem::replace(&mut entry.machine, machine.clone());
        entry.begun &= machine.phase != Phase::Queued;
        for departure in &departed {
            entry.orders.leave(departure.transition);
        }
        let somebody_stays = !entry.orders.demands.is_empty();
        let was = before.clone();
        if commit == Commit::First {
            let before = Box::new(before);
            let next = next.clone();
            entry.doing = Doing::Storing { before, next };
        }
        if !departed.is_empty() {
            self.run.departures.push((task, goes_on && somebody_stays));
        }
        self.note_cut(task, &was, &machine);
        let is_intent = matches!(next, Next::Send { .. });
        if is_intent {
            self.moment(Moment::IntentMade)?;
        }
        if commit != Commit::Nothing {
            let due = self.now + millis(self.script.times.store);
            let change = Change {
                task,
                machine,
                departed,
                at: self.now,
                is_intent,
            };
            self.journal.push_back((due, change));
        }
        if commit != Commit::First {
            assert!(
                !matches!(next, Next::Send { .. } | Next::End) || !goes_on,
                "an intent must be stored first"
            );
            self.go_on(task, &next);
        }
        Ok(())
    }

    fn note_cut(&mut self, task: TaskId, before: &Machine, machine: &Machine) {
        let cut = Some(Step::ForceOff { after_grace: true });
        if machine.present_step() == cut && before.present_step() != cut {
            let mut demands = self.run.store.demands(task);
            // A departure that is on its way to the store is taken back by who joins meanwhile.
            demands.extend(
                self.line
                    .get(task)
                    .into_iter()
                    .flat_map(|entry| entry.orders.demands.clone()),
            );
            let at = self.now;
            self.run.cuts.push(Cut { task, at, demands });
        }
    }

    fn step(&mut self, task: TaskId, event: Event) -> Transition {
        self.permits += 1;
        let chance = u16::try_from(self.random() & 0xffff).unwrap();
        let settle = self.script.settle();
        let others_wait_since = self.line.others_wait_since(task);
        let entry = self.line.get(task).unwrap();
        let world = World {
            now: self.now,
            fresh_permit: PermitId(Uuid::from_u128(self.permits)),
            chance,
            kind: Kind::Node,
            abilities: &self.script.offers,
            fallback: None,
            pace: Pace {
                settle,
                ..Pace::default()
            },
            change_timeout: CHANGE_TIMEOUT,
            demands: &entry.orders.demands,
            others_wait_since,
            settled_at: self.last_sent + settle,
            // Who takes a task over takes its reservation over too.
            reservation: match (
                self.script.reserves(),
                entry.machine.reserved || entry.machine.ever_sent,
            ) {
                (false, _) => Reservation::NotNeeded,
                (true, false) => Reservation::Wanted,
                (true, true) => Reservation::Held,
            },
        };
        let machine = entry.machine.clone();
        machine
            .step(event, &world)
            .unwrap_or_else(|illegal| panic!("{illegal}"))
    }

    /// The first byte leaves, unless the task was stopped before.
    fn leave(&mut self, task: TaskId, primitive: Primitive) -> Result<(), Died> {
        let now = self.now;
        let Some(entry) = self.line.get(task) else {
            return Ok(());
        };
        if entry.orders.interrupt {
            let words = Failure::new(Cause::Cancelled, "nothing was sent");
            entry.doing = Doing::Flying {
                ends: now,
                said: (Delivery::NotSent, Err(words)),
            };
            return Ok(());
        }
        let request = Request {
            at: now,
            tick: self.tick,
            task,
            primitive,
            disproved: false,
        };
        if let Err(died) = self.moment(Moment::Leaving) {
            self.lose(request);
            return Err(died);
        }
        let said = self.run.bmc.receive(request);
        let ends = now + millis(self.script.times.send);
        if let Some(entry) = self.line.get(task) {
            entry.doing = Doing::Flying { ends, said };
        }
        Ok(())
    }

    /// The process dies while the request is in flight: it arrives within the time that a request may take, or never.
    fn lose(&mut self, request: Request) {
        let late = if request.primitive.replay_floor() == Replay::Never {
            CHANGE_TIMEOUT
        } else {
            Duration::ZERO
        };
        let arrives = match self.random() % 4 {
            0 => None,
            1 => Some(self.now),
            _ => Some(self.now + late),
        };
        self.run.bmc.receive_late(request, arrives);
    }

    /// The call has ended: what stops the task is told first.
    fn land(&mut self, task: TaskId, said: Said) -> Result<(), Died> {
        self.moment(Moment::Answered)?;
        let (delivery, answer) = said;
        if delivery != Delivery::NotSent {
            self.last_sent = self.now;
        }
        let order = self.line.get(task).and_then(Entry::order);
        if let Some(Order::Tell(event @ (Event::CancelAsked | Event::Overtaken { .. }))) = order {
            self.take(task, event)?;
        }
        self.take(task, Event::Sent { delivery, answer })
    }
}
