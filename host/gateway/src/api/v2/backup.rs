//! `POST /v2/backup`.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde_json::json;
use switchyard_store::audit::action;
use switchyard_wire::v2::{Backup, BackupRequest};
use tracing::Instrument as _;

use super::body::{self, Body};
use super::problem::Problem;
use crate::api::caller::Caller;
use crate::api::refusal::Refusal;
use crate::api::time::rfc3339;
use crate::api::{ApiState, audit};
use crate::backup::Error;
use crate::telemetry::Chain;

/// Copies the installation into a file
///
/// The database as it is now, with the files beside it, while everything goes on; into the folder that `backup.folder` names on the
/// machine of the service. `switchyardd restore` puts it back.
#[utoipa::path(
    post,
    path = "/backup",
    operation_id = "makeBackup",
    tag = "service",
    request_body(content = BackupRequest, example = json!({"reason": "before the upgrade"})),
    responses(
        (status = 201, description = "The backup was made and checked.", body = Backup),
        (status = 400, description = "request.malformed"),
        (status = 409, description = "backup.folder-full, backup.not-configured"),
        (status = 500, description = "backup.failed"),
        (status = 503, description = "backup.busy"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    body: Body,
) -> Result<(StatusCode, Json<Backup>), Problem> {
    let body: BackupRequest = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    // It is made to its end, and noted, when nobody waits for it any more.
    let tasks = state.gate.tasks().clone();
    let work = make(state, caller, body.credentials).in_current_span();
    match tasks.spawn(work).await {
        Ok(made) => made.map(|made| (StatusCode::CREATED, Json(made))),
        Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
        Err(_) => Err(refusal(&Error::Busy)),
    }
}

async fn make(state: ApiState, caller: Caller, credentials: bool) -> Result<Backup, Problem> {
    let made = state
        .backups
        .make(credentials)
        .await
        .map_err(|error| refusal(&error))?;
    let file = made.path.display().to_string();
    let detail = json!({ "credentials": credentials, "bytes": made.bytes });
    let now = state.engine.clock().now();
    let entry = audit::entry(&caller, now, action::BACKUP_CREATE, file.clone(), detail);
    state.engine.store().audit(entry).await?;
    Ok(Backup {
        file,
        bytes: made.bytes,
        at: rfc3339(made.at),
        files: made.files,
    })
}

fn refusal(error: &Error) -> Problem {
    let (status, code, hint) = match error {
        Error::NoFolder => (
            StatusCode::CONFLICT,
            "backup.not-configured",
            "set backup.folder in the configuration of the service",
        ),
        Error::FolderFull { .. } => (
            StatusCode::CONFLICT,
            "backup.folder-full",
            "move backups to another machine",
        ),
        Error::Busy => (
            StatusCode::SERVICE_UNAVAILABLE,
            "backup.busy",
            "send the request again after the time in Retry-After",
        ),
        _ => {
            tracing::error!(error = %Chain(error), "a backup failed");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "backup.failed",
                "the detail says what could not be read or written",
            )
        }
    };
    let refusal = Refusal::new(status, code, Chain(error).to_string()).hint(hint);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        refusal.retry_after(std::time::Duration::from_secs(5)).into()
    } else {
        refusal.into()
    }
}
