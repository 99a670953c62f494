//! What tasks wait for within their requests, as this process has it in memory: the store has the same.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use switchyard_core::machine::Machine;
use switchyard_core::order::{self, Settled};
use switchyard_core::outcome::Fault;
use switchyard_core::{ComponentId, Demand, Outcome, PowerState, Relation, TaskId, Timestamp, TransitionId};
use switchyard_store::{Dependency, DependencyRecord, Submitted, TaskRecord};

use super::Inner;
use super::fleet::Fleet;
use super::line::Wait;
use crate::telemetry::Chain;

/// How long a power cut by force waits for those of what is below, from the request on.
pub(super) const BRIEFLY: Duration = Duration::from_secs(30);
/// How long it may take until a reading shows that what ended unproven is off.
pub(super) const SHOWN_WITHIN: Duration = Duration::from_mins(2);
/// How often the last reading of such a component is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What the order within its requests means for a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gate {
    /// Nothing keeps it.
    Open {
        /// When the last that did was over, if anything did.
        since: Option<Timestamp>,
    },
    /// It waits.
    Waits(Wait),
    /// It waits in vain.
    Blocked {
        /// For this request.
        transition: TransitionId,
        /// Why.
        fault: Fault,
    },
}

#[derive(Debug)]
struct Edge {
    dependency: Dependency,
    transition: TransitionId,
    made_at: Timestamp,
    settled: Settled,
}

impl Edge {
    fn new(dependency: Dependency, transition: TransitionId, made_at: Timestamp) -> Self {
        Self {
            dependency,
            transition,
            made_at,
            settled: Settled::Waits,
        }
    }

    fn settle(&mut self, machine: &Machine, end: Option<(&Outcome, Timestamp)>) {
        let Dependency {
            relation,
            on,
            on_component,
            ..
        } = &self.dependency;
        if self.settled == Settled::Waits {
            self.settled = order::settle(*relation, on_component, *on, machine, end);
        }
    }

    /// Whether the request is among those that share the task; nobody stands for the one that made it.
    fn is_wanted_by(&self, demands: &[Demand]) -> bool {
        let mut sharing = demands.iter();
        demands.is_empty() || sharing.any(|demand| demand.transition == self.transition)
    }

    fn wait(&self, until: Option<Timestamp>) -> Gate {
        let Dependency {
            relation,
            on,
            on_component,
            ..
        } = &self.dependency;
        Gate::Waits(Wait::Order {
            component: on_component.clone(),
            task: *on,
            relation: *relation,
            transition: self.transition,
            until,
        })
    }

    fn blocked(&self, fault: &Fault) -> Gate {
        Gate::Blocked {
            transition: self.transition,
            fault: fault.clone(),
        }
    }

    fn gate(&self, fleet: &Fleet, now: Timestamp) -> Gate {
        match &self.settled {
            Settled::Met { at } => Gate::Open { since: Some(*at) },
            Settled::Blocked(fault) => self.blocked(fault),
            Settled::Unshown { at } if is_off(fleet, &self.dependency.on_component, *at) => {
                Gate::Open { since: Some(*at) }
            }
            Settled::Unshown { at } if now < *at + SHOWN_WITHIN => self.wait(Some(now + LOOK_AGAIN)),
            Settled::Unshown { .. } => self.blocked(&Fault::Dependency {
                component: self.dependency.on_component.clone(),
                task: Some(self.dependency.on),
                end: Outcome::Unproven.name().to_owned(),
                text: format!(
                    "Timeout waiting for a reading that shows dependency, {}, to be off.",
                    self.dependency.on_component
                ),
            }),
            Settled::Waits if self.dependency.relation == Relation::EndFirstBriefly => {
                let until = self.made_at + BRIEFLY;
                if now < until {
                    self.wait(Some(until))
                } else {
                    Gate::Open { since: Some(until) }
                }
            }
            Settled::Waits => self.wait(None),
        }
    }
}

