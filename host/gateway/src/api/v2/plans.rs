//! `/v2/plans`.

pub(super) mod create;
mod draft;
mod estimate;
pub(super) mod execute;
pub(super) mod get;
mod hindrance;
mod waves;

use http::StatusCode;
use switchyard_core::TransitionId;
use switchyard_store::{PlanId, PlanRecord};
use switchyard_wire::v2::Plan;

use super::problem::Problem;
use crate::api::ApiState;

/// Reads an id.
fn parse_id(text: &str) -> Result<PlanId, Problem> {
    text.parse().map_err(|_| {
        let detail = format!("{text:?} is not a UUID");
        Problem::new(StatusCode::BAD_REQUEST, "request.invalid-id", detail)
    })
}

/// The plan of this id, with the transition that it became.
async fn find(state: &ApiState, id: PlanId) -> Result<(PlanRecord, Plan), Problem> {
    let store = state.engine.store();
    let record = store.plan(id).await?.ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "plan.not-found",
            format!("there is no plan {id}"),
        )
        .hint("plans are forgotten some time after they have expired; make a new one")
    })?;
    let mut plan: Plan = serde_json::from_value(record.body.clone()).map_err(|error| {
        tracing::error!(%id, %error, "a stored plan cannot be read");
        let detail = format!("plan {id} cannot be read");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "store.failed", detail)
    })?;
    let became = store.transition(became(id)).await?;
    plan.transition = became.map(|view| view.transition.id.to_string());
    Ok((record, plan))
}

/// The transition that executes a plan gets the plan's id, so that there can be no second one.
fn became(id: PlanId) -> TransitionId {
    TransitionId(id.0)
}
