//! `POST /power-cap/snapshot`.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::IntoResponse;
use switchyard_core::configuration::{Goal, Track};
use switchyard_wire::pcs as wire;
use switchyard_wire::pcs::{PowerCapCreated, PowerCapSnapshotRequest};

use super::{create, wish};
use crate::api::caller::Caller;
use crate::api::idempotency::Reservation;
use crate::api::pcs::completeness;
use crate::api::pcs::go_json::{self, Record};
use crate::api::pcs::problem::{CONTENT_TYPE, Problem};
use crate::api::{ApiState, body};

/// Reads the power limits of components
///
/// The answer is given once the task is durable; `GET /power-cap/{id}` shows what was read.
#[utoipa::path(
    post,
    path = "/power-cap/snapshot",
    operation_id = "pcsSnapshotPowerCap",
    tag = "pcs",
    request_body(content = PowerCapSnapshotRequest, example = json!({"xnames": ["x1000c0s0b0n0"]})),
    responses(
        (status = 200, description = "The task was accepted.", body = PowerCapCreated,
            headers(("Location" = String, description = "The path of the task."))),
        (status = 400, description = "The body is not valid, or names nothing.", body = wire::Problem, content_type = CONTENT_TYPE),
        (status = 413, description = "The body is too long.", body = wire::Problem, content_type = CONTENT_TYPE),
        (status = 503, description = "The inventory has not been read in full yet and a name is in none of what was read, or the service cannot take the request now.", body = wire::Problem, content_type = CONTENT_TYPE,
            headers(("Retry-After" = u64, description = "Seconds to wait before the next try."))),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    reservation: Reservation,
    body: Result<Bytes, BytesRejection>,
) -> Result<impl IntoResponse, Problem> {
    let body = body.map_err(|rejection| body::refusal(&rejection))?;
    let request = read(&body).map_err(|error| Problem::bad_request(error.to_string()))?;
    if request.xnames.is_empty() {
        let detail = "Xname list is empty. A list of xnames is required";
        return Err(Problem::bad_request(detail));
    }
    let names = request.xnames.iter().map(String::as_str);
    completeness::check_names(&state.engine.fleet(), names)?;
    let names = request.xnames.into_iter();
    let wishes = names.map(|name| wish(&state, name, Goal::Snapshot)).collect();
    create(&state, caller, reservation, Track::Snapshot, wishes).await
}

fn read(body: &[u8]) -> Result<PowerCapSnapshotRequest, go_json::Error> {
    let value = go_json::parse(body)?;
    let fields = Record::body(
        &value,
        "PowerCapSnapshotParameter",
        "model.PowerCapSnapshotParameter",
    )?;
    Ok(PowerCapSnapshotRequest {
        xnames: fields.texts("xnames")?,
    })
}
