//! What a runner leaves behind: the task's state, its attempts, the event log, and what a reading tells.

use std::time::Duration;

use switchyard_core::machine::{Machine, Next};
use switchyard_core::{ComponentId, Failure, Observation, Timestamp};
use switchyard_store::{Applied, AttemptChange, Change, NewEvent, StoreError, TaskChange};

use super::{Left, Runner};
use crate::engine::{Inner, Row};
use crate::telemetry::{Chain, metrics};

/// The time between two tries to store what must be stored before work goes on.
const STORE_AGAIN: Duration = Duration::from_secs(1);

impl Runner<'_> {
    /// Stores a change durably before the next thing begins. An intent that cannot be stored is taken back, and the reading on which
    /// it rests is made afresh; anything else is tried again for as long as it takes, or until the service stops.
    pub(super) async fn store_first(
        &mut self,
        before: Machine,
        next: Next,
        now: Timestamp,
    ) -> Result<Next, Left> {
        let change = self.change(&before, &next, now);
        loop {
            match self.inner.commit.apply(change.clone()).await {
                Ok(Applied::Stored) => return Ok(next),
                Ok(Applied::Fenced) => return Err(Left::Fenced),
                Err(error @ StoreError::Conflict { .. }) => {
                    tracing::error!(error = %Chain(&error), "the task's state contradicts the store");
                    return Err(Left::Contradicted);
                }
                Err(error) => {
                    tracing::error!(error = %Chain(&error), "the task's state could not be stored; trying again");
                }
            }
            if matches!(next, Next::Send { .. }) {
                self.record.machine = before;
                return Ok(Next::Observe {
                    not_before: now + STORE_AGAIN,
                });
            }
            if self
                .inner
                .stop
                .run_until_cancelled(tokio::time::sleep(STORE_AGAIN))
                .await
                .is_none()
            {
                return Err(Left::Stopping);
            }
        }
    }

    pub(super) fn change(&mut self, before: &Machine, next: &Next, now: Timestamp) -> Change {
        let machine = self.record.machine.clone();
        let attempt = match next {
            Next::Send {
                permit, primitive, ..
            } => {
                if machine.sends > 0 {
                    metrics::resent(*primitive);
                }
                let step = u32::try_from(machine.step).unwrap_or(u32::MAX);
                Some(AttemptChange::Intent {
                    permit: *permit,
                    step,
                    primitive: *primitive,
                })
            }
            _ => self.ended_attempt.take(),
        };
        let events = self.events(before, &machine, attempt.as_ref(), now);
        Change::Task(Box::new(TaskChange {
            task: self.record.id,
            machine,
            attempt,
            at: now,
            events,
        }))
    }

    fn events(
        &self,
        before: &Machine,
        after: &Machine,
        attempt: Option<&AttemptChange>,
        now: Timestamp,
    ) -> Vec<NewEvent> {
        let event = |kind: &str, data| NewEvent {
            at: now,
            kind: kind.to_owned(),
            component: Some(self.record.component.clone()),
            task: Some(self.record.id),
            transition: Some(self.record.transition),
            data,
        };
        let mut events = Vec::new();
        match attempt {
            Some(AttemptChange::Intent {
                permit, primitive, ..
            }) => {
                events.push(event(
                    "task.intent",
                    serde_json::json!({ "permit": permit, "primitive": primitive }),
                ));
            }
            Some(AttemptChange::Ended {
                permit,
                delivery,
                failure,
            }) => {
                let data = serde_json::json!({ "permit": permit, "delivery": delivery, "failure": failure });
                events.push(event("task.answered", data));
            }
            None => {}
        }
        if let (None, Some(outcome)) = (before.outcome(), after.outcome()) {
            events.push(event("task.ended", serde_json::json!(outcome)));
        }
        events
    }
}

/// Gives a reading to the fleet, and what is news to the store and the event log.
pub(in crate::engine) async fn note_reading(
    inner: &Inner,
    row: &Row,
    reading: &Result<Observation, Failure>,
) {
    let now = inner.clock.now();
    let Some(seen) = row.read(reading, now) else {
        return;
    };
    let component: ComponentId = row.component.id.clone();
    let data = serde_json::json!({ "state": seen.state, "raw": seen.raw, "available": seen.available });
    let event = NewEvent {
        at: now,
        kind: "component.state".to_owned(),
        component: Some(component.clone()),
        task: None,
        transition: None,
        data,
    };
    let (state, raw, available) = (seen.state, seen.raw, seen.available);
    inner
        .store_behind(Change::Observed {
            component,
            state,
            raw,
            available,
            at: now,
        })
        .await;
    inner.store_behind(Change::Event(event)).await;
}
