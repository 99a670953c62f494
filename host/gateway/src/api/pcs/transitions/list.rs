//! `GET /transitions`.

use axum::Json;
use axum::extract::State;
use switchyard_store::TransitionFilter;
use switchyard_wire::pcs::TransitionList;

use super::view;
use crate::api::ApiState;
use crate::api::pcs::problem::Problem;

/// Unfinished transitions that are listed beside the finished ones.
const OPEN_MAX: u32 = 20_000;

/// The transitions, newest first
///
/// As many finished ones as the configuration says (20,000 unless it does), without their tasks.
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
    let found = state
        .engine
        .store()
        .transitions(&filter, state.pcs.max_num_completed.saturating_add(OPEN_MAX))
        .await?;
    Ok(Json(TransitionList {
        transitions: found
            .iter()
            .map(|(transition, counts)| view::head(transition, *counts))
            .collect(),
    }))
}
