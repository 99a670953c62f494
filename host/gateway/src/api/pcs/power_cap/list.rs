//! `GET /power-cap`.

use axum::Json;
use axum::extract::State;
use switchyard_store::ConfigurationFilter;
use switchyard_wire::pcs::PowerCapList;

use super::{TRACKS, view};
use crate::api::ApiState;
use crate::api::pcs::problem::Problem;

/// The most tasks that are listed, newest first; PCS keeps as many.
const LIST_MAX: u32 = 20_000;

/// The tasks about power limits, newest first
///
/// At most 20,000 of them, without their components.
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
    let found = state.engine.store().configurations(&filter, LIST_MAX).await?;
    Ok(Json(PowerCapList {
        tasks: found
            .iter()
            .map(|(configuration, counts)| view::head(configuration, counts.operations))
            .collect(),
    }))
}
