//! `DELETE /v2/tokens/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde_json::json;
use switchyard_store::AccessTokenId;
use switchyard_store::audit::action;
use switchyard_wire::v2::Token;

use super::show;
use crate::api::caller::Caller;
use crate::api::v2::problem::Problem;
use crate::api::{ApiState, audit};

/// Revokes a token
///
/// It is refused at once, also in sessions that were opened with it. Streams that it opened are cut.
#[utoipa::path(
    delete,
    path = "/tokens/{id}",
    operation_id = "revokeToken",
    tag = "access",
    params(("id" = String, Path, description = "The id of the token.")),
    responses(
        (status = 200, description = "The token as it is now.", body = Token),
        (status = 404, description = "token.not-found"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Token>, Problem> {
    let not_found = || {
        let detail = format!("there is no token {id:?}, or it was revoked before");
        Problem::new(StatusCode::NOT_FOUND, "token.not-found", detail).hint("GET /v2/tokens lists them")
    };
    let token: AccessTokenId = id.parse().map_err(|_| not_found())?;
    let now = state.engine.clock().now();
    let entry = audit::entry(&caller, now, action::TOKEN_REVOKE, token.to_string(), json!({}));
    let streams = state.streams.clone();
    let revoked = state
        .access
        .revoke(token, now, entry, move || streams.cut())
        .await?;
    let revoked = revoked.ok_or_else(not_found)?;
    Ok(Json(show(&revoked)))
}
