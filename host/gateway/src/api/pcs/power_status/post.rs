//! `POST /power-status`: the same as GET for more names than a URL holds.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use switchyard_wire::pcs as wire;
use switchyard_wire::pcs::{PowerStatusList, PowerStatusRequest};

use super::answer;
use crate::api::pcs::go_json::{self, Record};
use crate::api::pcs::problem::{CONTENT_TYPE, Problem};
use crate::api::{ApiState, body};

/// The power of components, for more names than a URI holds
///
/// Of those named in the body, or of all.
#[utoipa::path(
    post,
    path = "/power-status",
    operation_id = "pcsPostPowerStatus",
    tag = "pcs",
    request_body = PowerStatusRequest,
    responses(
        (status = 200, description = "One entry for each component.", body = PowerStatusList),
        (status = 400, description = "The body, a name or a filter is not valid.", body = wire::Problem, content_type = CONTENT_TYPE),
        (status = 413, description = "The body is too long.", body = wire::Problem, content_type = CONTENT_TYPE),
        (status = 503, description = "The inventory has not been read in full yet and a name is in none of what was read, or all are asked for, or the service cannot take the request now.", body = wire::Problem, content_type = CONTENT_TYPE,
            headers(("Retry-After" = u64, description = "Seconds to wait before the next try."))),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<PowerStatusList>, Problem> {
    let body = body.map_err(|rejection| body::refusal(&rejection))?;
    let request = read(&body).map_err(|error| Problem::bad_request(error.to_string()))?;
    answer(&request, &state.engine.fleet()).map(Json)
}

fn read(body: &[u8]) -> Result<PowerStatusRequest, go_json::Error> {
    let value = go_json::parse(body)?;
    let fields = Record::body(&value, "PowerStatusParameter", "model.PowerStatusParameter")?;
    Ok(PowerStatusRequest {
        xname: fields.texts("xname")?,
        power_state_filter: fields.text("powerStateFilter")?,
        management_state_filter: fields.text("managementStateFilter")?,
    })
}
