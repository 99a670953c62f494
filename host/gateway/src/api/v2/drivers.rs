//! `/v2/drivers`.

pub(super) mod get;
pub(super) mod install;
pub(super) mod list;
pub(super) mod promote;
pub(super) mod remove;
pub(super) mod rollback;
mod show;
pub(super) mod upgrade;
mod upload;

use http::StatusCode;
use serde_json::{Value, json};
use switchyard_drivers::{LifecycleError, Version};
use switchyard_store::audit::action;
use switchyard_wire::v2;
use switchyard_wire::v2::codes::problem_code;

use super::problem::Problem;
use crate::api::caller::Caller;
use crate::api::refusal::Refusal;
use crate::api::{ApiState, audit};
use crate::telemetry::Chain;

pub(super) use upload::UPLOAD_MAX_BYTES;

/// How long a caller is asked to wait while another driver is installed.
const BUSY_RETRY_AFTER: std::time::Duration = std::time::Duration::from_secs(10);

impl From<LifecycleError> for Refusal {
    fn from(error: LifecycleError) -> Self {
        let row = problem_code(error.code());
        let code = row.map_or("driver.not-stored", |row| row.code);
        let status = row.and_then(|row| StatusCode::from_u16(row.status).ok());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() && !matches!(error, LifecycleError::Busy) {
            tracing::error!(error = %Chain(&error), "a driver could not be changed");
        }
        let refusal = Self::new(status, code, error.sentence());
        match error {
            LifecycleError::Busy | LifecycleError::Interrupted => refusal.retry_after(BUSY_RETRY_AFTER),
            _ => refusal,
        }
    }
}

/// What was done to a driver, for the audit and the event log.
struct Deed {
    action: &'static str,
    event: &'static str,
    /// The driver, with its version where there is one.
    driver: String,
    detail: Value,
}

/// Tells of a change that has come about, and holds all choices against the drivers that there are now.
async fn tell(state: &ApiState, caller: &Caller, deed: Deed) -> Result<(), Problem> {
    let drivers = state.drivers.clone();
    let matched = tokio::task::spawn_blocking(move || drivers.choices().match_again()).await;
    if matched.is_err() {
        tracing::warn!("the choices of drivers were not looked at again, since the service is stopping");
    }
    let mut data = deed.detail.clone();
    if let Value::Object(fields) = &mut data {
        fields.insert("driver".to_owned(), json!(deed.driver));
        fields.insert("by".to_owned(), json!(caller.name));
    }
    let now = state.engine.clock().now();
    let entry = audit::entry(caller, now, deed.action, deed.driver, deed.detail);
    state.engine.store().audit(entry).await?;
    state.engine.tell(deed.event, data).await;
    Ok(())
}

/// Keeps that a driver was refused.
async fn tell_refused(
    state: &ApiState,
    caller: &Caller,
    what: String,
    error: &LifecycleError,
) -> Result<(), Problem> {
    let now = state.engine.clock().now();
    let detail = json!({ "refused": error.code() });
    let entry = audit::entry(caller, now, action::DRIVER_INSTALL, what, detail);
    Ok(state.engine.store().audit(entry).await?)
}

/// A driver as it stands, with the sets of what it speaks to.
fn shown(state: &ApiState, id: &str) -> Result<v2::Driver, Problem> {
    show::one(state, id).ok_or_else(|| LifecycleError::NotFound(id.to_owned()).into())
}

fn version(text: &str) -> Result<Version, Problem> {
    text.parse().map_err(|error: switchyard_drivers::BadVersion| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "request.out-of-range",
            error.to_string(),
        )
    })
}
