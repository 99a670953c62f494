//! `DELETE /v2/drivers/{id}`.

use axum::extract::{Path, RawQuery, State};
use http::StatusCode;
use serde_json::json;
use switchyard_store::audit::action;
use switchyard_store::event::kind;

use super::{Deed, tell};
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::v2::parameters::Parameters;
use crate::api::v2::problem::Problem;

/// Removes an installed version that is not in use
///
/// The last version of a driver goes only when no controller would be left without a driver.
#[utoipa::path(
    delete,
    path = "/drivers/{id}",
    operation_id = "removeDriver",
    tag = "drivers",
    params(
        ("id" = String, Path, description = "The id of the driver."),
        ("version" = Option<String>, Query, description = "The version; the only installed one unless given."),
    ),
    responses(
        (status = 204, description = "The version is removed."),
        (status = 400, description = "request.invalid-query"),
        (status = 404, description = "driver.not-found, driver.version-not-found"),
        (status = 409, description = "driver.embedded, driver.in-folder, driver.in-use"),
        (status = 422, description = "driver.which-version"),
        (status = 500, description = "driver.not-stored"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["version"])?;
    let version = parameters.value("version")?;
    let (owned, driver) = (state.clone(), id.clone());
    let users = move || users(&owned, &driver);
    let removed = state.drivers.lifecycle().remove(&id, version, users).await?;
    let deed = Deed {
        action: action::DRIVER_REMOVE,
        event: kind::DRIVER_REMOVED,
        driver: removed.to_string(),
        detail: json!({}),
    };
    tell(&state, &caller, deed).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many controllers would be left without a driver if this one went: those whose inventory names it, and those that it was chosen for
/// when no other one fits.
fn users(state: &ApiState, id: &str) -> usize {
    let endpoints = state.engine.endpoints().after(None);
    let named = endpoints.filter(|endpoint| {
        let driver = endpoint.controller.driver.as_ref();
        driver.is_some_and(|driver| driver.id == id)
    });
    named.count() + state.drivers.choices().users(id).without_other
}
