//! A transition on its way: a block that is drawn in place, or lines.

use std::time::Duration;

use super::age::{duration, whole};
use super::failures::failures;
use super::fold::fold;
use super::summary::outcomes;
use super::text::{Colour, Paint, clip, plain};
use crate::account::{Group, Tally};

/// The longest bar, in columns.
const BAR_MAX: usize = 40;
/// The shortest bar that says anything, in columns.
const BAR_MIN: usize = 10;
/// The most groups shown while work goes on; the summary has all.
const GROUPS_SHOWN: usize = 5;

/// Everything that progress shows at one instant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    /// The operation.
    pub(crate) operation: String,
    /// How many components stand where.
    pub(crate) tally: Tally,
    /// How long it has been followed.
    pub(crate) elapsed: Duration,
    /// Components ended per second, when enough was seen.
    pub(crate) rate: Option<f64>,
    /// How long it may go on, when enough was seen.
    pub(crate) remaining: Option<Duration>,
    /// Those that take longest.
    pub(crate) slow: Option<Slow>,
    /// What ended without success so far.
    pub(crate) groups: Vec<Group>,
    /// What stands between the command and the service.
    pub(crate) banner: Option<String>,
}

/// Components in progress for long, waiting for the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slow {
    /// The components.
    pub(crate) names: Vec<String>,
    /// For how long the first of them was seen in progress.
    pub(crate) lasted: Duration,
    /// What they wait for.
    pub(crate) waits_for: String,
}

/// The block: bar, counts, what is slow, what failed. No line is wider than `width`.
pub(crate) fn block(frame: &Frame, width: usize, paint: Paint) -> String {
    let mut lines = vec![head(frame, width, paint)];
    lines.push(format!("  {}", outcomes(&frame.tally, &frame.operation, paint)));
    lines.extend(
        frame
            .slow
            .as_ref()
            .map(|slow| format!("  {}", slow_text(slow, paint))),
    );
    let shown = frame
        .groups
        .iter()
        .take(GROUPS_SHOWN)
        .cloned()
        .collect::<Vec<_>>();
    lines.extend(failures(&shown, paint));
    if frame.groups.len() > GROUPS_SHOWN {
        lines.push(paint.dim(&format!(
            "     and {} more kinds of failure",
            frame.groups.len() - GROUPS_SHOWN
        )));
    }
    lines.extend(frame.banner.as_ref().map(|banner| paint.odd(&plain(banner))));
    lines
        .iter()
        .map(|line| clip(line, width))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The same in one line, for files and pipes.
pub(crate) fn line(frame: &Frame, paint: Paint) -> String {
    format!(
        "{:>6}  {}/{} ended ({}%): {}{}",
        duration(frame.elapsed),
        frame.tally.ended(),
        frame.tally.total(),
        frame.tally.percent(),
        outcomes(&frame.tally, &frame.operation, paint),
        pace(frame).map(|pace| format!("; {pace}")).unwrap_or_default(),
    )
}

fn head(frame: &Frame, width: usize, paint: Paint) -> String {
    let operation = plain(&frame.operation);
    let tail = format!(
        "{}/{}  {}%  {}",
        frame.tally.ended(),
        frame.tally.total(),
        frame.tally.percent(),
        pace(frame).unwrap_or_else(|| duration(frame.elapsed)),
    );
    let left = width.saturating_sub(operation.chars().count() + tail.chars().count() + 5);
    if left < BAR_MIN {
        return format!("{operation} {tail}");
    }
    format!(
        "{operation} [{}]  {tail}",
        bar(&frame.tally, left.min(BAR_MAX), paint)
    )
}

/// `=` is done, `x` failed, `-` was left out, `~` was sent and is not proven yet, `>` is in progress, `.` waits.
fn bar(tally: &Tally, width: usize, paint: Paint) -> String {
    let parts = [
        (tally.fulfilled(), '=', Paint::good as Colour),
        (tally.failed, 'x', Paint::bad),
        (tally.left_out(), '-', Paint::odd),
        (tally.verifying, '~', Paint::busy),
        (
            tally.in_progress.saturating_sub(tally.verifying),
            '>',
            Paint::busy,
        ),
        (tally.waiting, '.', Paint::dim),
    ];
    let total = tally.total().max(1);
    let mut counted = 0;
    let mut drawn = 0;
    let mut bar = String::new();
    for (count, mark, colour) in parts {
        counted += count;
        let until = counted * width / total;
        if until > drawn {
            bar.push_str(&colour(paint, &mark.to_string().repeat(until - drawn)));
            drawn = until;
        }
    }
    bar
}

/// `40/s  ETA 1m45s`, as far as it is known.
fn pace(frame: &Frame) -> Option<String> {
    let rate = frame.rate?;
    let rate = if rate < 10.0 {
        format!("{rate:.1}/s")
    } else {
        format!("{rate:.0}/s")
    };
    Some(match frame.remaining {
        Some(remaining) => format!("{rate}  ETA {}", whole(remaining)),
        None => rate,
    })
}

fn slow_text(slow: &Slow, paint: Paint) -> String {
    let names = fold(slow.names.iter().map(String::as_str));
    let waits_for = plain(&slow.waits_for);
    let lead = paint.odd("slow:");
    if waits_for.is_empty() {
        format!("{lead} {} {names}", duration(slow.lasted))
    } else {
        format!("{lead} {} {names} waits for {waits_for}", duration(slow.lasted))
    }
}
