//! What has become of the calls of a driver since it was loaded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use switchyard_core::{Cause, Failure};

use super::Driver;

/// Counts of calls.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    calls: AtomicU64,
    failures: AtomicU64,
    stopped: AtomicU64,
    refused: AtomicU64,
    last_stop: Mutex<Option<Stop>>,
}

/// The last time that the host stopped a driver, or kept back what it tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// When.
    pub at: SystemTime,
    /// Why.
    pub text: String,
}

/// What has become of the calls of a driver since it was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calls {
    /// All that have ended.
    pub ended: u64,
    /// Those that gave a failure, for whatever reason: mostly the BMC's.
    pub failed: u64,
    /// Those in which the driver trapped or went over a limit.
    pub stopped: u64,
    /// Those that failed since the host kept back what the driver tried.
    pub refused: u64,
    /// The last of these two.
    pub last_stop: Option<Stop>,
}

impl Tally {
    pub(crate) fn note(&self, failure: Option<&Failure>) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let Some(failure) = failure else { return };
        self.failures.fetch_add(1, Ordering::Relaxed);
        match failure.cause {
            Cause::Driver => self.stopped.fetch_add(1, Ordering::Relaxed),
            Cause::RefusedByHost => self.refused.fetch_add(1, Ordering::Relaxed),
            _ => return,
        };
        *self.last_stop.lock().unwrap_or_else(PoisonError::into_inner) = Some(Stop {
            at: SystemTime::now(),
            text: failure.text.clone(),
        });
    }
}

impl Driver {
    /// What has become of its calls since it was loaded.
    pub fn calls(&self) -> Calls {
        let tally = &self.tally;
        let last_stop = tally.last_stop.lock().unwrap_or_else(PoisonError::into_inner);
        Calls {
            ended: tally.calls.load(Ordering::Relaxed),
            failed: tally.failures.load(Ordering::Relaxed),
            stopped: tally.stopped.load(Ordering::Relaxed),
            refused: tally.refused.load(Ordering::Relaxed),
            last_stop: last_stop.clone(),
        }
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }
}
