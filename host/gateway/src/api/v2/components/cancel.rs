//! `POST /v2/components/cancel`.

use axum::extract::State;
use serde_json::json;
use switchyard_core::ComponentId;
use switchyard_store::audit::action;
use switchyard_store::{CancelAsk, CancelScope};
use switchyard_wire::v2::{Cancelled, ComponentsCancel};

use crate::api::access::scope;
use crate::api::caller::Caller;
use crate::api::v2::body::{self, Body};
use crate::api::v2::cancelling;
use crate::api::v2::obstacles::Obstacles;
use crate::api::v2::problem::Problem;
use crate::api::v2::selection::{self, Whole};
use crate::api::{ApiState, audit};

/// Cancels everything in line for components
///
/// For everybody who asked. Nothing more is sent for it once the answer is given.
#[utoipa::path(
    post,
    path = "/components/cancel",
    operation_id = "cancelComponents",
    tag = "components",
    request_body(content = ComponentsCancel, example = json!({"components": ["x1000c0s[0-1]b0n0"], "reason": "CHG0012 is off"})),
    responses(
        (status = 202, description = "What ends.", body = Cancelled),
        (status = 400, description = "request.malformed, request.invalid-reason"),
        (status = 422, description = "request.refused"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    body: Body,
) -> Result<cancelling::Answer, Problem> {
    let body: ComponentsCancel = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    let mut obstacles = Obstacles::default();
    let filter = body.filter.as_deref();
    let names = selection::narrowed(
        &state.engine,
        &body.components,
        filter,
        Whole::InLine,
        &mut obstacles,
    );
    let ids = selection::known(&names, &state.engine.fleet(), &mut obstacles);
    obstacles.into_result()?;
    scope::permit(&state, &caller, ids.iter().map(ComponentId::as_str))
        .await
        .map_err(scope::problem)?;
    let at = state.engine.clock().now();
    let target = audit::target(&ids);
    let detail = match filter {
        Some(filter) => json!({ "finish": body.finish, "filter": filter }),
        None => json!({ "finish": body.finish }),
    };
    let tasks = ids.iter().flat_map(|id| state.engine.look(id));
    let ask = CancelAsk {
        scope: CancelScope::Tasks(tasks.map(|entry| entry.task).collect()),
        mode: cancelling::mode(body.finish),
        by: caller.name.clone(),
        at,
        audit: Some(audit::entry(
            &caller,
            at,
            action::COMPONENTS_CANCEL,
            target,
            detail,
        )),
    };
    // That nothing is in line, or that it ended meanwhile, is no refusal.
    let nothing = || Ok(cancelling::nothing());
    cancelling::cancel(&state.engine, ask, nothing, nothing).await
}
