//! Which components a request is about.

use switchyard_core::ComponentId;
use switchyard_xname::NameSet;

use super::obstacles::Obstacles;
use crate::engine::{Fleet, NAMES_MAX, Row};

/// The most expressions in one request.
const EXPRESSIONS_MAX: usize = 100_000;

/// The names that set expressions stand for, in the order in which they come and each once. What is wrong with them is noted.
pub(super) fn names(expressions: &[String], obstacles: &mut Obstacles) -> Vec<String> {
    if expressions.len() > EXPRESSIONS_MAX {
        let detail = format!(
            "components has {} entries, more than {EXPRESSIONS_MAX}",
            expressions.len()
        );
        obstacles.add("selection.too-large", detail);
        return Vec::new();
    }
    let mut seen = NameSet::new();
    let mut names = Vec::new();
    let mut sound = true;
    for expression in expressions {
        match NameSet::parse_names(expression) {
            Ok(set) => {
                for name in set {
                    if seen.insert(name.clone()) {
                        names.push(name.as_str().to_owned());
                    }
                }
            }
            Err(error) => {
                sound = false;
                obstacles.add("selection.invalid", format!("{expression:?}: {error}"));
            }
        }
        if names.len() > NAMES_MAX {
            let detail = format!("components stands for more than {NAMES_MAX} names; split the request");
            obstacles.add("selection.too-large", detail);
            return Vec::new();
        }
    }
    if names.is_empty() && sound {
        obstacles.add("selection.empty", "components names nothing");
    }
    names
}

/// The components of the inventory that these names mean, each once. Names that mean none are noted.
pub(super) fn known(names: &[String], fleet: &Fleet, obstacles: &mut Obstacles) -> Vec<ComponentId> {
    let mut unknown = Vec::new();
    let mut ids = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for name in names {
        match fleet.get(name) {
            Some(row) if seen.insert(row.component.id.clone()) => ids.push(row.component.id.clone()),
            Some(_) => {}
            None => unknown.push(name.as_str()),
        }
    }
    if !unknown.is_empty() {
        obstacles.add_about(
            "component.not-found",
            "the inventory holds no such component",
            &unknown,
        );
    }
    ids
}

/// Whether these names are every component that anything switches.
pub(super) fn is_whole_fleet(names: &[String], fleet: &Fleet) -> bool {
    let switched = |row: &Row| row.component.controller.is_some();
    let all = fleet.rows().filter(|row| switched(row)).count();
    let named: std::collections::HashSet<_> = names
        .iter()
        .filter_map(|name| fleet.get(name))
        .filter(|row| switched(row))
        .map(|row| row.component.id.clone())
        .collect();
    named.len() == all
}

/// The names as one set expression; in order with commas when some of them are no names.
pub(in crate::api) fn fold<T: AsRef<str>>(names: &[T]) -> String {
    NameSet::from_texts(names).map_or_else(
        |_| names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(","),
        |set| set.fold(),
    )
}

/// How many things there are, for a body.
pub(in crate::api) fn count<T>(things: &[T]) -> u32 {
    u32::try_from(things.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_expanded_in_order_and_once() {
        let mut obstacles = Obstacles::default();
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let found = names(&texts(&["x0c0s[1-2]b0n0", "n1", "x0c0s1b0n0"]), &mut obstacles);
        assert_eq!(found, ["x0c0s1b0n0", "x0c0s2b0n0", "n1"]);
        assert!(obstacles.is_empty());
        assert!(names(&texts(&["x0c0s[1-"]), &mut obstacles).is_empty());
        assert!(names(&[], &mut obstacles).is_empty());
        let codes = format!("{obstacles:?}");
        assert!(
            codes.contains("selection.invalid") && codes.contains("selection.empty"),
            "{codes}"
        );
        assert_eq!(fold(&found), "n1,x0c0s[1-2]b0n0");
    }
}
