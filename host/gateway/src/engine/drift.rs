//! What is wanted of every component beside what is read of it, and what has been told of the difference.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use serde_json::{Value, json};
use switchyard_core::power::Level;
use switchyard_core::{ComponentId, PowerState, Timestamp};
use switchyard_store::ComponentRecord;
use switchyard_store::event::kind;

/// How long after a request its end state is put down to the request, also when no task waits for it any more: one whose confirmation
/// is skipped, or that was cancelled after the send, ends before the machine has changed.
const OURS_WITHIN: Duration = Duration::from_mins(15);

/// What a reading tells beside the state, while nothing is in the component's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// Somebody else has switched the component.
    ChangedOutside {
        /// What it was.
        from: Level,
        /// What it is.
        to: Level,
    },
    /// The component is no longer what it is wanted to be.
    Drift {
        /// What it is wanted to be.
        desired: Level,
        /// What it is.
        observed: Level,
    },
}

impl Finding {
    /// The kind of the event that tells it.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::ChangedOutside { .. } => kind::COMPONENT_CHANGED_OUTSIDE,
            Self::Drift { .. } => kind::COMPONENT_DRIFT,
        }
    }

    /// The data of that event.
    pub(super) fn data(self) -> Value {
        match self {
            Self::ChangedOutside { from, to } => json!({ "from": from, "to": to }),
            Self::Drift { desired, observed } => json!({ "desired": desired, "observed": observed }),
        }
    }
}

/// What is wanted of one component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    level: Level,
    /// When it was asked for; unknown after a start.
    at: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Entry {
    wanted: Option<Wanted>,
    /// The last level that was read.
    level: Option<Level>,
    /// The difference that has been told.
    told: Option<(Level, Level)>,
    /// Whether it is not known if a step that must not be repeated was executed.
    uncertain: bool,
    /// How many operations were accepted so far.
    wishes: u64,
}

impl Entry {
    /// What the store remembers. A difference that it remembers was told when it came about.
    fn remembered(record: &ComponentRecord) -> Self {
        let level = level(record.observed);
        Self {
            wanted: record.desired.map(|level| Wanted { level, at: None }),
            level,
            told: record
                .desired
                .zip(level)
                .filter(|(desired, observed)| desired != observed),
            uncertain: record.uncertain.is_some(),
            wishes: 0,
        }
    }

    fn read(&mut self, level: Level, idle: bool, now: Timestamp) -> Vec<Finding> {
        let before = self.level.replace(level);
        if !idle {
            return Vec::new();
        }
        let mut findings = Vec::new();
        let ours =
            |wanted: Wanted| wanted.level == level && wanted.at.is_some_and(|at| now.since(at) < OURS_WITHIN);
        if let Some(from) = before.filter(|before| *before != level)
            && !self.wanted.is_some_and(ours)
        {
            findings.push(Finding::ChangedOutside { from, to: level });
        }
        let difference = self
            .wanted
            .map(|wanted| (wanted.level, level))
            .filter(|(desired, observed)| desired != observed);
        if let Some((desired, observed)) = difference
            && self.told != difference
        {
            findings.push(Finding::Drift { desired, observed });
        }
        self.told = difference;
        findings
    }
}

/// Every component that the inventory knows.
#[derive(Debug)]
pub(super) struct Drift {
    /// Replaced as a whole when another inventory comes to hold; the entries stay.
    entries: ArcSwap<Entries>,
}

type Entries = HashMap<ComponentId, Arc<Mutex<Entry>>>;

impl Drift {
    /// The components with what the store remembers of them.
    pub(super) fn new<'a>(
        components: impl IntoIterator<Item = &'a ComponentId>,
        remembered: &[ComponentRecord],
    ) -> Self {
        let drift = Self {
            entries: ArcSwap::default(),
        };
        drift.replace(components, remembered);
        drift
    }

    /// Takes over other components. What is known of one that stays is kept; of one that is new the store may remember something.
    pub(super) fn replace<'a>(
        &self,
        components: impl IntoIterator<Item = &'a ComponentId>,
        remembered: &[ComponentRecord],
    ) {
        let before = self.entries.load();
        let remembered: HashMap<_, _> = remembered.iter().map(|record| (&record.id, record)).collect();
        let entries: Entries = components
            .into_iter()
            .map(|id| {
                let entry = before.get(id).cloned().unwrap_or_else(|| {
                    let entry = remembered.get(id).map(|record| Entry::remembered(record));
                    Arc::new(Mutex::new(entry.unwrap_or_default()))
                });
                (id.clone(), entry)
            })
            .collect();
        self.entries.store(Arc::new(entries));
    }

    fn with<T>(&self, component: &ComponentId, look: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        let entries = self.entries.load();
        let mut entry = entries
            .get(component)?
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Some(look(&mut entry))
    }

    /// Takes in that an operation with this end state was accepted.
    pub(super) fn want(&self, component: &ComponentId, level: Level, now: Timestamp) {
        self.with(component, |entry| {
            entry.wanted = Some(Wanted { level, at: Some(now) });
            entry.wishes += 1;
        });
    }

    /// How many operations were accepted for a component so far: what the store says of it is old when there are more by then.
    pub(super) fn wishes(&self, component: &ComponentId) -> u64 {
        self.with(component, |entry| entry.wishes).unwrap_or(0)
    }

    /// Takes over what the store said of a component after `wishes` operations.
    pub(super) fn recall(&self, record: &ComponentRecord, wishes: u64) {
        self.with(&record.id, |entry| {
            if entry.wishes != wishes {
                return;
            }
            let asked = entry.wanted.take();
            entry.wanted = record.desired.map(|level| Wanted {
                level,
                at: asked
                    .filter(|asked| asked.level == level)
                    .and_then(|asked| asked.at),
            });
            entry.uncertain = record.uncertain.is_some();
        });
    }

    /// Whether it is not known if a step of the component that must not be repeated was executed.
    pub(super) fn is_uncertain(&self, component: &ComponentId) -> bool {
        self.with(component, |entry| entry.uncertain) == Some(true)
    }

    /// What the last accepted operation wants of a component.
    pub(super) fn desired(&self, component: &ComponentId) -> Option<Level> {
        Some(self.with(component, |entry| entry.wanted)??.level)
    }

    /// Takes in a state that was read; one that is no level tells nothing. `idle` says whether nothing is in the component's line, and is
    /// asked while no operation can be taken in.
    pub(super) fn read(
        &self,
        component: &ComponentId,
        state: PowerState,
        idle: impl FnOnce() -> bool,
        now: Timestamp,
    ) -> Vec<Finding> {
        let read =
            level(state).and_then(|level| self.with(component, |entry| entry.read(level, idle(), now)));
        read.unwrap_or_default()
    }
}

