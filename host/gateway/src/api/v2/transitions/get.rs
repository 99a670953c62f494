//! `GET /v2/transitions/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_wire::v2::Transition;

use super::{find, parse_id, show};
use crate::api::ApiState;
use crate::api::v2::problem::Problem;

/// One transition
///
/// With what became of each name in it.
#[utoipa::path(
    get,
    path = "/transitions/{id}",
    operation_id = "getTransition",
    tag = "transitions",
    params(("id" = String, Path, description = "The id of the transition.")),
    responses(
        (status = 200, description = "The transition.", body = Transition),
        (status = 400, description = "request.invalid-id"),
        (status = 404, description = "transition.not-found"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Transition>, Problem> {
    let view = find(&state, parse_id(&id)?).await?;
    Ok(Json(show(&state.engine, &view)))
}
