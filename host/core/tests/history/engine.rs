//! The engine: lets everybody in line do what their machines ask for, stores what it must, dies and starts again.

mod drive;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use switchyard_core::machine::Phase;
use switchyard_core::{Demand, Primitive, TaskId, Timestamp};

use super::bmc::Bmc;
use super::line::{Entry, Line};
use super::script::{Crash, Deed, Moment, Script, T0};
use super::store::{Cancel, Cancelled, Change, Resumed, Store};

/// The longest time that a changing request is in flight.
pub(crate) const CHANGE_TIMEOUT: Duration = Duration::from_secs(90);
/// More events than any history may need.
const EVENTS_MAX: u64 = 200_000;

/// The process died, and the next one starts so much later.
struct Died(Duration);

/// Something that is due.
#[derive(Debug, Clone, Copy)]
enum Due {
    Deed,
    Journal,
    Entry(TaskId),
}

/// That a task was told that nothing more is sent for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopped {
    pub(crate) task: TaskId,
    pub(crate) tick: u64,
    /// Whether the step that turns on again may still be sent.
    pub(crate) finishes: bool,
}

/// The decision to cut the power after a shutdown.
#[derive(Debug, Clone)]
pub(crate) struct Cut {
    pub(crate) task: TaskId,
    pub(crate) at: Timestamp,
    /// Who wanted the task then.
    pub(crate) demands: Vec<Demand>,
}

/// What one history has come to.
pub(crate) struct Run {
    pub(crate) bmc: Bmc,
    pub(crate) store: Store,
    pub(crate) stopped: Vec<Stopped>,
    pub(crate) cuts: Vec<Cut>,
    /// Every intent that was stored: what a crash leaves of one counts as sent.
    pub(crate) intents: Vec<(TaskId, Primitive, Timestamp)>,
    /// Every departure, with whether the task went on for somebody.
    pub(crate) departures: Vec<(TaskId, bool)>,
    /// Tasks that were active at once.
    pub(crate) crowds: Vec<Vec<TaskId>>,
    /// When the process died, and for how long.
    pub(crate) crashes: Vec<(Timestamp, Duration)>,
    pub(crate) ended: Timestamp,
}

pub(crate) struct Engine {
    script: Script,
    run: Run,
    now: Timestamp,
    tick: u64,
    agenda: VecDeque<(Timestamp, Deed)>,
    line: Line,
    /// Changes on their way to the store, in order.
    journal: VecDeque<(Timestamp, Change)>,
    last_sent: Timestamp,
    moments: HashMap<&'static str, u32>,
    chance: u64,
    permits: u128,
}

impl Engine {
    /// Plays a history to its end.
    pub(crate) fn play(script: &Script) -> Run {
        let run = Run {
            bmc: Bmc::new(script),
            store: Store::default(),
            stopped: Vec::new(),
            cuts: Vec::new(),
            intents: Vec::new(),
            departures: Vec::new(),
            crowds: Vec::new(),
            crashes: Vec::new(),
            ended: T0,
        };
        let mut engine = Self {
            script: script.clone(),
            run,
            now: T0,
            tick: 0,
            agenda: script.agenda().into(),
            line: Line::default(),
            journal: VecDeque::new(),
            last_sent: Timestamp::default(),
            moments: HashMap::new(),
            chance: script.chance | 1,
            permits: 0,
        };
        while let Err(Died(down)) = engine.live() {
            engine.restart(down);
        }
        engine.run.ended = engine.now;
        // Whatever is still on its way arrives after the end.
        engine.run.bmc.advance(engine.now + Duration::from_hours(1));
        engine.run
    }

    /// One process, until nothing is left to do or the process dies.
    fn live(&mut self) -> Result<(), Died> {
        while let Some((at, due)) = self.next() {
            self.pass(at.since(self.now));
            self.tick += 1;
            assert!(self.tick < EVENTS_MAX, "the history never ends: {:#?}", self.line);
            self.moment(Moment::Any)?;
            match due {
                Due::Deed => self.do_next_deed()?,
                Due::Journal => self.store_next()?,
                Due::Entry(task) => self.wake(task)?,
            }
            self.note_active();
        }
        Ok(())
    }

    /// What is due next; of what is due at once anything.
    fn next(&mut self) -> Option<(Timestamp, Due)> {
        let deed = self.agenda.front().map(|(at, _)| (*at, Due::Deed));
        let journal = self.journal.front().map(|(at, _)| (*at, Due::Journal));
        let entries = self.line.entries.iter().filter_map(|entry| {
            let at = entry.wakes(self.now, self.line.has_turn(entry.task))?;
            Some((at, Due::Entry(entry.task)))
        });
        let due: Vec<_> = deed
            .into_iter()
            .chain(journal)
            .chain(entries)
            .map(|(at, due)| (at.max(self.now), due))
            .collect();
        let first = due.iter().map(|(at, _)| *at).min()?;
        let at_once: Vec<_> = due.into_iter().filter(|(at, _)| *at == first).collect();
        let chosen = usize::try_from(self.random()).unwrap() % at_once.len();
        Some(at_once[chosen])
    }

