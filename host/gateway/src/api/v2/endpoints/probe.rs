//! `POST /v2/endpoints/{id}/probe`.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde_json::json;
use switchyard_store::audit::action;
use switchyard_store::event::kind;
use switchyard_wire::v2::Endpoint;

use super::{not_found, show};
use crate::api::caller::Caller;
use crate::api::v2::problem::Problem;
use crate::api::{ApiState, audit};

/// Find the driver of an endpoint anew
///
/// Forgets which driver was chosen for the controller, asks it again, and surveys it. Where the inventory names the driver, the survey
/// alone is made. The answer shows what was found; a controller that did not answer is asked again by the next call.
#[utoipa::path(
    post,
    path = "/endpoints/{id}/probe",
    operation_id = "probeEndpoint",
    tag = "endpoints",
    params(("id" = String, Path, description = "The id of the controller.")),
    responses(
        (status = 200, description = "The endpoint.", body = Endpoint),
        (status = 404, description = "endpoint.not-found"),
        (status = 502, description = "endpoint.not-probed"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Endpoint>, Problem> {
    let endpoint = state.engine.endpoints().get(&id).ok_or_else(|| not_found(&id))?;
    let controller = endpoint.controller.endpoint.id.clone();
    let now = state.engine.clock().now();
    let entry = audit::entry(
        &caller,
        now,
        action::ENDPOINT_PROBE,
        controller.to_string(),
        json!({}),
    );
    state.engine.store().audit(entry).await?;
    let data = json!({ "controller": controller, "by": caller.name });
    state.engine.tell(kind::ENDPOINT_PROBE_ASKED, data).await;
    state.drivers.choices().forget(&controller);
    if let Err(failure) = state.engine.survey_again(&controller).await {
        return Err(Problem::new(
            StatusCode::BAD_GATEWAY,
            "endpoint.not-probed",
            format!("the controller {controller} could not be asked: {failure}"),
        )
        .hint("GET /v2/endpoints/{id} tells whether it is left alone, and what it said last"));
    }
    Ok(Json(show(&state.engine, &endpoint)))
}
