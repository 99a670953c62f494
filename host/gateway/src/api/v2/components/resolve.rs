//! `POST /v2/components/resolve`.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use serde_json::json;
use switchyard_core::ComponentId;
use switchyard_store::audit::action;
use switchyard_wire::v2::{ResolveRequest, Resolved, Verdict};

use crate::api::access::scope;
use crate::api::caller::Caller;
use crate::api::v2::body::{self, Body};
use crate::api::v2::obstacles::Obstacles;
use crate::api::v2::problem::Problem;
use crate::api::v2::selection::{self, count, fold};
use crate::api::{ApiState, audit};

/// Says whether what is uncertain was done
///
/// For whoever has looked at the machines. Components that are not uncertain stay as they are.
#[utoipa::path(
    post,
    path = "/components/resolve",
    operation_id = "resolveComponents",
    tag = "components",
    request_body(content = ResolveRequest, example = json!({"components": ["x1000c0s0b0n0"], "verdict": "not-done", "reason": "seen on the console"})),
    responses(
        (status = 200, description = "Which were uncertain and are no more.", body = Resolved),
        (status = 400, description = "request.malformed, request.invalid-reason"),
        (status = 422, description = "request.refused"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    body: Body,
) -> Result<Json<Resolved>, Problem> {
    let body: ResolveRequest = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    let mut obstacles = Obstacles::default();
    let names = selection::names(&body.components, &state.engine.fleet(), &mut obstacles);
    let ids = selection::known(&names, &state.engine.fleet(), &mut obstacles);
    obstacles.into_result()?;
    scope::permit(&state, &caller, ids.iter().map(ComponentId::as_str))
        .await
        .map_err(scope::problem)?;
    let done = body.verdict == Verdict::Done;
    let target = audit::target(&ids);
    let now = state.engine.clock().now();
    let entry = audit::entry(
        &caller,
        now,
        action::COMPONENTS_RESOLVE,
        target,
        json!({ "done": done }),
    );
    let resolved = state.engine.resolve(ids.clone(), done, Some(entry)).await?;
    let known: HashSet<&ComponentId> = resolved.iter().collect();
    let unchanged = ids.iter().filter(|id| !known.contains(id));
    Ok(Json(Resolved {
        count: count(&resolved),
        components: fold(&resolved),
        unchanged: fold(&unchanged.collect::<Vec<_>>()),
    }))
}
