//! The line of each component: one task is active, the others wait their turn, for whatever reason an operator can read.

mod circle;
mod slot;
mod wait;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use switchyard_core::admission;
use switchyard_core::power::Level;
use switchyard_core::{ComponentId, Demand, Operation, TaskId, Timestamp, TransitionId};
use switchyard_store::{CancelMode, OpenTask, TaskRecord};

use super::fleet::Fleet;
use super::hold::{Holds, Kept};

pub(super) use slot::{Order, Slot};
pub use wait::Wait;

/// One task's place in line.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) slot: Arc<Slot>,
}

/// A task in line, for those who look.
#[derive(Debug, Clone)]
pub struct InLine {
    /// The task.
    pub task: TaskId,
    /// What it does.
    pub operation: Operation,
    /// The transition that made it.
    pub transition: TransitionId,
    /// Who asked for it first.
    pub by: String,
    /// The requests that share it, in the order in which they came.
    pub wanted_by: Vec<TransitionId>,
    /// Whether its turn has come.
    pub begun: bool,
    /// The phase of its machine.
    pub phase: &'static str,
    /// What it waits for, while it has not begun.
    pub wait: Option<Wait>,
}

/// How long the lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueDepth {
    /// Tasks that have begun.
    pub active: usize,
    /// Tasks that wait.
    pub waiting: usize,
    /// How long the oldest of those has waited.
    pub oldest: Duration,
}

#[derive(Debug)]
struct Entry {
    task: TaskId,
    place: i64,
    operation: Operation,
    transition: TransitionId,
    by: String,
    /// All who asked for it.
    callers: Vec<String>,
    emergency: bool,
    /// Whether it is expected to take its controller away.
    takes_down: bool,
    /// Whether its turn has come and it has begun to read or send.
    begun: bool,
    phase: &'static str,
    wait: Option<Wait>,
    since: Timestamp,
    slot: Arc<Slot>,
}

impl Entry {
    fn is_off(&self) -> bool {
        self.operation.end_level() == Level::Off
    }

    /// Whether waiting for this task without end would keep another from what it wants: the contrary, or anything behind a restart.
    fn keeps_from(&self, other: &Self) -> bool {
        let restart = match self.operation {
            Operation::On | Operation::Off | Operation::SoftOff | Operation::ForceOff => false,
            Operation::SoftRestart
            | Operation::HardRestart
            | Operation::Init
            | Operation::Reset
            | Operation::PowerCycle
            | Operation::FullPowerCycle
            | Operation::Nmi => true,
        };
        restart || self.operation.end_level() != other.operation.end_level()
    }

    /// Who keeps all its callers off the component, if so.
    fn held(&self, component: &ComponentId, holds: &Holds, now: Timestamp) -> Option<Kept> {
        if self.emergency {
            return None;
        }
        let kept: Option<Vec<Kept>> = self
            .callers
            .iter()
            .map(|caller| holds.keeps_off(component, caller, now))
            .collect();
        kept?.into_iter().next()
    }

    /// Whether the task does not wait for `active`.
    fn overtakes(&self, active: &Self) -> bool {
        self.emergency || admission::overtakes(self.operation, active.operation)
    }
}

type Line = Vec<Entry>;

