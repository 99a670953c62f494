//! One transition in full, and many in a table.

use std::collections::BTreeMap;

use switchyard_wire::pcs;
use switchyard_wire::v2::{Member, Transition, TransitionSummary};

use super::age::{between, duration};
use super::failures::failures;
use super::fold::fold;
use super::summary::outcomes;
use super::table::Table;
use super::text::{Colour, Paint, plain};
use crate::account::{Fate, Tally, fate, groups};

/// The width of labels, as wide as `in progress` and a space.
const LABEL_WIDTH: usize = 12;

/// The transition, its components grouped by what became of them.
pub(crate) fn show(transition: &Transition, paint: Paint) -> String {
    let tally = Tally::of(&transition.members);
    let mut rows = vec![
        ("transition", plain(&transition.id)),
        ("operation", plain(&transition.operation)),
        ("status", status_word(transition.status).to_owned()),
        ("asked by", plain(&transition.requested_by)),
    ];
    rows.extend(
        transition
            .reason
            .as_deref()
            .map(|reason| ("reason", plain(reason))),
    );
    rows.extend(transition.retry_of.as_deref().map(|id| ("retry of", plain(id))));
    rows.push(("accepted", plain(&transition.created_at)));
    rows.extend(transition.max_failures.as_deref().map(|max| {
        (
            "may fail",
            may_fail(max, transition.max_failures_struck_at.as_deref()),
        )
    }));
    rows.extend(
        transition
            .cancel_asked_at
            .as_deref()
            .map(|at| ("cancelled", plain(at))),
    );
    rows.extend(
        transition
            .ended_at
            .as_deref()
            .map(|at| ("ended", ended(&transition.created_at, at))),
    );
    rows.push((
        "components",
        format!(
            "{}: {}",
            tally.total(),
            outcomes(&tally, &transition.operation, paint)
        ),
    ));
    let mut lines: Vec<String> = rows
        .iter()
        .map(|(label, value)| format!("{}{value}", paint.dim(&format!("{label:<LABEL_WIDTH$}"))))
        .collect();
    lines.extend(unfinished_and_done(&transition.members, paint));
    lines.extend(failures(&groups(&transition.members), paint));
    lines.join("\n")
}

/// How many may fail, and whether more have.
fn may_fail(max: &str, struck_at: Option<&str>) -> String {
    match struck_at {
        Some(at) => format!(
            "{}; more have at {}, and what had not been sent was cancelled",
            plain(max),
            plain(at)
        ),
        None => plain(max),
    }
}

fn ended(from: &str, to: &str) -> String {
    match between(from, to) {
        Some(took) => format!("{} (after {})", plain(to), duration(took)),
        None => plain(to),
    }
}

/// A line for each success, and for each reason of waiting.
fn unfinished_and_done(members: &[Member], paint: Paint) -> Vec<String> {
    let mut found: BTreeMap<(Fate, String), Vec<&str>> = BTreeMap::new();
    for member in members {
        let fate = fate(member);
        let detail = match (fate, &member.waiting_for) {
            (Fate::Waiting | Fate::InProgress, Some(wait)) => format!("waits for {}", plain(&wait.text)),
            (Fate::Waiting | Fate::InProgress, None) => plain(member.phase.as_deref().unwrap_or_default()),
            _ => String::new(),
        };
        found.entry((fate, detail)).or_default().push(&member.name);
    }
    found
        .into_iter()
        .filter_map(|((fate, detail), names)| {
            let (word, colour) = label(fate)?;
            let detail = if detail.is_empty() {
                detail
            } else {
                format!("  ({detail})")
            };
            Some(format!(
                "{}{}{detail}",
                colour(paint, &format!("{word:<LABEL_WIDTH$}")),
                fold(names)
            ))
        })
        .collect()
}

/// The word and the colour for what has not failed.
fn label(fate: Fate) -> Option<(&'static str, Colour)> {
    match fate {
        Fate::Waiting => Some(("waiting", Paint::dim)),
        Fate::InProgress => Some(("in progress", Paint::busy)),
        Fate::Verified => Some(("verified", Paint::good)),
        Fate::Already => Some(("already", Paint::good)),
        Fate::Unproven => Some(("unproven", Paint::odd)),
        Fate::Succeeded => Some(("succeeded", Paint::good)),
        Fate::Failed | Fate::Cancelled | Fate::Superseded => None,
    }
}

/// A table of transitions, one line each.
pub(crate) fn list(transitions: &[TransitionSummary], paint: Paint) -> String {
    let mut table = Table::new(&[
        "ID",
        "ACCEPTED",
        "OPERATION",
        "BY",
        "STATUS",
        "TOTAL",
        "DONE",
        "FAILED",
        "CANCELLED",
        "REASON",
    ]);
    for transition in transitions {
        let counts = &transition.counts;
        let told = &transition.breakdown;
        let cancelled = told.cancelled.saturating_add(told.superseded);
        // PCS counts what was cancelled among what failed.
        let failed = counts
            .failed
            .saturating_add(counts.unsupported)
            .saturating_sub(cancelled);
        table.add([
            plain(&transition.id),
            to_seconds(&plain(&transition.created_at)),
            plain(&transition.operation),
            plain(&transition.requested_by),
            status_word(transition.status).to_owned(),
            counts.total.to_string(),
            counts.succeeded.to_string(),
            if failed > 0 {
                paint.bad(&failed.to_string())
            } else {
                failed.to_string()
            },
            cancelled.to_string(),
            transition.reason.as_deref().map(plain).unwrap_or_default(),
        ]);
    }
    table.show(paint)
}

/// An RFC 3339 time without its fraction.
fn to_seconds(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => time.to_owned(),
    }
}

const fn status_word(status: pcs::TransitionStatus) -> &'static str {
    match status {
        pcs::TransitionStatus::New => "new",
        pcs::TransitionStatus::InProgress => "in-progress",
        pcs::TransitionStatus::Completed => "completed",
        pcs::TransitionStatus::Aborted => "aborted",
        pcs::TransitionStatus::AbortSignaled => "abort-signaled",
    }
}