/// Whether a reading made since shows the component to be off.
fn is_off(fleet: &Fleet, component: &ComponentId, since: Timestamp) -> bool {
    fleet.component(component).is_some_and(|row| {
        let seen = row.seen();
        seen.state == PowerState::Off && seen.read_at.is_some_and(|at| at >= since)
    })
}

#[derive(Debug, Default)]
struct Held {
    /// What each task waits for.
    of: HashMap<TaskId, Vec<Edge>>,
    /// Which tasks wait for each.
    dependents: HashMap<TaskId, HashSet<TaskId>>,
    /// Tasks that are off and wait to be turned on again.
    off: HashSet<TaskId>,
}

impl Held {
    fn add(&mut self, mut edge: Edge) {
        let Dependency {
            task, on, relation, ..
        } = edge.dependency;
        if relation == Relation::OffFirst && self.off.contains(&on) {
            let at = edge.made_at;
            edge.settled = Settled::Met { at };
        }
        self.dependents.entry(on).or_default().insert(task);
        let edges = self.of.entry(task).or_default();
        let is_known = edges
            .iter()
            .any(|known| known.dependency == edge.dependency && known.transition == edge.transition);
        if !is_known {
            edges.push(edge);
        }
    }

    /// Applies something to what waits for a task, and gives the components that do.
    fn each_on(&mut self, on: TaskId, mut act: impl FnMut(&mut Edge)) -> Vec<ComponentId> {
        let mut waiting = Vec::new();
        for task in self.dependents.get(&on).into_iter().flatten() {
            for edge in self.of.get_mut(task).into_iter().flatten() {
                if edge.dependency.on == on {
                    act(edge);
                    waiting.push(edge.dependency.component.clone());
                }
            }
        }
        waiting
    }

    fn drop_task(&mut self, task: TaskId) {
        self.drop_edges(task, |_| true);
        self.off.remove(&task);
    }

    /// Takes out these edges of a task, and the task from those that it waited for by them alone.
    fn drop_edges(&mut self, task: TaskId, is_dropped: impl FnMut(&Edge) -> bool) -> Vec<Edge> {
        let edges = self.of.remove(&task).unwrap_or_default();
        let (dropped, kept): (Vec<_>, Vec<_>) = edges.into_iter().partition(is_dropped);
        for edge in &dropped {
            let on = edge.dependency.on;
            let Some(dependents) = self.dependents.get_mut(&on) else {
                continue;
            };
            if kept.iter().all(|kept| kept.dependency.on != on) {
                dependents.remove(&task);
            }
            if dependents.is_empty() {
                self.dependents.remove(&on);
            }
        }
        if !kept.is_empty() {
            self.of.insert(task, kept);
        }
        dropped
    }
}

/// What every unfinished task waits for within its requests. Bounded by the store's unfinished tasks and their relatives.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    held: Mutex<Held>,
}

impl Dependencies {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what is stored.
    pub(super) fn take_up(&self, records: Vec<DependencyRecord>) {
        let mut held = self.lock();
        for record in records {
            let mut edge = Edge::new(record.dependency, record.transition, record.made_at);
            let end = record.departed.as_ref().map(|end| (&end.outcome, end.at));
            edge.settle(&record.machine, end);
            held.add(edge);
        }
    }

    /// Takes in what a request brings whose tasks are all unfinished.
    fn add(&self, transition: TransitionId, made_at: Timestamp, dependencies: &[Dependency]) {
        let mut held = self.lock();
        for dependency in dependencies {
            held.add(Edge::new(dependency.clone(), transition, made_at));
        }
    }

    /// A task has ended. Gives the components that may have waited for it.
    #[must_use]
    pub(super) fn ended(&self, record: &TaskRecord) -> Vec<ComponentId> {
        let mut held = self.lock();
        let waiting = held.each_on(record.id, |edge| edge.settle(&record.machine, None));
        held.drop_task(record.id);
        waiting
    }

