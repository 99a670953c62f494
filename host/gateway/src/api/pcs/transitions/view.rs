//! A stored transition in PCS's shape.

use switchyard_core::Timestamp;
use switchyard_store::{Counts, TaskRecord, TransitionRecord, TransitionView};
use switchyard_wire::pcs::{Task, TaskCounts, Transition, TransitionStatus};

use super::member;
use crate::api::standing;
use crate::api::time::rfc3339;

/// A transition with its tasks.
/// `waiting` says why a task in line waits.
pub(in crate::api) fn full(
    view: &TransitionView,
    waiting: impl Fn(&TaskRecord) -> Option<String>,
) -> Transition {
    let operation = view.transition.operation;
    let tasks = view.members.iter().map(|(member, task)| {
        let waits_for = task.as_ref().and_then(&waiting);
        let text = member::text(operation, member, task.as_ref(), waits_for.as_deref());
        Task {
            xname: member.name.clone(),
            status: standing::wire(text.standing),
            description: text.description,
            error: text.error,
        }
    });
    Transition {
        tasks: tasks.collect(),
        ..head(&view.transition, view.counts)
    }
}

/// A transition without its tasks.
pub(in crate::api) fn head(transition: &TransitionRecord, counts: Counts) -> Transition {
    Transition {
        id: transition.id.to_string(),
        operation: transition.operation.pcs_name().to_owned(),
        created_at: rfc3339(transition.created_at),
        expires_at: rfc3339(transition.expires_at),
        status: status(transition),
        counts: self::counts(counts),
        tasks: Vec::new(),
    }
}

/// How many stand where.
pub(in crate::api) fn counts(counts: Counts) -> TaskCounts {
    TaskCounts {
        total: counts.total(),
        new: counts.new,
        in_progress: counts.in_progress,
        failed: counts.failed,
        succeeded: counts.succeeded,
        unsupported: counts.unsupported,
    }
}

/// How a transition stands: it is in progress from its acceptance to the end of its last task.
pub(in crate::api) fn status(transition: &TransitionRecord) -> TransitionStatus {
    match (transition.ended_at, transition.cancel_asked_at) {
        (None, None) => TransitionStatus::InProgress,
        (None, Some(_)) => TransitionStatus::AbortSignaled,
        (Some(_), None) => TransitionStatus::Completed,
        (Some(_), Some(_)) => TransitionStatus::Aborted,
    }
}

/// Whether v1 shows the transition no more.
pub(in crate::api) fn is_expired(transition: &TransitionRecord, now: Timestamp) -> bool {
    transition.ended_at.is_some() && transition.expires_at <= now
}
