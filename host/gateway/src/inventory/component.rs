//! The `[[component]]` tables.

use std::collections::HashMap;

use switchyard_core::{ComponentId, ControllerId, Kind};
use switchyard_xname::{ComponentType, Xname};

use super::controller::Controllers;
use super::{Component, Facts, Fallback, SUBJECT_MAX_BYTES};
use crate::document::{Fields, Found, Node, Problems};

/// The kinds as the file spells them.
const KINDS: [(&str, Kind); 8] = [
    ("node", Kind::Node),
    ("chassis", Kind::Chassis),
    ("module", Kind::Module),
    ("router", Kind::Router),
    ("controller", Kind::Controller),
    ("outlet", Kind::Outlet),
    ("network-switch", Kind::NetworkSwitch),
    ("other", Kind::Other),
];

/// The kind of component that stands at an xname of this type. What has no power of its own is [`Kind::Other`].
pub const fn default_kind(component_type: ComponentType) -> Kind {
    match component_type {
        ComponentType::Node => Kind::Node,
        ComponentType::Chassis => Kind::Chassis,
        ComponentType::ComputeModule => Kind::Module,
        ComponentType::RouterModule => Kind::Router,
        ComponentType::NodeBmc
        | ComponentType::ChassisBmc
        | ComponentType::RouterBmc
        | ComponentType::CabinetBmc
        | ComponentType::CabinetPduController => Kind::Controller,
        ComponentType::CabinetPduOutlet | ComponentType::CabinetPduPowerConnector => Kind::Outlet,
        ComponentType::MgmtSwitch | ComponentType::MgmtHlSwitch | ComponentType::CduMgmtSwitch => {
            Kind::NetworkSwitch
        }
        _ => Kind::Other,
    }
}

/// A component as its table says, with the places of what is checked later.
pub(super) struct Draft {
    pub(super) at: usize,
    pub(super) component: Component,
    pub(super) xname: Option<Xname>,
    controller: Option<(usize, String)>,
    fallback: Option<FallbackDraft>,
    /// `None` when the table leaves the parents to the xname.
    pub(super) parents: Option<Vec<(usize, ComponentId)>>,
    aliases: Vec<(usize, ComponentId)>,
}

/// A second controller as the table names it.
struct FallbackDraft {
    at: usize,
    name: String,
    path: Option<String>,
}

/// The components read so far.
#[derive(Default)]
pub(super) struct Components {
    pub(super) drafts: Vec<Draft>,
    pub(super) index: HashMap<ComponentId, usize>,
}

impl Components {
    pub(super) fn finish(self) -> Vec<Component> {
        self.drafts.into_iter().map(|draft| draft.component).collect()
    }

    /// Reads one table.
    pub(super) fn add(&mut self, node: &Node, problems: &mut Problems<'_>) {
        let Some(mut fields) = Fields::of(node, "a component", problems) else {
            return;
        };
        let id = id(&mut fields, problems);
        let xname = id.as_ref().and_then(|(_, id)| Xname::parse(id.as_str()).ok());
        let kind = kind(&mut fields, id.as_ref(), xname.as_ref(), problems);
        let controller = fields
            .text("controller", problems)
            .map(|text| (text.at, text.value.to_owned()));
        let path = path("path", &mut fields, problems);
        let fallback = fallback(&mut fields, problems);
        let parents = fields
            .texts("parents", problems)
            .map(|texts| ids("parent", &texts, problems));
        let aliases = fields
            .texts("aliases", problems)
            .map(|texts| ids("alias", &texts, problems));
        let aliases = aliases.unwrap_or_default();
        let facts = Facts {
            role: words(&mut fields, "role", problems),
            nid: fields
                .integer("nid", 0, i64::MAX, problems)
                .and_then(|nid| u64::try_from(nid).ok()),
            class: None,
            disabled: false,
            aliases: aliases.iter().map(|(_, alias)| alias.clone()).collect(),
            host_name: words(&mut fields, "host_name", problems),
            serial: words(&mut fields, "serial", problems),
            macs: fields
                .texts("macs", problems)
                .unwrap_or_default()
                .into_iter()
                .map(|mac| mac.value.to_owned())
                .collect(),
        };
        fields.finish(problems);
        let Some((at, id)) = id else { return };
        if let Some(first) = self.index.get(&id).and_then(|index| self.drafts.get(*index)) {
            let line = problems.line(first.at);
            problems.add(
                at,
                format!("the component `{id}` is already defined in line {line}"),
            );
            return;
        }
        self.index.insert(id.clone(), self.drafts.len());
        let component_type = xname.as_ref().map(Xname::component_type);
        let component = Component {
            id,
            kind,
            component_type,
            controller: None,
            path,
            fallback: None,
            parents: Vec::new(),
            parents_named: false,
            facts,
        };
        self.drafts.push(Draft {
            at,
            component,
            xname,
            controller,
            fallback,
            parents,
            aliases,
        });
    }

