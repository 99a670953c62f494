//! What a cancel comes to.

use axum::Json;
use http::StatusCode;
use switchyard_store::{CancelAnswer, CancelAsk, CancelMode, Detached, Store, StoreError, TaskRecord};
use switchyard_wire::v2;

use super::problem::Problem;
use crate::engine::Engine;

/// What is left undone.
pub(super) fn mode(finish: bool) -> CancelMode {
    if finish {
        CancelMode::Finish
    } else {
        CancelMode::Now
    }
}

/// The answer to a cancel.
pub(super) type Answer = (StatusCode, Json<v2::Cancelled>);

/// Cancels. `not_found` and `ended` answer when there is nothing to cancel.
pub(super) async fn cancel(
    engine: &Engine,
    ask: CancelAsk,
    not_found: impl FnOnce() -> Result<v2::Cancelled, Problem>,
    ended: impl FnOnce() -> Result<v2::Cancelled, Problem>,
) -> Result<Answer, Problem> {
    let cancelled = match engine.cancel(ask).await? {
        CancelAnswer::NotFound => not_found()?,
        CancelAnswer::Ended => ended()?,
        CancelAnswer::AskedBefore => v2::Cancelled {
            asked_before: true,
            ..nothing()
        },
        CancelAnswer::Asked { tasks, detached } => asked(&**engine.store(), &tasks, &detached).await?,
    };
    Ok((StatusCode::ACCEPTED, Json(cancelled)))
}

/// A cancel that changed nothing.
pub(super) const fn nothing() -> v2::Cancelled {
    v2::Cancelled {
        ending: Vec::new(),
        going_on: Vec::new(),
        asked_before: false,
    }
}

/// What ends and what goes on for others.
async fn asked(
    store: &dyn Store,
    tasks: &[TaskRecord],
    detached: &[Detached],
) -> Result<v2::Cancelled, StoreError> {
    let mut going_on = Vec::with_capacity(detached.len());
    for detached in detached {
        going_on.push(goes_on(store, detached).await?);
    }
    Ok(v2::Cancelled {
        ending: tasks.iter().map(ending).collect(),
        going_on,
        asked_before: false,
    })
}

fn ending(task: &TaskRecord) -> v2::Ending {
    v2::Ending {
        component: task.component.to_string(),
        task: task.id.to_string(),
        transition: task.transition.to_string(),
        operation: task.machine.operation.name().to_owned(),
        phase: task.machine.phase.name().to_owned(),
    }
}

async fn goes_on(store: &dyn Store, detached: &Detached) -> Result<v2::GoingOn, StoreError> {
    let requests = store.requests_of(detached.task).await?;
    let still = requests
        .iter()
        .filter(|request| detached.goes_on_for.contains(&request.id));
    Ok(v2::GoingOn {
        component: detached.component.to_string(),
        task: detached.task.to_string(),
        wanted_by: still
            .map(|request| v2::Wisher {
                transition: request.id.to_string(),
                operation: request.operation.name().to_owned(),
                requested_by: request.requested_by.clone(),
            })
            .collect(),
    })
}
