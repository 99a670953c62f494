//! `GET /v2/transitions/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use switchyard_core::{Operation, TransitionId};
use switchyard_store::{Counts, MemberRecord, Part, TaskRecord, TransitionView};
use switchyard_wire::v2;

use super::problem::Problem;
use super::{tasks, waiting};
use crate::api::pcs::transitions::{member, view};
use crate::api::time::rfc3339;
use crate::api::{ApiState, standing};

/// The outcome of a name that got no task.
const REFUSED: &str = "refused";

/// One transition
///
/// With what became of each name in it.
#[utoipa::path(
    get,
    path = "/transitions/{id}",
    operation_id = "getTransition",
    tag = "transitions",
    params(("id" = String, Path, description = "The id of the transition.")),
    responses(
        (status = 200, description = "The transition.", body = v2::Transition),
        (status = 400, description = "request.invalid-id"),
        (status = 404, description = "transition.not-found"),
    ),
)]
pub(super) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<v2::Transition>, Problem> {
    let id: TransitionId = id.parse().map_err(|error: switchyard_core::id::IdError| {
        Problem::new(StatusCode::BAD_REQUEST, "request.invalid-id", error.to_string())
    })?;
    let found = state.engine.store().transition(id).await?.ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "transition.not-found",
            format!("there is no transition {id}"),
        )
        .hint("transitions are forgotten some time after they ended")
    })?;
    Ok(Json(show(&found)))
}

fn show(view: &TransitionView) -> v2::Transition {
    let transition = &view.transition;
    v2::Transition {
        id: transition.id.to_string(),
        operation: transition.operation.name().to_owned(),
        status: view::status(transition),
        requested_by: transition.requested_by.clone(),
        reason: transition.reason.clone(),
        request_id: transition.request_id.clone(),
        created_at: rfc3339(transition.created_at),
        cancel_asked_at: transition.cancel_asked_at.map(rfc3339),
        ended_at: transition.ended_at.map(rfc3339),
        counts: counts(view.counts),
        members: view
            .members
            .iter()
            .map(|(member, task)| show_member(transition.operation, member, task.as_ref()))
            .collect(),
    }
}

fn counts(counts: Counts) -> v2::Counts {
    v2::Counts {
        total: counts.total(),
        new: counts.new,
        in_progress: counts.in_progress,
        failed: counts.failed,
        succeeded: counts.succeeded,
        unsupported: counts.unsupported,
    }
}

fn show_member(operation: Operation, record: &MemberRecord, task: Option<&TaskRecord>) -> v2::Member {
    let text = member::text(operation, record, task, None);
    let bare = v2::Member {
        name: record.name.clone(),
        component: None,
        task: None,
        standing: standing::wire(text.standing),
        phase: None,
        outcome: None,
        description: text.description,
        waiting_for: None,
        failure: None,
    };
    match (task, &record.part) {
        (Some(task), _) => v2::Member {
            component: Some(task.component.to_string()),
            task: Some(task.id.to_string()),
            phase: Some(task.machine.phase.name().to_owned()),
            outcome: task.machine.outcome().map(|outcome| outcome.name().to_owned()),
            waiting_for: waiting::waiting_for(&task.machine),
            failure: tasks::last_failure(&task.machine)
                .or_else(|| tasks::own_failure(&task.machine, text.error)),
            ..bare
        },
        (None, Part::Refused { refusal }) => {
            let why = member::explain(refusal);
            let failure = v2::Failure {
                code: why.code.to_owned(),
                status: None,
                codes: Vec::new(),
                text: why.text,
                retry_after_ms: None,
            };
            v2::Member {
                outcome: Some(REFUSED.to_owned()),
                failure: Some(failure),
                ..bare
            }
        }
        (None, Part::Task { task }) => v2::Member {
            task: Some(task.to_string()),
            ..bare
        },
    }
}

#[cfg(test)]
mod tests {
    use switchyard_store::Refusal;

    use super::*;

    #[test]
    fn a_refused_name_has_a_code_and_no_task() {
        let record = MemberRecord {
            name: "banana".to_owned(),
            part: Part::Refused {
                refusal: Refusal::InvalidName,
            },
            how: None,
            departure: None,
        };
        let shown = show_member(Operation::On, &record, None);
        assert_eq!(shown.outcome.as_deref(), Some("refused"));
        assert_eq!(
            shown.failure.map(|failure| failure.code).as_deref(),
            Some("component.invalid-name")
        );
        assert_eq!(shown.task, None);
        assert_eq!(shown.standing, switchyard_wire::Standing::Failed);
    }
}
