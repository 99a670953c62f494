//! `/v2/configurations`.

pub(super) mod cancel;
pub(super) mod create;
pub(super) mod get;
pub(super) mod intake;
pub(super) mod list;
mod member;
mod show;

use http::StatusCode;
use switchyard_core::ConfigurationId;
use switchyard_store::ConfigurationView;

use super::problem::Problem;
use crate::api::ApiState;

/// Reads the id in the path.
fn parse_id(text: &str) -> Result<ConfigurationId, Problem> {
    text.parse().map_err(|error: switchyard_core::id::IdError| {
        Problem::new(StatusCode::BAD_REQUEST, "request.invalid-id", error.to_string())
    })
}

/// The configuration of this id.
async fn find(state: &ApiState, id: ConfigurationId) -> Result<ConfigurationView, Problem> {
    state
        .engine
        .store()
        .configuration(id)
        .await?
        .ok_or_else(|| not_found(id))
}

fn not_found(id: ConfigurationId) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "configuration.not-found",
        format!("there is no configuration {id}"),
    )
    .hint("configurations are forgotten some time after they ended")
}
