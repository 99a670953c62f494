//! The components whose last task failed: what somebody may want to try again.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use switchyard_core::{ComponentId, Outcome};

/// Those of the store, and those that came and went since.
#[derive(Debug, Default)]
pub(super) struct Failed {
    last: RwLock<HashSet<ComponentId>>,
}

impl Failed {
    pub(super) fn new(failed: Vec<ComponentId>) -> Self {
        Self {
            last: RwLock::new(failed.into_iter().collect()),
        }
    }

    /// Takes in how a task ended. One that another took the place of says nothing.
    pub(super) fn ended(&self, component: &ComponentId, outcome: &Outcome) {
        let failed = match outcome {
            Outcome::Superseded { .. } | Outcome::Absorbed { .. } => return,
            Outcome::Failed { .. } | Outcome::TimedOut { .. } => true,
            Outcome::Verified { .. }
            | Outcome::Already { .. }
            | Outcome::Unproven
            | Outcome::Cancelled
            | Outcome::CancelledAfterSend { .. }
            | Outcome::Uncertain { .. } => false,
        };
        let mut last = self.last.write().unwrap_or_else(PoisonError::into_inner);
        if failed {
            last.insert(component.clone());
        } else {
            last.remove(component);
        }
    }

    /// Whether the last task of a component failed.
    pub(super) fn holds(&self, component: &ComponentId) -> bool {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        last.contains(component)
    }
}