    /// Notes aliases that already name something else.
    pub(super) fn check_aliases(&self, problems: &mut Problems<'_>) {
        let mut seen: HashMap<&ComponentId, &ComponentId> = HashMap::new();
        for draft in &self.drafts {
            for (at, alias) in &draft.aliases {
                if self.index.contains_key(alias) {
                    problems.add(*at, format!("the alias `{alias}` is the id of a component"));
                } else if let Some(other) = seen.insert(alias, &draft.component.id) {
                    problems.add(*at, format!("the alias `{alias}` is already one of `{other}`"));
                }
            }
        }
    }

    /// Gives every component its controller, and sees to it that no two mean the same resource.
    pub(super) fn find_controllers(&mut self, controllers: &Controllers<'_>, problems: &mut Problems<'_>) {
        for draft in &mut self.drafts {
            draft.component.controller = match &draft.controller {
                Some((at, name)) => named_controller(*at, name, controllers, problems),
                None => own_controller(draft, controllers, problems),
            };
            draft.component.fallback = find_fallback(draft, controllers, problems);
        }
        self.check_resources(problems);
    }

    fn check_resources(&self, problems: &mut Problems<'_>) {
        let mut members: HashMap<(&ControllerId, Kind), Vec<Resource<'_>>> = HashMap::new();
        for draft in &self.drafts {
            for (controller, resource) in resources(draft) {
                let of_kind = members.entry((controller, draft.component.kind));
                of_kind.or_default().push(resource);
            }
        }
        for ((controller, kind), resources) in members {
            let mut seen: HashMap<&str, &ComponentId> = HashMap::new();
            for Resource { at, id, key, path } in &resources {
                match path {
                    None if resources.len() > 1 => problems.add(
                        *at,
                        format!(
                            "the component `{id}` needs a `{key}`: the controller `{controller}` has {} components of kind {}",
                            resources.len(),
                            kind_name(kind)
                        ),
                    ),
                    None => {}
                    Some(path) => {
                        if let Some(other) = seen.insert(path, id) {
                            let complaint =
                                format!("the component `{id}` is the same resource as `{other}`: {path} of `{controller}`");
                            problems.add(*at, complaint);
                        }
                    }
                }
            }
        }
    }
}

/// What a component is to one of its controllers.
struct Resource<'a> {
    at: usize,
    id: &'a ComponentId,
    /// The key that names the path.
    key: &'static str,
    path: Option<&'a str>,
}

fn resources(draft: &Draft) -> impl Iterator<Item = (&ControllerId, Resource<'_>)> {
    let Draft { at, component, .. } = draft;
    let resource = |key, path| Resource {
        at: *at,
        id: &component.id,
        key,
        path,
    };
    let own = component.controller.as_ref();
    let own = own.map(|controller| (controller, resource("path", component.path.as_deref())));
    let fallback = component.fallback.as_ref();
    let fallback = fallback.map(|fallback| {
        let resource = resource("fallback_path", fallback.path.as_deref());
        (&fallback.controller, resource)
    });
    own.into_iter().chain(fallback)
}

/// A kind as the inventory file spells it.
pub fn kind_name(kind: Kind) -> &'static str {
    KINDS
        .iter()
        .find(|(_, known)| *known == kind)
        .map_or("other", |(word, _)| word)
}

