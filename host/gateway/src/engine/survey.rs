//! Surveys of controllers: made when first needed, and again after a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use switchyard_core::{ControllerId, Failure, Subject};
use switchyard_drivers::DriverName;
use switchyard_store::Change;
use tokio_util::sync::CancellationToken;

use super::fallback::unknown;
use super::hardware::Urgency;
use super::{Inner, Row};

/// How long the findings of a survey are used before a new one is made.
const KEPT: Duration = Duration::from_hours(6);
/// The same for a survey that did not show every component of the inventory.
const KEPT_INCOMPLETE: Duration = Duration::from_mins(5);

/// What became of the last survey of a controller.
#[derive(Debug, Clone)]
enum Last {
    Done {
        at: Instant,
        kept: Duration,
        /// Who made it. What another driver finds may be named otherwise.
        driver: Option<DriverName>,
    },
    Failed {
        at: Instant,
        failure: Failure,
    },
}

/// One controller's surveys: made one at a time, while the outcome of the last is known to everybody at once.
#[derive(Debug, Default)]
struct Entry {
    turn: tokio::sync::Mutex<()>,
    last: Mutex<Option<Last>>,
}

impl Entry {
    fn last(&self) -> MutexGuard<'_, Option<Last>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_fresh(&self, present: Option<&DriverName>) -> bool {
        matches!(
            &*self.last(),
            Some(Last::Done { at, kept, driver }) if at.elapsed() < *kept && driver.as_ref() == present
        )
    }

    /// The failure of a survey that ended after `since`.
    fn failed_since(&self, since: Instant) -> Option<Failure> {
        match &*self.last() {
            Some(Last::Failed { at, failure }) if *at >= since => Some(failure.clone()),
            _ => None,
        }
    }
}

/// The surveys of every controller.
#[derive(Debug, Default)]
pub(super) struct Surveys {
    entries: Mutex<HashMap<ControllerId, Arc<Entry>>>,
}

impl Surveys {
    fn entry(&self, controller: &ControllerId) -> Arc<Entry> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(entries.entry(controller.clone()).or_default())
    }

    /// Forgets the controllers for which this is not so.
    pub(super) fn retain(&self, keep: impl Fn(&ControllerId) -> bool) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|controller, _| keep(controller));
    }

    /// Forgets the survey of a controller.
    pub(super) fn forget(&self, controller: &ControllerId) {
        *self.entry(controller).last() = None;
    }
}

/// Whether the controller was surveyed lately, by the driver that speaks to it now.
pub(super) fn is_fresh(inner: &Inner, controller: &ControllerId) -> bool {
    inner
        .surveys
        .entry(controller)
        .is_fresh(inner.hardware.driver(controller).as_ref())
}

/// Surveys a controller unless that was done lately. Callers at the same time share one survey, its failure too. What it finds goes to
/// the fleet, and to the store where it is news.
pub(super) async fn ensure(
    inner: &Inner,
    controller: &ControllerId,
    urgency: Urgency,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let asked = Instant::now();
    let entry = inner.surveys.entry(controller);
    let _turn = entry.turn.lock().await;
    if entry.is_fresh(inner.hardware.driver(controller).as_ref()) {
        return Ok(());
    }
    if let Some(failure) = entry.failed_since(asked) {
        return Err(failure);
    }
    match inner.hardware.survey(controller, urgency, cancel).await {
        Ok(findings) => {
            for (component, abilities) in inner.fleet().surveyed(controller, &findings) {
                inner
                    .store_behind(Change::Surveyed {
                        component,
                        abilities: abilities.to_vec(),
                    })
                    .await;
            }
            let complete = inner.fleet().is_surveyed(controller);
            let kept = if complete { KEPT } else { KEPT_INCOMPLETE };
            *entry.last() = Some(Last::Done {
                at: Instant::now(),
                kept,
                driver: inner.hardware.driver(controller),
            });
            Ok(())
        }
        Err(failure) => {
            *entry.last() = Some(Last::Failed {
                at: Instant::now(),
                failure: failure.clone(),
            });
            Err(failure)
        }
    }
}

/// The driver's word for a component, after a survey if none was made yet.
pub(super) async fn subject(
    inner: &Inner,
    row: &Row,
    controller: &ControllerId,
    urgency: Urgency,
    cancel: &CancellationToken,
) -> Result<Subject, Failure> {
    if needs_survey(row) {
        ensure(inner, controller, urgency, cancel).await?;
    }
    row.seen().subject.ok_or_else(unknown)
}

/// What was surveyed before the last start is remembered, so that work goes on at once after it.
fn needs_survey(row: &Row) -> bool {
    let seen = row.seen();
    seen.subject.is_none() || (seen.abilities.is_empty() && !seen.surveyed)
}
