//! What came of a cancel, a pause, a retry, a hold and a resolution.

use std::collections::BTreeMap;

use switchyard_wire::v2::{Cancelled, Hold, Paused, Resolved, Retried};

use super::fold::fold;
use super::table::Table;
use super::text::{Paint, plain};

/// What ends and what goes on, alike with alike.
pub(crate) fn cancelled(cancelled: &Cancelled, paint: Paint) -> String {
    let mut ending: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for task in &cancelled.ending {
        let key = (plain(&task.operation), plain(&task.phase));
        ending.entry(key).or_default().push(&task.component);
    }
    let mut going_on: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for task in &cancelled.going_on {
        let wished = task.wanted_by.iter().map(|wisher| {
            format!(
                "{} of {} (transition {})",
                plain(&wisher.operation),
                plain(&wisher.requested_by),
                plain(&wisher.transition)
            )
        });
        let wished = wished.collect::<Vec<_>>().join(", ");
        going_on.entry(wished).or_default().push(&task.component);
    }
    let ends = ending.into_iter().map(|((operation, phase), names)| {
        let label = paint.odd(&format!("{:<9}", "ends"));
        format!(
            "{label} {:>5}  {}: {operation}, {phase}",
            names.len(),
            fold(names)
        )
    });
    let goes = going_on.into_iter().map(|(wished, names)| {
        let label = paint.busy(&format!("{:<9}", "goes on"));
        format!("{label} {:>5}  {}: for {wished}", names.len(), fold(names))
    });
    let lines: Vec<String> = ends.chain(goes).collect();
    match (lines.is_empty(), cancelled.asked_before) {
        (true, true) => "cancelled before; nothing changed".to_owned(),
        (true, false) => "nothing was left to cancel".to_owned(),
        (false, _) => lines.join("\n"),
    }
}

/// What was paused or resumed, alike with alike.
pub(crate) fn paused(paused: &Paused, paint: Paint) -> String {
    let mut found: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for task in &paused.tasks {
        let text = task.text.as_deref().map(plain).unwrap_or_default();
        let key = (plain(&task.result), text);
        found.entry(key).or_default().push(&task.component);
    }
    if found.is_empty() {
        return "nothing of it waits".to_owned();
    }
    let lines = found.into_iter().map(|((result, text), names)| {
        let label = format!("{result:<9}");
        let label = if result == "unchanged" {
            paint.dim(&label)
        } else {
            paint.good(&label)
        };
        let text = if text.is_empty() {
            text
        } else {
            format!(": {text}")
        };
        format!("{label} {:>5}  {}{text}", names.len(), fold(names))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What is tried again, and what is not.
pub(crate) fn retried(retried: &Retried, paint: Paint) -> String {
    let names: Vec<&str> = retried
        .transition
        .members
        .iter()
        .map(|member| member.name.as_str())
        .collect();
    let mut lines = vec![format!(
        "{} {} component{} again: {}",
        plain(&retried.transition.operation),
        names.len(),
        if names.len() == 1 { "" } else { "s" },
        fold(names)
    )];
    lines.extend(retried.left_out.iter().map(|left| {
        let label = paint.dim(&format!("{:<12}", plain(&left.why)));
        format!(
            "  {label}{:>6}  {}: {}",
            left.count,
            plain(&left.components),
            plain(&left.text)
        )
    }));
    lines.join("\n")
}

/// A hold that was placed just now.
pub(crate) fn held(hold: &Hold, paint: Paint) -> String {
    let count = hold.count;
    let mut lines = vec![format!(
        "held {count} component{} until {}: {}",
        if count == 1 { "" } else { "s" },
        plain(&hold.until),
        plain(&hold.components)
    )];
    let goes_on = hold.goes_on.as_deref().filter(|names| !names.is_empty());
    lines.extend(
        goes_on.map(|names| format!("{} {}", paint.odd("work that has begun goes on:"), plain(names))),
    );
    lines.join("\n")
}

/// Holds, one line each.
pub(crate) fn holds(holds: &[Hold], paint: Paint) -> String {
    if holds.is_empty() {
        return "nothing is held".to_owned();
    }
    let mut table = Table::new(&["HOLD", "BY", "UNTIL", "ALLOWED", "COUNT", "COMPONENTS", "REASON"]);
    for hold in holds {
        let allowed = hold.allow.iter().map(|name| plain(name)).collect::<Vec<_>>();
        table.add([
            plain(&hold.id),
            plain(&hold.by),
            plain(&hold.until),
            if allowed.is_empty() {
                "-".to_owned()
            } else {
                allowed.join(",")
            },
            hold.count.to_string(),
            plain(&hold.components),
            plain(&hold.reason),
        ]);
    }
    table.show(paint)
}

/// Holds that have ended.
pub(crate) fn released(holds: &[Hold], paint: Paint) -> String {
    if holds.is_empty() {
        return "nothing of it is held".to_owned();
    }
    let lines = holds.iter().map(|hold| {
        format!(
            "{} {}: {} component{} ({})",
            paint.good("released"),
            plain(&hold.id),
            hold.count,
            if hold.count == 1 { "" } else { "s" },
            plain(&hold.components)
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What is no longer uncertain.
pub(crate) fn resolved(resolved: &Resolved, paint: Paint) -> String {
    let mut lines = vec![match resolved.count {
        0 => "nothing of it was uncertain".to_owned(),
        count => format!(
            "{} {count}: {}",
            paint.good("resolved"),
            plain(&resolved.components)
        ),
    }];
    if resolved.count > 0 && !resolved.unchanged.is_empty() {
        lines.push(format!("not uncertain: {}", plain(&resolved.unchanged)));
    }
    lines.join("\n")
}