    /// A request has left a task: nothing has to come before the task for it any more, and what has to come after it for the request
    /// takes that for its end. Gives the components that may have waited for it.
    #[must_use]
    pub(super) fn left(
        &self,
        task: TaskId,
        transition: TransitionId,
        machine: &Machine,
        outcome: &Outcome,
        at: Timestamp,
    ) -> Vec<ComponentId> {
        let mut held = self.lock();
        held.drop_edges(task, |edge| edge.transition == transition);
        held.each_on(task, |edge| {
            if edge.transition == transition {
                edge.settle(machine, Some((outcome, at)));
            }
        })
    }

    /// Requests have moved from a task to another, with what they wait for and who waits for them.
    pub(super) fn moved(&self, from: TaskId, into: TaskId) {
        let mut held = self.lock();
        let mut edges = held.drop_edges(from, |_| true);
        for edge in &mut edges {
            edge.dependency.task = into;
        }
        for task in held.dependents.remove(&from).unwrap_or_default() {
            let mut on_it = held.drop_edges(task, |edge| edge.dependency.on == from);
            for edge in &mut on_it {
                edge.dependency.on = into;
            }
            edges.extend(on_it);
        }
        for edge in edges {
            held.add(edge);
        }
    }

    /// A task is off, and waits to be turned on again. Gives the components that may have waited for that.
    #[must_use]
    pub(super) fn is_off_now(&self, task: TaskId, at: Timestamp) -> Vec<ComponentId> {
        let mut held = self.lock();
        held.off.insert(task);
        held.each_on(task, |edge| {
            if edge.dependency.relation == Relation::OffFirst && edge.settled == Settled::Waits {
                edge.settled = Settled::Met { at };
            }
        })
    }

    /// Whether a task may begin, as far as the order within the requests that share it says.
    pub(super) fn to_begin(&self, task: TaskId, demands: &[Demand], fleet: &Fleet, now: Timestamp) -> Gate {
        let held = self.lock();
        let edges = held.of.get(&task).map_or(&[][..], Vec::as_slice);
        let begins =
            |edge: &&Edge| edge.dependency.relation.keeps_from_beginning() && edge.is_wanted_by(demands);
        gate(edges.iter().filter(begins), fleet, now)
    }

    /// Whether a task may be turned on again, as far as the order within its requests says. If so it is off no more.
    pub(super) fn to_be_on(&self, task: TaskId, demands: &[Demand], fleet: &Fleet, now: Timestamp) -> Gate {
        let mut held = self.lock();
        let edges = held.of.get(&task).map_or(&[][..], Vec::as_slice);
        let between =
            |edge: &&Edge| edge.dependency.relation == Relation::Between && edge.is_wanted_by(demands);
        let gate = gate(edges.iter().filter(between), fleet, now);
        if matches!(gate, Gate::Open { .. }) {
            held.off.remove(&task);
        }
        gate
    }
}

/// What several waits come to. One that is in vain ends the task at once, and of several feeds the best one counts.
fn gate<'a>(edges: impl Iterator<Item = &'a Edge>, fleet: &Fleet, now: Timestamp) -> Gate {
    let (feeds, others): (Vec<&Edge>, Vec<&Edge>) =
        edges.partition(|edge| edge.dependency.relation == Relation::OneOnFirst);
    let gates = |edges: &[&Edge]| edges.iter().map(|edge| edge.gate(fleet, now)).collect::<Vec<_>>();
    let feeds = gates(&feeds);
    let rank = |gate: &&Gate| match gate {
        Gate::Open { .. } => 0,
        Gate::Waits(_) => 1,
        Gate::Blocked { .. } => 2,
    };
    let feed = feeds.iter().min_by_key(rank).cloned();
    let mut since = None;
    let mut waits = None;
    for gate in gates(&others).into_iter().chain(feed) {
        match gate {
            Gate::Blocked { .. } => return gate,
            Gate::Waits(_) => {
                waits.get_or_insert(gate);
            }
            Gate::Open { since: at } => since = since.max(at),
        }
    }
    waits.unwrap_or(Gate::Open { since })
}

