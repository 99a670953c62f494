//! `/v2/transitions`.

pub(super) mod cancel;
pub(super) mod create;
mod estimate;
pub(super) mod failures;
pub(super) mod get;
pub(super) mod list;
mod member;
pub(super) mod pause;
pub(super) mod resume;
pub(super) mod retry;
mod scope;
mod show;

use http::StatusCode;
use switchyard_core::TransitionId;
use switchyard_store::TransitionView;

use super::problem::Problem;
use crate::api::ApiState;

pub(super) use create::{accepted, stored};
pub(super) use member::disposition;
pub(super) use show::{counts, show};

/// Reads the id in the path.
pub(super) fn parse_id(text: &str) -> Result<TransitionId, Problem> {
    text.parse().map_err(|error: switchyard_core::id::IdError| {
        Problem::new(StatusCode::BAD_REQUEST, "request.invalid-id", error.to_string())
    })
}

/// The transition of this id.
pub(super) async fn find(state: &ApiState, id: TransitionId) -> Result<TransitionView, Problem> {
    state
        .engine
        .store()
        .transition(id)
        .await?
        .ok_or_else(|| not_found(id))
}

pub(super) fn not_found(id: TransitionId) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "transition.not-found",
        format!("there is no transition {id}"),
    )
    .hint("transitions are forgotten some time after they ended")
}

/// What has ended takes no more orders.
pub(super) fn ended(id: TransitionId) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "transition.ended",
        format!("transition {id} has ended"),
    )
    .hint("GET /v2/transitions/{id} tells how; POST /v2/transitions/{id}/retry tries its failed parts again")
}
