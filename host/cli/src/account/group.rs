//! Components that met the same, told once.

use std::collections::BTreeMap;

use switchyard_wire::v2::Member;

use super::alike::{merged, shape};
use super::fate::{Fate, fate};

/// Components that ended without success for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// [`Fate::Failed`], [`Fate::Cancelled`] or [`Fate::Superseded`].
    pub(crate) fate: Fate,
    /// The stable code, such as `bmc.unreachable` or `timed-out`.
    pub(crate) code: String,
    /// The words, in which the component's own name stands as `{name}`.
    pub(crate) text: String,
    /// The components as the caller named them, in the order of the request.
    pub(crate) names: Vec<String>,
}

/// Stands for the component in the words of a group.
pub(crate) const NAME: &str = "{name}";

/// Groups what ended without success: failures first, the largest group first. Words that differ in numbers alone are alike.
pub(crate) fn groups(members: &[Member]) -> Vec<Group> {
    let mut found: BTreeMap<(Fate, String, String), Group> = BTreeMap::new();
    for member in members {
        let fate = fate(member);
        if !matches!(fate, Fate::Failed | Fate::Cancelled | Fate::Superseded) {
            continue;
        }
        let (code, text) = (code(member), text(member));
        let group = found
            .entry((fate, code.clone(), shape(&text)))
            .or_insert_with(|| Group {
                fate,
                code,
                text: text.clone(),
                names: Vec::new(),
            });
        group.text = merged(&group.text, &text);
        group.names.push(member.name.clone());
    }
    let mut groups: Vec<Group> = found.into_values().collect();
    groups.sort_by(|a, b| a.fate.cmp(&b.fate).then(b.names.len().cmp(&a.names.len())));
    groups
}

/// The failure's code when it is the reason for the end, else the outcome: a timeout is not what was met on the way.
fn code(member: &Member) -> String {
    let outcome = member.outcome.as_deref().unwrap_or("failed");
    match &member.failure {
        Some(failure) if matches!(outcome, "failed" | "refused") => failure.code.clone(),
        _ => outcome.to_owned(),
    }
}

fn text(member: &Member) -> String {
    let words = match &member.failure {
        Some(failure) if !failure.text.is_empty() => &failure.text,
        _ => &member.description,
    };
    let mut text = words.clone();
    for name in member
        .component
        .iter()
        .chain([&member.name])
        .filter(|name| !name.is_empty())
    {
        text = text.replace(name.as_str(), NAME);
    }
    text
}
