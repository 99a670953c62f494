//! Who is on, who is off.

mod complement;
mod forms;

use std::collections::BTreeMap;
use std::time::Duration;

use switchyard_wire::v2::Component;
use switchyard_xname::NameSet;

pub(crate) use self::forms::{changes, names, powerman, wide};

use self::complement::shorter;
use super::age::duration;
use super::fold::fold;
use super::text::{Paint, plain};
use crate::account::{merged, shape};

/// The order of states; others come between `asleep` and `unknown`.
const ORDER: [&str; 6] = ["on", "powering-on", "powering-off", "off", "paused", "asleep"];
const UNKNOWN: &str = "unknown";
/// The narrowest column of labels, as wide as `unknown:` and a space.
const LABEL_MIN: usize = 9;

/// The folded status: a line for each state, one for each reason of being unavailable, one for names that the service
/// does not know, and a sum with the age of the oldest reading.
pub(crate) fn status(components: &[&Component], missing: &NameSet, paint: Paint) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut counts: Vec<String> = Vec::new();
    let mut besides: Vec<String> = Vec::new();
    for (state, members) in by_state(components) {
        counts.push(format!("{} {state}", members.len()));
        rows.push((state, shorter(&members, components)));
    }
    let away = unavailable(components);
    let away_count: usize = away.iter().map(|(_, members)| members.len()).sum();
    if away_count > 0 {
        besides.push(format!("{away_count} unavailable"));
    }
    for (reason, members) in away {
        let reason = if reason.is_empty() {
            String::new()
        } else {
            format!("  ({reason})")
        };
        rows.push(("unavailable".to_owned(), format!("{}{reason}", fold(members))));
    }
    if !missing.is_empty() {
        besides.push(format!("{} not in the inventory", missing.len()));
        rows.push(("no such".to_owned(), missing.fold()));
    }
    let width = rows
        .iter()
        .map(|(label, _)| label.chars().count() + 2)
        .max()
        .unwrap_or(0)
        .max(LABEL_MIN);
    let mut lines: Vec<String> = rows
        .iter()
        .map(|(label, names)| {
            let padding = " ".repeat(width.saturating_sub(label.chars().count() + 1));
            format!("{}{padding}{names}", colour(label, ":", paint))
        })
        .collect();
    lines.push(sum(components, &counts, besides, paint));
    lines.join("\n")
}

/// A state in its colour, with what stands behind it.
fn colour(label: &str, behind: &str, paint: Paint) -> String {
    let shown = format!("{label}{behind}");
    match label {
        "on" => paint.good(&shown),
        "off" => shown,
        "unavailable" | "no such" => paint.bad(&shown),
        _ => paint.odd(&shown),
    }
}

fn by_state<'a>(components: &[&'a Component]) -> Vec<(String, Vec<&'a str>)> {
    let mut groups: BTreeMap<(usize, String), Vec<&str>> = BTreeMap::new();
    for component in components {
        let state = plain(&component.state);
        let rank = match ORDER.iter().position(|known| *known == state) {
            Some(rank) => rank,
            None if state == UNKNOWN => ORDER.len() + 1,
            None => ORDER.len(),
        };
        groups.entry((rank, state)).or_default().push(&component.id);
    }
    groups
        .into_iter()
        .map(|((_, state), members)| (state, members))
        .collect()
}

/// What is unavailable, by the reason; reasons that differ in numbers alone, such as addresses, are one.
fn unavailable<'a>(components: &[&'a Component]) -> Vec<(String, Vec<&'a str>)> {
    let mut groups: BTreeMap<String, (String, Vec<&str>)> = BTreeMap::new();
    for component in components.iter().filter(|component| !component.available) {
        let reason = component.failure.as_ref().map_or_else(String::new, |failure| {
            format!("{}: {}", plain(&failure.code), plain(&failure.text))
        });
        let (told, members) = groups
            .entry(shape(&reason))
            .or_insert_with(|| (reason.clone(), Vec::new()));
        *told = merged(told, &reason);
        members.push(&component.id);
    }
    groups.into_values().collect()
}

fn sum(components: &[&Component], counts: &[String], besides: Vec<String>, paint: Paint) -> String {
    let total = components.len();
    let mut parts = vec![format!("{total} component{}", if total == 1 { "" } else { "s" })];
    if !counts.is_empty() {
        parts = vec![format!("{}: {}", parts.concat(), counts.join(", "))];
    }
    parts.extend(besides);
    if let Some(oldest) = components.iter().filter_map(|component| component.age_ms).max() {
        parts.push(format!(
            "oldest reading {} ago",
            duration(Duration::from_millis(oldest))
        ));
    }
    let never = components
        .iter()
        .filter(|component| component.age_ms.is_none())
        .count();
    if never > 0 {
        parts.push(format!("{never} never read"));
    }
    paint.dim(&parts.join("; "))
}
