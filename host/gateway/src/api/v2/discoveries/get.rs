//! `GET /v2/discoveries/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_wire::v2::Discovery;

use super::{id, not_found, show};
use crate::api::ApiState;
use crate::api::v2::problem::Problem;

/// A discovery with who answers, and what became of those that were accepted
#[utoipa::path(
    get,
    path = "/discoveries/{id}",
    operation_id = "getDiscovery",
    tag = "endpoints",
    params(("id" = String, Path, description = "The id of the discovery.")),
    responses(
        (status = 200, description = "The discovery.", body = Discovery),
        (status = 404, description = "discovery.not-found"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(text): Path<String>,
) -> Result<Json<Discovery>, Problem> {
    let discovery = state.discoveries.get(id(&text)?);
    discovery
        .map(|found| Json(show(found)))
        .ok_or_else(|| not_found(&text))
}
