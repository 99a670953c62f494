//! The lines of the lane: one for each track of a component.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use switchyard_core::configuration::Track;
use switchyard_core::{ComponentId, TaskId, Timestamp};
use switchyard_store::OpenConfigurationTask;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio_util::sync::CancellationToken;

use crate::engine::hold::{Holds, Kept};

/// Orders to the one who drives a task. They are only ever added, so that none can be missed.
#[derive(Debug, Default)]
pub(super) struct Slot {
    orders: Mutex<Orders>,
    changed: Notify,
    /// Cancelled when nothing more may be sent: what has not left yet does not.
    interrupt: CancellationToken,
}

#[derive(Debug, Default, Clone, Copy)]
struct Orders {
    gone: bool,
    cancelled: bool,
}

/// What the one who drives a task is to do about its orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The store has ended the task.
    Gone,
    /// Everybody who wanted it has cancelled.
    Cancel,
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when something has changed since this was called.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Cancelled once nothing more may be sent.
    pub(super) fn interrupt(&self) -> &CancellationToken {
        &self.interrupt
    }

    /// What there is to do, given whether the machine knows of a cancel.
    pub(super) fn order(&self, knows_cancel: bool) -> Option<Order> {
        let orders = *self.lock();
        if orders.gone {
            Some(Order::Gone)
        } else {
            (orders.cancelled && !knows_cancel).then_some(Order::Cancel)
        }
    }

    fn cancel(&self) {
        self.lock().cancelled = true;
        self.interrupt.cancel();
        self.changed.notify_one();
    }

    fn end(&self) {
        self.lock().gone = true;
        self.interrupt.cancel();
        self.changed.notify_one();
    }
}

/// Why a task has not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wait {
    /// Another is in front of it.
    Turn,
    /// Somebody keeps its callers off.
    Held {
        /// Until when.
        until: Timestamp,
    },
}

#[derive(Debug)]
struct Entry {
    task: TaskId,
    seq: i64,
    callers: Vec<String>,
    /// Whether its turn has come before.
    begun: bool,
    slot: Arc<Slot>,
}

impl Entry {
    /// Who keeps all its callers off the component, if so.
    fn held(&self, component: &ComponentId, holds: &Holds, now: Timestamp) -> Option<Kept> {
        let kept: Option<Vec<Kept>> = self
            .callers
            .iter()
            .map(|caller| holds.keeps_off(component, caller, now))
            .collect();
        kept?.into_iter().next()
    }
}

type Key = (ComponentId, Track);

/// Every line that is not empty. What it holds is bounded by the store's unfinished tasks.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    lines: Mutex<HashMap<Key, Vec<Entry>>>,
}

impl Tracks {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Vec<Entry>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many tasks are in line.
    pub(super) fn open(&self) -> usize {
        self.lock().values().map(Vec::len).sum()
    }

    /// Puts a task into its line, unless it is in it already.
    pub(super) fn join(&self, open: &OpenConfigurationTask) -> Option<Arc<Slot>> {
        let record = &open.record;
        let mut lines = self.lock();
        let line = lines
            .entry((record.component.clone(), record.machine.goal.track()))
            .or_default();
        if line.iter().any(|entry| entry.task == record.id) {
            return None;
        }
        let slot = Arc::new(Slot::default());
        if record.cancel_asked {
            slot.cancel();
        }
        line.push(Entry {
            task: record.id,
            seq: record.seq,
            callers: open.callers.clone(),
            // What was sent before a restart goes on before what waited.
            begun: record.machine.phase.name() != "queued",
            slot: Arc::clone(&slot),
        });
        line.sort_by_key(|entry| (!entry.begun, entry.seq));
        Some(slot)
    }

    /// Whether somebody drives the task.
    pub(super) fn has(&self, component: &ComponentId, track: Track, task: TaskId) -> bool {
        let lines = self.lock();
        let line = lines.get(&(component.clone(), track));
        line.is_some_and(|line| line.iter().any(|entry| entry.task == task))
    }

    /// Begins a task, if it is its turn and nothing keeps its callers off.
    pub(super) fn begin(
        &self,
        component: &ComponentId,
        track: Track,
        task: TaskId,
        holds: &Holds,
        now: Timestamp,
    ) -> Result<(), Wait> {
        let mut lines = self.lock();
        let line = lines.get_mut(&(component.clone(), track));
        let Some(first) = line.and_then(|line| line.first_mut()) else {
            return Err(Wait::Turn);
        };
        if first.task != task {
            return Err(Wait::Turn);
        }
        if track != Track::Snapshot
            && let Some(kept) = first.held(component, holds, now)
        {
            return Err(Wait::Held { until: kept.until });
        }
        first.begun = true;
        Ok(())
    }

    /// Another caller shares a task.
    pub(super) fn share(&self, component: &ComponentId, track: Track, task: TaskId, by: &str) {
        self.with(component, track, task, |entry| {
            entry.callers.push(by.to_owned());
            entry.slot.changed.notify_one();
        });
    }

    /// Nobody wants a task any more.
    pub(super) fn cancel(&self, component: &ComponentId, track: Track, task: TaskId) {
        self.with(component, track, task, |entry| entry.slot.cancel());
    }

    /// The store has ended a task.
    pub(super) fn end(&self, component: &ComponentId, track: Track, task: TaskId) {
        self.with(component, track, task, |entry| entry.slot.end());
    }

    fn with(&self, component: &ComponentId, track: Track, task: TaskId, order: impl FnOnce(&mut Entry)) {
        let mut lines = self.lock();
        let line = lines.get_mut(&(component.clone(), track));
        let entry = line.and_then(|line| line.iter_mut().find(|entry| entry.task == task));
        if let Some(entry) = entry {
            order(entry);
        }
    }

    /// A task leaves its line; who is first now looks again.
    pub(super) fn leave(&self, component: &ComponentId, track: Track, task: TaskId) {
        let key = (component.clone(), track);
        let mut lines = self.lock();
        let Some(line) = lines.get_mut(&key) else { return };
        line.retain(|entry| entry.task != task);
        match line.first() {
            Some(first) => first.slot.changed.notify_one(),
            None => {
                lines.remove(&key);
            }
        }
    }

    /// Lets all waiting tasks look again at what keeps them.
    pub(super) fn wake_all(&self) {
        for entry in self.lock().values().flatten() {
            entry.slot.changed.notify_one();
        }
    }

    /// Lets the waiting tasks of components look again at what keeps them.
    pub(super) fn wake(&self, components: &[ComponentId]) {
        let lines = self.lock();
        for component in components {
            for track in Track::ALL {
                for entry in lines.get(&(component.clone(), track)).into_iter().flatten() {
                    entry.slot.changed.notify_one();
                }
            }
        }
    }
}
