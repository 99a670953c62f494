//! The circuit breaker of a controller: when a BMC that does not answer, or does not let us in, is left alone, and for how long.
//!
//! A breaker knows no clock and no chance: both are arguments. Whoever calls a controller asks [`Breaker::admission`] first, tells
//! the breaker when the call is a probe, and tells it what became of the call. Every change goes through [`Breaker::step`].

mod report;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

pub use report::{NO_SESSION, Report};

/// Calls in a row without an answer after which a controller is left alone, reads included.
pub const FAILURES_MAX: u8 = 5;
/// Changing requests without an answer after which a controller is left alone, although it may answer reads.
pub const UNANSWERED_MAX: u8 = 3;
/// The longest rest before the first probe of a controller that does not answer. It doubles with every probe that fails.
pub const REST_FIRST: Duration = Duration::from_secs(15);
/// The longest rest between two probes of a controller that does not answer.
pub const REST_MAX: Duration = Duration::from_mins(5);
/// The rest after refused credentials, unless they change meanwhile: accounts are locked after a few wrong logins.
pub const REST_AUTH: Duration = Duration::from_mins(5);
/// The rest of a controller that has no room for another session.
pub const REST_SESSIONS: Duration = Duration::from_mins(1);
/// When whoever was refused during a probe asks again.
const PROBE_AGAIN: Duration = Duration::from_secs(1);

/// Why a controller is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It does not answer.
    Unreachable,
    /// It answers reads, but not the changes that it was sent.
    Unanswered,
    /// It refuses the credentials.
    Auth,
    /// It has no room for another session.
    SessionsFull,
}

impl Reason {
    /// The stable name of the reason.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Unanswered => "unanswered",
            Self::Auth => "auth",
            Self::SessionsFull => "sessions-full",
        }
    }
}

/// What opened a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trip {
    /// Why.
    pub reason: Reason,
    /// Since when.
    pub since: Timestamp,
    /// Probes that failed since.
    pub probes: u32,
}

/// Whether a controller is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Breaker {
    /// It is called.
    Closed {
        /// Calls in a row without an answer.
        failures: u8,
        /// Changing requests in a row without an answer, whatever reads were answered meanwhile.
        unanswered: u8,
    },
    /// It is left alone.
    Open {
        /// What opened the breaker.
        trip: Trip,
        /// From when on the next call is a probe.
        until: Timestamp,
    },
    /// One call finds out whether it answers again.
    HalfOpen {
        /// What opened the breaker.
        trip: Trip,
    },
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The call that was admitted as a probe begins.
    ProbeBegan,
    /// A call ended.
    Ended {
        /// What it says about the controller.
        report: Report,
        /// Whether it was the probe.
        probe: bool,
    },
    /// A person asks for a try at once.
    TryNow,
    /// The credentials are others than those that were refused.
    SecretChanged,
}

/// For what a call may pass a breaker that is not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Passage {
    /// For nothing.
    #[default]
    Ordinary,
    /// A force-off waits for nobody, but a wrong login harms more than it helps.
    ForceOff,
    /// An emergency-off is tried whatever is known.
    EmergencyOff,
}

/// Whether a call may go now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may.
    Go,
    /// It may, as the one probe: [`Event::ProbeBegan`] comes first.
    Probe,
    /// It may not.
    Refused {
        /// Why the controller is left alone.
        reason: Reason,
        /// When to ask again.
        retry_after: Duration,
    },
}

impl Default for Breaker {
    fn default() -> Self {
        Self::CLOSED
    }
}

impl Breaker {
    /// A closed breaker that knows of no failure.
    pub const CLOSED: Self = Self::Closed {
        failures: 0,
        unanswered: 0,
    };

    /// Whether a call may go.
    pub fn admission(&self, passage: Passage, now: Timestamp) -> Admission {
        match (self, passage) {
            (Self::Closed { .. }, _) | (_, Passage::EmergencyOff) => Admission::Go,
            (Self::Open { trip, .. } | Self::HalfOpen { trip }, Passage::ForceOff)
                if trip.reason != Reason::Auth =>
            {
                Admission::Go
            }
            (Self::Open { until, .. }, _) if *until <= now => Admission::Probe,
            (Self::Open { trip, until }, _) => Admission::Refused {
                reason: trip.reason,
                retry_after: until.since(now),
            },
            (Self::HalfOpen { trip }, _) => Admission::Refused {
                reason: trip.reason,
                retry_after: PROBE_AGAIN,
            },
        }
    }

    /// The breaker after an event: total over states and events. `chance` is a random number, for jitter.
    #[must_use]
    pub fn step(self, event: Event, now: Timestamp, chance: u16) -> Self {
        match (self, event) {
            (Self::Closed { failures, unanswered }, Event::Ended { report, .. }) => {
                counted(failures, unanswered, report, now, chance)
            }
            (Self::Open { trip, .. }, Event::ProbeBegan) => Self::HalfOpen { trip },
            (Self::Open { trip, until }, Event::TryNow) => Self::Open {
                trip,
                until: until.min(now),
            },
            (Self::Open { trip, until }, Event::SecretChanged) if trip.reason == Reason::Auth => Self::Open {
                trip,
                until: until.min(now),
            },
            (Self::HalfOpen { trip }, Event::Ended { report, probe: true }) => {
                probed(trip, report, now, chance)
            }
            (
                state @ (Self::Open { trip, .. } | Self::HalfOpen { trip }),
                Event::Ended { report, probe: false },
            ) => state.passed_by(trip, report, now, chance),
            (state, Event::ProbeBegan | Event::TryNow | Event::SecretChanged | Event::Ended { .. }) => state,
        }
    }

