//! A component's second controller: asked when the first cannot be reached, and for what only the second offers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use switchyard_core::machine::Course;
use switchyard_core::{
    Ability, Cause, ControllerId, Failure, Kind, Observation, Operation, Pace, Subject, plan,
};
use switchyard_transport::Examination;
use tokio_util::sync::CancellationToken;

use super::hardware::{Found, Urgency};
use super::runner::note_reading;
use super::{Engine, Inner, Row, survey};
use crate::inventory;

/// A component's second controller, with what is known of the component there.
#[derive(Debug)]
pub struct Second {
    /// The controller.
    pub controller: ControllerId,
    /// The driver's word for the component, where the inventory has it.
    pub(super) path: Option<String>,
    known: Mutex<Known>,
}

/// What is known of a component at its second controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What it can be asked for there; nothing until the first survey.
    pub abilities: Arc<[Ability]>,
    /// The driver's word for it; nothing until known.
    pub subject: Option<Subject>,
    /// How fast the controller may be asked.
    pub pace: Pace,
    /// Whether a survey of the controller has shown it.
    pub surveyed: bool,
}

impl Second {
    pub(super) fn new(fallback: &inventory::Fallback, kind: Kind, pace: Pace) -> Self {
        let subject = fallback.path.as_ref().map(|path| Subject {
            kind,
            id: path.clone(),
        });
        Self {
            controller: fallback.controller.clone(),
            path: fallback.path.clone(),
            known: Mutex::new(Known {
                abilities: Arc::from([]),
                subject,
                pace,
                surveyed: false,
            }),
        }
    }

    /// The same with what is known, for another state of the inventory.
    pub(super) fn again(&self) -> Self {
        Self {
            controller: self.controller.clone(),
            path: self.path.clone(),
            known: Mutex::new(self.known()),
        }
    }

    /// A copy of what is known there.
    pub fn known(&self) -> Known {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what a survey found of the component.
    pub(super) fn surveyed(&self, found: &Found, pace: Pace) {
        *self.lock() = Known {
            abilities: Arc::clone(&found.abilities),
            subject: Some(found.subject.clone()),
            pace,
            surveyed: true,
        };
    }
}

/// Sees to it that what the second controller offers is known when the first is known not to offer the operation.
pub(super) async fn ensure_known(
    inner: &Inner,
    row: &Row,
    operation: Operation,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let Some(second) = &row.second else { return Ok(()) };
    if let Some(own) = &row.component.controller
        && row.seen().abilities.is_empty()
    {
        // Of one that cannot be reached the reading tells more.
        drop(survey::subject(inner, row, own, Urgency::Action, cancel).await);
    }
    let own = row.seen().abilities;
    let wanted = !own.is_empty() && !plan::supports(operation, row.component.kind, &own);
    if wanted && !second.known().surveyed {
        survey::ensure(inner, &second.controller, Urgency::Action, cancel).await?;
    }
    Ok(())
}

impl Engine {
    /// What a component's BMC has at a path: its own controller, or its second one when the own speaks no HTTP. Gives the controller too.
    pub async fn resource(&self, row: &Row, path: &str) -> (Option<ControllerId>, Result<Value, Failure>) {
        let inner = &self.inner;
        let Some(own) = &row.component.controller else {
            let text = "Nothing switches this component, so that there is no BMC to look at.";
            return (None, Err(Failure::new(Cause::NotSupported, text)));
        };
        let call = inner.stop.child_token();
        // Ends the call when nobody waits for it any more.
        let _ended = call.clone().drop_guard();
        let answer = inner.hardware.resource(own, path, &call).await;
        match (answer, row.second()) {
            (Err(failure), Some(second)) if failure.cause == Cause::NotSupported => {
                let answer = inner.hardware.resource(&second.controller, path, &call).await;
                (Some(second.controller.clone()), answer)
            }
            (answer, _) => (Some(own.clone()), answer),
        }
    }
}

impl Engine {
    /// Goes the way to a controller without asking it anything.
    pub async fn examine(&self, controller: &ControllerId) -> Result<Option<Examination>, Failure> {
        let call = self.inner.stop.child_token();
        let _ended = call.clone().drop_guard();
        self.inner.hardware.examine(controller, &call).await
    }

