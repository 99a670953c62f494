//! What a runner leaves behind: the task's state, its attempts, the event log, and what a reading tells.

use std::time::Duration;

use switchyard_core::machine::{Machine, Next};
use switchyard_core::{Departure, Failure, Observation, Timestamp};
use switchyard_store::event::kind;
use switchyard_store::{Applied, AttemptChange, Change, NewEvent, StoreError, TaskChange};

use super::{Left, Runner};
use crate::engine::{Inner, Row};
use crate::telemetry::{Chain, metrics};

/// How long the order may take that explains why an intent was refused.
const ORDER_WITHIN: Duration = Duration::from_secs(5);
/// The time between two tries to store what must be stored before work goes on.
const STORE_AGAIN: Duration = Duration::from_secs(1);

impl Runner<'_> {
    /// Stores a change durably before the next thing begins. An intent that cannot be stored is taken back, and the reading on which
    /// it rests is made afresh; anything else is tried again for as long as it takes, or until the service stops.
    pub(super) async fn store_first(
        &mut self,
        before: Machine,
        next: Next,
        departed: Vec<Departure>,
        now: Timestamp,
    ) -> Result<Next, Left> {
        let change = self.change(&before, &next, departed, now);
        let is_intent = matches!(next, Next::Send { .. });
        loop {
            match self.inner.commit.apply(change.clone()).await {
                Ok(Applied::Stored) => {
                    self.told.clear();
                    return Ok(next);
                }
                Ok(Applied::Fenced) => return Err(Left::Fenced),
                Err(StoreError::Conflict { .. }) if is_intent && self.was_ordered().await => {
                    return Ok(self.take_back(before, now));
                }
                Err(error @ StoreError::Conflict { .. }) => {
                    tracing::error!(error = %Chain(&error), "the task's state contradicts the store");
                    return Err(Left::Contradicted);
                }
                Err(error) => {
                    tracing::error!(error = %Chain(&error), "the task's state could not be stored; trying again");
                }
            }
            if is_intent {
                return Ok(self.take_back(before, now + STORE_AGAIN));
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

    /// Takes an intent back that was not stored; the reading on which it rests is made afresh.
    fn take_back(&mut self, before: Machine, not_before: Timestamp) -> Next {
        self.record.machine = before;
        Next::Observe { not_before }
    }

    /// Whether the intent was refused because another took the task's place or paused it: the order for that is on its way.
    async fn was_ordered(&self) -> bool {
        let slot = &self.place.slot;
        let ordered = async {
            while !(slot.is_paused() || slot.is_resumed() || slot.interrupt().is_cancelled()) {
                slot.changed().await;
            }
        };
        tokio::time::timeout(ORDER_WITHIN, ordered).await.is_ok()
    }

    /// Shows the phase to those who look.
    pub(super) fn note_phase(&self, before: &Machine) {
        let phase = self.record.machine.phase.name();
        if before.phase.name() != phase {
            let (component, task) = (&self.record.component, self.record.id);
            self.inner
                .lines
                .note_phase(component, task, phase, &self.inner.fleet());
            self.inner.pulse.touch(component);
        }
    }

    pub(super) fn change(
        &mut self,
        before: &Machine,
        next: &Next,
        departed: Vec<Departure>,
        now: Timestamp,
    ) -> Change {
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
                    controller: machine.via.clone(),
                })
            }
            _ => self.ended_attempt.take(),
        };
        let mut events = self.told.clone();
        events.extend(self.events(before, &machine, attempt.as_ref(), now));
        Change::Task(Box::new(TaskChange {
            task: self.record.id,
            machine,
            attempt,
            at: now,
            departed,
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
                    kind::TASK_INTENT,
                    serde_json::json!({ "permit": permit, "primitive": primitive, "controller": self.addressed() }),
                ));
            }
            Some(AttemptChange::Ended {
                permit,
                delivery,
                failure,
            }) => {
                let data = serde_json::json!({ "permit": permit, "delivery": delivery, "failure": failure });
                events.push(event(kind::TASK_ANSWERED, data));
            }
            None => {}
        }
        if let (None, Some(outcome)) = (before.outcome(), after.outcome()) {
            events.push(event(kind::TASK_ENDED, serde_json::json!(outcome)));
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
    let news = row.read(reading, now);
    let id = &row.component.id;
    let idle = || !inner.lines.is_busy(id);
    let findings = inner.drift.read(id, row.seen().state, idle, now);
    inner.pulse.touch(id);
    let event = |kind: &str, data| {
        Change::Event(NewEvent {
            at: now,
            kind: kind.to_owned(),
            component: Some(id.clone()),
            task: None,
            transition: None,
            data,
        })
    };
    if let Some(seen) = news {
        let data = serde_json::json!({ "state": seen.state, "raw": seen.raw, "available": seen.available });
        let (state, raw, available) = (seen.state, seen.raw, seen.available);
        let observed = Change::Observed {
            component: id.clone(),
            state,
            raw,
            available,
            at: now,
        };
        inner.store_behind(observed).await;
        inner.store_behind(event(kind::COMPONENT_STATE, data)).await;
    }
    for finding in findings {
        inner.store_behind(event(finding.kind(), finding.data())).await;
    }
}
