//! `GET /v2/components/{id}`.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use switchyard_core::{ComponentId, TransitionId};
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
    let mut callers: HashMap<TransitionId, String> = HashMap::new();
    let mut queue = Vec::new();
    for task in store.line(component).await? {
        let requested_by = if let Some(known) = callers.get(&task.transition) {
            known.clone()
        } else {
            let view = store.transition(task.transition).await?;
            let caller = view.map(|view| view.transition.requested_by).unwrap_or_default();
            callers.insert(task.transition, caller.clone());
            caller
        };
        queue.push(QueueEntry {
            task: task.id.to_string(),
            transition: task.transition.to_string(),
            operation: task.machine.operation.name().to_owned(),
            phase: task.machine.phase.name().to_owned(),
            requested_by,
            created_at: rfc3339(task.created_at),
        });
    }
    Ok(queue)
}
