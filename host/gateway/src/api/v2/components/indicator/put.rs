//! `PUT /v2/components/{id}/indicator`.

use axum::extract::{Path, State};
use axum::response::Response;
use switchyard_wire::v2::{Configuration, IndicatorPut};

use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::idempotency::Reservation;
use crate::api::v2::body::{self, Body};
use crate::api::v2::configurations::{create, intake};
use crate::api::v2::obstacles::Obstacles;
use crate::api::v2::problem::Problem;
use crate::api::v2::settings;

/// Sets the light by which people find a component
///
/// The answer is a configuration, which is followed like one for many components.
#[utoipa::path(
    put,
    path = "/components/{id}/indicator",
    operation_id = "setComponentIndicator",
    tag = "components",
    params(("id" = String, Path, description = "The name of the component or an alias.")),
    request_body(content = IndicatorPut, example = json!({"light": "lit"})),
    responses(
        (status = 202, description = "The configuration was accepted and is stored.", body = Configuration,
            headers(("Location" = String, description = "The path of the configuration."))),
        (status = 400, description = "request.malformed, request.invalid-reason"),
        (status = 404, description = "component.not-found"),
        (status = 409, description = "request.conflict"),
        (status = 422, description = "request.refused"),
        (status = 503, description = "service.stopping, service.overloaded"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    reservation: Reservation,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, Problem> {
    let body: IndicatorPut = body::read(body)?;
    let caller = body::with_reason(caller, body.options.reason.as_deref())?;
    settings::row(&state, &id)?;
    let mut obstacles = Obstacles::default();
    let goal = intake::light(&body.light, &mut obstacles);
    let times = intake::times(&body.options, &mut obstacles);
    let Some(goal) = goal.filter(|_| obstacles.is_empty()) else {
        return Err(obstacles.into_problem());
    };
    let how = (times, body.options.force);
    create::submit_one(&state, &caller, reservation, id, &goal, how).await
}
