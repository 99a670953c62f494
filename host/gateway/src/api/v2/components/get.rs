//! `GET /v2/components/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use switchyard_core::ComponentId;
use switchyard_store::{Store, StoreError};
use switchyard_wire::v2::{Component, QueueEntry};

use super::show;
use crate::api::ApiState;
use crate::api::time::rfc3339;
use crate::api::v2::problem::Problem;

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
    let Some(row) = state.engine.fleet().get(&id) else {
        let detail = format!("the inventory holds no component {id:?}");
        return Err(Problem::new(StatusCode::NOT_FOUND, "component.not-found", detail)
            .hint("GET /v2/components lists those that it holds"));
    };
    let store = &**state.engine.store();
    let id = &row.component.id;
    let wanted = store.component(id).await?.and_then(|known| known.desired);
    let queue = queue(store, id).await?;
    Ok(Json(Component {
        queue: Some(queue),
        ..show(row, wanted, state.engine.clock().now())
    }))
}

/// The tasks in the component's line, which is short by admission, with who asked for them.
async fn queue(store: &dyn Store, component: &ComponentId) -> Result<Vec<QueueEntry>, StoreError> {
    let line = store.line(component).await?;
    Ok(line
        .into_iter()
        .map(|open| QueueEntry {
            task: open.record.id.to_string(),
            transition: open.record.transition.to_string(),
            operation: open.record.machine.operation.name().to_owned(),
            phase: open.record.machine.phase.name().to_owned(),
            requested_by: open.requested_by,
            created_at: rfc3339(open.record.created_at),
        })
        .collect())
}
