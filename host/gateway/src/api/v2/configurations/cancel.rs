//! `POST /v2/configurations/{id}/cancel`.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde_json::json;
use switchyard_store::audit::action;
use switchyard_store::{ConfigurationCancel, ConfigurationCancelled as Answer};
use switchyard_wire::v2;
use switchyard_wire::v2::ConfigurationCancelled;

use super::{find, not_found, parse_id};
use crate::api::access::scope;
use crate::api::caller::Caller;
use crate::api::v2::body::{self, Body};
use crate::api::v2::problem::Problem;
use crate::api::v2::selection::fold;
use crate::api::{ApiState, audit};

/// Cancels a configuration
///
/// Nothing more is sent for it once the answer is given. It leaves the tasks that it shares with others, which go on for them.
#[utoipa::path(
    post,
    path = "/configurations/{id}/cancel",
    operation_id = "cancelConfiguration",
    tag = "configurations",
    params(("id" = String, Path, description = "The id of the configuration.")),
    request_body = Option<v2::ConfigurationCancel>,
    responses(
        (status = 202, description = "What ends, and what goes on for others.", body = ConfigurationCancelled),
        (status = 400, description = "request.invalid-id, request.malformed, request.invalid-reason"),
        (status = 404, description = "configuration.not-found"),
        (status = 409, description = "configuration.ended"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<(StatusCode, Json<ConfigurationCancelled>), Problem> {
    let id = parse_id(&id)?;
    let body: v2::ConfigurationCancel = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    let view = find(&state, id).await?;
    let tasks = view.members.iter().filter_map(|(_, task)| task.as_ref());
    scope::permit_stored(&state, &caller, tasks.map(|task| &task.component))
        .await
        .map_err(scope::problem)?;
    let at = state.engine.clock().now();
    let action = action::CONFIGURATION_CANCEL;
    let ask = ConfigurationCancel {
        id,
        by: caller.name.clone(),
        at,
        audit: Some(audit::entry(&caller, at, action, id.to_string(), json!({}))),
    };
    let cancelled = match state.engine.cancel_configuration(ask).await? {
        Answer::NotFound => return Err(not_found(id)),
        Answer::Ended => {
            let detail = format!("configuration {id} has ended");
            return Err(Problem::new(StatusCode::CONFLICT, "configuration.ended", detail)
                .hint("GET /v2/configurations/{id} tells how"));
        }
        Answer::AskedBefore => ConfigurationCancelled {
            ending: String::new(),
            going_on: String::new(),
            asked_before: true,
        },
        Answer::Asked { tasks, detached } => {
            let ending: Vec<&str> = tasks.iter().map(|task| task.component.as_str()).collect();
            let going_on: Vec<&str> = detached.iter().map(|(_, component)| component.as_str()).collect();
            ConfigurationCancelled {
                ending: fold(&ending),
                going_on: fold(&going_on),
                asked_before: false,
            }
        }
    };
    Ok((StatusCode::ACCEPTED, Json(cancelled)))
}
