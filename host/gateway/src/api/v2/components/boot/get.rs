//! `GET /v2/components/{id}/boot`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_core::configuration::{Track, Values};
use switchyard_wire::v2::ComponentBoot;

use crate::api::ApiState;
use crate::api::time::rfc3339;
use crate::api::v2::problem::Problem;
use crate::api::v2::settings;

/// What a component boots from next
///
/// Read from the BMC now, through the same slots, pace and breaker as everything else.
#[utoipa::path(
    get,
    path = "/components/{id}/boot",
    operation_id = "getComponentBoot",
    tag = "components",
    params(("id" = String, Path, description = "The name of the component or an alias.")),
    responses(
        (status = 200, description = "What the BMC says.", body = ComponentBoot),
        (status = 404, description = "component.not-found, reading.not-offered"),
        (status = 502, description = "reading.failed"),
        (status = 503, description = "reading.left-alone"),
        (status = 504, description = "reading.timeout"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<ComponentBoot>, Problem> {
    let row = settings::row(&state, &id)?;
    let snapshot = settings::read(&state, &row, Track::Boot).await?;
    let Values::Boot(found) = &snapshot.values else {
        return Err(settings::odd());
    };
    Ok(Json(ComponentBoot {
        component: row.component.id.to_string(),
        read_at: rfc3339(snapshot.at),
        boot: settings::boot(found),
    }))
}
