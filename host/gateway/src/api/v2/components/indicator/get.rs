//! `GET /v2/components/{id}/indicator`.

use axum::Json;
use axum::extract::{Path, State};
use switchyard_core::configuration::{Track, Values};
use switchyard_wire::v2::ComponentIndicator;

use crate::api::ApiState;
use crate::api::time::rfc3339;
use crate::api::v2::problem::Problem;
use crate::api::v2::settings;

/// The light by which people find a component
///
/// Read from the BMC now, through the same slots, pace and breaker as everything else.
#[utoipa::path(
    get,
    path = "/components/{id}/indicator",
    operation_id = "getComponentIndicator",
    tag = "components",
    params(("id" = String, Path, description = "The name of the component or an alias.")),
    responses(
        (status = 200, description = "What the BMC says.", body = ComponentIndicator),
        (status = 404, description = "component.not-found, reading.not-offered"),
        (status = 502, description = "reading.failed"),
        (status = 503, description = "reading.left-alone"),
        (status = 504, description = "reading.timeout"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<ComponentIndicator>, Problem> {
    let row = settings::row(&state, &id)?;
    let snapshot = settings::read(&state, &row, Track::Indicator).await?;
    let Values::Indicator(found) = &snapshot.values else {
        return Err(settings::odd());
    };
    Ok(Json(ComponentIndicator {
        component: row.component.id.to_string(),
        read_at: rfc3339(snapshot.at),
        indicator: settings::indicator(found),
    }))
}
