//! `POST /v2/smd/notifications/{token}`.

use axum::extract::{Path, State};
use http::StatusCode;

use super::problem::Problem;
use crate::api::ApiState;

/// SMD tells of a change of state
///
/// The path is the one that this process has subscribed with; SMD shows no other proof. What is told is not looked at: it is a hint
/// to read SMD again.
#[utoipa::path(
    post,
    path = "/smd/notifications/{token}",
    operation_id = "notifyOfSmd",
    tag = "smd",
    params(("token" = String, Path, description = "What SMD was given when it was subscribed to.")),
    responses(
        (status = 204, description = "Taken as a hint."),
        (status = 404, description = "smd.no-subscription"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(token): Path<String>,
) -> Result<StatusCode, Problem> {
    if state.smd.as_ref().is_some_and(|smd| smd.notified(&token)) {
        return Ok(StatusCode::NO_CONTENT);
    }
    let detail = "this process has subscribed to no notifications under this path";
    Err(
        Problem::new(StatusCode::NOT_FOUND, "smd.no-subscription", detail.to_owned())
            .hint("SMD forgets a subscription of an earlier process when this one subscribes anew"),
    )
}