    /// The same after a restart of the service: a probe that was under way has ended with it.
    #[must_use]
    pub fn recovered(self, now: Timestamp) -> Self {
        match self {
            Self::HalfOpen { trip } => Self::Open { trip, until: now },
            state @ (Self::Closed { .. } | Self::Open { .. }) => state,
        }
    }

    /// What opened it, unless it is closed.
    pub const fn trip(&self) -> Option<Trip> {
        match self {
            Self::Closed { .. } => None,
            Self::Open { trip, .. } | Self::HalfOpen { trip } => Some(*trip),
        }
    }

    /// The stable name of the state.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Closed { .. } => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen { .. } => "half-open",
        }
    }

    /// A call ended that was admitted before the breaker opened, or that passed it. Its answer shows that the controller is back, but an
    /// answer to an earlier login says nothing about the one that was refused since.
    fn passed_by(self, trip: Trip, report: Report, now: Timestamp, chance: u16) -> Self {
        match report {
            Report::AuthRefused => reopened(trip, Reason::Auth, now, chance),
            Report::Answered { change }
                if trip.reason != Reason::Auth && (change || trip.reason != Reason::Unanswered) =>
            {
                Self::CLOSED
            }
            Report::Answered { .. }
            | Report::Silent
            | Report::Unanswered
            | Report::SessionsFull
            | Report::Nothing => self,
        }
    }
}

/// A closed breaker after a call.
fn counted(failures: u8, unanswered: u8, report: Report, now: Timestamp, chance: u16) -> Breaker {
    let (failures, unanswered) = match report {
        Report::Answered { change } => (0, if change { 0 } else { unanswered }),
        Report::Silent => (failures.saturating_add(1), unanswered),
        Report::Unanswered => (failures.saturating_add(1), unanswered.saturating_add(1)),
        Report::AuthRefused => return opened(Reason::Auth, now, chance),
        Report::SessionsFull => return opened(Reason::SessionsFull, now, chance),
        Report::Nothing => (failures, unanswered),
    };
    if failures >= FAILURES_MAX {
        opened(Reason::Unreachable, now, chance)
    } else if unanswered >= UNANSWERED_MAX {
        opened(Reason::Unanswered, now, chance)
    } else {
        Breaker::Closed { failures, unanswered }
    }
}

/// A half-open breaker after its probe. A probe that says nothing costs no more than the shortest rest.
fn probed(trip: Trip, report: Report, now: Timestamp, chance: u16) -> Breaker {
    match report {
        Report::Answered { .. } => Breaker::CLOSED,
        Report::Silent | Report::Unanswered => {
            let reason = match trip.reason {
                Reason::Unanswered => Reason::Unanswered,
                Reason::Unreachable | Reason::Auth | Reason::SessionsFull => Reason::Unreachable,
            };
            reopened(trip, reason, now, chance)
        }
        Report::AuthRefused => reopened(trip, Reason::Auth, now, chance),
        Report::SessionsFull => reopened(trip, Reason::SessionsFull, now, chance),
        Report::Nothing => Breaker::Open {
            trip,
            until: now + rest(trip.reason, 0, chance),
        },
    }
}

fn opened(reason: Reason, now: Timestamp, chance: u16) -> Breaker {
    let trip = Trip {
        reason,
        since: now,
        probes: 0,
    };
    Breaker::Open {
        trip,
        until: now + rest(reason, 0, chance),
    }
}

/// Open once more. For another reason than before the count begins anew.
fn reopened(trip: Trip, reason: Reason, now: Timestamp, chance: u16) -> Breaker {
    if trip.reason != reason {
        return opened(reason, now, chance);
    }
    let probes = trip.probes.saturating_add(1);
    Breaker::Open {
        trip: Trip { probes, ..trip },
        until: now + rest(reason, probes, chance),
    }
}

/// How long a controller is left alone after so many failed probes. A quarter of a growing rest is left to chance, so that the BMCs of
/// a rack that lost its network are not all probed at once.
fn rest(reason: Reason, probes: u32, chance: u16) -> Duration {
    match reason {
        Reason::Auth => REST_AUTH,
        Reason::SessionsFull => REST_SESSIONS,
        Reason::Unreachable | Reason::Unanswered => {
            let factor = 1_u32.checked_shl(probes).unwrap_or(u32::MAX);
            let grown = REST_FIRST.saturating_mul(factor).min(REST_MAX);
            grown.saturating_sub(grown / 4 * u32::from(chance % 256) / 256)
        }
    }
}
