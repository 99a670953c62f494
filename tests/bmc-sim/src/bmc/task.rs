//! Redfish tasks for BMCs that answer actions with 202.

use std::collections::VecDeque;

use super::Target;
use crate::clock::Moment;

/// The most tasks kept per BMC; the oldest are overwritten.
const MAX_TASKS: usize = 32;

/// One task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) id: u64,
    pub(crate) target: Target,
    pub(crate) started: Moment,
    pub(crate) done_at: Moment,
}

impl Task {
    pub(crate) fn is_done(&self, now: Moment) -> bool {
        self.done_at <= now
    }
}

/// The tasks of one BMC.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    tasks: VecDeque<Task>,
    last_id: u64,
}

impl Tasks {
    pub(crate) fn start(&mut self, now: Moment, target: Target, done_at: Moment) -> Task {
        if self.tasks.len() >= MAX_TASKS {
            self.tasks.pop_front();
        }
        self.last_id += 1;
        let task = Task {
            id: self.last_id,
            target,
            started: now,
            done_at,
        };
        self.tasks.push_back(task);
        task
    }

    pub(crate) fn get(&self, id: u64) -> Option<Task> {
        self.tasks.iter().find(|task| task.id == id).copied()
    }

    pub(crate) fn forget(&mut self, id: u64) {
        self.tasks.retain(|task| task.id != id);
    }

    pub(crate) fn ids(&self) -> Vec<u64> {
        self.tasks.iter().map(|task| task.id).collect()
    }
}
