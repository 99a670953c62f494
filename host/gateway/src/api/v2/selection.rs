//! Which components a request is about.

use switchyard_core::ComponentId;
use switchyard_store::Refusal;
use switchyard_xname::{NameSet, set};

use super::filter::Filter;
use super::obstacles::{Obstacles, explain};
use crate::engine::{Engine, Fleet, NAMES_MAX, Row, is_bmc};

/// The most expressions in one request.
const EXPRESSIONS_MAX: usize = 100_000;

/// What a filter narrows when a request names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    /// What has a power of its own to switch: BMCs only when the filter asks for kinds.
    Switched,
    /// Everything that can be in a line, BMCs included.
    InLine,
}

/// The components of a request: what it names, or the whole fleet when it has but a filter, narrowed by that filter as it holds now.
pub(super) fn narrowed(
    engine: &Engine,
    expressions: &[String],
    filter: Option<&str>,
    whole: Whole,
    obstacles: &mut Obstacles,
) -> Vec<String> {
    let fleet = engine.fleet();
    let Some(text) = filter else {
        return names(expressions, &fleet, obstacles);
    };
    let filter = match Filter::read(text, fleet.inventory()) {
        Ok(filter) => filter,
        Err(detail) => {
            obstacles.add("filter.invalid", detail);
            return Vec::new();
        }
    };
    let held = filter.select(engine);
    let narrowed: Vec<String> = if expressions.is_empty() {
        let with_bmcs = whole == Whole::InLine || filter.asks_for_kinds();
        let is_meant =
            |row: &Row| row.component.controller.is_some() && (with_bmcs || !is_bmc(row.component.kind));
        let rows = fleet.rows().filter(|row| is_meant(row));
        let ids = rows.map(|row| &row.component.id).filter(|id| held.contains(*id));
        ids.map(ToString::to_string).collect()
    } else {
        let before = obstacles.count();
        let mut named = names(expressions, &fleet, obstacles);
        if obstacles.count() > before {
            return Vec::new();
        }
        // A name that means nothing is no match and no mismatch: it is refused as it would be without the filter.
        named.retain(|name| fleet.get(name).is_none_or(|row| held.contains(&row.component.id)));
        named
    };
    if narrowed.is_empty() {
        let detail = if expressions.is_empty() {
            format!("nothing that can be switched matches the filter {text:?} now")
        } else {
            format!("none of the components named matches the filter {text:?} now")
        };
        obstacles.add("selection.empty", detail);
    }
    narrowed
}

/// The names that set expressions stand for, in the order in which they come and each once. What is wrong with them is noted.
pub(super) fn names(expressions: &[String], fleet: &Fleet, obstacles: &mut Obstacles) -> Vec<String> {
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
        match NameSet::parse(expression, |group| fleet.inventory().members(group)) {
            Ok(set) => {
                for name in set {
                    if seen.insert(name.clone()) {
                        names.push(name.as_str().to_owned());
                    }
                }
            }
            Err(set::Error::UnknownGroup { group, .. }) => {
                sound = false;
                obstacles.add("group.not-found", fleet.inventory().no_group("@", &group));
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
        match fleet.find(name) {
            Ok(Some(row)) if seen.insert(row.component.id.clone()) => ids.push(row.component.id.clone()),
            Ok(Some(_)) => {}
            Ok(None) => unknown.push(name.as_str()),
            Err(ambiguous) => obstacles.add_about("component.ambiguous", ambiguous.to_string(), &[name]),
        }
    }
    if !unknown.is_empty() {
        let refusal = if fleet.inventory().is_complete() {
            Refusal::NotInInventory
        } else {
            Refusal::InventoryNotRead
        };
        let (code, text, _) = explain(&refusal);
        obstacles.add_about(code, text, &unknown);
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
    use crate::inventory::{Group, Inventory, Part, Source};
    use std::sync::Arc;
    use switchyard_core::{Kind, Timestamp};

    fn fleet() -> Fleet {
        let id = |text: &str| ComponentId::parse(text).unwrap();
        let node = |name: &str, serial: &str| crate::inventory::Component {
            id: id(name),
            kind: Kind::Node,
            component_type: None,
            controller: None,
            path: None,
            fallback: None,
            parents: Vec::new(),
            parents_named: true,
            facts: crate::inventory::Facts {
                serial: Some(serial.to_owned()),
                ..crate::inventory::Facts::default()
            },
        };
        let group = Group {
            name: "gpu".to_owned(),
            members: vec![id("n1"), id("n2")],
        };
        let part = Part {
            components: vec![node("n1", "S1"), node("n2", "S2"), node("n3", "S2")],
            groups: vec![group],
            ..Part::default()
        };
        let inventory = Inventory::merged([(Source::File, &part)]).inventory;
        Fleet::new(Arc::new(inventory), Vec::new(), Timestamp::from_millis(0))
    }

    #[test]
    fn groups_stand_for_their_members_and_unknown_ones_for_nothing() {
        let fleet = fleet();
        let mut obstacles = Obstacles::default();
        let expressions = ["@gpu!n1", "s1"].map(str::to_owned);
        let found = names(&expressions, &fleet, &mut obstacles);
        assert_eq!(found, ["n2", "s1"]);
        let ids = known(&found, &fleet, &mut obstacles);
        assert_eq!(
            ids.iter().map(ComponentId::as_str).collect::<Vec<_>>(),
            ["n2", "n1"]
        );
        assert!(obstacles.is_empty(), "{obstacles:?}");
        names(&["@gpus".to_owned()], &fleet, &mut obstacles);
        known(&["S2".to_owned()], &fleet, &mut obstacles);
        let told = format!("{obstacles:?}");
        assert!(
            told.contains("did you mean @gpu?") && told.contains("n2 and n3 have this name both"),
            "{told}"
        );
    }

    #[test]
    fn expressions_are_expanded_in_order_and_once() {
        let mut obstacles = Obstacles::default();
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let fleet = fleet();
        let found = names(
            &texts(&["x0c0s[1-2]b0n0", "n1", "x0c0s1b0n0"]),
            &fleet,
            &mut obstacles,
        );
        assert_eq!(found, ["x0c0s1b0n0", "x0c0s2b0n0", "n1"]);
        assert!(obstacles.is_empty());
        assert!(names(&texts(&["x0c0s[1-"]), &fleet, &mut obstacles).is_empty());
        assert!(names(&[], &fleet, &mut obstacles).is_empty());
        let codes = format!("{obstacles:?}");
        assert!(
            codes.contains("selection.invalid") && codes.contains("selection.empty"),
            "{codes}"
        );
        assert_eq!(fold(&found), "n1,x0c0s[1-2]b0n0");
    }
}
