//! Other forms of the status than folded.

use std::time::Duration;

use switchyard_wire::v2::Component;
use switchyard_xname::{Name, NameSet};

use super::colour;
use crate::render::age::duration;
use crate::render::fold::fold;
use crate::render::table::Table;
use crate::render::text::{Paint, plain};

/// One line for each component, with what is known of it.
pub(crate) fn wide(components: &[&Component], paint: Paint) -> String {
    let mut table = Table::new(&[
        "COMPONENT",
        "STATE",
        "DESIRED",
        "BOOTED",
        "READ",
        "CONTROLLER",
        "NOTES",
    ]);
    for component in components {
        let age = component
            .age_ms
            .map_or_else(|| "never".to_owned(), |age| duration(Duration::from_millis(age)));
        table.add([
            plain(&component.id),
            colour(&plain(&component.state), "", paint),
            component.desired.as_deref().map_or_else(|| "-".to_owned(), plain),
            match component.booted {
                Some(true) => "yes".to_owned(),
                Some(false) => "no".to_owned(),
                None => "-".to_owned(),
            },
            age,
            component
                .controller
                .as_deref()
                .map_or_else(|| "-".to_owned(), plain),
            notes(component).join("; "),
        ]);
    }
    table.show(paint)
}

/// What is out of the ordinary.
fn notes(component: &Component) -> Vec<String> {
    let mut notes = Vec::new();
    if !component.available {
        let why = component.failure.as_ref();
        let why = why.map(|failure| format!(": {}: {}", plain(&failure.code), plain(&failure.text)));
        notes.push(format!("unavailable{}", why.unwrap_or_default()));
    }
    notes.extend(component.drift.then(|| "drift".to_owned()));
    notes.extend(
        component
            .hold
            .as_ref()
            .map(|hold| format!("held by {}: {}", plain(&hold.by), plain(&hold.reason))),
    );
    notes.extend(component.uncertain.as_ref().map(|_| "uncertain".to_owned()));
    notes.extend(
        component
            .flip_flop
            .as_ref()
            .map(|flip_flop| format!("flip-flop by {}", plain(&flip_flop.by.join(", ")))),
    );
    notes.extend(component.disabled.then(|| "disabled".to_owned()));
    notes
}

/// The names alone, one on each line.
pub(crate) fn names(components: &[&Component]) -> String {
    let names: Vec<String> = components.iter().map(|component| plain(&component.id)).collect();
    names.join("\n")
}

/// Components that changed in the same way at the same time.
pub(crate) fn changes(at: &str, before: &str, now: &str, ids: &[String], paint: Paint) -> String {
    format!(
        "{}  {before} -> {}  {}",
        paint.dim(&plain(at)),
        colour(now, "", paint),
        fold(ids.iter().map(String::as_str))
    )
}

/// Three lines as `PowerMan`'s `pm -q` writes them: whatever is neither on nor off, or does not answer, is unknown. Only the last
/// number of a name is folded, because that is what readers of such lines know.
pub(crate) fn powerman(components: &[&Component]) -> String {
    let (mut on, mut off, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for component in components {
        let list = match component.state.as_str() {
            "on" if component.available => &mut on,
            "off" if component.available => &mut off,
            _ => &mut unknown,
        };
        list.push(component.id.as_str());
    }
    let lines = [("on:", on), ("off:", off), ("unknown:", unknown)];
    let lines = lines.map(|(label, ids)| format!("{label:<9}{}", fold_last(&ids)).trim_end().to_owned());
    lines.join("\n")
}

/// Names with ranges in their last number.
fn fold_last(ids: &[&str]) -> String {
    let set: NameSet = ids.iter().filter_map(|id| Name::parse(id).ok()).collect();
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for name in &set {
        let text = name.as_str();
        let stem = text.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = text.get(stem.len()..).unwrap_or_default().to_owned();
        match groups.last_mut() {
            Some((known, numbers)) if known == stem && !number.is_empty() => numbers.push(number),
            _ => groups.push((stem.to_owned(), vec![number])),
        }
    }
    let shown = groups.iter().map(|(stem, numbers)| match numbers.as_slice() {
        [only] => format!("{stem}{only}"),
        several => format!("{stem}[{}]", ranges(several)),
    });
    shown.collect::<Vec<_>>().join(",")
}

/// Ascending numbers as `0-3,7`; those with other leading zeros stand alone.
fn ranges(numbers: &[String]) -> String {
    let mut runs: Vec<(&str, &str)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if follows(last, number) => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let shown = runs.iter().map(|(first, last)| {
        if first == last {
            (*first).to_owned()
        } else {
            format!("{first}-{last}")
        }
    });
    shown.collect::<Vec<_>>().join(",")
}

fn follows(last: &str, number: &str) -> bool {
    let width = last.len();
    let next = last.parse::<u64>().ok().and_then(|last| last.checked_add(1));
    next.is_some_and(|next| format!("{next:0width$}") == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_number_is_folded() {
        let ids = [
            "n9",
            "n10",
            "n11",
            "n007",
            "n008",
            "x0c0s0b0n0",
            "x0c0s0b0n1",
            "x0c0s1b0n0",
            "login",
        ];
        assert_eq!(fold_last(&ids), "login,n[007-008,9-11],x0c0s0b0n[0-1],x0c0s1b0n0");
        assert_eq!(fold_last(&[]), "");
    }
}
