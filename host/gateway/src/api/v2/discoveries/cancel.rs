//! `DELETE /v2/discoveries/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::json;
use switchyard_store::audit::action;
use switchyard_wire::v2::Discovery;

use super::{id, not_found, show};
use crate::api::ApiState;
use crate::api::audit;
use crate::api::caller::Caller;
use crate::api::v2::problem::Problem;

/// Ends a discovery
///
/// No more addresses are asked, and another discovery can begin. What answered so far can be accepted. One that has ended stays as it is.
#[utoipa::path(
    delete,
    path = "/discoveries/{id}",
    operation_id = "cancelDiscovery",
    tag = "endpoints",
    params(("id" = String, Path, description = "The id of the discovery.")),
    responses(
        (status = 200, description = "The discovery.", body = Discovery),
        (status = 404, description = "discovery.not-found"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(text): Path<String>,
) -> Result<Json<Discovery>, Problem> {
    let discovery = state.discoveries.cancel(id(&text)?);
    let (discovery, is_changed) = discovery.ok_or_else(|| not_found(&text))?;
    if !is_changed {
        return Ok(Json(show(discovery)));
    }
    let detail = json!({ "asked": discovery.asked, "questions": discovery.total });
    let now = state.engine.clock().now();
    let target = discovery.id.to_string();
    let entry = audit::entry(&caller, now, action::DISCOVERY_CANCEL, target, detail);
    state.engine.store().audit(entry).await?;
    Ok(Json(show(discovery)))
}
