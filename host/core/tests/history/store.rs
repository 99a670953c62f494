//! The store: requests, tasks, and who wants what of them. It applies an admission as the real one does, all at once.

use std::time::Duration;

use switchyard_core::admission::{self, Admission, Disposition, IfBusy, InLine, Progress};
use switchyard_core::machine::{Machine, Phase};
use switchyard_core::{Demand, Departure, Outcome, TaskId, Timestamp, TransitionId};
use uuid::Uuid;

use super::script::{Ask, Script};

/// How long a record lives.
pub(crate) const EXPIRES: Duration = Duration::from_hours(2);

pub(crate) fn task_id(number: usize) -> TaskId {
    TaskId(Uuid::from_u128(number as u128 + 1))
}

pub(crate) fn transition_id(number: usize) -> TransitionId {
    TransitionId(Uuid::from_u128(number as u128 + 1))
}

/// How a task is asked to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cancel {
    Now,
    Finish,
}

/// A task as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) id: TaskId,
    pub(crate) transition: TransitionId,
    pub(crate) machine: Machine,
    pub(crate) place: usize,
    pub(crate) paused: bool,
    pub(crate) was_paused: bool,
    pub(crate) cancel: Option<Cancel>,
}

impl Task {
    fn progress(&self) -> Progress {
        match self.cancel {
            Some(_) => Progress::Leaving,
            None => self.machine.progress(self.paused),
        }
    }
}

/// A request's share in a task.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) demand: Demand,
    pub(crate) admission: Admission,
    /// The line that it met.
    pub(crate) met: Vec<InLine>,
    /// Nothing when it was refused.
    pub(crate) task: Option<TaskId>,
    /// Every end that it came to; one is right.
    pub(crate) ends: Vec<(Outcome, Timestamp)>,
    /// Whether it left a task that went on.
    pub(crate) departed: bool,
    pub(crate) cancelled: bool,
}

impl Member {
    fn is_live_on(&self, task: TaskId) -> bool {
        self.task == Some(task) && self.ends.is_empty()
    }
}

/// A new state of a task.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) task: TaskId,
    pub(crate) machine: Machine,
    pub(crate) departed: Vec<Departure>,
    pub(crate) at: Timestamp,
    pub(crate) is_intent: bool,
}

