//! Requests that are given up when too many of their parts fail.
//!
//! The store decides, once and for good; what is counted here only says when it is worth asking.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use switchyard_core::{FailureLimit, Outcome, TransitionId};
use switchyard_store::{CancelMode, LimitedTransition, Part, StoreError, StrikeAnswer, Submitted};

use super::Inner;
use crate::telemetry::Chain;

/// The requests with a limit that have not ended, and how many of their parts have failed.
#[derive(Debug, Default)]
pub(super) struct FailureLimits {
    open: Mutex<HashMap<TransitionId, Counter>>,
}

#[derive(Debug)]
struct Counter {
    limit: FailureLimit,
    members: u32,
    failed: u32,
    /// Whether the store is being asked.
    asked: bool,
}

impl FailureLimits {
    fn open(&self) -> MutexGuard<'_, HashMap<TransitionId, Counter>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self, of: LimitedTransition, failed: u32) {
        let counter = Counter {
            limit: of.limit,
            members: of.members,
            failed,
            asked: false,
        };
        self.open().insert(of.id, counter);
    }

    /// Counts a failed part. True when the store is to be asked by whoever hears it.
    fn count(&self, transition: TransitionId) -> bool {
        let mut open = self.open();
        let Some(counter) = open.get_mut(&transition) else {
            return false;
        };
        counter.failed = counter.failed.saturating_add(1);
        counter.is_due()
    }

    /// Those of which the store is to be asked.
    fn due(&self) -> Vec<TransitionId> {
        let mut open = self.open();
        let due = open
            .iter_mut()
            .filter_map(|(id, counter)| counter.is_due().then_some(*id));
        due.collect()
    }
}

impl Counter {
    /// Whether the limit is passed by what is counted here, and nobody asks the store about it yet.
    fn is_due(&mut self) -> bool {
        let due = !self.asked && self.limit.is_exceeded(self.failed, self.members);
        self.asked |= due;
        due
    }
}

/// Takes up the requests with a limit that a former process left. To be called before their tasks are taken up, so that none of a request
/// is sent that has failed too often already.
pub(super) async fn take_up(inner: &Inner) -> Result<(), StoreError> {
    for limited in inner.store.limited_transitions().await? {
        match inner.store.strike(limited.id, inner.clock.now()).await? {
            StrikeAnswer::Below { failed } => inner.failure_limits.watch(limited, failed),
            StrikeAnswer::Struck { failed, .. } => told(limited.id, failed),
            StrikeAnswer::Over => {}
        }
    }
    Ok(())
}

/// Watches a request that was accepted. Parts that were refused at once count.
pub(super) fn watch(inner: &Arc<Inner>, submitted: &Submitted) {
    let transition = &submitted.transition;
    let Some(limit) = transition.max_failures.filter(|_| transition.ended_at.is_none()) else {
        return;
    };
    let refused = |part: &Part| matches!(part, Part::Refused { .. });
    let members = submitted.members.iter();
    let failed = members.filter(|member| refused(&member.part)).count();
    let of = LimitedTransition {
        id: transition.id,
        limit,
        members: u32::try_from(submitted.members.len()).unwrap_or(u32::MAX),
    };
    inner
        .failure_limits
        .watch(of, u32::try_from(failed).unwrap_or(u32::MAX));
    ask_about_due(inner);
}

/// Takes in how a part of a request ended, once that is stored.
pub(super) fn ended(inner: &Arc<Inner>, transition: TransitionId, outcome: &Outcome) {
    if FailureLimit::counts(outcome) && inner.failure_limits.count(transition) {
        ask(inner, transition);
    }
}

/// Asks the store about what is due: what was asked too early, or could not be asked.
pub(super) fn ask_about_due(inner: &Arc<Inner>) {
    for transition in inner.failure_limits.due() {
        ask(inner, transition);
    }
}

/// Forgets the requests that have ended.
pub(super) async fn forget_ended(inner: &Inner) {
    if inner.failure_limits.open().is_empty() {
        return;
    }
    // While this is held no request is between its submission and its counter.
    let _submitting = inner.submitting.lock().await;
    match inner.store.limited_transitions().await {
        Ok(limited) => {
            let mut open = inner.failure_limits.open();
            open.retain(|id, _| limited.iter().any(|limited| limited.id == *id));
        }
        Err(error) => tracing::warn!(error = %Chain(&error), "the limits of failures could not be read"),
    }
}

/// Asks as a task of its own: whoever ends a part does not wait for the rest.
fn ask(inner: &Arc<Inner>, transition: TransitionId) {
    let owned = Arc::clone(inner);
    inner.tasks.spawn(async move {
        if let Err(error) = strike(&owned, transition).await {
            tracing::error!(%transition, error = %Chain(&error), "a request of which too many parts failed could not be given up; trying again");
            if let Some(counter) = owned.failure_limits.open().get_mut(&transition) {
                counter.asked = false;
            }
        }
    });
}

async fn strike(inner: &Inner, transition: TransitionId) -> Result<(), StoreError> {
    let submitting = inner.submitting.lock().await;
    match inner.store.strike(transition, inner.clock.now()).await? {
        StrikeAnswer::Below { .. } => {
            // What was counted is not stored yet; the next failure, or the sweeper, asks again.
            if let Some(counter) = inner.failure_limits.open().get_mut(&transition) {
                counter.asked = false;
            }
        }
        StrikeAnswer::Over => {
            inner.failure_limits.open().remove(&transition);
        }
        StrikeAnswer::Struck {
            failed,
            tasks,
            detached,
        } => {
            inner.failure_limits.open().remove(&transition);
            told(transition, failed);
            for task in &tasks {
                inner.lines.cancel(&task.component, task.id, CancelMode::Now);
            }
            inner.detached(Some(transition), &detached).await;
        }
    }
    drop(submitting);
    Ok(())
}

fn told(transition: TransitionId, failed: u32) {
    tracing::warn!(%transition, failed, "too many parts of the transition failed; what has not been sent is cancelled");
}
