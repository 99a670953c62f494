//! `GET /transitions`.

use axum::Json;
use axum::extract::State;
use switchyard_store::TransitionFilter;
use switchyard_wire::pcs::TransitionList;

use super::view;
use crate::api::ApiState;
use crate::api::pcs::problem::Problem;

/// The most transitions that are listed, newest first; PCS keeps as many.
const LIST_MAX: u32 = 20_000;

/// The transitions, newest first
///
/// At most 20,000 of them, without their tasks.
#[utoipa::path(
    get,
    path = "/transitions",
    operation_id = "pcsListTransitions",
    tag = "pcs",
    responses((status = 200, description = "The transitions.", body = TransitionList)),
)]
pub(in crate::api) async fn handle(State(state): State<ApiState>) -> Result<Json<TransitionList>, Problem> {
    let filter = TransitionFilter {
        alive_at: Some(state.engine.clock().now()),
        ..TransitionFilter::default()
    };
    let found = state.engine.store().transitions(&filter, LIST_MAX).await?;
    Ok(Json(TransitionList {
        transitions: found
            .iter()
            .map(|(transition, counts)| view::head(transition, *counts))
            .collect(),
    }))
}
