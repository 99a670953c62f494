//! `GET /v2/endpoints/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_wire::v2::Endpoint;

use super::{not_found, show};
use crate::api::ApiState;
use crate::api::v2::problem::Problem;

/// One endpoint
#[utoipa::path(
    get,
    path = "/endpoints/{id}",
    operation_id = "getEndpoint",
    tag = "endpoints",
    params(("id" = String, Path, description = "The id of the controller.")),
    responses(
        (status = 200, description = "The endpoint.", body = Endpoint),
        (status = 404, description = "endpoint.not-found"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Endpoint>, Problem> {
    let endpoint = state.engine.endpoints().get(&id).ok_or_else(|| not_found(&id))?;
    Ok(Json(show(&state.engine, &endpoint)))
}
