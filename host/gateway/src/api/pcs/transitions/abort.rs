//! `DELETE /transitions/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde_json::json;
use switchyard_store::audit::action;
use switchyard_store::{CancelAnswer, CancelAsk, CancelMode, CancelScope};
use switchyard_wire::pcs as wire;
use switchyard_wire::pcs::AbortAnswer;

use super::{parse_id, unknown};
use crate::api::access::scope;
use crate::api::caller::Caller;
use crate::api::pcs::problem::{CONTENT_TYPE, Problem};
use crate::api::refusal::Refusal;
use crate::api::{ApiState, audit};

/// Asks to abort a transition
///
/// Nothing more is sent for it once the answer is given; asking again changes nothing.
#[utoipa::path(
    delete,
    path = "/transitions/{id}",
    operation_id = "pcsAbortTransition",
    tag = "pcs",
    params(("id" = String, Path, description = "The id of the transition.")),
    responses(
        (status = 202, description = "The abort was accepted.", body = AbortAnswer),
        (status = 400, description = "The id is no UUID, or the transition has ended.", body = wire::Problem, content_type = CONTENT_TYPE),
        (status = 404, description = "There is no such transition, or no more.", body = wire::Problem, content_type = CONTENT_TYPE),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<AbortAnswer>), Problem> {
    let id = parse_id(&id)?;
    let at = state.engine.clock().now();
    let entry = audit::entry(
        &caller,
        at,
        action::TRANSITION_CANCEL,
        id.to_string(),
        json!({ "api": "v1" }),
    );
    let members = state.engine.store().transition(id).await?;
    let tasks = members
        .iter()
        .flat_map(|view| &view.members)
        .filter_map(|(_, task)| task.as_ref());
    scope::permit_stored(&state, &caller, tasks.map(|task| &task.component))
        .await
        .map_err(Refusal::from)?;
    let ask = CancelAsk {
        scope: CancelScope::Transition { id, only: None },
        mode: CancelMode::Now,
        by: caller.name,
        at,
        audit: Some(entry),
    };
    match state.engine.cancel(ask).await? {
        CancelAnswer::NotFound => Err(unknown(id)),
        CancelAnswer::Ended => Err(Problem::bad_request(
            "Transition is already finished and cannot be aborted.",
        )),
        CancelAnswer::AskedBefore | CancelAnswer::Asked { .. } => {
            Ok((StatusCode::ACCEPTED, Json(AbortAnswer::accepted())))
        }
    }
}
