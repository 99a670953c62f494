//! Answering those who ask for components.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use switchyard_core::reservation::{Reason, Refusal};
use switchyard_core::{Cause, ComponentId, Failure, TaskId, Timestamp};
use switchyard_store::{Grip, Key, ReservationRecord};

use super::calls::{self, Away, Had, Validity};
use super::keeper::Keeper;
use super::table::{Grant, State};
use super::{Ask, IDS_MAX, TERM, lock};
use crate::engine::Granted;
use crate::telemetry::{Chain, metrics};

/// How much of a reservation must be left for it to count while SMD cannot be asked.
const LEFT_MIN: Duration = Duration::from_secs(5);
/// The longest time between two tries to get what may be our own of before.
const RETRY_MAX: Duration = Duration::from_secs(10);

/// Somebody who asks, with what is known of their deputy keys.
struct Asking {
    ask: Ask,
    bad_deputy_key: bool,
}

impl Keeper {
    pub(super) async fn serve(&mut self, mut asks: Vec<Ask>) {
        // Whoever gave up since has left the table.
        asks.retain(|ask| lock(&self.table).is_used_by(&ask.component, ask.task));
        if asks.is_empty() {
            return;
        }
        let asking = self.check_deputies(asks).await;
        let asking = self.confirm(asking).await;
        self.acquire(asking).await;
    }

    fn answer(&self, ask: Ask, answer: Result<Grant, Refusal>, bad_deputy_key: bool) {
        if let Some(entry) = lock(&self.table).entries.get_mut(&ask.component) {
            if let Some(user) = entry.users.get_mut(&ask.task) {
                match &answer {
                    Ok(grant) => (user.granted, user.lost) = (Some(*grant), false),
                    Err(Refusal::Later(_)) => {}
                    Err(Refusal::Refused { .. } | Refusal::Lost) => (user.granted, user.lost) = (None, false),
                }
            }
            match &answer {
                Ok(_) => entry.refused = None,
                Err(Refusal::Refused { reason, .. }) => {
                    entry.refused = Some((reason.clone(), self.now()));
                    metrics::reservation_refused(reason);
                }
                Err(_) => {}
            }
        }
        let answer = answer.map(|grant| Granted {
            by_deputy_key: matches!(grant, Grant::Deputy(_)),
            bad_deputy_key,
        });
        // Whoever no longer waits leaves it by another order.
        drop(ask.answer.send(answer));
    }

    /// Answers those with a valid deputy key, and gives the others.
    async fn check_deputies(&mut self, asks: Vec<Ask>) -> Vec<Asking> {
        let tasks: Vec<TaskId> = asks.iter().map(|ask| ask.task).collect();
        let mut keys: HashMap<TaskId, Vec<Key>> = HashMap::new();
        match self.parts.store.deputy_keys(&tasks).await {
            Ok(found) => {
                for (task, key) in found {
                    let known = keys.entry(task).or_default();
                    if !known.contains(&key) {
                        known.push(key);
                    }
                }
            }
            Err(error) => {
                tracing::error!(error = %Chain(&error), "deputy keys could not be read");
                let failure = Failure::new(Cause::Smd, "The deputy keys of the request could not be read.");
                for ask in asks {
                    self.answer(ask, Err(Refusal::Later(failure.clone())), false);
                }
                return Vec::new();
            }
        }
        let (with, without): (Vec<Ask>, Vec<Ask>) = asks
            .into_iter()
            .partition(|ask| keys.contains_key(&ask.task) && !self.is_own(ask));
        let mut left: Vec<Asking> = without
            .into_iter()
            .map(|ask| Asking {
                ask,
                bad_deputy_key: false,
            })
            .collect();
        left.extend(self.use_deputies(with, &keys).await);
        left
    }

    /// Whether the service itself holds the component: then no other key of it is valid.
    fn is_own(&self, ask: &Ask) -> bool {
        let table = lock(&self.table);
        let entry = table.entries.get(&ask.component);
        entry.is_some_and(|entry| entry.state.grip().is_some())
    }

    async fn use_deputies(&mut self, asks: Vec<Ask>, keys: &HashMap<TaskId, Vec<Key>>) -> Vec<Asking> {
        let pairs: Vec<(ComponentId, Key)> = asks
            .iter()
            .flat_map(|ask| {
                let keys = keys.get(&ask.task).into_iter().flatten();
                keys.map(|key| (ask.component.clone(), key.clone()))
            })
            .collect();
        let mut left = Vec::new();
        if pairs.is_empty() {
            return left;
        }
        let checked = match self.check_each(&pairs).await {
            Ok(checked) => checked,
            Err(failure) => {
                for ask in asks {
                    self.answer(ask, Err(Refusal::Later(failure.clone())), false);
                }
                return left;
            }
        };
        let mut checked = checked.into_iter();
        for ask in asks {
            let count = keys.get(&ask.task).map_or(0, Vec::len);
            let mut valid = None;
            for validity in checked.by_ref().take(count) {
                if let Validity::Valid(until) = validity {
                    valid.get_or_insert(until);
                }
            }
            let had = lock(&self.table)
                .entries
                .get(&ask.component)
                .and_then(|entry| entry.users.get(&ask.task)?.granted);
            match (valid, had) {
                (Some(until), _) => self.answer(ask, Ok(Grant::Deputy(until)), false),
                (None, Some(Grant::Deputy(_))) => self.answer(ask, Err(Refusal::Lost), true),
                (None, _) => left.push(Asking {
                    ask,
                    bad_deputy_key: true,
                }),
            }
        }
        left
    }

