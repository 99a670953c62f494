//! What is known of reservations, and who uses them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use switchyard_core::reservation::Reason;
use switchyard_core::{ComponentId, Reservation, TaskId, Timestamp};
use switchyard_store::{Grip, Key, ReservationRecord};

use super::{CLEAN_UP, REFUSAL_SHOWN, RENEW_WHEN_LEFT, TERM};
use crate::engine::ReservationLook;

/// Every component that is reserved, asked for, or was refused lately. Bounded by the tasks that are worked on.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) entries: HashMap<ComponentId, Entry>,
    /// Whether those that go on from before a restart are known.
    pub(super) settled: bool,
}

/// One component.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// The tasks that use it or want to, with what they know.
    pub(super) users: BTreeMap<TaskId, User>,
    pub(super) state: State,
    /// Why it was last refused.
    pub(super) refused: Option<(Reason, Timestamp)>,
}

/// What the loss of a reservation means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Loss {
    /// Whether a task of this process had it.
    pub(super) used: bool,
    /// Whether a task had it that goes on from before a restart.
    pub(super) resumed: bool,
}

/// A task that uses a component.
#[derive(Debug, Default)]
pub(super) struct User {
    /// What it was given, if it was.
    pub(super) granted: Option<Grant>,
    /// Whether it was given the component and has lost it.
    pub(super) lost: bool,
    /// Whether it goes on from before a restart: what it had is acquired anew when it is gone.
    pub(super) resumed: bool,
}

/// What a task was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grant {
    /// The reservation of this service.
    Own,
    /// That of somebody whose deputy key it has, until then if that is known.
    Deputy(Option<Timestamp>),
}

/// What this service has of a component in SMD.
#[derive(Debug, Default)]
pub(super) enum State {
    /// Nothing.
    #[default]
    Free,
    /// It was asked for, and no answer came: it may be ours without our having its key.
    Unknown { asked_at: Timestamp },
    /// It is ours.
    Held(Grip),
}

impl State {
    /// Until when an unanswered wish may stand in the way.
    pub(super) fn unknown_until(&self) -> Option<Timestamp> {
        match self {
            Self::Unknown { asked_at } => Some(*asked_at + TERM + CLEAN_UP),
            Self::Free | Self::Held(_) => None,
        }
    }

    pub(super) fn grip(&self) -> Option<&Grip> {
        match self {
            Self::Held(grip) => Some(grip),
            Self::Free | Self::Unknown { .. } => None,
        }
    }
}

impl Table {
    /// What a process before this one has stored.
    pub(super) fn of(records: Vec<ReservationRecord>) -> Self {
        let entries = records.into_iter().map(|record| {
            let state = match record.grip {
                Some(grip) => State::Held(grip),
                None => State::Unknown {
                    asked_at: record.asked_at,
                },
            };
            let entry = Entry {
                state,
                ..Entry::default()
            };
            (record.component, entry)
        });
        Self {
            entries: entries.collect(),
            settled: false,
        }
    }

    pub(super) fn join(&mut self, component: &ComponentId, task: TaskId) {
        let entry = self.entries.entry(component.clone()).or_default();
        entry.users.entry(task).or_default();
    }

    /// A task goes on with what it had.
    pub(super) fn resume(&mut self, component: &ComponentId, task: TaskId) {
        if let Some(entry) = self.entries.get_mut(component) {
            let granted = entry.state.grip().map(|_| Grant::Own);
            let user = User {
                granted,
                lost: false,
                resumed: true,
            };
            entry.users.insert(task, user);
        }
    }

    /// A task no longer uses a component. Says whether it did.
    pub(super) fn leave(&mut self, component: &ComponentId, task: TaskId) -> bool {
        let entry = self.entries.get_mut(component);
        entry.is_some_and(|entry| entry.users.remove(&task).is_some())
    }

    pub(super) fn is_used_by(&self, component: &ComponentId, task: TaskId) -> bool {
        self.entries
            .get(component)
            .is_some_and(|entry| entry.users.contains_key(&task))
    }

    pub(super) fn standing(&self, component: &ComponentId, task: TaskId, now: Timestamp) -> Reservation {
        let entry = self.entries.get(component);
        let granted = entry.and_then(|entry| entry.users.get(&task)?.granted);
        let holds = match (granted, entry.map(|entry| &entry.state)) {
            (Some(Grant::Deputy(until)), _) => until.is_none_or(|until| until > now),
            (Some(Grant::Own), Some(State::Held(grip))) => grip.expires_at > now,
            _ => false,
        };
        if holds {
            Reservation::Held
        } else {
            Reservation::Wanted
        }
    }

