//! `POST /v2/endpoints/{id}/try`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_wire::v2::Endpoint;

use super::{not_found, show};
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::v2::problem::Problem;

/// Try an endpoint now
///
/// The next call of the controller tries it at once, although it is left alone. Work that waits for it makes that call.
#[utoipa::path(
    post,
    path = "/endpoints/{id}/try",
    operation_id = "tryEndpoint",
    tag = "endpoints",
    params(("id" = String, Path, description = "The id of the controller.")),
    responses(
        (status = 200, description = "The endpoint.", body = Endpoint),
        (status = 404, description = "endpoint.not-found"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Endpoint>, Problem> {
    let endpoints = state.engine.endpoints();
    endpoints.try_now(&id, &caller.name).await;
    let endpoint = endpoints.get(&id).ok_or_else(|| not_found(&id))?;
    Ok(Json(show(&state.engine, &endpoint)))
}
