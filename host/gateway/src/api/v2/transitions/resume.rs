//! `POST /v2/transitions/{id}/resume`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_wire::v2::{Intervention, Paused};

use super::pause;
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::v2::body::Body;
use crate::api::v2::problem::Problem;

/// Lets what was paused of a transition go on
///
/// Its tasks get in line again, at the end, with the whole time to start.
#[utoipa::path(
    post,
    path = "/transitions/{id}/resume",
    operation_id = "resumeTransition",
    tag = "transitions",
    params(("id" = String, Path, description = "The id of the transition.")),
    request_body = Option<Intervention>,
    responses(
        (status = 200, description = "What happened to each task.", body = Paused),
        (status = 400, description = "request.invalid-id, request.malformed, request.invalid-reason"),
        (status = 404, description = "transition.not-found, group.not-found"),
        (status = 409, description = "transition.ended"),
        (status = 422, description = "request.refused"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Paused>, Problem> {
    pause::set(&state, caller, &id, body, false).await
}