    fn random(&mut self) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        self.chance >> 8
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        self.run.bmc.advance(self.now);
    }

    /// A point at which the process may die.
    fn moment(&mut self, moment: Moment) -> Result<(), Died> {
        let name = match moment {
            Moment::Any => "any",
            Moment::IntentMade => "intent made",
            Moment::IntentStored => "intent stored",
            Moment::Leaving => "leaving",
            Moment::Answered => "answered",
            Moment::Submitted => "submitted",
        };
        let seen = self.moments.entry(name).or_default();
        let nth = *seen;
        *seen += 1;
        let mut crashes = self.script.crashes.iter();
        let fatal = crashes.find(|crash: &&Crash| crash.moment == moment && crash.nth == nth);
        fatal.map_or(Ok(()), |crash| Err(Died(Duration::from_secs(crash.down))))
    }

    /// The next process takes over what was stored: of what was on its way, what came first or nothing.
    fn restart(&mut self, down: Duration) {
        let survive = usize::try_from(self.random()).unwrap() % (self.journal.len() + 1);
        for (_, change) in std::mem::take(&mut self.journal).into_iter().take(survive) {
            self.store(change);
        }
        self.run.crashes.push((self.now, down));
        self.line = Line::default();
        self.last_sent = Timestamp::default();
        self.pass(down);
        // Whether a task that was overtaken still is depends on who is in line now.
        let store = &self.run.store;
        self.run.stopped.retain(|stopped| {
            let task = store.task(stopped.task);
            task.cancel.is_some() || task.machine.stop.is_some() || task.machine.outcome().is_some()
        });
        let open: Vec<TaskId> = self.run.store.open().map(|task| task.id).collect();
        for task in open {
            self.put_in_line(task);
        }
    }

    /// Gives whether the change was stored.
    fn store(&mut self, change: Change) -> bool {
        let primitive = change.machine.last_primitive.filter(|_| change.is_intent);
        let intent = primitive.map(|primitive| (change.task, primitive, self.now));
        let stored = self.run.store.apply(change);
        self.run.intents.extend(intent.filter(|_| stored));
        stored
    }

    fn put_in_line(&mut self, task: TaskId) {
        let told = self.line.join(&self.run.store, task, self.now);
        if let Some(task) = told {
            self.note_stopped(task, false);
        }
    }

    fn note_stopped(&mut self, task: TaskId, finishes: bool) {
        let tick = self.tick;
        self.run.stopped.push(Stopped { task, tick, finishes });
    }

    fn note_active(&mut self) {
        let active = |entry: &&Entry| entry.begun;
        let active: Vec<TaskId> = self
            .line
            .entries
            .iter()
            .filter(active)
            .map(|entry| entry.task)
            .collect();
        let stored = self
            .run
            .store
            .open()
            .filter(|task| task.machine.phase != Phase::Queued);
        let stored: Vec<TaskId> = stored.map(|task| task.id).collect();
        self.run
            .crowds
            .extend([active, stored].into_iter().filter(|crowd| crowd.len() > 1));
    }

    fn do_next_deed(&mut self) -> Result<(), Died> {
        let Some((_, deed)) = self.agenda.pop_front() else {
            return Ok(());
        };
        match deed {
            Deed::Submit(request) => self.submit(request)?,
            Deed::Cancel { request, finish } => self.cancel(request, finish),
            Deed::Pause(request) => {
                if let Some(task) = self.run.store.pause(request)
                    && let Some(entry) = self.line.get(task)
                {
                    entry.orders.paused = true;
                }
            }
            Deed::Resume(request) => self.resume(request),
            Deed::Nothing => {}
        }
        Ok(())
    }

    fn submit(&mut self, request: usize) -> Result<(), Died> {
        let ask = self.script.asks[request];
        let submitted = self.run.store.submit(self.now, request, ask, &self.script);
        self.moment(Moment::Submitted)?;
        for task in submitted.ended {
            self.end(task);
        }
        if let Some(task) = submitted.joined {
            self.share(task);
        }
        if let Some(task) = submitted.made {
            self.put_in_line(task);
        }
        Ok(())
    }

    fn end(&mut self, task: TaskId) {
        self.note_stopped(task, false);
        if let Some(entry) = self.line.get(task) {
            (entry.orders.gone, entry.orders.interrupt) = (true, true);
        }
    }

    fn share(&mut self, task: TaskId) {
        let demands = self.run.store.demands(task);
        if let Some(entry) = self.line.get(task) {
            entry.orders.join(&demands);
        }
    }

    fn cancel(&mut self, request: usize, finish: bool) {
        let mode = if finish { Cancel::Finish } else { Cancel::Now };
        match self.run.store.cancel(request, mode, self.now) {
            Cancelled::Ended => {}
            Cancelled::Detached(task) => {
                if let Some(entry) = self.line.get(task) {
                    entry.orders.leave(super::store::transition_id(request));
                }
            }
            Cancelled::Asked(task) => {
                self.note_stopped(task, finish);
                if let Some(entry) = self.line.get(task) {
                    entry.orders.cancel(mode);
                }
            }
        }
    }

    fn resume(&mut self, request: usize) {
        match self.run.store.resume(request, self.now) {
            Resumed::Unchanged => {}
            Resumed::Absorbed { from, into } => {
                self.end(from);
                self.share(into);
            }
            Resumed::InLine(task) => {
                let record = self.run.store.task(task).clone();
                if let Some(entry) = self.line.get(task) {
                    entry.place = record.place;
                    entry.orders.paused = false;
                    entry.orders.resumed_at = record.machine.resumed_at;
                }
                self.line.entries.sort_by_key(|entry| entry.place);
            }
        }
    }
}
