//! What is known of every component right now: read in memory, at the same cost for one as for ten thousand.

mod names;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use switchyard_core::{
    Ability, ComponentId, ControllerId, Failure, Kind, Observation, Operation, Pace, PowerState, Subject,
    Timestamp, plan, proof,
};
use switchyard_store::ComponentRecord;

use super::fallback::Second;
use super::hardware::{Findings, Found};
use crate::inventory::{Component, Inventory};

pub use names::Ambiguous;
use names::Names;

/// Failed readings in a row that are forgiven before a component counts as unavailable: one missed answer is no news.
const MISSES_FORGIVEN: u8 = 1;

/// What was last seen of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The last state, [`PowerState::Unknown`] when it was never read or the controller stopped answering.
    pub state: PowerState,
    /// The BMC's own word for it.
    pub raw: String,
    /// Whether the controller answers.
    pub available: bool,
    /// When state or availability last changed.
    pub changed_at: Timestamp,
    /// Whether its operating system has started, by the last good reading and where the BMC tells.
    pub booted: Option<bool>,
    /// When the last good reading was made.
    pub read_at: Option<Timestamp>,
    /// Through which controller that was, when it was the second one.
    pub read_through: Option<ControllerId>,
    /// Failed readings in a row.
    pub misses: u8,
    /// What the last failed reading met.
    pub failure: Option<Failure>,
    /// What it can be asked for; nothing until the first survey.
    pub abilities: Arc<[Ability]>,
    /// The driver's word for it; nothing until known.
    pub subject: Option<Subject>,
    /// How fast its BMC may be asked.
    pub pace: Pace,
    /// Whether a survey of its controller has shown it.
    pub surveyed: bool,
}

/// A component with what was last seen of it.
#[derive(Debug)]
pub struct Row {
    /// The inventory's entry.
    pub component: Arc<Component>,
    seen: Mutex<Seen>,
    /// Its second controller, where it has one.
    pub(super) second: Option<Second>,
    /// When something was last sent to it, in milliseconds since the Unix epoch.
    sent_at: AtomicI64,
}

impl Row {
    /// The row of a component that the inventory did not hold before.
    fn fresh(
        component: &Arc<Component>,
        inventory: &Inventory,
        record: Option<ComponentRecord>,
        now: Timestamp,
    ) -> Self {
        let mut seen = remember(component, record, now);
        seen.pace = pace(component, inventory);
        Self {
            second: second(component, inventory),
            component: Arc::clone(component),
            seen: Mutex::new(seen),
            sent_at: AtomicI64::new(0),
        }
    }

    /// The row of a component of which the inventory now says something else. What was seen is kept; where something else switches it by
    /// now, a state of which nobody knows how old it is.
    fn changed(&self, component: &Arc<Component>, inventory: &Inventory, now: Timestamp) -> Self {
        let mut row = Self::fresh(component, inventory, None, now);
        let before = &self.component;
        let known = self.seen();
        let alike = |of: &Component| (of.controller.clone(), of.path.clone(), of.kind);
        let seen = row.seen.get_mut().unwrap_or_else(PoisonError::into_inner);
        if alike(before) == alike(component) {
            *seen = known;
        } else {
            (seen.state, seen.raw, seen.changed_at) = (known.state, known.raw, known.changed_at);
        }
        if before.fallback == component.fallback {
            row.second = self.second.as_ref().map(Second::again);
        }
        row.sent(self.last_sent());
        row
    }

    /// A copy of what was last seen.
    pub fn seen(&self) -> Seen {
        self.lock().clone()
    }

    /// When this process last sent something to it.
    pub fn last_sent(&self) -> Timestamp {
        Timestamp::from_millis(self.sent_at.load(Ordering::Relaxed))
    }

