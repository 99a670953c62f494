//! `GET /v2/holds`.

use axum::Json;
use axum::extract::State;
use switchyard_wire::v2::HoldList;

use super::show;
use crate::api::ApiState;
use crate::api::v2::problem::Problem;

/// The holds that hold now, oldest first
#[utoipa::path(
    get,
    path = "/holds",
    operation_id = "listHolds",
    tag = "holds",
    responses((status = 200, description = "All of them.", body = HoldList)),
)]
pub(in crate::api) async fn handle(State(state): State<ApiState>) -> Result<Json<HoldList>, Problem> {
    let holds = state.engine.store().holds(state.engine.clock().now()).await?;
    Ok(Json(HoldList {
        holds: holds.iter().map(show).collect(),
    }))
}
