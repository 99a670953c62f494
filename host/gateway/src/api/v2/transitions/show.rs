//! A transition in full.

use switchyard_core::machine::{Machine, Phase};
use switchyard_core::{Outcome, Timestamp};
use switchyard_store::{self as store, Counts, MemberRecord, TaskRecord, TransitionView};
use switchyard_wire::v2::{self, Breakdown};

use super::{estimate, member};
use crate::api::pcs::transitions::member::machine;
use crate::api::pcs::transitions::view;
use crate::api::time::rfc3339;
use crate::engine::Engine;

/// A transition with everything about it.
pub(in crate::api::v2) fn show(engine: &Engine, view: &TransitionView) -> v2::Transition {
    let transition = &view.transition;
    let members = view.members.iter();
    v2::Transition {
        id: transition.id.to_string(),
        operation: transition.operation.name().to_owned(),
        status: view::status(transition),
        requested_by: transition.requested_by.clone(),
        reason: transition.reason.clone(),
        request_id: transition.request_id.clone(),
        retry_of: transition.retry_of.map(|id| id.to_string()),
        max_failures: transition.max_failures.map(|limit| limit.to_string()),
        max_failures_struck_at: transition.struck_at.map(rfc3339),
        created_at: rfc3339(transition.created_at),
        cancel_asked_at: transition.cancel_asked_at.map(rfc3339),
        ended_at: transition.ended_at.map(rfc3339),
        counts: counts(view.counts),
        breakdown: breakdown(view),
        estimate: estimate::of(view, engine.clock().now()),
        notices: Vec::new(),
        members: members
            .map(|(record, task)| {
                let attempts = task.as_ref().and_then(|task| view.attempts.get(&task.id));
                let attempts = attempts.copied().unwrap_or_default();
                member::show(engine, transition, record, task.as_ref(), attempts)
            })
            .collect(),
    }
}

/// How many stand where, in PCS's words.
pub(in crate::api::v2) fn counts(counts: Counts) -> v2::Counts {
    v2::Counts {
        total: counts.total(),
        new: counts.new,
        in_progress: counts.in_progress,
        failed: counts.failed,
        succeeded: counts.succeeded,
        unsupported: counts.unsupported,
    }
}

/// The breakdown as it is stored.
pub(super) fn kept(of: store::Breakdown) -> Breakdown {
    Breakdown {
        queued: of.queued,
        paused: of.paused,
        running: of.running,
        retrying: of.retrying,
        verifying: of.verifying,
        verified: of.verified,
        already: of.already,
        unproven: of.unproven,
        failed: of.failed,
        timed_out: of.timed_out,
        superseded: of.superseded,
        cancelled: of.cancelled,
        uncertain: of.uncertain,
        refused: of.refused,
    }
}

fn breakdown(view: &TransitionView) -> Breakdown {
    let mut breakdown = Breakdown::default();
    for (record, task) in &view.members {
        *slot(&mut breakdown, record, task.as_ref()) += 1;
    }
    breakdown
}

/// What a member counts as. One whose record is gone failed, as far as anyone can tell.
fn slot<'a>(breakdown: &'a mut Breakdown, record: &MemberRecord, task: Option<&TaskRecord>) -> &'a mut u32 {
    let Some(task) = task else {
        return &mut breakdown.refused;
    };
    let machine = machine(record, task);
    match &machine.phase {
        Phase::Done { outcome, .. } => of_outcome(breakdown, outcome),
        _ if task.paused && !machine.ever_sent => &mut breakdown.paused,
        Phase::Queued => &mut breakdown.queued,
        Phase::Backoff { .. } => &mut breakdown.retrying,
        Phase::Preparing | Phase::Reserving { .. } | Phase::Intent { .. } | Phase::Closing => {
            &mut breakdown.running
        }
        Phase::Pending { .. } | Phase::Verifying { .. } | Phase::Refused { .. } => &mut breakdown.verifying,
    }
}

fn of_outcome<'a>(breakdown: &'a mut Breakdown, outcome: &Outcome) -> &'a mut u32 {
    match outcome {
        Outcome::Verified { .. } => &mut breakdown.verified,
        Outcome::Already { .. } => &mut breakdown.already,
        Outcome::Unproven => &mut breakdown.unproven,
        Outcome::Failed { .. } => &mut breakdown.failed,
        Outcome::TimedOut { .. } => &mut breakdown.timed_out,
        Outcome::Superseded { .. } | Outcome::Absorbed { .. } => &mut breakdown.superseded,
        Outcome::Cancelled | Outcome::CancelledAfterSend { .. } => &mut breakdown.cancelled,
        Outcome::Uncertain { .. } => &mut breakdown.uncertain,
    }
}

/// When the task ended, if it has.
pub(super) fn ended_at(machine: &Machine) -> Option<Timestamp> {
    match machine.phase {
        Phase::Done { at, .. } => Some(at),
        _ => None,
    }
}