/// What the engine has to tell to those who drive tasks.
#[derive(Debug, Default)]
pub(crate) struct Submitted {
    pub(crate) ended: Vec<TaskId>,
    pub(crate) joined: Option<TaskId>,
    pub(crate) made: Option<TaskId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cancelled {
    /// Nothing is left to cancel.
    Ended,
    /// The task goes on for others.
    Detached(TaskId),
    /// The task is to stop.
    Asked(TaskId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resumed {
    Unchanged,
    InLine(TaskId),
    Absorbed { from: TaskId, into: TaskId },
}

#[derive(Default)]
pub(crate) struct Store {
    pub(crate) tasks: Vec<Task>,
    /// In the order in which the requests came.
    pub(crate) members: Vec<Member>,
    places: usize,
}

impl Store {
    pub(crate) fn task(&self, id: TaskId) -> &Task {
        self.tasks.iter().find(|task| task.id == id).unwrap()
    }

    fn task_mut(&mut self, id: TaskId) -> &mut Task {
        self.tasks.iter_mut().find(|task| task.id == id).unwrap()
    }

    pub(crate) fn member(&self, id: TransitionId) -> Option<&Member> {
        let mut members = self.members.iter();
        members.find(|member| member.demand.transition == id)
    }

    /// The tasks that have not ended, as they were made.
    pub(crate) fn open(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(|task| task.machine.outcome().is_none())
    }

    pub(crate) fn demands(&self, task: TaskId) -> Vec<Demand> {
        let live = self.members.iter().filter(|member| member.is_live_on(task));
        live.map(|member| member.demand).collect()
    }

    /// The line as admission sees it, without one task.
    fn line(&self, without: Option<TaskId>) -> Vec<InLine> {
        let mut open: Vec<&Task> = self.open().filter(|task| Some(task.id) != without).collect();
        open.sort_by_key(|task| (task.machine.phase == Phase::Queued, task.place));
        let in_line = open.into_iter().map(|task| InLine {
            task: task.id,
            operation: task.machine.operation,
            progress: task.progress(),
            joined: self.demands(task.id).len(),
        });
        in_line.collect()
    }

    pub(crate) fn submit(&mut self, now: Timestamp, number: usize, ask: Ask, script: &Script) -> Submitted {
        let met = self.line(None);
        let admission = admission::admit(ask.operation, ask.if_busy, &met);
        let demand = Demand {
            transition: transition_id(number),
            operation: ask.operation,
            deadline: ask.deadline,
            joined_at: now,
            start_by: now + script.start_within,
            expires: now + EXPIRES,
        };
        let mut submitted = Submitted::default();
        let own = task_id(self.tasks.len());
        let task = match admission.disposition {
            Disposition::Refused { .. } => None,
            Disposition::Joins { task } => {
                submitted.joined = Some(task);
                Some(task)
            }
            Disposition::Starts | Disposition::Queues { .. } => {
                submitted.made = Some(own);
                self.make(own, demand, ask, script);
                Some(own)
            }
        };
        let by = demand.transition;
        for id in &admission.superseded {
            self.end(*id, Outcome::Superseded { by }, now);
        }
        for id in &admission.absorbed {
            self.absorb(*id, task.unwrap(), now);
        }
        submitted.ended.extend(&admission.superseded);
        submitted.ended.extend(&admission.absorbed);
        self.members.push(Member {
            demand,
            admission,
            met,
            task,
            ends: Vec::new(),
            departed: false,
            cancelled: false,
        });
        submitted
    }

    fn make(&mut self, id: TaskId, demand: Demand, ask: Ask, script: &Script) {
        let mut machine = Machine::new(
            ask.operation,
            ask.deadline,
            demand.joined_at,
            script.start_within,
            demand.expires,
        );
        machine.emergency = ask.if_busy == IfBusy::Overtake;
        self.places += 1;
        self.tasks.push(Task {
            id,
            transition: demand.transition,
            machine,
            place: self.places,
            paused: false,
            was_paused: false,
            cancel: None,
        });
    }

    fn absorb(&mut self, from: TaskId, into: TaskId, at: Timestamp) {
        for member in self.members.iter_mut().filter(|member| member.is_live_on(from)) {
            member.task = Some(into);
        }
        self.end(from, Outcome::Absorbed { into }, at);
    }

    fn end(&mut self, id: TaskId, outcome: Outcome, at: Timestamp) {
        for member in self.members.iter_mut().filter(|member| member.is_live_on(id)) {
            member.ends.push((outcome.clone(), at));
        }
        self.task_mut(id).machine.phase = Phase::Done { outcome, at };
    }

    /// Stores a change. Gives whether it was; an intent of a task that has ended or is paused is refused.
    pub(crate) fn apply(&mut self, change: Change) -> bool {
        let task = self.task(change.task);
        let ended = task.machine.outcome().is_some();
        if change.is_intent && (ended || task.paused) {
            return false;
        }
        if ended {
            return true;
        }
        for departure in change.departed {
            self.leave(change.task, departure, change.at);
        }
        if let Phase::Done { outcome, at } = change.machine.phase.clone() {
            self.end(change.task, outcome, at);
        }
        self.task_mut(change.task).machine = change.machine;
        true
    }

    fn leave(&mut self, task: TaskId, departure: Departure, at: Timestamp) {
        let mut members = self.members.iter_mut();
        let leaving = members
            .find(|member| member.is_live_on(task) && member.demand.transition == departure.transition);
        if let Some(member) = leaving {
            member.ends.push((departure.outcome, at));
            member.departed = true;
        }
    }

    pub(crate) fn cancel(&mut self, request: usize, mode: Cancel, at: Timestamp) -> Cancelled {
        let id = transition_id(request);
        let mut members = self.members.iter_mut();
        let member = members.find(|member| member.demand.transition == id);
        let Some(member) = member.filter(|member| member.ends.is_empty() && !member.cancelled) else {
            return Cancelled::Ended;
        };
        let Some(task) = member.task else {
            return Cancelled::Ended;
        };
        member.cancelled = true;
        if self.demands(task).len() > 1 {
            let outcome = Outcome::Cancelled;
            let transition = id;
            self.leave(task, Departure { transition, outcome }, at);
            return Cancelled::Detached(task);
        }
        self.task_mut(task).cancel.get_or_insert(mode);
        Cancelled::Asked(task)
    }

    /// Lets the task of a request step out of the line.
    pub(crate) fn pause(&mut self, request: usize) -> Option<TaskId> {
        let id = self.member(transition_id(request))?.task?;
        let task = self.task_mut(id);
        let open = task.machine.outcome().is_none() && task.cancel.is_none();
        let can = open && task.machine.progress(task.paused) == Progress::Unsent;
        task.paused |= can;
        task.was_paused |= can;
        can.then_some(id)
    }

    /// Lets the paused task of a request get in line again, at its end.
    pub(crate) fn resume(&mut self, request: usize, now: Timestamp) -> Resumed {
        let task = self.member(transition_id(request)).and_then(|member| member.task);
        let Some(id) = task else {
            return Resumed::Unchanged;
        };
        let task = self.task(id);
        let waits = task.machine.outcome().is_none() && task.cancel.is_none();
        if !waits || task.machine.progress(task.paused) != Progress::Paused {
            return Resumed::Unchanged;
        }
        let admission = admission::admit(task.machine.operation, IfBusy::Queue, &self.line(Some(id)));
        match admission.disposition {
            Disposition::Refused { .. } => Resumed::Unchanged,
            Disposition::Joins { task: into } => {
                self.absorb(id, into, now);
                Resumed::Absorbed { from: id, into }
            }
            Disposition::Starts | Disposition::Queues { .. } => {
                self.places += 1;
                let place = self.places;
                let task = self.task_mut(id);
                (task.paused, task.place) = (false, place);
                task.machine.resume(now);
                Resumed::InLine(id)
            }
        }
    }
}
