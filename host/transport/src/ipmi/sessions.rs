//! The sessions that are open and idle: at most one for each controller, a total limit, and a life shorter than the BMCs' own patience.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::port::{Link, Ports};
use super::session::Live;
use crate::pool::Owner;

#[derive(Debug)]
struct Idle {
    owner: Owner,
    since: Instant,
    live: Live,
}

#[derive(Debug, Default)]
struct State {
    /// By age: numbers only grow.
    idle: BTreeMap<u64, Idle>,
    by_owner: HashMap<Owner, u64>,
    next: u64,
    /// Closes what has been idle too long; runs only while there is something.
    reaper: Option<AbortOnDropHandle<()>>,
}

impl State {
    fn remove(&mut self, number: u64) -> Option<Idle> {
        let idle = self.idle.remove(&number)?;
        self.by_owner.remove(&idle.owner);
        Some(idle)
    }

    fn oldest(&self) -> Option<(u64, Instant)> {
        let (number, idle) = self.idle.first_key_value()?;
        Some((*number, idle.since))
    }
}

/// Idle sessions and the sockets of all. Whatever is removed here is closed when it is dropped, outside the lock.
pub(crate) struct Sessions {
    most: usize,
    idle_for: Duration,
    ports: Ports,
    state: Mutex<State>,
}

impl Sessions {
    pub(crate) fn new(most: usize, idle_for: Duration) -> Self {
        Self {
            most,
            idle_for,
            ports: Ports::default(),
            state: Mutex::default(),
        }
    }

    pub(super) fn link(&self, peer: SocketAddr) -> io::Result<Link> {
        self.ports.link(peer)
    }

    /// How long the BMC of `owner` has said nothing in its idle session; nothing when there is none.
    pub(super) fn silent_for(&self, owner: Owner) -> Option<Duration> {
        let state = self.lock();
        let number = state.by_owner.get(&owner)?;
        Some(state.idle.get(number)?.live.silent_for())
    }

    /// Takes the session of `owner`.
    pub(crate) fn take(&self, owner: Owner) -> Option<Live> {
        let mut state = self.lock();
        let number = *state.by_owner.get(&owner)?;
        state.remove(number).map(|idle| idle.live)
    }

    /// Keeps a session for the next request of `owner`.
    pub(crate) fn put(self: &Arc<Self>, owner: Owner, live: Live) {
        let mut closing = Vec::new();
        let mut state = self.lock();
        let earlier = state.by_owner.get(&owner).copied();
        closing.extend(earlier.and_then(|number| state.remove(number)));
        let number = state.next;
        state.next += 1;
        let since = Instant::now();
        state.idle.insert(number, Idle { owner, since, live });
        state.by_owner.insert(owner, number);
        while state.idle.len() > self.most
            && let Some((oldest, _)) = state.oldest()
        {
            closing.extend(state.remove(oldest));
        }
        if state.reaper.is_none() {
            let task = tokio::spawn(reap(Arc::downgrade(self)));
            state.reaper = Some(AbortOnDropHandle::new(task));
        }
        drop(state);
        drop(closing);
    }

    /// Closes the session of `owner`.
    pub(crate) fn forget(&self, owner: Owner) {
        drop(self.take(owner));
    }

    /// Closes all sessions.
    pub(crate) async fn close_all(&self) {
        let state = std::mem::take(&mut *self.lock());
        for (_, idle) in state.idle {
            idle.live.close().await;
        }
    }

    /// Closes what has been idle too long, and tells when to look again; without a time there is nothing left.
    fn close_expired(&self) -> Option<Instant> {
        let mut closing = Vec::new();
        let mut state = self.lock();
        let now = Instant::now();
        while let Some((number, since)) = state.oldest() {
            let end = since + self.idle_for;
            if end > now {
                return Some(end);
            }
            closing.extend(state.remove(number));
        }
        state.reaper = None;
        drop(state);
        None
    }

    /// How many sessions are idle.
    pub(crate) fn len(&self) -> usize {
        self.lock().idle.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("idle", &self.len())
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

async fn reap(sessions: Weak<Sessions>) {
    loop {
        let Some(next) = sessions.upgrade().and_then(|sessions| sessions.close_expired()) else {
            return;
        };
        tokio::time::sleep_until(next).await;
    }
}
