//! `[[stagger]]`.

use std::time::Duration;

use switchyard_xname::NameSet;

use super::layers::Layers;
use crate::document::{Fields, Found, Node, Problems};

/// The most groups.
const GROUPS_MAX: usize = 1_000;
/// The most power-ons of one interval.
const ON_MAX: i64 = 10_000;
/// The longest interval, in seconds.
const EVERY_MAX_S: i64 = 3_600;

/// Components that are powered on a few at a time, since one supply feeds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaggerGroup {
    /// The components, with everything that their xnames hold.
    pub components: NameSet,
    /// Power-ons in one interval.
    pub on: usize,
    /// The interval.
    pub every: Duration,
}

pub(super) fn groups(layers: &mut Layers<'_>) -> Vec<StaggerGroup> {
    let mut count = 0;
    layers.tables("stagger", |node, _, problems| {
        count += 1;
        if count > GROUPS_MAX {
            problems.add(node.at, format!("there are more than {GROUPS_MAX} groups"));
            return None;
        }
        let group = group(node, problems)?;
        let (set, every) = (group.components.fold(), group.every.as_secs());
        Some((format!("{set}: {} every {every} s", group.on), group))
    })
}

fn group(node: &Node, problems: &mut Problems<'_>) -> Option<StaggerGroup> {
    let mut fields = Fields::of(node, "a stagger group", problems)?;
    let components = fields
        .required("components", "the stagger group", problems)
        .and_then(|text| set(text, problems));
    let on = fields.integer("on", 1, ON_MAX, problems).unwrap_or(1);
    let every = fields.integer("every_s", 1, EVERY_MAX_S, problems).unwrap_or(1);
    fields.finish(problems);
    Some(StaggerGroup {
        components: components?,
        on: usize::try_from(on).unwrap_or(1),
        every: Duration::from_secs(u64::try_from(every).unwrap_or(1)),
    })
}

fn set(text: Found<&str>, problems: &mut Problems<'_>) -> Option<NameSet> {
    match NameSet::parse_names(text.value) {
        Ok(set) if set.is_empty() => {
            problems.add(text.at, "`components` names nothing");
            None
        }
        Ok(set) => Some(set),
        Err(error) => {
            problems.add(text.at, format!("`components` is no set of names: {error}"));
            None
        }
    }
}
