//! The line as the process has it: who drives which task, what they are doing, and what they are told.

use switchyard_core::admission::{self, Progress};
use switchyard_core::machine::{Event, Machine, Next, Phase};
use switchyard_core::{Demand, Observation, Operation, Primitive, TaskId, Timestamp, TransitionId};

use super::bmc::Said;
use super::store::{Cancel, Store};

/// What the driver of a task is doing.
#[derive(Debug, Clone)]
pub(crate) enum Doing {
    /// It has just taken the task up from a process that died.
    TakingUp,
    /// It waits for its turn.
    Waiting,
    /// It waits to read.
    Observing { not_before: Timestamp },
    /// A reading is in flight.
    Reading {
        ends: Timestamp,
        reading: Result<Observation, switchyard_core::Failure>,
    },
    /// SMD is asked for the component.
    Reserving { ends: Timestamp },
    /// It waits to ask for the BMC's task.
    Polling { not_before: Timestamp },
    /// It waits for a change to be stored, and then does the next thing; an intent that is refused is taken back.
    Storing { before: Box<Machine>, next: Next },
    /// A request is on its way to its first byte.
    Leaving { primitive: Primitive, at: Timestamp },
    /// A request is in flight.
    Flying { ends: Timestamp, said: Said },
}

/// What others have told the driver of a task.
#[derive(Debug, Clone, Default)]
pub(crate) struct Orders {
    pub(crate) gone: bool,
    pub(crate) cancel: Option<Cancel>,
    pub(crate) overtaken: Option<TransitionId>,
    pub(crate) hurried: bool,
    pub(crate) paused: bool,
    pub(crate) resumed_at: Option<Timestamp>,
    /// Whether what has not left yet may no longer leave.
    pub(crate) interrupt: bool,
    pub(crate) demands: Vec<Demand>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    Gone,
    Tell(Event),
}

/// A task in line, with the one who drives it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) task: TaskId,
    pub(crate) transition: TransitionId,
    pub(crate) place: usize,
    pub(crate) since: Timestamp,
    /// Whether its turn has come and it has begun to read or send.
    pub(crate) begun: bool,
    pub(crate) machine: Machine,
    pub(crate) doing: Doing,
    pub(crate) orders: Orders,
}

impl Orders {
    pub(crate) fn join(&mut self, demands: &[Demand]) {
        for demand in demands {
            let known = self
                .demands
                .iter()
                .any(|known| known.transition == demand.transition);
            if !known {
                self.hurried |= demand.operation == Operation::ForceOff;
                self.demands.push(*demand);
            }
        }
    }

    pub(crate) fn leave(&mut self, transition: TransitionId) {
        self.demands.retain(|demand| demand.transition != transition);
    }

    pub(crate) fn cancel(&mut self, mode: Cancel) {
        self.cancel.get_or_insert(mode);
        self.interrupt |= mode == Cancel::Now;
    }

    fn overtake(&mut self, by: TransitionId) {
        self.overtaken.get_or_insert(by);
        self.interrupt = true;
    }
}

impl Entry {
    fn overtakes(&self, active: &Self) -> bool {
        self.machine.emergency || admission::overtakes(self.machine.operation, active.machine.operation)
    }

    /// The first order that the machine does not know of yet.
    pub(crate) fn order(&mut self) -> Option<Order> {
        let (machine, orders) = (&self.machine, &mut self.orders);
        if orders.gone {
            return Some(Order::Gone);
        }
        if machine.stop.is_none() {
            let finishes = orders.cancel == Some(Cancel::Finish) && machine.is_between_off_and_on();
            if orders.cancel.is_some() && !finishes {
                orders.interrupt = true;
                return Some(Order::Tell(Event::CancelAsked));
            }
            if let Some(by) = orders.overtaken {
                return Some(Order::Tell(Event::Overtaken { by }));
            }
        }
        if std::mem::take(&mut orders.hurried) {
            return Some(Order::Tell(Event::Hurried));
        }
        let unsent = machine.progress(false) == Progress::Unsent && machine.phase != Phase::Queued;
        (orders.paused && unsent).then_some(Order::Tell(Event::Paused))
    }

