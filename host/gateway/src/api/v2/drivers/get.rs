//! `GET /v2/drivers/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_wire::v2::Driver;

use super::shown;
use crate::api::ApiState;
use crate::api::v2::problem::Problem;

/// One driver, with the controllers and components that each version speaks to
#[utoipa::path(
    get,
    path = "/drivers/{id}",
    operation_id = "getDriver",
    tag = "drivers",
    params(("id" = String, Path, description = "The id of the driver.")),
    responses(
        (status = 200, description = "The driver.", body = Driver),
        (status = 404, description = "driver.not-found"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Driver>, Problem> {
    Ok(Json(shown(&state, &id)?))
}
