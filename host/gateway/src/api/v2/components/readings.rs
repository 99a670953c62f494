//! `GET /v2/components/{id}/readings`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_wire::v2::ComponentReadings;

use crate::api::ApiState;
use crate::api::time::rfc3339;
use crate::api::v2::problem::Problem;
use crate::api::v2::settings;

/// What a component draws
///
/// Read from the BMC now, through the same slots, pace and breaker as everything else.
#[utoipa::path(
    get,
    path = "/components/{id}/readings",
    operation_id = "getComponentReadings",
    tag = "components",
    params(("id" = String, Path, description = "The name of the component or an alias.")),
    responses(
        (status = 200, description = "What its meters show.", body = ComponentReadings),
        (status = 404, description = "component.not-found, reading.not-offered"),
        (status = 502, description = "reading.failed"),
        (status = 503, description = "reading.left-alone"),
        (status = 504, description = "reading.timeout"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<ComponentReadings>, Problem> {
    let row = settings::row(&state, &id)?;
    let read = state.engine.read_meters(&row).await;
    let (at, meters) = read.map_err(|failure| settings::unread(&failure))?;
    Ok(Json(ComponentReadings {
        component: row.component.id.to_string(),
        read_at: rfc3339(at),
        meters: meters.iter().map(settings::meter).collect(),
    }))
}