    /// Whether a login for the controller can be had now. Asks the controller nothing.
    pub async fn login_at_hand(&self, controller: &ControllerId) -> Result<(), Failure> {
        self.inner.hardware.login_version(controller).await.map(drop)
    }

    /// Reads a component through its own controller now, after a survey if none was made yet. A good reading is news for the fleet.
    pub async fn read_now(&self, row: &Row, controller: &ControllerId) -> Result<Observation, Failure> {
        let inner = &self.inner;
        let call = inner.stop.child_token();
        let _ended = call.clone().drop_guard();
        let reading = read_own(inner, row, controller, Urgency::Action, &call).await;
        if reading.is_ok() {
            note_reading(inner, row, &reading).await;
        }
        reading
    }
}

/// Reads a component through the controllers of the course, the next when one cannot be reached. The reading says which one it was.
pub(super) async fn read(
    inner: &Inner,
    row: &Row,
    own: &ControllerId,
    course: Course,
    urgency: Urgency,
    cancel: &CancellationToken,
) -> Result<Observation, Failure> {
    let Some(second) = &row.second else {
        return read_own(inner, row, own, urgency, cancel).await;
    };
    if course == Course::OwnFirst {
        match read_own(inner, row, own, urgency, cancel).await {
            Err(failure) if is_out_of_reach(inner, own, &failure) => {
                let other = read_second(inner, second, urgency, cancel).await;
                other.map_err(|other| both(failure, &second.controller, other))
            }
            reading => reading,
        }
    } else {
        match read_second(inner, second, urgency, cancel).await {
            Err(failure)
                if course == Course::FallbackFirst
                    && is_out_of_reach(inner, &second.controller, &failure) =>
            {
                let other = read_own(inner, row, own, urgency, cancel).await;
                other.map_err(|other| both(failure, own, other))
            }
            reading => reading,
        }
    }
}

async fn read_own(
    inner: &Inner,
    row: &Row,
    controller: &ControllerId,
    urgency: Urgency,
    cancel: &CancellationToken,
) -> Result<Observation, Failure> {
    let subject = survey::subject(inner, row, controller, urgency, cancel).await?;
    inner
        .hardware
        .observe(controller, &subject, urgency, cancel)
        .await
}

async fn read_second(
    inner: &Inner,
    second: &Second,
    urgency: Urgency,
    cancel: &CancellationToken,
) -> Result<Observation, Failure> {
    let controller = &second.controller;
    if !second.known().surveyed {
        survey::ensure(inner, controller, urgency, cancel).await?;
    }
    let subject = second.known().subject.ok_or_else(unknown)?;
    let reading = inner
        .hardware
        .observe(controller, &subject, urgency, cancel)
        .await?;
    Ok(Observation {
        controller: Some(controller.clone()),
        ..reading
    })
}

/// What is said when a controller does not show a component.
pub(super) fn unknown() -> Failure {
    let text = "The controller does not show this component; check its kind and path in the inventory.";
    Failure::new(Cause::NotFound, text)
}

/// Whether a call failed since its controller cannot be reached: it said nothing, or is left alone.
fn is_out_of_reach(inner: &Inner, controller: &ControllerId, failure: &Failure) -> bool {
    failure.is_silence() || failure.cause == Cause::BreakerOpen || inner.endpoints.is_open(controller)
}

/// The failures of both controllers in one. Waiting helps when it helps with either.
fn both(first: Failure, id: &ControllerId, second: Failure) -> Failure {
    let text = format!("{first} The other controller, {id}: {second}");
    let retry_after = [first.retry_after, second.retry_after]
        .into_iter()
        .flatten()
        .min();
    let base = if first.is_transient() || !second.is_transient() {
        first
    } else {
        second
    };
    let mut both = Failure {
        text,
        retry_after,
        ..base
    };
    both.clamp();
    both
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn of_two_failures_the_sooner_retry_is_told() {
        let of = |seconds: Option<u64>| Failure {
            retry_after: seconds.map(Duration::from_secs),
            ..Failure::new(Cause::Busy, "busy")
        };
        let id: ControllerId = "x0c0s0b1".parse().unwrap();
        let told = |first, second| {
            both(of(first), &id, of(second))
                .retry_after
                .map(|wait| wait.as_secs())
        };
        assert_eq!(told(Some(5), Some(3)), Some(3));
        assert_eq!(told(Some(5), None), Some(5));
        assert_eq!(told(None, None), None);
    }
}
