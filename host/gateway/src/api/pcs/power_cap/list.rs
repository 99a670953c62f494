//! `GET /power-cap`.

use axum::Json;
use axum::extract::State;
use switchyard_store::ConfigurationFilter;
use switchyard_wire::pcs::PowerCapList;

use super::{TRACKS, view};
use crate::api::ApiState;
use crate::api::pcs::problem::Problem;

/// Unfinished tasks that are listed beside the finished ones.
const OPEN_MAX: u32 = 20_000;

/// The tasks about power limits, newest first
///
/// As many finished ones as the configuration says (20,000 unless it does), without their components.
#[utoipa::path(
    get,
    path = "/power-cap",
    operation_id = "pcsListPowerCaps",
    tag = "pcs",
    responses((status = 200, description = "The tasks.", body = PowerCapList)),
)]
pub(in crate::api) async fn handle(State(state): State<ApiState>) -> Result<Json<PowerCapList>, Problem> {
    let filter = ConfigurationFilter {
        alive_at: Some(state.engine.clock().now()),
        tracks: TRACKS.to_vec(),
        ..ConfigurationFilter::default()
    };
    let found = state
        .engine
        .store()
        .configurations(&filter, state.pcs.max_num_completed.saturating_add(OPEN_MAX))
        .await?;
    Ok(Json(PowerCapList {
        tasks: found
            .iter()
            .map(|(configuration, counts)| view::head(configuration, counts.operations))
            .collect(),
    }))
}
