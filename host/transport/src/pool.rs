//! Idle connections of all controllers: few for each, a total limit, and a short life.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use crate::connection::Connection;
use crate::limits::CHANGE_IDLE;

/// Which idle connections a request may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Any: a read may be sent again when the connection turns out to be closed.
    Read,
    /// One that was in use a moment ago.
    Change,
    /// One that was opened a moment ago and has carried no request: a controller that closes after its reply cannot meet the change.
    Unused,
}

/// The number of a controller within its transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Owner(pub(crate) u64);

#[derive(Debug)]
struct Idle {
    owner: Owner,
    since: Instant,
    connection: Connection,
}

#[derive(Debug, Default)]
struct State {
    /// By age: numbers only grow.
    idle: BTreeMap<u64, Idle>,
    by_owner: HashMap<Owner, Vec<u64>>,
    next: u64,
    /// Drops what has been idle too long; runs only while there is something.
    reaper: Option<AbortOnDropHandle<()>>,
}

impl State {
    fn remove(&mut self, number: u64) -> Option<Idle> {
        let idle = self.idle.remove(&number)?;
        if let Some(numbers) = self.by_owner.get_mut(&idle.owner) {
            numbers.retain(|known| *known != number);
            if numbers.is_empty() {
                self.by_owner.remove(&idle.owner);
            }
        }
        Some(idle)
    }
}

pub(crate) struct Pool {
    most: usize,
    idle_for: Duration,
    state: Mutex<State>,
}

impl Pool {
    pub(crate) fn new(most: usize, idle_for: Duration) -> Self {
        Self {
            most,
            idle_for,
            state: Mutex::default(),
        }
    }

    /// Takes the youngest connection of `owner` that fits and is not known to be closed.
    pub(crate) fn take(&self, owner: Owner, fit: Fit) -> Option<Connection> {
        let mut state = self.lock();
        let numbers = state.by_owner.get(&owner)?.clone();
        let now = Instant::now();
        for number in numbers.into_iter().rev() {
            let Some(idle) = state.idle.get(&number) else {
                continue;
            };
            let young = now.saturating_duration_since(idle.since) < CHANGE_IDLE;
            let fits = match fit {
                Fit::Read => true,
                Fit::Change => young,
                Fit::Unused => young && !idle.connection.is_used(),
            };
            if idle.connection.is_closed() {
                state.remove(number);
            } else if fits {
                return state.remove(number).map(|idle| idle.connection);
            }
        }
        None
    }

    /// Whether `owner` has an idle connection that is not known to be closed.
    pub(crate) fn has(&self, owner: Owner) -> bool {
        let state = self.lock();
        let numbers = state.by_owner.get(&owner).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().any(|number| {
            state
                .idle
                .get(number)
                .is_some_and(|idle| !idle.connection.is_closed())
        })
    }

    /// Keeps a connection for the next request of `owner`, who keeps at most `most`.
    pub(crate) fn put(self: &Arc<Self>, owner: Owner, connection: Connection, most: usize) {
        if connection.is_closed() {
            return;
        }
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        state.idle.insert(
            number,
            Idle {
                owner,
                since: Instant::now(),
                connection,
            },
        );
        let numbers = state.by_owner.entry(owner).or_default();
        numbers.push(number);
        let surplus = numbers.len().saturating_sub(most);
        for number in numbers.get(..surplus).unwrap_or_default().to_vec() {
            state.remove(number);
        }
        while state.idle.len() > self.most {
            let Some(oldest) = state.idle.first_key_value().map(|(number, _)| *number) else {
                break;
            };
            state.remove(oldest);
        }
        if state.reaper.is_none() {
            let task = tokio::spawn(reap(Arc::downgrade(self)));
            state.reaper = Some(AbortOnDropHandle::new(task));
        }
    }

    /// Drops all connections of `owner`.
    pub(crate) fn forget(&self, owner: Owner) {
        let mut state = self.lock();
        for number in state.by_owner.get(&owner).cloned().unwrap_or_default() {
            state.remove(number);
        }
    }

    /// Drops everything.
    pub(crate) fn clear(&self) {
        *self.lock() = State::default();
    }

    /// Drops what has been idle too long, and tells when to look again; without a time there is nothing left.
    fn drop_expired(&self) -> Option<Instant> {
        let mut state = self.lock();
        let now = Instant::now();
        while let Some((number, idle)) = state.idle.first_key_value() {
            let (number, end) = (*number, idle.since + self.idle_for);
            if end > now {
                return Some(end);
            }
            state.remove(number);
        }
        state.reaper = None;
        None
    }

    /// How many connections are idle.
    pub(crate) fn len(&self) -> usize {
        self.lock().idle.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("idle", &self.len())
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

async fn reap(pool: Weak<Pool>) {
    loop {
        let Some(next) = pool.upgrade().and_then(|pool| pool.drop_expired()) else {
            return;
        };
        tokio::time::sleep_until(next).await;
    }
}