    async fn check_each(&mut self, pairs: &[(ComponentId, Key)]) -> Result<Vec<Validity>, Failure> {
        if let Some(failure) = &self.away {
            return Err(failure.clone());
        }
        let checked = calls::check_each(&self.parts.client, pairs, self.now()).await;
        checked.map_err(|away| {
            self.note(&away);
            away.failure
        })
    }

    /// Answers those whose component this service holds, and gives the others.
    async fn confirm(&mut self, asking: Vec<Asking>) -> Vec<Asking> {
        let mut held: BTreeSet<ComponentId> = BTreeSet::new();
        let mut keys = Vec::new();
        for asking in &asking {
            let id = &asking.ask.component;
            let table = lock(&self.table);
            let grip = table.entries.get(id).and_then(|entry| entry.state.grip());
            if let Some(grip) = grip
                && held.insert(id.clone())
            {
                keys.push((id.clone(), grip.deputy_key.clone()));
            }
        }
        let lost = self.find_lost(&keys).await;
        let mut left = Vec::new();
        for Asking { ask, bad_deputy_key } in asking {
            let (is_held, was_lost) = {
                let table = lock(&self.table);
                let entry = table.entries.get(&ask.component);
                let lost = entry
                    .and_then(|entry| entry.users.get(&ask.task))
                    .is_some_and(|user| user.lost);
                let grip = entry.and_then(|entry| entry.state.grip());
                (grip.map(|grip| grip.expires_at), lost)
            };
            let enough = self.now() + LEFT_MIN;
            match (is_held, &lost) {
                _ if was_lost => self.answer(ask, Err(Refusal::Lost), bad_deputy_key),
                (Some(until), Ok(())) if until > self.now() => {
                    self.answer(ask, Ok(Grant::Own), bad_deputy_key);
                }
                // SMD says that it holds until it has cleaned up; our own clock knows better.
                (Some(_), Ok(())) => {
                    let failure = Failure::new(
                        Cause::Smd,
                        "The reservation in SMD has expired and is not renewed yet.",
                    );
                    self.answer(ask, Err(Refusal::Later(failure)), bad_deputy_key);
                }
                // As far as its own clock tells, it is held.
                (Some(until), Err(_)) if until > enough => self.answer(ask, Ok(Grant::Own), bad_deputy_key),
                (Some(_), Err(failure)) => {
                    self.answer(ask, Err(Refusal::Later(failure.clone())), bad_deputy_key);
                }
                (None, _) => left.push(Asking { ask, bad_deputy_key }),
            }
        }
        left
    }

    /// Finds out which reservations SMD no longer knows.
    async fn find_lost(&mut self, keys: &[(ComponentId, Key)]) -> Result<(), Failure> {
        if keys.is_empty() {
            return Ok(());
        }
        if let Some(failure) = &self.away {
            return Err(failure.clone());
        }
        // When they end is known by our own clock, whatever that of SMD says.
        match calls::check(&self.parts.client, keys, Timestamp::default()).await {
            Ok(checked) => {
                let lost: Vec<ComponentId> = keys
                    .iter()
                    .zip(checked)
                    .filter(|(_, validity)| matches!(validity, Validity::Invalid))
                    .map(|((id, _), _)| id.clone())
                    .collect();
                self.lose(&lost).await;
                Ok(())
            }
            Err(away) => {
                self.note(&away);
                Err(away.failure)
            }
        }
    }

    /// Asks SMD for what is left. The wish is stored before, so that a kill in between leaves a trace.
    async fn acquire(&mut self, asking: Vec<Asking>) {
        let mut by_component: HashMap<ComponentId, Vec<Asking>> = HashMap::new();
        for asking in asking {
            by_component
                .entry(asking.ask.component.clone())
                .or_default()
                .push(asking);
        }
        let mut ids: Vec<ComponentId> = by_component.keys().cloned().collect();
        ids.sort();
        let mut pieces: Vec<Vec<ComponentId>> = ids.chunks(IDS_MAX).map(<[_]>::to_vec).collect();
        while let Some(piece) = pieces.pop() {
            match self.create(&piece).await {
                Ok(had) => self.had(had, &mut by_component),
                Err(away) => match &away.wrong {
                    Some(_) if piece.len() > 1 => {
                        let (one, other) = piece.split_at(piece.len() / 2);
                        pieces.extend([one.to_vec(), other.to_vec()]);
                    }
                    Some(words) => {
                        let reason = Reason::Other(words.clone());
                        let had = piece.iter().map(|id| (id.clone(), Had::Refused(reason.clone())));
                        self.had(had.collect(), &mut by_component);
                    }
                    None => {
                        self.note(&away);
                        for asking in piece.iter().filter_map(|id| by_component.remove(id)).flatten() {
                            let refusal = Refusal::Later(away.failure.clone());
                            self.answer(asking.ask, Err(refusal), asking.bad_deputy_key);
                        }
                    }
                },
            }
        }
    }

