//! The holds that hold now, at hand for every turn that comes.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use switchyard_core::{ComponentId, Timestamp};
use switchyard_store::HoldRecord;

/// Why a caller is kept off a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) reason: String,
    pub(super) by: String,
    pub(super) until: Timestamp,
}

/// The holds of the store, by component. The store decides on requests; this decides on turns.
#[derive(Debug, Default)]
pub(super) struct Holds {
    of: RwLock<HashMap<ComponentId, Vec<Arc<HoldRecord>>>>,
}

impl Holds {
    pub(super) fn new(holds: Vec<HoldRecord>) -> Self {
        let kept = Self::default();
        for hold in holds {
            kept.place(hold);
        }
        kept
    }

    pub(super) fn place(&self, hold: HoldRecord) {
        let hold = Arc::new(hold);
        let mut of = self.of.write().unwrap_or_else(PoisonError::into_inner);
        for component in &hold.components {
            let on = of.entry(component.clone()).or_default();
            on.retain(|other| other.until > hold.at);
            on.push(Arc::clone(&hold));
        }
    }

    pub(super) fn release(&self, hold: &HoldRecord) {
        let mut of = self.of.write().unwrap_or_else(PoisonError::into_inner);
        for component in &hold.components {
            if let Some(on) = of.get_mut(component) {
                on.retain(|other| other.id != hold.id);
                if on.is_empty() {
                    of.remove(component);
                }
            }
        }
    }

    /// Why `who` is kept off a component, if so.
    pub(super) fn keeps_off(&self, component: &ComponentId, who: &str, now: Timestamp) -> Option<Kept> {
        let of = self.of.read().unwrap_or_else(PoisonError::into_inner);
        let hold = of.get(component)?.iter().find(|hold| hold.keeps_off(who, now))?;
        Some(Kept {
            reason: hold.reason.clone(),
            by: hold.by.clone(),
            until: hold.until,
        })
    }

    /// The holds on a component.
    pub(super) fn on(&self, component: &ComponentId, now: Timestamp) -> Vec<Arc<HoldRecord>> {
        let of = self.of.read().unwrap_or_else(PoisonError::into_inner);
        let on = of.get(component).map_or(&[][..], Vec::as_slice);
        on.iter().filter(|hold| hold.until > now).cloned().collect()
    }

    /// Whether a hold is known.
    #[cfg(test)]
    pub(super) fn is_held(&self, id: switchyard_store::HoldId) -> bool {
        let of = self.of.read().unwrap_or_else(PoisonError::into_inner);
        of.values().flatten().any(|hold| hold.id == id)
    }
}
