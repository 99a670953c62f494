//! `GET /v2/plans/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_wire::v2::Plan;

use super::{find, parse_id};
use crate::api::ApiState;
use crate::api::v2::problem::Problem;

/// One plan
///
/// As it was made, with the transition that it became.
#[utoipa::path(
    get,
    path = "/plans/{id}",
    operation_id = "getPlan",
    tag = "plans",
    params(("id" = String, Path, description = "The id of the plan.")),
    responses(
        (status = 200, description = "The plan.", body = Plan),
        (status = 400, description = "request.invalid-id"),
        (status = 404, description = "plan.not-found"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Plan>, Problem> {
    let (_, plan) = find(&state, parse_id(&id)?).await?;
    Ok(Json(plan))
}