    /// Notes that something was sent to it.
    pub(super) fn sent(&self, now: Timestamp) {
        self.sent_at.fetch_max(now.as_millis(), Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a reading. Gives what is now seen when state or availability changed.
    pub fn read(&self, reading: &Result<Observation, Failure>, now: Timestamp) -> Option<Seen> {
        let mut seen = self.lock();
        let (state, raw, available) = match reading {
            // A reading that was asked for earlier than the last one tells nothing new, whenever it arrives.
            Ok(reading) if seen.read_at.is_some_and(|last| reading.at < last) => return None,
            Ok(reading) => {
                seen.misses = 0;
                seen.failure = None;
                seen.read_at = Some(reading.at);
                seen.read_through.clone_from(&reading.controller);
                seen.booted = proof::booted(reading);
                (reading.state, reading.raw.clone(), true)
            }
            Err(failure) => {
                seen.misses = seen.misses.saturating_add(1);
                seen.failure = Some(failure.clone());
                if seen.misses <= MISSES_FORGIVEN && seen.read_at.is_some() {
                    return None;
                }
                (PowerState::Unknown, String::new(), false)
            }
        };
        if (seen.state, seen.available) == (state, available) {
            return None;
        }
        seen.state = state;
        seen.raw = raw;
        seen.available = available;
        seen.changed_at = now;
        Some(seen.clone())
    }

    /// Its second controller, where it has one.
    pub fn second(&self) -> Option<&Second> {
        self.second.as_ref()
    }

    /// What it can be asked for an operation with, and through which controller when only the second one offers it.
    pub fn abilities_for(&self, operation: Operation) -> (Arc<[Ability]>, Option<ControllerId>) {
        let own = self.seen().abilities;
        if let Some(second) = &self.second
            && !own.is_empty()
            && !plan::supports(operation, self.component.kind, &own)
        {
            let abilities = second.known().abilities;
            if plan::supports(operation, self.component.kind, &abilities) {
                return (abilities, Some(second.controller.clone()));
            }
        }
        (own, None)
    }

    /// The operations that it supports, through either controller.
    pub fn supported(&self) -> Vec<Operation> {
        let kind = self.component.kind;
        let own = self.seen().abilities;
        let other = self.second.as_ref().map(|second| second.known().abilities);
        let other = other.as_deref().unwrap_or_default();
        plan::LISTED
            .into_iter()
            .filter(|operation| {
                plan::supports(*operation, kind, &own) || plan::supports(*operation, kind, other)
            })
            .collect()
    }

    /// Whether the survey of a controller has shown it.
    pub(super) fn is_surveyed_at(&self, controller: &ControllerId) -> bool {
        match &self.second {
            Some(second) if second.controller == *controller => second.known().surveyed,
            _ => self.seen().surveyed,
        }
    }

    /// What a survey found of it.
    fn find<'a>(&self, findings: &'a Findings, path: Option<&str>) -> Option<&'a Found> {
        let kind = self.component.kind;
        let mut of_kind = findings.members.iter().filter(|found| found.subject.kind == kind);
        match path {
            Some(path) => findings.members.iter().find(|found| {
                is_same_sort(kind, found.subject.kind)
                    && found.subject.id.trim_end_matches('/') == path.trim_end_matches('/')
            }),
            None => of_kind.next().filter(|_| of_kind.next().is_none()),
        }
    }

    /// Takes in a survey of its second controller.
    fn surveyed_second(&self, second: &Second, findings: &Findings) {
        if let Some(found) = self.find(findings, second.path.as_deref()) {
            second.surveyed(found, findings.pace);
        }
    }

    /// Takes in a survey. Gives the new abilities when they differ.
    fn surveyed(&self, findings: &Findings) -> Option<Arc<[Ability]>> {
        let found = self.find(findings, self.component.path.as_deref())?;
        let mut seen = self.lock();
        seen.subject = Some(found.subject.clone());
        seen.pace = findings.pace;
        seen.surveyed = true;
        if seen.abilities == found.abilities {
            return None;
        }
        seen.abilities = Arc::clone(&found.abilities);
        Some(Arc::clone(&found.abilities))
    }
}

/// The components above and below one.
#[derive(Debug, Default)]
struct Relatives {
    above: Vec<ComponentId>,
    below: Vec<ComponentId>,
}

/// Every component of the inventory with what is known of it.
#[derive(Debug)]
pub struct Fleet {
    inventory: Arc<Inventory>,
    rows: BTreeMap<ComponentId, Arc<Row>>,
    names: Names,
    /// What feeds each component and is fed by it, where anything is.
    relatives: HashMap<ComponentId, Relatives>,
    by_controller: HashMap<ControllerId, Vec<Arc<Row>>>,
    /// What each controller is the second one of.
    by_second: HashMap<ControllerId, Vec<Arc<Row>>>,
}

impl Fleet {
    /// The fleet of an inventory, with what the store remembers of it. A remembered state has an unknown age and so is not shown as
    /// available before the first reading.
    pub fn new(inventory: Arc<Inventory>, remembered: Vec<ComponentRecord>, now: Timestamp) -> Self {
        let mut remembered: HashMap<_, _> = remembered
            .into_iter()
            .map(|record| (record.id.clone(), record))
            .collect();
        let rows = inventory.components().map(|component| {
            let record = remembered.remove(&component.id);
            let row = Row::fresh(component, &inventory, record, now);
            (component.id.clone(), Arc::new(row))
        });
        let rows = rows.collect();
        Self::over(inventory, rows)
    }

