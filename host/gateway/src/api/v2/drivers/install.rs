//! `POST /v2/drivers`.

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use http::StatusCode;
use serde_json::json;
use switchyard_drivers::{Driver, Installed, LifecycleError};
use switchyard_store::audit::action;
use switchyard_store::event::kind;
use switchyard_wire::v2;

use super::{Deed, shown, tell, tell_refused, upload};
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::v2::problem::Problem;

/// Installs a version of a driver
///
/// The files are checked, compiled and stored before this answers; a large component takes some ten seconds of CPU time, and what the
/// caller does not wait for goes on. The first version of a driver is used at once, by the controllers that its rules fit. A further one
/// is used when it is tried by some (`upgrade`) or promoted. The same upload again is answered with 200, so that no idempotency key is
/// needed.
#[utoipa::path(
    post,
    path = "/drivers",
    operation_id = "installDriver",
    tag = "drivers",
    request_body(content = v2::driver::DriverUpload, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The very same version was installed before.", body = v2::Driver),
        (status = 201, description = "The version is installed.", body = v2::Driver),
        (status = 400, description = "driver.bad-upload"),
        (status = 409, description = "driver.exists, driver.full"),
        (status = 422, description = "driver.bad-manifest, driver.bad-signature, driver.broken, driver.does-not-compile, driver.does-not-fit, driver.no-component, driver.no-power, driver.not-granted, driver.not-pinned, driver.other-contract, driver.too-large, driver.unknown-import, driver.unknown-key, driver.unsigned, driver.wrong-digest"),
        (status = 500, description = "driver.not-stored"),
        (status = 503, description = "driver.busy"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    form: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Json<v2::Driver>), Problem> {
    // The place comes before the upload, so that the memory of one upload is taken at most.
    let place = state.drivers.lifecycle().place()?;
    let package = upload::read(form).await?;
    // What has begun is told of, also when the caller leaves.
    let owned = state.clone();
    let installing = async move {
        let installed = owned.drivers.lifecycle().install(place, package).await;
        told(&owned, &caller, installed).await
    };
    let installed = state.gate.tasks().spawn(installing).await;
    let (status, driver) = installed.unwrap_or_else(|_| Err(LifecycleError::Interrupted.into()))?;
    Ok((status, Json(shown(&state, &driver.manifest().id)?)))
}

type Told = (StatusCode, std::sync::Arc<Driver>);

async fn told(
    state: &ApiState,
    caller: &Caller,
    installed: Result<Installed, LifecycleError>,
) -> Result<Told, Problem> {
    match installed {
        Ok(Installed::Already(driver)) => Ok((StatusCode::OK, driver)),
        Ok(Installed::New(driver)) => {
            let deed = Deed {
                action: action::DRIVER_INSTALL,
                event: kind::DRIVER_INSTALLED,
                driver: driver.name().to_string(),
                detail: json!({ "sha256": driver.digest().to_string() }),
            };
            tell(state, caller, deed).await?;
            Ok((StatusCode::CREATED, driver))
        }
        Err(error) => {
            tell_refused(state, caller, "an upload".to_owned(), &error).await?;
            Err(error.into())
        }
    }
}
