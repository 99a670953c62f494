//! `POST /power-status`: the same as GET for more names than a URL holds.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use switchyard_wire::pcs::{PowerStatusList, PowerStatusRequest};

use super::answer;
use crate::api::pcs::go_json::{self, Record};
use crate::api::pcs::problem::Problem;
use crate::api::{ApiState, body};

/// Shows the components named in the body, or all of them.
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<PowerStatusList>, Problem> {
    let body = body.map_err(|rejection| Problem::of(body::refusal(&rejection)))?;
    let request = read(&body).map_err(|error| Problem::bad_request(error.to_string()))?;
    answer(&request, state.engine.fleet()).map(Json)
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
