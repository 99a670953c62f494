//! Staggered power-on: of the components that one supply feeds only a few begin to draw their inrush current at once.
//!
//! A group lets so many power-ons through in any interval of its length. A component of several groups needs the leave of all of
//! them, and in every group first come is first served. Who waits is at most one task for each component of the inventory, since one
//! task of a component is active at a time.

mod schedule;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use switchyard_core::{ComponentId, Timestamp};
use switchyard_xname::{Name, NameSet};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::StaggerGroup;
use crate::inventory::Inventory;

use schedule::{Schedule, Ticket, Turn};

/// The groups, and who waits in them.
pub struct Stagger {
    groups: Vec<StaggerGroup>,
    /// Replaced as a whole when another inventory comes to hold.
    groups_of: ArcSwap<HashMap<ComponentId, Arc<[usize]>>>,
    lines: Mutex<Lines>,
    clock: Arc<dyn Clock>,
}

/// Who waits.
#[derive(Debug)]
struct Lines {
    schedule: Schedule,
    waiting: HashMap<ComponentId, Waiting>,
}

/// A component's place in line.
#[derive(Debug)]
struct Waiting {
    ticket: Ticket,
    /// Told when the place has come to the front of a line.
    front: Arc<Notify>,
}

/// A wait that was cancelled: the power-on has no leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the wait for a staggered power-on was cancelled")]
pub struct Cancelled;

impl std::fmt::Debug for Stagger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stagger")
            .field("components", &self.groups_of.load().len())
            .finish_non_exhaustive()
    }
}

impl Stagger {
    /// The groups of the configuration over the components of an inventory.
    pub fn new(groups: &[StaggerGroup], inventory: &Inventory, clock: Arc<dyn Clock>) -> Self {
        let limits = groups.iter().map(|group| (group.on, group.every));
        Self {
            groups: groups.to_vec(),
            groups_of: ArcSwap::from_pointee(groups_of(groups, inventory)),
            lines: Mutex::new(Lines {
                schedule: Schedule::new(limits, clock.now()),
                waiting: HashMap::new(),
            }),
            clock,
        }
    }

    /// The groups.
    pub(super) fn groups(&self) -> &[StaggerGroup] {
        &self.groups
    }

    /// Takes over the components of another inventory. Who waits goes on waiting.
    pub(super) fn replace(&self, inventory: &Inventory) {
        self.groups_of.store(Arc::new(groups_of(&self.groups, inventory)));
    }

    fn groups_of(&self, component: &ComponentId) -> Option<Arc<[usize]>> {
        self.groups_of.load().get(component).cloned()
    }

    /// When a component that waits will have leave, or one that asked now would have it, if nobody in front gives up.
    pub fn next(&self, component: &ComponentId, now: Timestamp) -> Timestamp {
        let Some(groups) = self.groups_of(component) else {
            return now;
        };
        let lines = self.lines();
        let ticket = lines.waiting.get(component).map(|waiting| waiting.ticket);
        lines.schedule.expected(&groups, ticket, now)
    }

    /// Waits until a component may be powered on, and takes the leave. A wait that is dropped takes none.
    ///
    /// # Errors
    /// [`Cancelled`] when that comes first.
    pub async fn wait(&self, component: &ComponentId, cancel: &CancellationToken) -> Result<(), Cancelled> {
        let Some(groups) = self.groups_of(component) else {
            return Ok(());
        };
        let place = self.join(component, &groups);
        loop {
            let now = self.clock.now();
            let turn = self.lines().schedule.turn(place.ticket, now);
            let wait = match turn {
                Turn::Go => return Ok(()),
                Turn::At(at) => at.since(now),
                Turn::Later => Duration::MAX,
            };
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(Cancelled),
                () = place.front.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    fn join<'a>(&'a self, component: &'a ComponentId, groups: &'a Arc<[usize]>) -> Place<'a> {
        let mut lines = self.lines();
        let ticket = lines.schedule.join(component, groups);
        let front = Arc::new(Notify::new());
        let waiting = Waiting {
            ticket,
            front: Arc::clone(&front),
        };
        lines.waiting.insert(component.clone(), waiting);
        Place {
            stagger: self,
            component,
            groups,
            ticket,
            front,
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the lines of the groups. When it is dropped, whoever is now in front is told.
struct Place<'a> {
    stagger: &'a Stagger,
    component: &'a ComponentId,
    groups: &'a [usize],
    ticket: Ticket,
    front: Arc<Notify>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut lines = self.stagger.lines();
        lines.schedule.leave(self.ticket);
        if lines
            .waiting
            .get(self.component)
            .is_some_and(|waiting| waiting.ticket == self.ticket)
        {
            lines.waiting.remove(self.component);
        }
        for component in lines.schedule.fronts(self.groups) {
            if let Some(waiting) = lines.waiting.get(component) {
                waiting.front.notify_one();
            }
        }
    }
}

/// The groups of every component that is in any.
fn groups_of(groups: &[StaggerGroup], inventory: &Inventory) -> HashMap<ComponentId, Arc<[usize]>> {
    let mut groups_of: HashMap<ComponentId, Vec<usize>> = HashMap::new();
    for component in inventory.components() {
        for (index, group) in groups.iter().enumerate() {
            if holds(&group.components, &component.id) {
                groups_of.entry(component.id.clone()).or_default().push(index);
            }
        }
    }
    for (index, group) in groups.iter().enumerate() {
        if !groups_of.values().any(|of| of.contains(&index)) {
            tracing::warn!(components = %group.components.fold(), "a stagger group holds no component of the inventory");
        }
    }
    groups_of.into_iter().map(|(id, of)| (id, of.into())).collect()
}

/// Whether a set names the component, or by its xname something around it.
fn holds(set: &NameSet, component: &ComponentId) -> bool {
    let Ok(name) = Name::parse(component.as_str()) else {
        return false;
    };
    let around = name.xname().into_iter().flat_map(|xname| xname.ancestors());
    set.contains(&name)
        || around
            .filter_map(|xname| Name::parse(xname.as_str()).ok())
            .any(|name| set.contains(&name))
}