    pub(super) fn look(&self, component: &ComponentId, now: Timestamp) -> ReservationLook {
        let Some(entry) = self.entries.get(component) else {
            return ReservationLook::default();
        };
        let held = entry.state.grip().map(|grip| grip.expires_at);
        ReservationLook {
            held_until: held.filter(|until| *until > now),
            refused: entry.refused.clone(),
            standing: None,
        }
    }

    /// How many components this service holds.
    pub(super) fn held(&self) -> usize {
        let entries = self.entries.values();
        entries.filter(|entry| entry.state.grip().is_some()).count()
    }

    /// What is to be renewed now.
    pub(super) fn to_renew(&self, now: Timestamp) -> Vec<(ComponentId, Key)> {
        let due = |grip: &&Grip| grip.expires_at.since(now) < RENEW_WHEN_LEFT;
        self.keys(|entry| !entry.users.is_empty(), due)
    }

    /// What nobody uses.
    pub(super) fn to_release(&self) -> Vec<(ComponentId, Key)> {
        self.keys(|entry| entry.users.is_empty(), |_| true)
    }

    fn keys(
        &self,
        entries: impl Fn(&Entry) -> bool,
        grips: impl Fn(&&Grip) -> bool,
    ) -> Vec<(ComponentId, Key)> {
        let mut keys: Vec<_> = self
            .entries
            .iter()
            .filter(|(_, entry)| entries(entry))
            .filter_map(|(id, entry)| {
                let grip = entry.state.grip().filter(&grips)?;
                Some((id.clone(), grip.key.clone()))
            })
            .collect();
        keys.sort_by(|(one, _), (other, _)| one.cmp(other));
        keys
    }

    /// SMD has renewed it.
    pub(super) fn renewed(
        &mut self,
        component: &ComponentId,
        expires_at: Timestamp,
    ) -> Option<ReservationRecord> {
        let entry = self.entries.get_mut(component)?;
        let State::Held(grip) = &mut entry.state else {
            return None;
        };
        grip.expires_at = expires_at;
        Some(ReservationRecord {
            component: component.clone(),
            asked_at: expires_at - TERM,
            grip: Some(grip.clone()),
        })
    }

    /// It is no longer ours. Gives what that means for the tasks that had it.
    pub(super) fn lost(&mut self, component: &ComponentId) -> Loss {
        let mut loss = Loss::default();
        let Some(entry) = self.entries.get_mut(component) else {
            return loss;
        };
        entry.state = State::Free;
        for user in entry.users.values_mut() {
            if user.granted != Some(Grant::Own) {
                continue;
            }
            user.granted = None;
            if std::mem::take(&mut user.resumed) {
                loss.resumed = true;
            } else {
                (user.lost, loss.used) = (true, true);
            }
        }
        loss
    }

    /// What was acquired anew is of use to those who resumed.
    pub(super) fn grant_all(&mut self, component: &ComponentId) {
        if let Some(entry) = self.entries.get_mut(component)
            && entry.state.grip().is_some()
        {
            for user in entry.users.values_mut().filter(|user| !user.lost) {
                user.granted.get_or_insert(Grant::Own);
            }
        }
    }

    /// Forgets what says nothing any more, and gives the components of which something is stored that is out of date.
    pub(super) fn tidy(&mut self, now: Timestamp) -> Vec<ComponentId> {
        let mut over = BTreeSet::new();
        for (id, entry) in &mut self.entries {
            let past = match &entry.state {
                State::Free => false,
                State::Unknown { asked_at } => *asked_at + TERM + CLEAN_UP <= now,
                State::Held(grip) => entry.users.is_empty() && grip.expires_at + CLEAN_UP <= now,
            };
            if past {
                entry.state = State::Free;
                over.insert(id.clone());
            }
            entry.refused.take_if(|(_, at)| *at + REFUSAL_SHOWN <= now);
        }
        self.entries.retain(|_, entry| {
            !(entry.users.is_empty() && matches!(entry.state, State::Free) && entry.refused.is_none())
        });
        over.into_iter().collect()
    }
}
