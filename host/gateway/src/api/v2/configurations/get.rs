//! `GET /v2/configurations/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_wire::v2::Configuration;

use super::{find, parse_id, show};
use crate::api::ApiState;
use crate::api::v2::problem::Problem;

/// One configuration
///
/// With what became of each name in it, and what was read of each component.
#[utoipa::path(
    get,
    path = "/configurations/{id}",
    operation_id = "getConfiguration",
    tag = "configurations",
    params(("id" = String, Path, description = "The id of the configuration.")),
    responses(
        (status = 200, description = "The configuration.", body = Configuration),
        (status = 400, description = "request.invalid-id"),
        (status = 404, description = "configuration.not-found"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Configuration>, Problem> {
    let view = find(&state, parse_id(&id)?).await?;
    Ok(Json(show::full(&state.engine, &view)))
}
