//! From what the sources say to one inventory.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use switchyard_core::{ComponentId, ControllerId, Kind};
use switchyard_transport::Address;
use switchyard_xname::Xname;

use super::{Component, Controller, Group, Inventory, Part, Source};

/// The most notes that one merge makes; the last of them tells how many more there were.
pub const NOTES_MAX: usize = 200;

/// Something that a source says and that does not hold, because it contradicts a stronger one or itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Whose word does not hold.
    pub source: Source,
    /// What, and why.
    pub text: String,
}

/// The inventory of several sources.
///
/// A controller, component or group that two sources name holds as the stronger one says, whole. What contradicts it under another name
/// is left out and noted: an address twice, one resource under two names, an alias twice.
#[derive(Debug)]
pub struct Merged {
    /// What holds.
    pub inventory: Inventory,
    /// What does not.
    pub notes: Vec<Note>,
}

#[derive(Default)]
struct Merge {
    controllers: BTreeMap<ControllerId, Arc<Controller>>,
    addresses: HashMap<Address, (ControllerId, Source)>,
    /// Controllers that were left out, with those that have their address.
    stand_ins: HashMap<ControllerId, ControllerId>,
    components: BTreeMap<ComponentId, (Source, Component)>,
    resources: HashMap<(ControllerId, Kind), Vec<Resource>>,
    groups: BTreeMap<String, (Source, Group)>,
    notes: Vec<Note>,
    unsaid: usize,
}

/// What a component is to its controller.
struct Resource {
    component: ComponentId,
    source: Source,
    path: Option<String>,
}

/// Merges parts, the strongest first.
pub(super) fn merge<'a>(parts: impl IntoIterator<Item = (Source, &'a Part)>) -> Merged {
    let mut merge = Merge::default();
    let parts: Vec<_> = parts.into_iter().collect();
    for (source, part) in &parts {
        for controller in &part.controllers {
            merge.controller(*source, controller);
        }
    }
    for (source, part) in &parts {
        for component in &part.components {
            merge.component(*source, component);
        }
    }
    for (source, part) in &parts {
        for group in &part.groups {
            let named = merge.groups.entry(group.name.clone());
            named.or_insert_with(|| (*source, group.clone()));
        }
    }
    merge.finish()
}

impl Merge {
    fn note(&mut self, source: Source, text: String) {
        if self.notes.len() + 1 < NOTES_MAX {
            self.notes.push(Note { source, text });
        } else {
            self.unsaid += 1;
        }
    }

    fn controller(&mut self, source: Source, controller: &Controller) {
        let (id, address) = (&controller.endpoint.id, &controller.endpoint.address);
        if self.controllers.contains_key(id) {
            return;
        }
        if let Some((other, of)) = self.addresses.get(address).cloned() {
            let text = format!(
                "the controller {id} is left out: its address {address} is that of {other}, says {of}; its components are reached through {other}"
            );
            self.note(source, text);
            self.stand_ins.insert(id.clone(), other);
            return;
        }
        self.addresses.insert(address.clone(), (id.clone(), source));
        self.controllers.insert(id.clone(), Arc::new(controller.clone()));
    }

    /// The controller that holds for one that a component names.
    fn reached(&self, controller: &ControllerId) -> Option<ControllerId> {
        let id = if self.controllers.contains_key(controller) {
            controller
        } else {
            self.stand_ins.get(controller)?
        };
        Some(id.clone())
    }

    fn component(&mut self, source: Source, component: &Component) {
        if self.components.contains_key(&component.id) {
            return;
        }
        let mut component = component.clone();
        self.settle_controllers(source, &mut component);
        if let Some(controller) = component.controller.clone() {
            let resource = Resource {
                component: component.id.clone(),
                source,
                path: component.path.clone(),
            };
            let others = self
                .resources
                .entry((controller.clone(), component.kind))
                .or_default();
            if let Some(other) = others.iter().find(|other| other.is_the_same_as(&resource)) {
                let text = format!(
                    "the component {} is left out: it is the same resource of {controller} as {}",
                    component.id, other.component
                );
                return self.note(source, text);
            }
            others.push(resource);
        }
        self.components.insert(component.id.clone(), (source, component));
    }

    fn settle_controllers(&mut self, source: Source, component: &mut Component) {
        let id = component.id.clone();
        if let Some(named) = component.controller.take() {
            component.controller = self.reached(&named);
            if component.controller.is_none() {
                self.note(
                    source,
                    format!("nothing switches {id}: there is no controller {named}"),
                );
            }
        }
        if let Some(mut fallback) = component.fallback.take() {
            match self.reached(&fallback.controller) {
                Some(other) if component.controller.as_ref().is_some_and(|own| *own != other) => {
                    fallback.controller = other;
                    component.fallback = Some(fallback);
                }
                _ => self.note(
                    source,
                    format!("{id} has no second controller: {} is none", fallback.controller),
                ),
            }
        }
    }

