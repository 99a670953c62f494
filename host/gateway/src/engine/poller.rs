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

/// Starts the poller. It idles while the configuration has it switched off.
pub(super) fn spawn(inner: &Arc<Inner>) {
    let owned = Arc::clone(inner);
    inner.tasks.spawn(async move { Poller::new(&owned).run().await });
}

/// Reads what is new as fast as the budget allows, and from then on every component once in an interval, evenly spread.
struct Poller<'a> {
    inner: &'a Arc<Inner>,
    slots: Arc<Semaphore>,
    probes: Arc<Semaphore>,
    polls: TaskTracker,
    /// Controllers that are being asked.
    polled: Arc<Mutex<HashSet<ControllerId>>>,
    /// Controllers that have been asked since the inventory holds them.
    asked: HashSet<ControllerId>,
}

impl<'a> Poller<'a> {
    fn new(inner: &'a Arc<Inner>) -> Self {
        let in_flight = inner.poller.load().in_flight;
        Self {
            inner,
            slots: Arc::new(Semaphore::new(in_flight.max(1))),
            probes: Arc::new(Semaphore::new((in_flight / PLACES_PER_PROBE).max(1))),
            polls: TaskTracker::new(),
            polled: Arc::default(),
            asked: HashSet::new(),
        }
    }

    async fn run(mut self) {
        self.ask_new().await;
        let mut begun = tokio::time::Instant::now();
        while !self.inner.stop.is_cancelled() {
            self.pause(begun, 1.0).await;
            begun = tokio::time::Instant::now();
            self.sweep(begun).await;
        }
        self.polls.close();
        self.polls.wait().await;
    }

    /// Asks every controller once, evenly spread over an interval.
    async fn sweep(&mut self, begun: tokio::time::Instant) {
        let controllers: Vec<ControllerId> = self.inner.fleet().controllers().cloned().collect();
        let count = u32::try_from(controllers.len()).unwrap_or(u32::MAX);
        for (index, controller) in (0_u32..).zip(&controllers) {
            self.pause(begun, f64::from(index) / f64::from(count)).await;
            if self.inner.stop.is_cancelled() {
                return;
            }
            self.ask(controller).await;
        }
    }

    /// Asks the controllers that the inventory did not hold when it was looked at before.
    async fn ask_new(&mut self) {
        let fleet = self.inner.fleet();
        let present: HashSet<&ControllerId> = fleet.controllers().collect();
        self.asked.retain(|controller| present.contains(controller));
        if !self.inner.poller.load().enabled {
            return;
        }
        for controller in fleet.controllers() {
            if !self.inner.stop.is_cancelled() && self.asked.insert(controller.clone()) {
                self.ask(controller).await;
            }
        }
    }

    /// Asks one controller, unless it is left alone or still busy with what it was asked before.
    async fn ask(&self, controller: &ControllerId) {
        let inner = self.inner;
        if !inner.poller.load().enabled {
            return;
        }
        let probe = match inner.endpoints.outlook(controller) {
            Outlook::Called => None,
            Outlook::ProbeDue => match Arc::clone(&self.probes).try_acquire_owned() {
                Ok(place) => Some(place),
                Err(_) => return,
            },
            // Whether refused credentials are others by now is asked by the call, which otherwise fails at once.
            Outlook::LeftAlone(failure) if failure.cause == Cause::Auth => None,
            // What can be read through another controller is.
            Outlook::LeftAlone(_) if inner.fleet().has_seconds(controller) => None,
            Outlook::LeftAlone(failure) => return left_alone(inner, controller, failure).await,
        };
        // A BMC that is slower than the interval is asked once at a time and so never holds more than one place.
        if !lock(&self.polled).insert(controller.clone()) {
            return;
        }
        let slot = Arc::clone(&self.slots).acquire_owned();
        let Some(Ok(slot)) = inner.stop.run_until_cancelled(slot).await else {
            return;
        };
        let (inner, controller, polled) = (Arc::clone(inner), controller.clone(), Arc::clone(&self.polled));
        self.polls.spawn(async move {
            poll(&inner, &controller).await;
            lock(&polled).remove(&controller);
            drop((slot, probe));
        });
    }

    /// Waits until so much of the interval has passed, but only when that is at least a tick away: many controllers share one wake-up.
    /// What another inventory brings meanwhile is asked at once.
    async fn pause(&mut self, begun: tokio::time::Instant, share: f64) {
        let inner = self.inner;
        loop {
            let due = begun + inner.poller.load().interval.mul_f64(share);
            if due.saturating_duration_since(tokio::time::Instant::now()) < TICK {
                return;
            }
            let mut replaced = std::pin::pin!(inner.replaced.notified());
            // From here on no replacement is missed.
            replaced.as_mut().enable();
            self.ask_new().await;
            tokio::select! {
                biased;
                () = inner.stop.cancelled() => return,
                () = tokio::time::sleep_until(due) => return,
                () = replaced => {}
            }
        }
    }
}

fn lock(polled: &Mutex<HashSet<ControllerId>>) -> MutexGuard<'_, HashSet<ControllerId>> {
    polled.lock().unwrap_or_else(PoisonError::into_inner)
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
        .is_some_and(|at| now.since(at) < inner.poller.load().interval / 2);
    !fresh && !inner.lines.is_busy(&row.component.id)
}

#[cfg(test)]
mod tests;