    /// The fleet of the inventory that takes the place of this one's. Rows of components that have not changed are the same ones.
    pub(super) fn next(
        &self,
        inventory: Arc<Inventory>,
        remembered: Vec<ComponentRecord>,
        now: Timestamp,
    ) -> Self {
        let mut remembered: HashMap<_, _> = remembered
            .into_iter()
            .map(|record| (record.id.clone(), record))
            .collect();
        let rows = inventory.components().map(|component| {
            let row = match self.rows.get(&component.id) {
                Some(row) if row.component == *component => Arc::clone(row),
                Some(row) => Arc::new(row.changed(component, &inventory, now)),
                None => {
                    let record = remembered.remove(&component.id);
                    Arc::new(Row::fresh(component, &inventory, record, now))
                }
            };
            (component.id.clone(), row)
        });
        let rows = rows.collect();
        Self::over(inventory, rows)
    }

    fn over(inventory: Arc<Inventory>, rows: BTreeMap<ComponentId, Arc<Row>>) -> Self {
        let mut by_controller: HashMap<_, Vec<_>> = HashMap::new();
        let mut by_second: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows.values() {
            if let Some(controller) = &row.component.controller {
                by_controller
                    .entry(controller.clone())
                    .or_default()
                    .push(Arc::clone(row));
            }
            if let Some(second) = &row.second {
                by_second
                    .entry(second.controller.clone())
                    .or_default()
                    .push(Arc::clone(row));
            }
        }
        Self {
            relatives: relatives(&rows),
            names: Names::of(rows.values().map(|row| &*row.component)),
            inventory,
            rows,
            by_controller,
            by_second,
        }
    }

    /// The inventory that it is made of.
    pub fn inventory(&self) -> &Arc<Inventory> {
        &self.inventory
    }

    /// The component of this id or of another name: an alias, a host name, a node id as `nid001234` or `1234`, a serial number, a MAC.
    pub fn get(&self, name: &str) -> Option<Arc<Row>> {
        self.find(name).ok().flatten()
    }

    /// The component of a name; see [`get`](Self::get). A name of several means none of them.
    pub fn find(&self, name: &str) -> Result<Option<Arc<Row>>, Ambiguous> {
        if let Some(row) = self.rows.get(name) {
            return Ok(Some(Arc::clone(row)));
        }
        let id = self.names.look(name)?;
        Ok(id.and_then(|id| self.rows.get(id)).cloned())
    }

    /// The component of exactly this id: what a stored task means, whatever has taken its name as an alias since.
    pub fn component(&self, id: &ComponentId) -> Option<Arc<Row>> {
        self.rows.get(id).cloned()
    }

    /// The components whose power feeds this one, nearest first.
    pub fn above(&self, id: &ComponentId) -> &[ComponentId] {
        self.relatives.get(id).map_or(&[], |relatives| &relatives.above)
    }

    /// The components that this one feeds, in order of id.
    pub fn below(&self, id: &ComponentId) -> &[ComponentId] {
        self.relatives.get(id).map_or(&[], |relatives| &relatives.below)
    }

    /// Every component in order of id.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &Arc<Row>> {
        self.rows.values()
    }

    /// The controllers that switch anything.
    pub fn controllers(&self) -> impl ExactSizeIterator<Item = &ControllerId> {
        self.by_controller.keys()
    }

    /// What a controller switches.
    pub fn of_controller(&self, controller: &ControllerId) -> &[Arc<Row>] {
        self.by_controller.get(controller).map_or(&[], Vec::as_slice)
    }

    /// What else the controller of a component switches.
    pub fn siblings<'a>(&'a self, id: &'a ComponentId) -> impl Iterator<Item = &'a Arc<Row>> {
        let controller = self
            .rows
            .get(id)
            .and_then(|row| row.component.controller.as_ref());
        let of_controller = controller.map_or(&[][..], |controller| self.of_controller(controller));
        of_controller.iter().filter(move |row| row.component.id != *id)
    }

    /// What a controller is the second one of.
    fn of_second(&self, controller: &ControllerId) -> &[Arc<Row>] {
        self.by_second.get(controller).map_or(&[], Vec::as_slice)
    }

    /// Whether something that the controller switches has a second one.
    pub(super) fn has_seconds(&self, controller: &ControllerId) -> bool {
        self.of_controller(controller)
            .iter()
            .any(|row| row.second.is_some())
    }

    /// Whether a survey has shown everything that the inventory expects of a controller.
    pub(super) fn is_surveyed(&self, controller: &ControllerId) -> bool {
        let mut rows = self
            .of_controller(controller)
            .iter()
            .chain(self.of_second(controller));
        rows.all(|row| row.is_surveyed_at(controller))
    }

    /// Takes in the survey of a controller. Gives the components whose abilities changed.
    pub fn surveyed(
        &self,
        controller: &ControllerId,
        findings: &Findings,
    ) -> Vec<(ComponentId, Arc<[Ability]>)> {
        for row in self.of_second(controller) {
            if let Some(second) = &row.second {
                row.surveyed_second(second, findings);
            }
        }
        self.of_controller(controller)
            .iter()
            .filter_map(|row| Some((row.component.id.clone(), row.surveyed(findings)?)))
            .collect()
    }
}