    fn finish(mut self) -> Merged {
        self.settle_aliases();
        self.settle_parents();
        let groups = self.settle_groups();
        if self.unsaid > 0 {
            let source = self.notes.last().map_or(Source::File, |note| note.source);
            let text = format!("and {} more of the kind", self.unsaid);
            self.notes.push(Note { source, text });
        }
        let components = self.components.into_iter();
        let inventory = Inventory {
            controllers: self.controllers,
            components: components
                .map(|(id, (_, component))| (id, Arc::new(component)))
                .collect(),
            groups,
            awaited: Vec::new(),
        };
        Merged {
            inventory,
            notes: self.notes,
        }
    }

    /// Leaves out aliases that are the id of a component or the alias of a stronger one.
    fn settle_aliases(&mut self) {
        let mut components = std::mem::take(&mut self.components);
        let ids: HashSet<ComponentId> = components.keys().cloned().collect();
        let mut taken: HashMap<ComponentId, ComponentId> = HashMap::new();
        for source in Source::ALL {
            let of_source = components.values_mut().filter(|(of, _)| *of == source);
            for (_, component) in of_source {
                let id = component.id.clone();
                let aliases = std::mem::take(&mut component.facts.aliases);
                for alias in aliases {
                    if ids.contains(&alias) {
                        let text = format!("{alias} is no alias of {id}: it is the id of a component");
                        self.note(source, text);
                    } else if let Some(other) = taken.get(&alias) {
                        let text = format!("{alias} is no alias of {id}: it is one of {other}");
                        self.note(source, text);
                    } else {
                        taken.insert(alias.clone(), id.clone());
                        component.facts.aliases.push(alias);
                    }
                }
            }
        }
        self.components = components;
    }

    /// Finds the parents that no source names by the xname, over all sources, and leaves out those that are not there.
    fn settle_parents(&mut self) {
        let kinds: HashMap<ComponentId, Kind> = self
            .components
            .iter()
            .map(|(id, (_, component))| (id.clone(), component.kind))
            .collect();
        for (_, component) in self.components.values_mut() {
            if component.parents_named {
                component.parents.retain(|parent| kinds.contains_key(parent));
            } else if let Ok(xname) = Xname::parse(component.id.as_str()) {
                component.parents = around(&xname, &kinds).into_iter().collect();
            }
        }
    }

    /// The groups with the ids of their members; those that no component has are left out.
    fn settle_groups(&mut self) -> BTreeMap<String, Arc<Group>> {
        let aliases: HashMap<ComponentId, ComponentId> = self
            .components
            .iter()
            .flat_map(|(id, (_, component))| {
                component
                    .facts
                    .aliases
                    .iter()
                    .map(|alias| (alias.clone(), id.clone()))
            })
            .collect();
        let mut settled = BTreeMap::new();
        for (name, (source, group)) in std::mem::take(&mut self.groups) {
            let mut members = Vec::with_capacity(group.members.len());
            let mut seen = HashSet::with_capacity(group.members.len());
            let mut unknown = Vec::new();
            for member in group.members {
                match aliases.get(&member) {
                    Some(id) if seen.insert(id.clone()) => members.push(id.clone()),
                    None if !self.components.contains_key(&member) => unknown.push(member),
                    None if seen.insert(member.clone()) => members.push(member),
                    Some(_) | None => {}
                }
            }
            if let Some(first) = unknown.first() {
                let text = format!(
                    "{} members of the group {name} are not in the inventory, the first is {first}",
                    unknown.len()
                );
                self.note(source, text);
            }
            settled.insert(name.clone(), Arc::new(Group { name, members }));
        }
        settled
    }
}

impl Resource {
    /// Whether both mean one thing. Of one source, which checks itself, two without a path are told apart by a survey or not at all.
    fn is_the_same_as(&self, other: &Self) -> bool {
        match (&self.path, &other.path) {
            (Some(one), Some(two)) => one.trim_end_matches('/') == two.trim_end_matches('/'),
            (None, _) | (_, None) => self.source != other.source,
        }
    }
}

/// The nearest component around an xname. Controllers are passed over: a node does not lose power with its BMC.
fn around(xname: &Xname, kinds: &HashMap<ComponentId, Kind>) -> Option<ComponentId> {
    xname.ancestors().find_map(|ancestor| {
        let (id, kind) = kinds.get_key_value(ancestor.as_str())?;
        (*kind != Kind::Controller).then(|| id.clone())
    })
}

#[cfg(test)]
mod tests;
