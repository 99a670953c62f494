//! `GET /v2/tokens`.

use axum::Json;
use axum::extract::State;
use switchyard_wire::v2::TokenList;

use super::show;
use crate::api::ApiState;

/// The tokens, the oldest first
///
/// Without their secrets, which are kept nowhere. Those that are over are shown for 90 days.
#[utoipa::path(
    get,
    path = "/tokens",
    operation_id = "listTokens",
    tag = "access",
    responses((status = 200, description = "All of them.", body = TokenList)),
)]
pub(in crate::api) async fn handle(State(state): State<ApiState>) -> Json<TokenList> {
    let tokens = state.access.tokens().list();
    Json(TokenList {
        tokens: tokens.iter().map(show).collect(),
    })
}