/// The pace that the inventory allows at the controller of a component.
fn pace(component: &Component, inventory: &Inventory) -> Pace {
    let controller = component
        .controller
        .as_ref()
        .and_then(|id| inventory.controller(id));
    controller.map_or_else(Pace::default, |controller| controller.endpoint.pace)
}

fn second(component: &Component, inventory: &Inventory) -> Option<Second> {
    let fallback = component.fallback.as_ref()?;
    let controller = inventory.controller(&fallback.controller);
    let pace = controller.map_or_else(Pace::default, |controller| controller.endpoint.pace);
    Some(Second::new(fallback, component.kind, pace))
}

/// What feeds what, at any distance. Parents that the inventory does not hold feed nothing.
fn relatives(rows: &BTreeMap<ComponentId, Arc<Row>>) -> HashMap<ComponentId, Relatives> {
    let mut relatives: HashMap<ComponentId, Relatives> = HashMap::new();
    for (id, row) in rows {
        let mut above: Vec<ComponentId> = Vec::new();
        let mut next: VecDeque<&ComponentId> = row.component.parents.iter().collect();
        while let Some(parent) = next.pop_front() {
            let Some(row) = rows.get(parent) else { continue };
            if parent == id || above.contains(parent) {
                continue;
            }
            above.push(parent.clone());
            next.extend(&row.component.parents);
        }
        for parent in &above {
            relatives
                .entry(parent.clone())
                .or_default()
                .below
                .push(id.clone());
        }
        if !above.is_empty() {
            relatives.entry(id.clone()).or_default().above = above;
        }
    }
    relatives
}

fn remember(component: &Component, record: Option<ComponentRecord>, now: Timestamp) -> Seen {
    let subject = component.path.as_ref().map(|path| Subject {
        kind: component.kind,
        id: path.clone(),
    });
    let (state, raw, changed_at, abilities) = match record {
        Some(record) => (
            record.observed,
            record.raw,
            record.changed_at,
            record.abilities.into(),
        ),
        None => (PowerState::Unknown, String::new(), now, Arc::from([])),
    };
    Seen {
        state,
        raw,
        available: false,
        changed_at,
        booted: None,
        read_at: None,
        read_through: None,
        misses: 0,
        failure: None,
        abilities,
        subject,
        pace: Pace::default(),
        surveyed: false,
    }
}

/// Whether a resource that its BMC calls one kind can be what the inventory calls the other: chassis, blades and router modules are all
/// chassis of Redfish, and makes differ in what they call which. A switch of the network is one as well.
fn is_same_sort(expected: Kind, found: Kind) -> bool {
    let is_chassis = |kind| {
        matches!(
            kind,
            Kind::Chassis | Kind::Module | Kind::Router | Kind::NetworkSwitch
        )
    };
    expected == found || (is_chassis(expected) && is_chassis(found))
}

/// Whether PCS would call this kind a BMC, which is on whenever it answers.
pub fn is_bmc(kind: Kind) -> bool {
    kind == Kind::Controller
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_redfish_calls_a_chassis_may_be_a_blade_a_router_or_a_switch_and_no_node() {
        for expected in [Kind::Chassis, Kind::Module, Kind::Router, Kind::NetworkSwitch] {
            for found in [Kind::Chassis, Kind::Module] {
                assert!(is_same_sort(expected, found), "{expected:?} {found:?}");
            }
            assert!(!is_same_sort(expected, Kind::Node) && !is_same_sort(expected, Kind::Controller));
        }
        assert!(!is_same_sort(Kind::Node, Kind::Chassis));
        assert!(!is_same_sort(Kind::Outlet, Kind::Chassis));
    }
}
