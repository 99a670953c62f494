//! The line of each component: one task is active, the others wait their turn.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use switchyard_core::{ComponentId, TaskId};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// One task's place in line.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) task: TaskId,
    /// Told when the task has come to the front.
    pub(super) turn: Arc<Notify>,
    /// Told when somebody asks to cancel.
    pub(super) cancel: CancellationToken,
    /// When it got in line.
    since: Instant,
}

/// How long the lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueDepth {
    /// Tasks that are in front of their line.
    pub active: usize,
    /// Tasks that wait behind another.
    pub waiting: usize,
    /// How long the oldest of those has waited.
    pub oldest: Duration,
}

/// Every line that is not empty. What it holds is bounded by the store's unfinished tasks.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: Mutex<HashMap<ComponentId, VecDeque<Place>>>,
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, HashMap<ComponentId, VecDeque<Place>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a task at the end of its component's line, unless it is in it already.
    pub(super) fn join(&self, component: &ComponentId, task: TaskId) -> Option<Place> {
        let mut lines = self.lock();
        let line = lines.entry(component.clone()).or_default();
        if line.iter().any(|place| place.task == task) {
            return None;
        }
        let place = Place {
            task,
            turn: Arc::new(Notify::new()),
            cancel: CancellationToken::new(),
            since: Instant::now(),
        };
        if line.is_empty() {
            place.turn.notify_one();
        }
        line.push_back(place.clone());
        Some(place)
    }

    /// Takes a task out of line and tells the one that is now in front.
    pub(super) fn leave(&self, component: &ComponentId, task: TaskId) {
        let mut lines = self.lock();
        let Some(line) = lines.get_mut(component) else {
            return;
        };
        line.retain(|place| place.task != task);
        match line.front() {
            Some(front) => front.turn.notify_one(),
            None => {
                lines.remove(component);
            }
        }
    }

    /// Tells a task that it is to be cancelled. False when it is not in line.
    pub(super) fn cancel(&self, component: &ComponentId, task: TaskId) -> bool {
        let lines = self.lock();
        let place = lines
            .get(component)
            .and_then(|line| line.iter().find(|place| place.task == task));
        place.inspect(|place| place.cancel.cancel()).is_some()
    }

    /// Whether the task is in its component's line.
    pub(super) fn has(&self, component: &ComponentId, task: TaskId) -> bool {
        self.lock()
            .get(component)
            .is_some_and(|line| line.iter().any(|place| place.task == task))
    }

    /// Whether a task is in line for the component.
    pub(super) fn is_busy(&self, component: &ComponentId) -> bool {
        self.lock().contains_key(component)
    }

    /// How long the lines are.
    pub(super) fn depth(&self) -> QueueDepth {
        let lines = self.lock();
        let waiting = || lines.values().flat_map(|line| line.iter().skip(1));
        QueueDepth {
            active: lines.len(),
            waiting: waiting().count(),
            oldest: waiting()
                .map(|place| place.since.elapsed())
                .max()
                .unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn task(n: u128) -> TaskId {
        TaskId(Uuid::from_u128(n))
    }

    #[tokio::test]
    async fn the_front_has_its_turn_and_a_leaver_in_the_middle_wakes_nobody_early() {
        let lines = Lines::default();
        let node = ComponentId::parse("x0c0s0b0n0").unwrap();
        let first = lines.join(&node, task(1)).unwrap();
        let second = lines.join(&node, task(2)).unwrap();
        let third = lines.join(&node, task(3)).unwrap();
        assert!(lines.join(&node, task(2)).is_none());
        first.turn.notified().await;
        lines.leave(&node, task(2));
        first.turn.notified().await;
        lines.leave(&node, task(1));
        third.turn.notified().await;
        drop(second);
        lines.leave(&node, task(3));
        assert_eq!(lines.depth(), QueueDepth::default());
        assert!(!lines.cancel(&node, task(3)));
    }
}
