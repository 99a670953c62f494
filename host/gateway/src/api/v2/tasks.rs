//! `/v2/tasks`.

pub(super) mod cancel;
pub(super) mod get;
pub(super) mod pause;
pub(super) mod resume;
pub(super) mod retry;
mod show;

use http::StatusCode;
use switchyard_core::TaskId;
use switchyard_store::{AttemptRecord, TaskRecord};

use super::problem::Problem;
use crate::api::ApiState;

pub(super) use show::{last_failure, own_failure};

/// Reads the id in the path.
fn parse_id(text: &str) -> Result<TaskId, Problem> {
    text.parse().map_err(|error: switchyard_core::id::IdError| {
        Problem::new(StatusCode::BAD_REQUEST, "request.invalid-id", error.to_string())
    })
}

/// The task of this id with its attempts.
async fn find(state: &ApiState, id: TaskId) -> Result<(TaskRecord, Vec<AttemptRecord>), Problem> {
    state.engine.store().task(id).await?.ok_or_else(|| not_found(id))
}

fn not_found(id: TaskId) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "task.not-found", format!("there is no task {id}"))
        .hint("GET /v2/transitions/{id} names the task of each component; tasks are forgotten some time after they ended")
}

/// What has ended takes no more orders.
fn ended(id: TaskId) -> Problem {
    Problem::new(StatusCode::CONFLICT, "task.ended", format!("task {id} has ended"))
        .hint("GET /v2/tasks/{id} tells how; POST /v2/tasks/{id}/retry tries it again if it failed")
}
