//! `DELETE /v2/endpoints/{id}`.

use axum::extract::{Path, State};
use http::StatusCode;
use serde_json::json;
use switchyard_store::audit::action;

use super::not_found;
use crate::api::ApiState;
use crate::api::audit;
use crate::api::caller::Caller;
use crate::api::v2::problem::Problem;
use crate::telemetry::Chain;

/// Takes a controller that was accepted of a discovery out of the inventory
///
/// With its components; work on them ends. What stands in the inventory file or in SMD is taken out there.
#[utoipa::path(
    delete,
    path = "/endpoints/{id}",
    operation_id = "removeEndpoint",
    tag = "endpoints",
    params(("id" = String, Path, description = "The id of the controller.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "endpoint.not-found"),
        (status = 409, description = "endpoint.not-discovered"),
        (status = 500, description = "endpoint.not-stored"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let endpoint = state.engine.endpoints().get(&id).ok_or_else(|| not_found(&id))?;
    let controller = &endpoint.controller.endpoint.id;
    let now = state.engine.clock().now();
    let entry = audit::entry(
        &caller,
        now,
        action::ENDPOINT_REMOVE,
        controller.to_string(),
        json!({}),
    );
    state.engine.store().audit(entry).await?;
    match state.discoveries.remove(controller).await {
        Ok(true) => Ok(StatusCode::NO_CONTENT),
        Ok(false) => {
            let detail = format!("{controller} stands in another source of the inventory");
            Err(
                Problem::new(StatusCode::CONFLICT, "endpoint.not-discovered", detail)
                    .hint("take it out of the inventory file, or of SMD"),
            )
        }
        Err(error) => {
            let text = Chain(&error).to_string();
            Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "endpoint.not-stored",
                text,
            ))
        }
    }
}