impl Inner {
    /// Lets tasks look again that may have waited for this one by the order of a request.
    pub(super) fn wake_waiting(&self, on: TaskId, components: &[ComponentId]) {
        self.lines.look_again_at_order(on, components);
        for component in components {
            self.pulse.touch(component);
        }
    }

    /// Takes in the order of a request, before any of its tasks is driven. What it waits for and shares with others may have ended since
    /// it was stored, so that the store is asked again.
    pub(super) async fn order(&self, submitted: &Submitted) {
        let (transition, at) = (submitted.transition.id, submitted.transition.created_at);
        let dependencies = &submitted.dependencies;
        self.dependencies.add(transition, at, dependencies);
        let shared: HashSet<TaskId> = submitted.joined.iter().map(|(task, ..)| *task).collect();
        if !dependencies
            .iter()
            .any(|dependency| shared.contains(&dependency.on))
        {
            return;
        }
        match self.journal.dependencies(Some(transition)).await {
            Ok(records) => self.settle(&records),
            Err(error) => {
                tracing::error!(%transition, error = %Chain(&error), "how what the request waits for stands could not be read");
            }
        }
    }

    fn settle(&self, records: &[DependencyRecord]) {
        let mut held = self.dependencies.lock();
        for record in records {
            let end = record.departed.as_ref().map(|end| (&end.outcome, end.at));
            held.each_on(record.dependency.on, |edge| {
                if edge.transition == record.transition {
                    edge.settle(&record.machine, end);
                }
            });
        }
    }

    /// A request has left a task that goes on for others, by somebody's hand.
    pub(super) async fn left(&self, task: TaskId, transition: TransitionId) {
        match self.store.task(task).await {
            Ok(Some((record, _))) => {
                let now = self.clock.now();
                let cancelled = &Outcome::Cancelled;
                let waiting = self
                    .dependencies
                    .left(task, transition, &record.machine, cancelled, now);
                self.wake_waiting(task, &waiting);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%task, error = %Chain(&error), "a task that a request has left could not be read");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn task(n: u128) -> TaskId {
        TaskId(Uuid::from_u128(n))
    }

    fn edge(of: u128, on: u128, transition: u128) -> Edge {
        let dependency = Dependency {
            task: task(of),
            component: format!("x0c0s{of}b0n0").parse().unwrap(),
            on: task(on),
            on_component: format!("x0c0s{on}b0n0").parse().unwrap(),
            relation: Relation::OnFirst,
        };
        Edge::new(dependency, TransitionId(Uuid::from_u128(transition)), NOW)
    }

    #[test]
    fn what_waits_for_nothing_any_more_is_kept_nowhere() {
        let mut held = Held::default();
        for edge in [edge(1, 2, 7), edge(1, 2, 8), edge(1, 3, 7)] {
            held.add(edge);
        }
        let of_request = |n| move |edge: &Edge| edge.transition == TransitionId(Uuid::from_u128(n));
        assert_eq!(held.drop_edges(task(1), of_request(7)).len(), 2);
        assert_eq!(
            held.dependents.keys().collect::<Vec<_>>(),
            [&task(2)],
            "for the other request"
        );
        assert_eq!(held.drop_edges(task(1), of_request(8)).len(), 1);
        assert!(held.of.is_empty() && held.dependents.is_empty(), "{held:?}");
    }

    #[test]
    fn requests_that_move_leave_nothing_behind() {
        let dependencies = Dependencies::default();
        for edge in [edge(1, 2, 7), edge(3, 1, 7)] {
            dependencies.lock().add(edge);
        }
        dependencies.moved(task(1), task(9));
        let held = dependencies.lock();
        assert_eq!(held.of.len(), 2);
        assert!(held.of.contains_key(&task(9)) && held.of.contains_key(&task(3)));
        let mut awaited: Vec<_> = held.dependents.keys().collect();
        awaited.sort();
        assert_eq!(awaited, [&task(2), &task(9)]);
    }
}