/// Every line that is not empty. What it holds is bounded by the store's unfinished tasks.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: Mutex<HashMap<ComponentId, Line>>,
    /// How many tasks in line are expected to take their controllers away: without any, nobody waits for a controller.
    taking_down: AtomicUsize,
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, HashMap<ComponentId, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a task into its component's line, unless it is in it already, and tells the active one when it has to make way.
    /// `callers` are all who want it.
    pub(super) fn join(&self, open: &OpenTask, callers: Vec<String>, fleet: &Fleet) -> Option<Place> {
        let record = &open.record;
        let mut lines = self.lock();
        let line = lines.entry(record.component.clone()).or_default();
        if line.iter().any(|entry| entry.task == record.id) {
            return None;
        }
        let slot = Arc::new(Slot::new(open.demands.clone()));
        if record.paused {
            slot.pause(true);
        }
        if let Some(mode) = record.cancel_asked {
            slot.cancel(mode);
        }
        let entry = Entry {
            task: record.id,
            place: record.place,
            operation: record.machine.operation,
            transition: record.transition,
            by: open.requested_by.clone(),
            callers,
            emergency: record.machine.emergency,
            takes_down: takes_down(record, fleet),
            begun: record.machine.phase.name() != "queued",
            phase: record.machine.phase.name(),
            wait: None,
            since: record.created_at,
            slot: Arc::clone(&slot),
        };
        let at = line.partition_point(|other| other.place < entry.place);
        if entry.takes_down {
            self.taking_down.fetch_add(1, Ordering::Relaxed);
        }
        line.insert(at, entry);
        overtake(line);
        wake(&lines, &record.component);
        Some(Place { slot })
    }

    /// Begins a task if nothing keeps it from that, or says what it waits for.
    pub(super) fn begin(
        &self,
        component: &ComponentId,
        task: TaskId,
        fleet: &Fleet,
        holds: &Holds,
        now: Timestamp,
    ) -> Result<(), Wait> {
        let mut lines = self.lock();
        let wait = what_keeps(&lines, component, task, fleet, holds, now)
            .or_else(|| self.what_keeps_from_controller(&lines, component, task, fleet));
        if let Some(entry) = entry(&mut lines, component, task) {
            entry.begun = wait.is_none();
            entry.wait.clone_from(&wait);
        }
        wait.map_or(Ok(()), Err)
    }

    /// Notes what a task that has begun still waits for, or that it waits no more.
    pub(super) fn note_wait(&self, component: &ComponentId, task: TaskId, wait: Option<Wait>) {
        if let Some(entry) = entry(&mut self.lock(), component, task) {
            entry.wait = wait;
        }
    }

    /// Notes the phase of a task. One that is queued again has not begun.
    pub(super) fn note_phase(
        &self,
        component: &ComponentId,
        task: TaskId,
        phase: &'static str,
        fleet: &Fleet,
    ) {
        let mut lines = self.lock();
        if let Some(entry) = entry(&mut lines, component, task) {
            entry.phase = phase;
            if phase != "queued" {
                entry.wait = None;
                return;
            }
            entry.begun = false;
            self.wake_around(&lines, component, fleet);
        }
    }

    /// A task that was to begin waits again.
    pub(super) fn wait_again(&self, component: &ComponentId, task: TaskId, fleet: &Fleet) {
        self.note_phase(component, task, "queued", fleet);
    }

    /// Takes a task out of line and wakes those who may have waited for it: in its line, above and below.
    pub(super) fn leave(&self, component: &ComponentId, task: TaskId, fleet: &Fleet) {
        let mut lines = self.lock();
        let Some(line) = lines.get_mut(component) else {
            return;
        };
        let left = line.extract_if(.., |entry| entry.task == task);
        let took_down = left.filter(|entry| entry.takes_down).count();
        if line.is_empty() {
            lines.remove(component);
        }
        self.wake_around(&lines, component, fleet);
        self.taking_down.fetch_sub(took_down, Ordering::Relaxed);
    }

    /// Wakes those who may wait for something of the component: in its line, above and below, and behind its controller.
    fn wake_around(&self, lines: &HashMap<ComponentId, Line>, component: &ComponentId, fleet: &Fleet) {
        wake(lines, component);
        for relative in fleet.above(component).iter().chain(fleet.below(component)) {
            wake(lines, relative);
        }
        if self.taking_down.load(Ordering::Relaxed) > 0 {
            for sibling in fleet.siblings(component) {
                wake(lines, &sibling.component.id);
            }
        }
    }

    /// What keeps a task from the controller of its component: one task has it alone while it takes the controller down. What cuts the
    /// power at once waits for no controller.
    fn what_keeps_from_controller(
        &self,
        lines: &HashMap<ComponentId, Line>,
        component: &ComponentId,
        task: TaskId,
        fleet: &Fleet,
    ) -> Option<Wait> {
        if self.taking_down.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let own = lines.get(component)?.iter().find(|entry| entry.task == task)?;
        if own.emergency || own.operation == Operation::ForceOff {
            return None;
        }
        fleet.siblings(component).find_map(|sibling| {
            let id = &sibling.component.id;
            let active = lines.get(id)?.iter().find(|entry| entry.begun)?;
            let (component, task) = (id.clone(), active.task);
            if active.takes_down {
                Some(Wait::ControllerDown { component, task })
            } else {
                own.takes_down.then_some(Wait::ControllerBusy { component, task })
            }
        })
    }

    /// Lets everybody look again who waits on one of these components.
    pub(super) fn wake<'a>(&self, components: impl IntoIterator<Item = &'a ComponentId>) {
        let lines = self.lock();
        for component in components {
            wake(&lines, component);
        }
    }

    /// Lets everybody look again who waits.
    pub(super) fn wake_all(&self) {
        let lines = self.lock();
        for component in lines.keys() {
            wake(&lines, component);
        }
    }

    fn with_slot(&self, component: &ComponentId, task: TaskId, act: impl FnOnce(&mut Entry)) {
        if let Some(entry) = entry(&mut self.lock(), component, task) {
            act(entry);
        }
    }

    /// Tells a task that others have come to share it.
    pub(super) fn share(&self, component: &ComponentId, task: TaskId, demands: &[Demand], by: &str) {
        self.with_slot(component, task, |entry| {
            if !entry.callers.iter().any(|caller| caller == by) {
                entry.callers.push(by.to_owned());
            }
            entry.slot.joined(demands);
        });
    }

    /// Tells a task that somebody no longer shares it.
    pub(super) fn detach(&self, component: &ComponentId, task: TaskId, transition: TransitionId) {
        self.with_slot(component, task, |entry| entry.slot.left(transition));
    }

    /// Tells a task that it is to be cancelled.
    pub(super) fn cancel(&self, component: &ComponentId, task: TaskId, mode: CancelMode) {
        self.with_slot(component, task, |entry| entry.slot.cancel(mode));
    }

    /// Tells a task that the store has ended it.
    pub(super) fn end(&self, component: &ComponentId, task: TaskId) {
        self.with_slot(component, task, |entry| entry.slot.end());
    }

    /// Tells a task that it is paused, and lets those behind it pass.
    pub(super) fn pause(&self, component: &ComponentId, task: TaskId, fleet: &Fleet) {
        let mut lines = self.lock();
        if let Some(entry) = entry(&mut lines, component, task) {
            entry.slot.pause(true);
        }
        self.wake_around(&lines, component, fleet);
    }

    /// Puts a paused task in line again, at its new place and with its new time to start.
    pub(super) fn resume(&self, component: &ComponentId, record: &TaskRecord) {
        let mut lines = self.lock();
        if let Some(entry) = entry(&mut lines, component, record.id) {
            entry.place = record.place;
            entry.slot.resume(record.machine.resumed_at);
        }
        if let Some(line) = lines.get_mut(component) {
            line.sort_by_key(|entry| entry.place);
            overtake(line);
        }
        wake(&lines, component);
    }

    /// Who asked first for a task in line.
    pub(super) fn caller(&self, component: &ComponentId, task: TaskId) -> Option<String> {
        let lines = self.lock();
        let entry = lines.get(component)?.iter().find(|entry| entry.task == task)?;
        Some(entry.by.clone())
    }

    /// Whether the task is in its component's line.
    pub(super) fn has(&self, component: &ComponentId, task: TaskId) -> bool {
        self.lock()
            .get(component)
            .is_some_and(|line| line.iter().any(|entry| entry.task == task))
    }

    /// Whether a task is in line for the component.
    pub(super) fn is_busy(&self, component: &ComponentId) -> bool {
        self.lock().contains_key(component)
    }

    /// The line of a component, the active task first.
    pub(super) fn look(&self, component: &ComponentId) -> Vec<InLine> {
        let lines = self.lock();
        let line = lines.get(component).map_or(&[][..], Vec::as_slice);
        let (begun, waiting): (Vec<_>, Vec<_>) = line.iter().partition(|entry| entry.begun);
        begun
            .into_iter()
            .chain(waiting)
            .map(|entry| InLine {
                task: entry.task,
                operation: entry.operation,
                transition: entry.transition,
                by: entry.by.clone(),
                wanted_by: entry
                    .slot
                    .demands()
                    .iter()
                    .map(|demand| demand.transition)
                    .collect(),
                begun: entry.begun,
                phase: entry.phase,
                wait: entry.wait.clone(),
            })
            .collect()
    }

    /// Since when another task waits behind this one.
    pub(super) fn others_wait_since(&self, component: &ComponentId, task: TaskId) -> Option<Timestamp> {
        let lines = self.lock();
        let line = lines.get(component)?;
        let own = line.iter().find(|entry| entry.task == task)?;
        line.iter()
            .filter(|entry| entry.task != task && !entry.slot.is_paused() && own.keeps_from(entry))
            .map(|entry| entry.since)
            .min()
    }

    /// How long the lines are.
    pub(super) fn depth(&self, now: Timestamp) -> QueueDepth {
        let lines = self.lock();
        let mut depth = QueueDepth::default();
        for entry in lines.values().flatten() {
            if entry.begun {
                depth.active += 1;
            } else {
                depth.waiting += 1;
                depth.oldest = depth.oldest.max(now.since(entry.since));
            }
        }
        depth
    }
}

