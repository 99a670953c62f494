//! Surveys of controllers: made once when first needed, and again after a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use switchyard_core::{ControllerId, Failure, Timestamp};
use switchyard_store::Change;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::Inner;
use super::hardware::Urgency;

/// How long the findings of a survey are used before a new one is made.
const KEPT: Duration = Duration::from_secs(6 * 3600);

type Once = Arc<OnceCell<Timestamp>>;

/// When each controller was last surveyed.
#[derive(Debug, Default)]
pub(super) struct Surveys {
    done: Mutex<HashMap<ControllerId, Once>>,
}

impl Surveys {
    fn cell(&self, controller: &ControllerId, now: Timestamp) -> Once {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = done.entry(controller.clone()).or_default();
        if cell.get().is_some_and(|at| now.since(*at) > KEPT) {
            *cell = Once::default();
        }
        Arc::clone(cell)
    }

    /// Whether the controller was surveyed lately.
    pub(super) fn is_fresh(&self, controller: &ControllerId, now: Timestamp) -> bool {
        self.cell(controller, now).get().is_some()
    }
}

/// Surveys a controller unless that was done lately; callers at the same time share one survey. What it finds goes to the fleet, and
/// to the store where it is news.
pub(super) async fn ensure(
    inner: &Inner,
    controller: &ControllerId,
    urgency: Urgency,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let cell = inner.surveys.cell(controller, inner.clock.now());
    cell.get_or_try_init(|| async {
        let findings = inner.hardware.survey(controller, urgency, cancel).await?;
        for (component, abilities) in inner.fleet.surveyed(controller, &findings) {
            inner.store_behind(Change::Surveyed { component, abilities: abilities.to_vec() }).await;
        }
        Ok(inner.clock.now())
    })
    .await
    .map(|_| ())
}
