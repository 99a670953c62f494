//! `DELETE /v2/session`.

use axum::extract::State;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::api::ApiState;
use crate::api::access::{clear_cookie, session_of};
use crate::api::v2::problem::Problem;

/// Logs out
///
/// The session ends at once, wherever its cookie is.
#[utoipa::path(
    delete,
    path = "/session",
    operation_id = "closeSession",
    tag = "access",
    responses((status = 204, description = "The session is over, if there was one.")),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    headers: HeaderMap,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let secure = state.access.secure();
    if let Some(cookie) = session_of(&headers, secure) {
        state.access.log_out(cookie);
    }
    let mut answer = HeaderMap::new();
    if let Ok(cookie) = HeaderValue::from_str(&clear_cookie(secure)) {
        answer.insert(header::SET_COOKIE, cookie);
    }
    Ok((StatusCode::NO_CONTENT, answer))
}