    pub(super) async fn create(&mut self, ids: &[ComponentId]) -> Result<HashMap<ComponentId, Had>, Away> {
        let not_done = |failure| Away {
            failure,
            maybe_done: false,
            wrong: None,
        };
        if let Some(failure) = &self.away {
            return Err(not_done(failure.clone()));
        }
        let asked_at = self.now();
        let wishes: Vec<ReservationRecord> = ids
            .iter()
            .map(|id| ReservationRecord {
                component: id.clone(),
                asked_at,
                grip: None,
            })
            .collect();
        if !self.keep(&wishes).await {
            let text = "The wish for the reservation could not be stored, and so SMD was not asked.";
            return Err(not_done(Failure::new(Cause::Smd, text)));
        }
        let ended = calls::create(&self.parts.client, ids).await;
        match &ended {
            Ok(had) => self.store(had, asked_at).await,
            Err(away) if away.maybe_done => {
                let mut table = lock(&self.table);
                for id in ids {
                    if let Some(entry) = table.entries.get_mut(id) {
                        entry.state = State::Unknown { asked_at };
                    }
                }
            }
            Err(_) => self.restore(ids).await,
        }
        ended
    }

    /// Stores what SMD gave, and what it did not.
    async fn store(&self, had: &HashMap<ComponentId, Had>, asked_at: Timestamp) {
        let (mut kept, mut refused) = (Vec::new(), Vec::new());
        for (id, had) in had {
            match had {
                Had::Ours(key, deputy_key) => kept.push(ReservationRecord {
                    component: id.clone(),
                    asked_at,
                    grip: Some(Grip {
                        key: key.clone(),
                        deputy_key: deputy_key.clone(),
                        expires_at: asked_at + TERM,
                    }),
                }),
                Had::Refused(_) => refused.push(id.clone()),
            }
        }
        {
            let mut table = lock(&self.table);
            for record in &kept {
                if let (Some(entry), Some(grip)) = (table.entries.get_mut(&record.component), &record.grip) {
                    entry.state = State::Held(grip.clone());
                }
            }
        }
        self.keep(&kept).await;
        self.restore(&refused).await;
    }

    /// Stores what is known of components for which this call has brought nothing: an earlier wish may still stand in the way.
    async fn restore(&self, ids: &[ComponentId]) {
        let (mut unknown, mut free) = (Vec::new(), Vec::new());
        {
            let table = lock(&self.table);
            for id in ids {
                match table.entries.get(id).map(|entry| &entry.state) {
                    Some(State::Unknown { asked_at }) => unknown.push(ReservationRecord {
                        component: id.clone(),
                        asked_at: *asked_at,
                        grip: None,
                    }),
                    _ => free.push(id.clone()),
                }
            }
        }
        self.keep(&unknown).await;
        if !free.is_empty() {
            self.forget(&free).await;
        }
    }

    /// Answers those who asked for components.
    fn had(&self, had: HashMap<ComponentId, Had>, asking: &mut HashMap<ComponentId, Vec<Asking>>) {
        for (id, had) in had {
            for Asking { ask, bad_deputy_key } in asking.remove(&id).unwrap_or_default() {
                let answer = match &had {
                    Had::Ours(..) => Ok(Grant::Own),
                    Had::Refused(reason) => Err(self.refusal(&id, reason, bad_deputy_key)),
                };
                self.answer(ask, answer, bad_deputy_key);
            }
        }
    }

    /// What is reserved may be our own of before: then it is waited for until it has expired.
    fn refusal(&self, id: &ComponentId, reason: &Reason, bad_deputy_key: bool) -> Refusal {
        let refused = Refusal::Refused {
            reason: reason.clone(),
            bad_deputy_key,
        };
        let until = {
            let table = lock(&self.table);
            table
                .entries
                .get(id)
                .and_then(|entry| entry.state.unknown_until())
        };
        let now = self.now();
        match (reason, until) {
            (Reason::Reserved, Some(until)) if until > now => {
                let text = "SMD says Reserved: perhaps by this service, whose request for it was cut off; \
                            it is asked again until that has expired.";
                let retry_after = Some(until.since(now).min(RETRY_MAX));
                Refusal::Later(Failure {
                    retry_after,
                    ..Failure::new(Cause::Smd, text)
                })
            }
            _ => refused,
        }
    }
}
