//! `GET /v2/drivers`.

use axum::Json;
use axum::extract::State;
use switchyard_wire::v2::DriverList;

use super::show;
use crate::api::ApiState;

/// Every driver with its versions, and what was refused lately
#[utoipa::path(
    get,
    path = "/drivers",
    operation_id = "listDrivers",
    tag = "drivers",
    responses((status = 200, description = "The drivers.", body = DriverList)),
)]
pub(in crate::api) async fn handle(State(state): State<ApiState>) -> Json<DriverList> {
    let refused = state.drivers.lifecycle().refused();
    Json(DriverList {
        drivers: show::all(&state),
        refused: refused.into_iter().map(show::refused).collect(),
    })
}
