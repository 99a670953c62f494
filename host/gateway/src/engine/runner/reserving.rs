//! The task's reservation: asked for, made sure of, given back.

use std::sync::Arc;
use std::time::Duration;

use switchyard_core::machine::{Event, Machine, Phase};
use switchyard_core::reservation::Refusal;
use switchyard_core::{Cause, Failure, Outcome, Reservation};
use switchyard_store::NewEvent;
use switchyard_store::event::kind;

use super::{Done, Runner};
use crate::engine::lease::Held;
use crate::engine::reservation::{Granted, RELEASE_WITHIN_HURRIED, Released};

impl Runner<'_> {
    /// How the reservation stands. An emergency needs none.
    pub(super) fn reservation(&self) -> Reservation {
        if self.record.machine.emergency {
            return Reservation::NotNeeded;
        }
        self.inner
            .reservations
            .standing(&self.record.component, self.record.id)
    }

    /// The reservation on which a send rests.
    pub(super) fn held(&self) -> Option<Held> {
        (!self.record.machine.emergency).then(|| Held {
            reservations: Arc::clone(&self.inner.reservations),
            component: self.record.component.clone(),
            task: self.record.id,
        })
    }

    /// Asks for the component. What makes the answer useless does not wait for it.
    pub(super) async fn reserve(&mut self) -> Done {
        // Who waits for SMD holds no place among those that move, so that many are asked for together.
        self.pass.leave();
        let asking = self.ask();
        let answer = tokio::select! {
            biased;
            done = self.interrupted() => return done,
            answer = asking => answer,
        };
        if let Ok(granted) = &answer {
            self.tell_granted(*granted);
        }
        self.unless_stopping(Event::Reserved(answer.map(drop)))
    }

    async fn ask(&self) -> Result<Granted, Refusal> {
        self.inner
            .reservations
            .reserve(&self.record.component, self.record.id)
            .await
    }

    fn tell_granted(&mut self, granted: Granted) {
        let by = if granted.by_deputy_key {
            "deputy-key"
        } else {
            "service"
        };
        let data = serde_json::json!({ "by": by, "invalid_deputy_key": granted.bad_deputy_key });
        self.tell(kind::TASK_RESERVED, data);
    }

    fn tell(&mut self, kind: &str, data: serde_json::Value) {
        self.told.push(NewEvent {
            at: self.inner.clock.now(),
            kind: kind.to_owned(),
            component: Some(self.record.component.clone()),
            task: Some(self.record.id),
            transition: Some(self.record.transition),
            data,
        });
    }

    /// Why a step is not sent again: the reservation is made sure of before.
    pub(super) async fn objection_of_smd(&self) -> Option<Failure> {
        let repeats = self.record.machine.sends > 0;
        if !repeats || self.reservation() == Reservation::NotNeeded {
            return None;
        }
        let answer = tokio::select! {
            biased;
            () = self.place.slot.interrupt().cancelled() => return None,
            answer = self.ask() => answer,
        };
        match answer.err()? {
            Refusal::Later(failure) => Some(failure),
            Refusal::Refused { .. } | Refusal::Lost => {
                Some(Failure::new(Cause::Locked, "The reservation in SMD was lost."))
            }
        }
    }

    /// Gives the reservation back when the task ends or steps out of its line. That comes before the end is stored, so that nobody
    /// reads of an end whose component is still reserved.
    pub(super) async fn give_back(&mut self, before: &Machine) {
        let ends = matches!(self.record.machine.phase, Phase::Done { .. });
        let steps_out = self.record.machine.phase == Phase::Queued && before.phase != Phase::Queued;
        if !ends && !steps_out {
            return;
        }
        // Nothing keeps a force-off or an emergency waiting: what makes way is released behind it.
        if matches!(self.record.machine.outcome(), Some(Outcome::Superseded { .. })) {
            let waited = tokio::time::timeout(Duration::ZERO, self.release()).await;
            tracing::trace!(released = waited.is_ok(), "the release is not waited for");
            return;
        }
        match self.release().await {
            Released::Nothing => {}
            Released::GivenBack => self.tell(
                kind::TASK_RELEASED,
                serde_json::json!({ "left_to_expire": false }),
            ),
            Released::LeftToExpire => {
                self.tell(kind::TASK_RELEASED, serde_json::json!({ "left_to_expire": true }));
            }
        }
    }

    /// Gives the reservation back, or leaves it to expire when that takes too long.
    pub(super) async fn release(&self) -> Released {
        let releasing = self
            .inner
            .reservations
            .release(&self.record.component, self.record.id);
        let mut releasing = std::pin::pin!(releasing);
        tokio::select! {
            biased;
            released = &mut releasing => return released,
            () = self.place.slot.interrupt().cancelled() => {}
            () = self.inner.stop.cancelled() => {}
        }
        tokio::time::timeout(RELEASE_WITHIN_HURRIED, releasing)
            .await
            .unwrap_or(Released::LeftToExpire)
    }
}
