//! `GET /v2/discoveries`.

use axum::Json;
use axum::extract::State;
use switchyard_wire::v2::DiscoveryList;

use super::show;
use crate::api::ApiState;

/// The discoveries that are remembered, the latest first
#[utoipa::path(
    get,
    path = "/discoveries",
    operation_id = "listDiscoveries",
    tag = "endpoints",
    responses((status = 200, description = "The discoveries.", body = DiscoveryList)),
)]
pub(in crate::api) async fn handle(State(state): State<ApiState>) -> Json<DiscoveryList> {
    Json(DiscoveryList {
        discoveries: state.discoveries.all().into_iter().map(show).collect(),
    })
}
