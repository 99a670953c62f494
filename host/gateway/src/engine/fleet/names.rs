//! The other names of components.

use std::collections::HashMap;

use switchyard_core::ComponentId;

use crate::inventory::Component;

/// What stands before a node id, as in `nid001234`.
const NID: &str = "nid";

/// A name that several components have: it means none of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{one} and {other} have this name both; use their ids")]
pub struct Ambiguous {
    /// One of them.
    pub one: ComponentId,
    /// Another.
    pub other: ComponentId,
}

/// What a name means.
#[derive(Debug)]
enum Means {
    One(ComponentId),
    Several(Box<Ambiguous>),
}

impl Means {
    fn look(&self) -> Result<&ComponentId, Ambiguous> {
        match self {
            Self::One(id) => Ok(id),
            Self::Several(ambiguous) => Err((**ambiguous).clone()),
        }
    }

    fn add(&mut self, id: &ComponentId) {
        if let Self::One(one) = self
            && one != id
        {
            let (one, other) = (one.clone(), id.clone());
            *self = Self::Several(Box::new(Ambiguous { one, other }));
        }
    }
}

/// The names that components have beside their ids.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Each unique in the inventory.
    aliases: HashMap<ComponentId, ComponentId>,
    nids: HashMap<u64, Means>,
    /// Host names, serial numbers and MACs, as [`plain`] writes them.
    others: HashMap<String, Means>,
}

impl Names {
    pub(super) fn of<'a>(components: impl IntoIterator<Item = &'a Component>) -> Self {
        let mut names = Self::default();
        for Component { id, facts, .. } in components {
            let aliases = facts.aliases.iter();
            names
                .aliases
                .extend(aliases.map(|alias| (alias.clone(), id.clone())));
            if let Some(nid) = facts.nid {
                let means = names.nids.entry(nid).or_insert_with(|| Means::One(id.clone()));
                means.add(id);
            }
            let others = facts.host_name.iter().chain(&facts.serial).chain(&facts.macs);
            for other in others {
                let means = names
                    .others
                    .entry(plain(other))
                    .or_insert_with(|| Means::One(id.clone()));
                means.add(id);
            }
        }
        names
    }

    /// The id of the component of this name; an alias is stronger than what a machine says of itself.
    pub(super) fn look(&self, name: &str) -> Result<Option<&ComponentId>, Ambiguous> {
        if let Some(id) = self.aliases.get(name) {
            return Ok(Some(id));
        }
        let means = match nid(name).and_then(|nid| self.nids.get(&nid)) {
            None if self.others.is_empty() => None,
            None => self.others.get(&plain(name)),
            nid => nid,
        };
        means.map(Means::look).transpose()
    }
}

/// The node id that a name writes: `nid001234` or `1234`.
fn nid(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(NID).unwrap_or(name);
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if all { digits.parse().ok() } else { None }
}

/// A name in small letters; a MAC without what separates its bytes.
fn plain(name: &str) -> String {
    let small = name.to_ascii_lowercase();
    let bare: String = small.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
    let mac = bare.len() == 12 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
    if mac { bare } else { small }
}

#[cfg(test)]
mod tests {
    use switchyard_core::Kind;

    use super::*;
    use crate::inventory::Facts;

    fn id(text: &str) -> ComponentId {
        ComponentId::parse(text).unwrap()
    }

    fn node(name: &str, facts: Facts) -> Component {
        Component {
            id: id(name),
            kind: Kind::Node,
            component_type: None,
            controller: None,
            path: None,
            fallback: None,
            parents: Vec::new(),
            parents_named: true,
            facts,
        }
    }

    #[test]
    fn a_component_goes_by_all_its_names() {
        let facts = Facts {
            nid: Some(1234),
            aliases: vec![id("web")],
            host_name: Some("Web.Example.org".to_owned()),
            serial: Some("CZ1234".to_owned()),
            macs: vec!["AA-BB-CC-00-11-22".to_owned()],
            ..Facts::default()
        };
        let names = Names::of(&[node("n1", facts)]);
        for name in [
            "web",
            "nid001234",
            "nid1234",
            "1234",
            "web.example.org",
            "cz1234",
            "aa:bb:cc:00:11:22",
            "aabbcc001122",
            "aabb.cc00.1122",
        ] {
            assert_eq!(names.look(name), Ok(Some(&id("n1"))), "{name}");
        }
        for name in ["Web", "nid", "", "12345", "nid1234x"] {
            assert_eq!(names.look(name), Ok(None), "{name}");
        }
    }

    #[test]
    fn a_name_of_two_means_neither() {
        let facts = |serial: &str, nid| Facts {
            serial: Some(serial.to_owned()),
            nid: Some(nid),
            ..Facts::default()
        };
        let alias = Facts {
            aliases: vec![id("0000")],
            ..Facts::default()
        };
        let names = Names::of(&[
            node("n1", facts("0000", 1)),
            node("n2", facts("0000", 2)),
            node("n3", facts("5", 2)),
        ]);
        let both = names.look("0000").unwrap_err();
        assert_eq!(both.to_string(), "n1 and n2 have this name both; use their ids");
        assert!(names.look("nid000002").is_err());
        assert_eq!(names.look("5"), Ok(Some(&id("n3"))));
        let named = Names::of(&[node("n1", facts("0000", 1)), node("n2", alias)]);
        assert_eq!(named.look("0000"), Ok(Some(&id("n2"))), "an alias is stronger");
    }
}
