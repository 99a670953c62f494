//! The last words about a transition.

use switchyard_wire::v2::Transition;

use super::age::{between, duration};
use super::failures::failures;
use super::text::{Colour, Paint, plain};
use crate::account::{Group, Tally, groups};

/// What happened, in one line: `off: 236 verified, 9 already off, 5 failed in 3m12s`.
pub(crate) fn summary(transition: &Transition, paint: Paint) -> String {
    let tally = Tally::of(&transition.members);
    let took = transition
        .ended_at
        .as_deref()
        .and_then(|ended| between(&transition.created_at, ended))
        .map(|took| format!(" in {}", duration(took)))
        .unwrap_or_default();
    format!(
        "{}: {}{took}",
        plain(&transition.operation),
        outcomes(&tally, &transition.operation, paint)
    )
}

/// What went wrong, what was left out, and the summary.
pub(crate) fn result(transition: &Transition, left_out: &[Group], paint: Paint) -> String {
    let mut all = groups(&transition.members);
    all.extend_from_slice(left_out);
    let mut lines = failures(&all, paint);
    if let (Some(max), Some(_)) = (&transition.max_failures, &transition.max_failures_struck_at) {
        lines.push(paint.odd(&format!(
            "more than {} failed: what had not been sent was cancelled",
            plain(max)
        )));
    }
    lines.push(summary(transition, paint));
    lines.join("\n")
}

/// The counts that are not zero, in words.
pub(crate) fn outcomes(tally: &Tally, operation: &str, paint: Paint) -> String {
    let already = match operation {
        "on" => "already on",
        "off" | "soft-off" | "force-off" => "already off",
        _ => "already so",
    };
    let parts = [
        (tally.verified, "verified", Paint::good as Colour),
        (tally.already, already, Paint::good),
        (tally.succeeded, "succeeded", Paint::good),
        (tally.unproven, "unproven", Paint::odd),
        (
            tally.in_progress.saturating_sub(tally.verifying + tally.retrying),
            "in progress",
            Paint::busy,
        ),
        (tally.verifying, "verifying", Paint::busy),
        (tally.retrying, "retrying", Paint::odd),
        (tally.waiting, "waiting", Paint::dim),
        (tally.failed, "failed", Paint::bad),
        (tally.cancelled, "cancelled", Paint::odd),
        (tally.superseded, "superseded", Paint::odd),
    ];
    let shown: Vec<String> = parts
        .into_iter()
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, word, colour)| colour(paint, &format!("{count} {word}")))
        .collect();
    if shown.is_empty() {
        "no components".to_owned()
    } else {
        shown.join(", ")
    }
}
