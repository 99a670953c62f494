//! `/transitions`: one file for each verb.

pub(in crate::api) mod abort;
pub(in crate::api) mod create;
pub(in crate::api) mod get;
pub(in crate::api) mod list;
pub(in crate::api) mod member;
pub(in crate::api) mod view;

use switchyard_core::TransitionId;

use super::go_uuid;
use super::problem::Problem;

/// Reads the id in the path.
fn parse_id(text: &str) -> Result<TransitionId, Problem> {
    go_uuid::parse(text)
        .map(TransitionId)
        .map_err(|error| Problem::bad_request(error.to_string()))
}

/// PCS's words for a transition that does not exist, or does no more.
fn unknown(id: TransitionId) -> Problem {
    Problem::not_found(format!("Key /transition/{id} does not exist"))
}
