//! Names of components and groups, alone and as the last term of a set expression.

use std::collections::BTreeSet;

use clap_complete::engine::CompletionCandidate;

use super::live::Live;
use super::{beginning, candidate};

/// Beyond so many names, only how they go on is shown: `x1000c0`, `x1000c1` instead of all below.
const WHOLE_MAX: usize = 40;
/// What stands between the terms of a set expression.
const OPERATORS: [char; 5] = [',', '!', '&', '^', ' '];

/// The last term of a set expression: a name, or a group behind an `@`.
pub(super) fn selector(word: &str, live: &Live) -> Vec<CompletionCandidate> {
    let (before, term) = last_term(word);
    if let Some(group) = term.strip_prefix('@') {
        let found = live.groups().into_iter().filter(|name| name.starts_with(group));
        return found
            .map(|name| beginning(&format!("{before}@{name}"), "group"))
            .collect();
    }
    set(word, |begin| live.components(begin))
}

/// The last term of a set expression over names.
pub(super) fn set(word: &str, names: impl FnOnce(&str) -> Vec<String>) -> Vec<CompletionCandidate> {
    let (before, term) = last_term(word);
    if term.contains(['[', '@']) {
        return Vec::new();
    }
    let found = shown(names(term), term);
    // Behind a name of a set an operator may follow.
    found
        .iter()
        .map(|(name, _)| beginning(&format!("{before}{name}"), ""))
        .collect()
}

/// One name.
pub(super) fn one(word: &str, names: impl FnOnce(&str) -> Vec<String>) -> Vec<CompletionCandidate> {
    let found = shown(names(word), word);
    let completed = |(name, whole): &(String, bool)| {
        if *whole {
            candidate(name, "")
        } else {
            beginning(name, "")
        }
    };
    found.iter().map(completed).collect()
}

/// What stands before the last term, and that term.
fn last_term(word: &str) -> (&str, &str) {
    let at = word.rfind(OPERATORS).map_or(0, |at| at + 1);
    word.split_at(at)
}

/// The names that begin like the term; when they are many, up to where they go on after the next number. Beside each, whether it
/// is a whole name.
fn shown(names: Vec<String>, term: &str) -> Vec<(String, bool)> {
    let names: BTreeSet<String> = names.into_iter().filter(|name| name.starts_with(term)).collect();
    if names.len() <= WHOLE_MAX {
        return in_order(names.into_iter().map(|name| (name, true)).collect());
    }
    let mut cut: BTreeSet<(String, bool)> = BTreeSet::new();
    for name in &names {
        let end = next_end(name, term.len());
        let begin = name.get(..end).unwrap_or(name);
        cut.insert((begin.to_owned(), begin == name));
    }
    let beginnings: Vec<(String, bool)> = cut.into_iter().collect();
    in_order(beginnings)
}

fn in_order(mut names: Vec<(String, bool)>) -> Vec<(String, bool)> {
    names.sort_by(|(one, _), (other, _)| switchyard_xname::natural_cmp(one, other));
    names.dedup_by(|(one, _), (other, _)| one == other);
    names
}

/// Where the next number of a name ends, behind what is typed already.
fn next_end(name: &str, typed: usize) -> usize {
    let rest = name.get(typed..).unwrap_or_default();
    let digits = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
    let behind = rest.get(digits..).unwrap_or_default();
    let length = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
    typed + digits + length
}