    fn has_order(&self) -> bool {
        self.clone().order().is_some()
    }

    /// When waiting in line ends for the first who shares the task.
    pub(crate) fn limit(&self) -> Timestamp {
        let demands = &self.orders.demands;
        if self.orders.paused {
            let expires = demands.iter().map(|demand| demand.expires).max();
            return expires.unwrap_or(self.machine.expires);
        }
        let first = demands
            .iter()
            .map(|demand| self.machine.start_limit_of(demand))
            .min();
        first.unwrap_or(self.machine.start_by)
    }

    /// When its driver has something to do.
    pub(crate) fn wakes(&self, now: Timestamp, has_turn: bool) -> Option<Timestamp> {
        let unless_ordered = |at: Timestamp| if self.has_order() { now } else { at };
        match &self.doing {
            Doing::TakingUp => Some(now),
            Doing::Waiting if has_turn || self.orders.resumed_at.is_some() => Some(now),
            Doing::Waiting => Some(unless_ordered(self.limit())),
            Doing::Observing { not_before } | Doing::Polling { not_before } => {
                Some(unless_ordered(*not_before))
            }
            Doing::Reading { ends, .. } | Doing::Reserving { ends } => Some(unless_ordered(*ends)),
            Doing::Storing { .. } => None,
            Doing::Leaving { .. } if self.orders.interrupt => Some(now),
            Doing::Leaving { at, .. } => Some(*at),
            Doing::Flying { ends, .. } => Some(*ends),
        }
    }
}

/// Everybody in line, by place.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub(crate) entries: Vec<Entry>,
}

impl Line {
    pub(crate) fn get(&mut self, task: TaskId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.task == task)
    }

    /// Puts a stored task in line, and tells the active one when it has to make way. Gives who was told.
    pub(crate) fn join(&mut self, store: &Store, task: TaskId, now: Timestamp) -> Option<TaskId> {
        let record = store.task(task);
        let queued = record.machine.phase == Phase::Queued;
        let mut orders = Orders {
            demands: store.demands(task),
            paused: record.paused,
            ..Orders::default()
        };
        if let Some(mode) = record.cancel {
            orders.cancel(mode);
        }
        let mut entry = Entry {
            task,
            transition: record.transition,
            place: record.place,
            since: now,
            begun: !queued,
            machine: record.machine.clone(),
            doing: if queued { Doing::Waiting } else { Doing::TakingUp },
            orders,
        };
        let mut told = None;
        if let Some(active) = self.entries.iter_mut().find(|other| other.begun)
            && entry.overtakes(active)
        {
            active.orders.overtake(entry.transition);
            told = Some(active.task);
        }
        if entry.begun
            && let Some(faster) = self.entries.iter().find(|other| other.overtakes(&entry))
        {
            entry.orders.overtake(faster.transition);
            told = Some(task);
        }
        let at = self.entries.partition_point(|other| other.place < entry.place);
        self.entries.insert(at, entry);
        told
    }

    pub(crate) fn leave(&mut self, task: TaskId) {
        self.entries.retain(|entry| entry.task != task);
    }

    /// Whether nothing keeps the task from beginning.
    pub(crate) fn has_turn(&self, task: TaskId) -> bool {
        let own = self.entries.iter().position(|entry| entry.task == task).unwrap();
        let in_front = self.entries[..own].iter().any(|entry| !entry.orders.paused);
        let active = self.entries.iter().any(|entry| entry.begun && entry.task != task);
        !self.entries[own].orders.paused && !in_front && !active
    }

    pub(crate) fn others_wait_since(&self, task: TaskId) -> Option<Timestamp> {
        let others = self
            .entries
            .iter()
            .filter(|entry| entry.task != task && !entry.orders.paused);
        others.map(|entry| entry.since).min()
    }
}