/// The level that a state is, as far as it is one.
pub(super) fn level(state: PowerState) -> Option<Level> {
    match state {
        PowerState::On => Some(Level::On),
        PowerState::Off => Some(Level::Off),
        PowerState::PoweringOn
        | PowerState::PoweringOff
        | PowerState::Paused
        | PowerState::Asleep
        | PowerState::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: PowerState = PowerState::On;
    const OFF: PowerState = PowerState::Off;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(minutes * 60_000)
    }

    fn node() -> ComponentId {
        ComponentId::parse("x0c0s0b0n0").unwrap()
    }

    fn fresh() -> Drift {
        Drift::new([&node()], &[])
    }

    #[test]
    fn a_press_of_the_button_is_told_once() {
        let drift = fresh();
        assert_eq!(
            drift.read(&node(), ON, || true, at(0)),
            [],
            "the first reading is no change"
        );
        drift.read(&node(), PowerState::PoweringOff, || true, at(1));
        drift.read(&node(), PowerState::Unknown, || true, at(2));
        let pressed = [Finding::ChangedOutside {
            from: Level::On,
            to: Level::Off,
        }];
        assert_eq!(drift.read(&node(), OFF, || true, at(3)), pressed);
        assert_eq!(drift.read(&node(), OFF, || true, at(4)), []);
    }

    #[test]
    fn what_a_task_does_is_no_change_outside() {
        let drift = fresh();
        drift.read(&node(), ON, || true, at(0));
        drift.want(&node(), Level::Off, at(1));
        assert_eq!(drift.read(&node(), OFF, || false, at(1)), []);
        assert_eq!(drift.read(&node(), OFF, || true, at(2)), []);
        drift.want(&node(), Level::On, at(3));
        assert_eq!(
            drift.read(&node(), ON, || true, at(4)),
            [],
            "it came after the task had ended"
        );
    }

    #[test]
    fn drift_is_told_once_per_change() {
        let drift = fresh();
        drift.want(&node(), Level::On, at(0));
        drift.read(&node(), ON, || false, at(0));
        let off = Finding::Drift {
            desired: Level::On,
            observed: Level::Off,
        };
        let outside = Finding::ChangedOutside {
            from: Level::On,
            to: Level::Off,
        };
        assert_eq!(drift.read(&node(), OFF, || true, at(1)), [outside, off]);
        assert_eq!(drift.read(&node(), OFF, || true, at(2)), []);
        drift.want(&node(), Level::Off, at(3));
        assert_eq!(drift.read(&node(), OFF, || true, at(4)), []);
        drift.want(&node(), Level::On, at(5));
        assert_eq!(drift.read(&node(), OFF, || false, at(6)), [], "a task is on it");
        assert_eq!(drift.read(&node(), OFF, || true, at(7)), [off]);
        assert_eq!(drift.desired(&node()), Some(Level::On));
    }

    fn record(desired: Option<Level>) -> ComponentRecord {
        ComponentRecord {
            id: node(),
            observed: OFF,
            raw: String::new(),
            available: true,
            changed_at: at(0),
            desired,
            abilities: Vec::new(),
            uncertain: None,
        }
    }

    #[test]
    fn what_is_no_longer_wanted_is_no_drift() {
        let drift = fresh();
        drift.want(&node(), Level::On, at(0));
        let wishes = drift.wishes(&node());
        drift.want(&node(), Level::On, at(1));
        drift.recall(&record(None), wishes);
        assert_eq!(drift.desired(&node()), Some(Level::On), "a wish came in between");
        drift.recall(&record(None), drift.wishes(&node()));
        assert_eq!(drift.read(&node(), OFF, || true, at(2)), []);
    }

    #[test]
    fn a_difference_that_is_remembered_is_not_told_again() {
        let drift = Drift::new([&node()], &[record(Some(Level::On))]);
        assert_eq!(drift.read(&node(), OFF, || true, at(1)), []);
        let back = Finding::ChangedOutside {
            from: Level::Off,
            to: Level::On,
        };
        assert_eq!(
            drift.read(&node(), ON, || true, at(2)),
            [back],
            "it was switched while the service was away"
        );
    }
}
