//! What ended without success, grouped.

use switchyard_wire::v2::FailureGroup;

use super::fold::fold;
use super::table::Table;
use super::text::{Paint, plain};
use crate::account::{Fate, Group, NAME};

/// One line for each group: how many, the code, which components, the words.
pub(crate) fn failures(groups: &[Group], paint: Paint) -> Vec<String> {
    let counts = groups
        .iter()
        .map(|group| group.names.len().to_string().len())
        .max()
        .unwrap_or(0);
    let codes = groups
        .iter()
        .map(|group| group.code.chars().count())
        .max()
        .unwrap_or(0);
    groups
        .iter()
        .map(|group| line(group, counts, codes, paint))
        .collect()
}

fn line(group: &Group, counts: usize, codes: usize, paint: Paint) -> String {
    let mark = match group.fate {
        Fate::Failed => paint.bad("FAIL"),
        _ => paint.odd("LEFT"),
    };
    let names = fold(group.names.iter().map(String::as_str));
    let text = match group.names.as_slice() {
        [only] => plain(&group.text.replace(NAME, only)),
        _ => plain(&group.text.replace(NAME, "…")),
    };
    format!(
        "{mark} {:>counts$}  {:<codes$}  {names}: {text}",
        group.names.len(),
        plain(&group.code)
    )
}

/// The groups of failures that the service makes, with their names and what to do next.
pub(crate) fn failure_groups(groups: &[FailureGroup], paint: Paint) -> String {
    if groups.is_empty() {
        return "nothing has failed".to_owned();
    }
    let mut table = Table::new(&["GROUP", "CODE", "COUNT", "TO RETRY", "COMPONENTS", "TEXT"]);
    for group in groups {
        table.add([
            plain(&group.fingerprint),
            paint.bad(&plain(&group.code)),
            group.count.to_string(),
            group.retryable.to_string(),
            plain(&group.components),
            plain(&group.text),
        ]);
    }
    let mut lines = vec![table.show(paint)];
    for group in groups.iter().filter(|group| !group.hint.is_empty()) {
        let line = format!("{}: {}", plain(&group.code), plain(&group.hint));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}
