//! What ended without success, grouped.

use super::fold::fold;
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
        _ => plain(&group.text),
    };
    format!(
        "{mark} {:>counts$}  {:<codes$}  {names}: {text}",
        group.names.len(),
        plain(&group.code)
    )
}
