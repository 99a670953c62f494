//! The `[[group]]` tables.

use std::collections::HashMap;

use switchyard_core::ComponentId;
use switchyard_xname::{Name, NameSet};

use super::{Group, Inventory};
use crate::document::{Fields, Node, Problems, nearest};

impl Inventory {
    /// The names in a group, as they are now, for expressions that hold it.
    pub fn members(&self, group: &str) -> Option<NameSet> {
        let members = self.group(group)?.members.iter();
        Some(members.filter_map(|id| Name::parse(id.as_str()).ok()).collect())
    }

    /// Why a group is not there, and which may be meant; `sign` is what its name was written with.
    pub fn no_group(&self, sign: &str, name: &str) -> String {
        if !self.is_complete() {
            return format!(
                "the group {sign}{name} is not known, and the inventory has not been read in full yet"
            );
        }
        let known: Vec<&str> = self.groups().map(|known| known.name.as_str()).collect();
        match nearest(name, &known) {
            Some(near) => format!("the inventory holds no group {sign}{name}; did you mean {sign}{near}?"),
            None => format!("the inventory holds no group {sign}{name}"),
        }
    }
}

/// The groups read so far.
#[derive(Default)]
pub(super) struct Groups {
    found: Vec<Group>,
    /// The place and the members of each.
    known: HashMap<String, (usize, NameSet)>,
}

impl Groups {
    pub(super) fn finish(self) -> Vec<Group> {
        self.found
    }

    /// Reads one table. Its expression may name groups that were read before.
    pub(super) fn add(&mut self, node: &Node, problems: &mut Problems<'_>) {
        let Some(mut fields) = Fields::of(node, "a group", problems) else {
            return;
        };
        let name = fields.required("name", "the group", problems);
        let components = fields.required("components", "the group", problems);
        fields.finish(problems);
        let (Some(name), Some(components)) = (name, components) else {
            return;
        };
        if let Some((first, _)) = self.known.get(name.value) {
            let line = problems.line(*first);
            let complaint = format!("the group `{}` is already defined in line {line}", name.value);
            return problems.add(name.at, complaint);
        }
        // A name that no expression can hold could never be asked for.
        if let Err(error) = ComponentId::parse(name.value) {
            return problems.add(name.at, format!("bad group name: {error}"));
        }
        let group = |name: &str| self.known.get(name).map(|(_, members)| members.clone());
        match NameSet::parse(components.value, group) {
            Ok(members) => {
                let ids = members
                    .iter()
                    .filter_map(|id| ComponentId::parse(id.as_str()).ok());
                self.found.push(Group {
                    name: name.value.to_owned(),
                    members: ids.collect(),
                });
                self.known.insert(name.value.to_owned(), (name.at, members));
            }
            Err(error) => problems.add(components.at, format!("bad `components`: {error}")),
        }
    }
}
