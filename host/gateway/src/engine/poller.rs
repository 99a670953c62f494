//! The power-state poller: reads every component now and then, with its own budget, so that the fleet is known without any task.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use switchyard_core::machine::Course;
use switchyard_core::{Cause, ControllerId, Failure, Observation, Timestamp};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::endpoint::Outlook;
use super::hardware::Urgency;
use super::{Inner, Row, fallback, runner, survey};

/// How finely a sweep over the fleet is spread over its interval.
const TICK: Duration = Duration::from_millis(250);

/// Of so many places one may be taken by the probe of a controller that did not answer, so that dead ones never take them all.
const PLACES_PER_PROBE: usize = 4;

/// Starts the poller, unless it is switched off.
pub(super) fn spawn(inner: &Arc<Inner>) {
    if !inner.poller.enabled {
        return;
    }
    let owned = Arc::clone(inner);
    inner.tasks.spawn(async move { run(&owned).await });
}

/// Reads the whole fleet once, as fast as the budget allows, and from then on every component once in an interval, evenly spread.
async fn run(inner: &Arc<Inner>) {
    let controllers: Vec<ControllerId> = inner.fleet().controllers().cloned().collect();
    let slots = Arc::new(Semaphore::new(inner.poller.in_flight.max(1)));
    let probes = Arc::new(Semaphore::new((inner.poller.in_flight / PLACES_PER_PROBE).max(1)));
    let polls = TaskTracker::new();
    let polled = Arc::new(Mutex::new(HashSet::new()));
    let mut first = true;
    while !inner.stop.is_cancelled() && !controllers.is_empty() {
        let begun = tokio::time::Instant::now();
        let count = u32::try_from(controllers.len()).unwrap_or(u32::MAX);
        for (index, controller) in (0_u32..).zip(&controllers) {
            if !first {
                let due = begun + inner.poller.interval.mul_f64(f64::from(index) / f64::from(count));
                pause_until(inner, due).await;
            }
            let probe = match inner.endpoints.outlook(controller) {
                Outlook::Called => None,
                Outlook::ProbeDue => match Arc::clone(&probes).try_acquire_owned() {
                    Ok(place) => Some(place),
                    Err(_) => continue,
                },
                // Whether refused credentials are others by now is asked by the call, which otherwise fails at once.
                Outlook::LeftAlone(failure) if failure.cause == Cause::Auth => None,
                // What can be read through another controller is.
                Outlook::LeftAlone(_) if inner.fleet().has_seconds(controller) => None,
                Outlook::LeftAlone(failure) => {
                    left_alone(inner, controller, failure).await;
                    continue;
                }
            };
            // A BMC that is slower than the interval is asked once at a time and so never holds more than one place.
            if !lock(&polled).insert(controller.clone()) {
                continue;
            }
            let Some(Ok(slot)) = inner
                .stop
                .run_until_cancelled(Arc::clone(&slots).acquire_owned())
                .await
            else {
                break;
            };
            let (inner, controller, polled) = (Arc::clone(inner), controller.clone(), Arc::clone(&polled));
            polls.spawn(async move {
                poll(&inner, &controller).await;
                lock(&polled).remove(&controller);
                drop((slot, probe));
            });
        }
        first = false;
        pause_until(inner, begun + inner.poller.interval).await;
    }
    polls.close();
    polls.wait().await;
}

fn lock(polled: &Mutex<HashSet<ControllerId>>) -> MutexGuard<'_, HashSet<ControllerId>> {
    polled.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until `due`, but only when it is at least a tick away: many controllers share one wake-up.
async fn pause_until(inner: &Inner, due: tokio::time::Instant) {
    if due.saturating_duration_since(tokio::time::Instant::now()) >= TICK {
        inner
            .stop
            .run_until_cancelled(tokio::time::sleep_until(due))
            .await;
    }
}

/// Notes of what a controller switches that it is not read.
async fn left_alone(inner: &Inner, controller: &ControllerId, failure: Failure) {
    let reading = Err(failure);
    for row in inner.fleet().of_controller(controller) {
        runner::note_reading(inner, row, &reading).await;
    }
}

/// Reads what one controller switches, except what a task is reading anyway or has just read.
async fn poll(inner: &Arc<Inner>, controller: &ControllerId) {
    let now = inner.clock.now();
    let due: Vec<Arc<Row>> = inner
        .fleet()
        .of_controller(controller)
        .iter()
        .filter(|row| is_due(inner, row, now))
        .cloned()
        .collect();
    if due.is_empty() {
        return;
    }
    let unsurveyed = if survey::is_fresh(inner, controller) {
        None
    } else {
        let surveyed = survey::ensure(inner, controller, Urgency::Poll, &inner.stop).await;
        surveyed.err()
    };
    for row in due {
        let reading = match (&unsurveyed, row.second()) {
            (Some(failure), None) => Err(failure.clone()),
            (None, None) if row.seen().subject.is_none() => continue,
            (Some(_), Some(_)) => read(inner, &row, controller, Course::FallbackOnly).await,
            (None, _) => read(inner, &row, controller, Course::OwnFirst).await,
        };
        if inner.stop.is_cancelled() {
            return;
        }
        runner::note_reading(inner, &row, &reading).await;
        if let Some(second) = row.second().filter(|second| !second.known().surveyed) {
            // What it offers is shown beside what the first does; that it cannot be reached matters when it is needed.
            drop(survey::ensure(inner, &second.controller, Urgency::Poll, &inner.stop).await);
        }
    }
}

async fn read(
    inner: &Inner,
    row: &Row,
    controller: &ControllerId,
    course: Course,
) -> Result<Observation, Failure> {
    fallback::read(inner, row, controller, course, Urgency::Poll, &inner.stop).await
}

fn is_due(inner: &Inner, row: &Row, now: Timestamp) -> bool {
    let fresh = row
        .seen()
        .read_at
        .is_some_and(|at| now.since(at) < inner.poller.interval / 2);
    !fresh && !inner.lines.is_busy(&row.component.id)
}

#[cfg(test)]
mod tests;
