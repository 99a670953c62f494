//! `GET /v2/components/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_store::OpenTask;
use switchyard_wire::v2::{Component, QueueEntry};

use super::{Stored, not_found, show};
use crate::api::ApiState;
use crate::api::time::rfc3339;
use crate::api::v2::problem::Problem;
use crate::api::v2::waiting;
use crate::engine::Engine;

/// One component
///
/// With its queue.
#[utoipa::path(
    get,
    path = "/components/{id}",
    operation_id = "getComponent",
    tag = "components",
    params(("id" = String, Path, description = "The name of the component or an alias.")),
    responses(
        (status = 200, description = "The component.", body = Component),
        (status = 404, description = "component.not-found"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Component>, Problem> {
    let engine = &state.engine;
    let Some(row) = engine.fleet().get(&id) else {
        return Err(not_found(&id));
    };
    let id = &row.component.id;
    let stored = engine.store().component(id).await?.as_ref().map(Stored::from);
    let line = engine.store().line(id).await?;
    Ok(Json(Component {
        queue: Some(queue(engine, &line)),
        ..show(&state, &row, stored.unwrap_or_default())
    }))
}

/// The tasks in the component's line, which is short by admission, with who asked for them.
fn queue(engine: &Engine, line: &[OpenTask]) -> Vec<QueueEntry> {
    let mut waiting = 0;
    line.iter()
        .map(|open| {
            let record = &open.record;
            let wait = engine.wait(&record.component, record.id);
            let begun = wait.is_none() && record.machine.phase.name() != "queued";
            if !begun {
                waiting += 1;
            }
            let place = match (begun, waiting) {
                (true, _) => "now",
                (false, 1) => "next",
                (false, _) => "later",
            };
            QueueEntry {
                task: record.id.to_string(),
                transition: record.transition.to_string(),
                operation: record.machine.operation.name().to_owned(),
                phase: record.machine.phase.name().to_owned(),
                requested_by: open.requested_by.clone(),
                place: place.to_owned(),
                shared_by: u32::try_from(open.demands.len()).unwrap_or(u32::MAX),
                waiting_for: waiting::waiting_for(&record.machine, wait.as_ref()),
                created_at: rfc3339(record.created_at),
            }
        })
        .collect()
}