fn entry<'a>(
    lines: &'a mut HashMap<ComponentId, Line>,
    component: &ComponentId,
    task: TaskId,
) -> Option<&'a mut Entry> {
    lines
        .get_mut(component)?
        .iter_mut()
        .find(|entry| entry.task == task)
}

/// Tells the task that has begun to make way for one that does not wait for it, in whichever order they got in line.
fn overtake(line: &Line) {
    let Some(active) = line.iter().find(|entry| entry.begun) else {
        return;
    };
    let faster = line
        .iter()
        .find(|entry| entry.task != active.task && !entry.slot.is_paused() && entry.overtakes(active));
    if let Some(faster) = faster {
        active.slot.overtake(faster.transition);
    }
}

/// Whether a task is expected to take its controller away.
fn takes_down(record: &TaskRecord, fleet: &Fleet) -> bool {
    let kind = fleet.component(&record.component).map(|row| row.component.kind);
    kind.is_some_and(|kind| record.machine.operation.takes_controller_down(kind))
}

fn wake(lines: &HashMap<ComponentId, Line>, component: &ComponentId) {
    for entry in lines.get(component).into_iter().flatten() {
        if !entry.begun || entry.wait.is_some() {
            entry.slot.wake();
        }
    }
}

/// What keeps a task from beginning.
fn what_keeps(
    lines: &HashMap<ComponentId, Line>,
    component: &ComponentId,
    task: TaskId,
    fleet: &Fleet,
    holds: &Holds,
    now: Timestamp,
) -> Option<Wait> {
    let line = lines.get(component)?;
    let own = line.iter().find(|entry| entry.task == task)?;
    if own.slot.is_paused() {
        return Some(Wait::Paused);
    }
    let in_front = line
        .iter()
        .take_while(|entry| entry.task != task)
        .filter(|entry| !entry.slot.is_paused() && entry.held(component, holds, now).is_none())
        .last();
    let active = line.iter().find(|entry| entry.begun && entry.task != task);
    if let Some(front) = active.or(in_front) {
        return Some(Wait::Turn { behind: front.task });
    }
    if own.emergency {
        return None;
    }
    if let Some(Kept { reason, by, until }) = own.held(component, holds, now) {
        return Some(Wait::Held { reason, by, until });
    }
    if own.operation == Operation::ForceOff {
        return None;
    }
    if own.is_off() {
        return fleet.below(component).iter().find_map(|below| {
            let active = lines.get(below)?.iter().find(|entry| entry.begun)?;
            Some(Wait::WorkBelow {
                component: below.clone(),
                task: active.task,
            })
        });
    }
    fleet.above(component).iter().find_map(|above| {
        let off = lines
            .get(above)?
            .iter()
            .find(|entry| entry.is_off() && !entry.slot.is_paused())?;
        Some(Wait::OffAbove {
            component: above.clone(),
            task: off.task,
        })
    })
}

#[cfg(test)]
mod tests;
