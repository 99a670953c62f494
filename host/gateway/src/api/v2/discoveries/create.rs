//! `POST /v2/discoveries`.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use serde_json::json;
use switchyard_store::audit::action;
use switchyard_wire::v2::{Discovery, DiscoveryRequest};

use super::{show, stopping};
use crate::api::ApiState;
use crate::api::audit;
use crate::api::caller::Caller;
use crate::api::v2::body::{self, Body};
use crate::api::v2::problem::Problem;
use crate::discovery::{BeginError, Protocol, targets};

/// The most ranges of one discovery.
const RANGES_MAX: usize = 1_024;

/// Asks address ranges who is there
///
/// Without credentials, one discovery at a time. Nothing is trusted of what answers.
#[utoipa::path(
    post,
    path = "/discoveries",
    operation_id = "createDiscovery",
    tag = "endpoints",
    request_body(content = DiscoveryRequest, example = json!({"ranges": ["127.4.7.0/30", "ipmi://127.4.8.1-127.4.8.4"]})),
    responses(
        (status = 202, description = "It has begun.", body = Discovery),
        (status = 400, description = "request.malformed"),
        (status = 409, description = "discovery.running"),
        (status = 422, description = "discovery.invalid-range, request.out-of-range"),
        (status = 503, description = "service.stopping"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let body: DiscoveryRequest = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    if body.ranges.len() > RANGES_MAX {
        return Err(invalid(format!(
            "{} ranges are more than {RANGES_MAX}",
            body.ranges.len()
        )));
    }
    let named = body.protocols.iter().map(|name| {
        let protocol = Protocol::from_name(name);
        protocol.ok_or_else(|| invalid(format!("{name:?} is no protocol; known are https, http and ipmi")))
    });
    let mut protocols = named.collect::<Result<Vec<_>, _>>()?;
    if protocols.is_empty() {
        protocols.push(Protocol::Https);
    }
    let targets = targets(&body.ranges, &protocols).map_err(|error| invalid(error.to_string()))?;
    let total = targets.len();
    let begun = state
        .discoveries
        .begin(body.ranges.clone(), targets, caller.name.clone());
    let discovery = begun.map_err(|error| match error {
        BeginError::Running(_) => Problem::new(StatusCode::CONFLICT, "discovery.running", error.to_string())
            .hint("wait until it has ended, or end it with DELETE /v2/discoveries/{id}"),
        BeginError::Stopping => stopping(),
    })?;
    let detail = json!({ "ranges": body.ranges, "questions": total });
    let now = state.engine.clock().now();
    let entry = audit::entry(
        &caller,
        now,
        action::DISCOVERY_CREATE,
        discovery.id.to_string(),
        detail,
    );
    state.engine.store().audit(entry).await?;
    Ok((StatusCode::ACCEPTED, Json(show(discovery))))
}

fn invalid(detail: String) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "discovery.invalid-range",
        detail,
    )
}
