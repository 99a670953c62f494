//! A batch of changes, grouped by the statement that stores them.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use serde::Serialize;
use switchyard_core::machine::Phase;
use switchyard_core::{
    Ability, ComponentId, ControllerId, Delivery, Failure, PermitId, PowerState, Primitive, TaskId, Timestamp,
};
use switchyard_store::{AttemptChange, Change, ControllerRecord, NewEvent, TaskChange};

use crate::configuration::Moves;
use crate::departure::Leaving;
use crate::moved::Moved;

/// Of several states of one task, component or attempt only the last is kept; attempts that begin, and events, are all kept in order.
#[derive(Default)]
pub(super) struct Batch<'a> {
    /// Tasks that end.
    pub(super) ended: Vec<Moved<'a>>,
    /// Tasks that are in line.
    pub(super) queued: Vec<Moved<'a>>,
    /// Tasks that are the active one of their component.
    pub(super) active: Vec<Moved<'a>>,
    /// Who leaves tasks that go on.
    pub(super) leaving: Vec<Leaving<'a>>,
    pub(super) intents: Vec<Intent>,
    /// A task that an intent of this batch finds ended by a change in front of it, or by its own.
    pub(super) sent_after_end: Option<TaskId>,
    pub(super) ends: Vec<End<'a>>,
    pub(super) observed: Vec<Observed<'a>>,
    pub(super) surveyed: Vec<Surveyed<'a>>,
    pub(super) controllers: Vec<&'a ControllerRecord>,
    pub(super) configurations: Moves<'a>,
    pub(super) events: Vec<&'a NewEvent>,
}

/// The name of the event with which what drives a task tells its end.
const TASK_ENDED: &str = "task.ended";

/// Whether the event tells the end of one of these tasks.
pub(super) fn tells_end_of(event: &NewEvent, tasks: &HashSet<TaskId>) -> bool {
    event.kind == TASK_ENDED && event.task.is_some_and(|task| tasks.contains(&task))
}

#[derive(Serialize)]
pub(super) struct Intent {
    task: TaskId,
    permit: PermitId,
    step: u32,
    primitive: Primitive,
    at: Timestamp,
}

#[derive(Serialize)]
pub(super) struct End<'a> {
    permit: PermitId,
    at: Timestamp,
    delivery: Delivery,
    failure: Option<&'a Failure>,
}

#[derive(Serialize)]
pub(super) struct Observed<'a> {
    component: &'a str,
    state: PowerState,
    raw: &'a str,
    available: bool,
    at: Timestamp,
}

#[derive(Serialize)]
pub(super) struct Surveyed<'a> {
    component: &'a str,
    abilities: &'a [Ability],
}

impl<'a> Batch<'a> {
    pub(super) fn of(changes: &'a [Change]) -> Self {
        let mut batch = Self::default();
        let mut tasks: Latest<TaskId, &'a TaskChange> = Latest::default();
        let mut ends: Latest<PermitId, End<'a>> = Latest::default();
        let mut observed: Latest<&'a ComponentId, Observed<'a>> = Latest::default();
        let mut surveyed: Latest<&'a ComponentId, Surveyed<'a>> = Latest::default();
        let mut controllers: Latest<&'a ControllerId, &'a ControllerRecord> = Latest::default();
        let mut over: HashSet<TaskId> = HashSet::new();
        for change in changes {
            match change {
                Change::Task(change) => {
                    let told = change.events.iter();
                    batch
                        .events
                        .extend(told.filter(|event| !tells_end_of(event, &over)));
                    over.extend(change.machine.outcome().map(|_| change.task));
                    tasks.put(change.task, change, |former| former.machine.outcome().is_some());
                    batch
                        .leaving
                        .extend(change.departed.iter().map(|departure| Leaving {
                            task: change.task,
                            transition: departure.transition,
                            outcome: &departure.outcome,
                            at: change.at,
                        }));
                    match &change.attempt {
                        Some(AttemptChange::Intent {
                            permit,
                            step,
                            primitive,
                        }) => {
                            if over.contains(&change.task) {
                                batch.sent_after_end = Some(change.task);
                            }
                            batch.intents.push(Intent {
                                task: change.task,
                                permit: *permit,
                                step: *step,
                                primitive: *primitive,
                                at: change.at,
                            });
                        }
                        Some(AttemptChange::Ended {
                            permit,
                            delivery,
                            failure,
                        }) => {
                            let end = End {
                                permit: *permit,
                                at: change.at,
                                delivery: *delivery,
                                failure: failure.as_ref(),
                            };
                            ends.put(*permit, end, |_| false);
                        }
                        None => {}
                    }
                }
                Change::Configuration(change) => batch.configurations.push(change),
                Change::Observed {
                    component,
                    state,
                    raw,
                    available,
                    at,
                } => {
                    let reading = Observed {
                        component: component.as_str(),
                        state: *state,
                        raw,
                        available: *available,
                        at: *at,
                    };
                    observed.put(component, reading, |_| false);
                }
                Change::Surveyed { component, abilities } => {
                    let found = Surveyed {
                        component: component.as_str(),
                        abilities,
                    };
                    surveyed.put(component, found, |_| false);
                }
                Change::Controller(record) => controllers.put(&record.id, record, |_| false),
                Change::Event(event) => batch.events.push(event),
            }
        }
        for change in tasks.values {
            let list = match &change.machine.phase {
                Phase::Done { .. } => &mut batch.ended,
                Phase::Queued => &mut batch.queued,
                _ => &mut batch.active,
            };
            list.push(Moved::new(change.task, &change.machine, change.at));
        }
        batch.ends = ends.values;
        batch.observed = observed.values;
        batch.surveyed = surveyed.values;
        batch.controllers = controllers.values;
        batch
    }
}

/// The last value of each key, in order of the first.
struct Latest<K, V> {
    places: HashMap<K, usize>,
    values: Vec<V>,
}

impl<K, V> Default for Latest<K, V> {
    fn default() -> Self {
        Self {
            places: HashMap::new(),
            values: Vec::new(),
        }
    }
}

impl<K: Eq + Hash, V> Latest<K, V> {
    /// Keeps the value, unless the former one of its key is the last word.
    fn put(&mut self, key: K, value: V, is_last_word: impl FnOnce(&V) -> bool) {
        match self.places.entry(key) {
            Entry::Vacant(place) => {
                place.insert(self.values.len());
                self.values.push(value);
            }
            Entry::Occupied(place) => {
                if let Some(former) = self.values.get_mut(*place.get())
                    && !is_last_word(former)
                {
                    *former = value;
                }
            }
        }
    }
}
