//! What the service depends on, and how each of these stands: the one registry into which everything that can be away reports.
//!
//! A part that talks to one of them takes a [`Handle`] at its start and says after every exchange how it went. Who reads the registry
//! asks nobody anything, so that `GET /v2/dependencies` answers at once whatever is away.

mod impact;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use switchyard_core::Timestamp;

use crate::clock::{Clock, SystemClock};
use crate::telemetry::metrics;

pub use impact::Impact;

/// The longest reason that is kept, in bytes.
pub const REASON_MAX_BYTES: usize = 512;
/// The reason of what was not asked yet.
const NOT_ASKED: &str = "It has not been asked anything yet.";

/// Something that the service depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dependency {
    /// The State Manager: inventory, reservations.
    Smd,
    /// Where the logins of BMCs are kept.
    SecretStore,
    /// The keys that sign callers' tokens.
    Jwks,
    /// The database.
    Database,
    /// The disk under the database.
    Disk,
    /// The BMCs, all together.
    Bmcs,
}

impl Dependency {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 6] = [
        Self::Smd,
        Self::SecretStore,
        Self::Jwks,
        Self::Database,
        Self::Disk,
        Self::Bmcs,
    ];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Smd => "smd",
            Self::SecretStore => "secret-store",
            Self::Jwks => "jwks",
            Self::Database => "database",
            Self::Disk => "disk",
            Self::Bmcs => "bmcs",
        }
    }
}

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It does what is asked of it.
    Ok,
    /// It does so in part, or what is kept of it serves meanwhile.
    Degraded,
    /// It does not.
    Away,
    /// It is not used here.
    NotConfigured,
}

impl State {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Away => "away",
            Self::NotConfigured => "not-configured",
        }
    }
}

/// What is known of a dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// How it stands.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// When it last did what was asked of it.
    pub last_success: Option<Timestamp>,
    /// From when what is kept of it is, where something is.
    pub cached_at: Option<Timestamp>,
    /// Why it does not stand well.
    pub reason: Option<String>,
}

impl Standing {
    /// Whether nothing is known of it, since it was not asked for anything yet.
    pub fn is_unasked(&self) -> bool {
        self.reason.as_deref() == Some(NOT_ASKED)
    }
}

/// The registry. Clones share it.
#[derive(Clone)]
pub struct Dependencies(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    standings: Mutex<BTreeMap<Dependency, Standing>>,
}

impl Default for Dependencies {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock))
    }
}

impl fmt::Debug for Dependencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dependencies").finish_non_exhaustive()
    }
}

impl Dependencies {
    /// A registry in which nothing is configured yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let now = clock.now();
        let nothing = Standing {
            state: State::NotConfigured,
            since: now,
            last_success: None,
            cached_at: None,
            reason: None,
        };
        let standings = Dependency::ALL.map(|dependency| (dependency, nothing.clone()));
        Self(Arc::new(Inner {
            clock,
            standings: Mutex::new(standings.into()),
        }))
    }

    /// For the part that talks to a dependency: it is in use from now on.
    pub fn handle(&self, dependency: Dependency) -> Handle {
        let handle = Handle {
            registry: self.clone(),
            dependency,
        };
        handle.degraded(NOT_ASKED);
        handle
    }

    /// How a dependency stands.
    pub fn standing(&self, dependency: Dependency) -> Option<Standing> {
        self.standings().get(&dependency).cloned()
    }

    /// How all of them stand.
    pub fn all(&self) -> Vec<(Dependency, Standing)> {
        self.standings()
            .iter()
            .map(|(dependency, standing)| (*dependency, standing.clone()))
            .collect()
    }

    /// Those that are away.
    pub fn away(&self) -> Vec<Dependency> {
        self.standings()
            .iter()
            .filter(|(_, standing)| standing.state == State::Away)
            .map(|(dependency, _)| *dependency)
            .collect()
    }

    /// Whether one is away.
    pub fn is_away(&self, dependency: Dependency) -> bool {
        self.standings()
            .get(&dependency)
            .is_some_and(|standing| standing.state == State::Away)
    }

    /// The time by the clock of the registry.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn standings(&self) -> std::sync::MutexGuard<'_, BTreeMap<Dependency, Standing>> {
        self.0.standings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self, dependency: Dependency, state: State, reason: Option<&str>) {
        let now = self.now();
        let mut standings = self.standings();
        let Some(standing) = standings.get_mut(&dependency) else {
            return;
        };
        let before = standing.state;
        if before != state {
            standing.state = state;
            standing.since = now;
        }
        if state == State::Ok {
            standing.last_success = Some(now);
        }
        standing.reason = reason.map(cut);
        drop(standings);
        metrics::dependency(dependency.name(), state != State::Away);
        let name = dependency.name();
        match (before, state) {
            (before, after) if before == after => {}
            (_, State::Away) => tracing::warn!(dependency = name, reason, "away"),
            (State::Away, _) => tracing::info!(dependency = name, reason, "no longer away"),
            _ => tracing::debug!(
                dependency = name,
                reason,
                state = state.name(),
                "stands otherwise"
            ),
        }
    }
}

/// Says how one dependency stands.
#[derive(Debug, Clone)]
pub struct Handle {
    registry: Dependencies,
    dependency: Dependency,
}

impl Handle {
    /// It did what was asked of it.
    pub fn ok(&self) {
        self.registry.report(self.dependency, State::Ok, None);
    }

    /// It did so in part, or what is kept of it serves meanwhile. `reason` is a sentence for an operator, without secrets.
    pub fn degraded(&self, reason: &str) {
        self.registry
            .report(self.dependency, State::Degraded, Some(reason));
    }

    /// It did not do what was asked of it. `reason` is a sentence for an operator, without secrets.
    pub fn away(&self, reason: &str) {
        self.registry.report(self.dependency, State::Away, Some(reason));
    }

    /// What is kept of it is from this time.
    pub fn cached(&self, at: Timestamp) {
        if let Some(standing) = self.registry.standings().get_mut(&self.dependency) {
            standing.cached_at = Some(at);
        }
    }
}

fn cut(reason: &str) -> String {
    let end = (0..=REASON_MAX_BYTES.min(reason.len()))
        .rev()
        .find(|end| reason.is_char_boundary(*end))
        .unwrap_or(0);
    reason.get(..end).unwrap_or_default().to_owned()
}