/// The second controller, which has to be another than the first.
fn find_fallback(
    draft: &Draft,
    controllers: &Controllers<'_>,
    problems: &mut Problems<'_>,
) -> Option<Fallback> {
    let FallbackDraft { at, name, path } = draft.fallback.as_ref()?;
    let controller = named_controller(*at, name, controllers, problems)?;
    let id = &draft.component.id;
    match &draft.component.controller {
        Some(own) if *own == controller => {
            problems.add(
                *at,
                format!("the fallback of `{id}` is its own controller: name another, or leave it out"),
            );
            None
        }
        Some(_) => Some(Fallback {
            controller,
            path: path.clone(),
        }),
        None => {
            problems.add(
                *at,
                format!("the component `{id}` has a fallback and no controller: make the one its controller"),
            );
            None
        }
    }
}

fn named_controller(
    at: usize,
    name: &str,
    controllers: &Controllers<'_>,
    problems: &mut Problems<'_>,
) -> Option<ControllerId> {
    if controllers.contains(name) {
        return ControllerId::parse(name).ok();
    }
    let complaint = controllers.unknown(name, problems);
    problems.add(at, complaint);
    None
}

/// The controller that the xname implies. Components without one stand in the hierarchy only.
fn own_controller(
    draft: &Draft,
    controllers: &Controllers<'_>,
    problems: &mut Problems<'_>,
) -> Option<ControllerId> {
    let implied = draft.xname.as_ref()?.controller()?;
    if controllers.contains(implied.as_str()) {
        return ControllerId::parse(implied.as_str()).ok();
    }
    let id = &draft.component.id;
    problems.add(
        draft.at,
        format!("the component `{id}` belongs to the controller `{implied}`, which is not defined: define it, or name another with `controller`"),
    );
    None
}

fn id(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<(usize, ComponentId)> {
    let text = fields.required("id", "the component", problems)?;
    parse_id("component id", text, problems)
}

fn ids(what: &str, texts: &[Found<&str>], problems: &mut Problems<'_>) -> Vec<(usize, ComponentId)> {
    texts
        .iter()
        .filter_map(|text| parse_id(what, *text, problems))
        .collect()
}

fn parse_id(what: &str, text: Found<&str>, problems: &mut Problems<'_>) -> Option<(usize, ComponentId)> {
    match ComponentId::parse(text.value) {
        Ok(id) => Some((text.at, id)),
        Err(error) => {
            problems.add(text.at, format!("bad {what}: {error}"));
            None
        }
    }
}

/// The kind that is given, or that of the xname. After a complaint any kind will do.
fn kind(
    fields: &mut Fields<'_>,
    id: Option<&(usize, ComponentId)>,
    xname: Option<&Xname>,
    problems: &mut Problems<'_>,
) -> Kind {
    let words = || KINDS.map(|(word, _)| word).join(", ");
    if let Some(text) = fields.text("kind", problems) {
        if let Some((_, kind)) = KINDS.iter().find(|(word, _)| *word == text.value) {
            return *kind;
        }
        problems.add(
            text.at,
            format!("unknown kind `{}`; known are {}", text.value, words()),
        );
    } else if let Some(xname) = xname {
        return default_kind(xname.component_type());
    } else if let Some((at, id)) = id {
        let complaint = format!(
            "the component `{id}` needs a `kind`, for its name is no xname: one of {}",
            words()
        );
        problems.add(*at, complaint);
    }
    Kind::Other
}

fn words(fields: &mut Fields<'_>, key: &'static str, problems: &mut Problems<'_>) -> Option<String> {
    fields.text(key, problems).map(|text| text.value.to_owned())
}

fn fallback(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<FallbackDraft> {
    let named = fields
        .text("fallback", problems)
        .map(|text| (text.at, text.value.to_owned()));
    let path = path("fallback_path", fields, problems);
    let (at, name) = named?;
    Some(FallbackDraft { at, name, path })
}

fn path(key: &'static str, fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<String> {
    let text = fields.text(key, problems)?;
    if text.value.is_empty()
        || text.value.len() > SUBJECT_MAX_BYTES
        || text.value.chars().any(char::is_control)
    {
        problems.add(
            text.at,
            format!("`{key}` must have 1 to {SUBJECT_MAX_BYTES} bytes and no control characters"),
        );
        return None;
    }
    Some(text.value.to_owned())
}
