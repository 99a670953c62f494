//! What a tree must lead a driver to say, computed from its files alone.
//!
//! This shares no line with the drivers: it reads the same resources in its own way, so that a mistake of theirs shows as a difference.

mod limit;
mod maker;
mod pages;

use std::collections::BTreeSet;

use serde_json::Value;
use switchyard_core::{PowerState, Primitive};

pub use limit::ExpectedLimit;
pub(crate) use pages::same;
use pages::{Pages, links, text};

use crate::tree::Tree;

/// The reset types of the standard, as its documents list them.
const RESET_TYPES: [(&str, Primitive); 14] = [
    ("on", Primitive::On),
    ("forceon", Primitive::ForceOn),
    ("forceoff", Primitive::ForceOff),
    ("gracefulshutdown", Primitive::GracefulShutdown),
    ("off", Primitive::GracefulShutdown),
    ("gracefulrestart", Primitive::GracefulRestart),
    ("forcerestart", Primitive::ForceRestart),
    ("powercycle", Primitive::PowerCycle),
    ("fullpowercycle", Primitive::FullPowerCycle),
    ("pushpowerbutton", Primitive::PushPowerButton),
    ("nmi", Primitive::Nmi),
    ("suspend", Primitive::Suspend),
    ("pause", Primitive::Pause),
    ("resume", Primitive::Resume),
];

/// What a tree must lead to.
#[derive(Debug, Clone, Default)]
pub struct Expectation {
    /// The embedded driver, when the tree bears the mark of one maker only.
    pub driver: Option<&'static str>,
    /// The members, by path.
    pub members: Vec<Expected>,
}

/// What one resource must lead to.
#[derive(Debug, Clone)]
pub struct Expected {
    /// Its path.
    pub path: String,
    /// What it can be asked for.
    pub abilities: BTreeSet<Primitive>,
    /// Where that stands.
    pub listed: Listed,
    /// Primitives that an action of the maker's own may stand for.
    pub own: BTreeSet<Primitive>,
    /// Its state.
    pub state: PowerState,
    /// Its power limits; nothing where there can be none.
    pub limits: Option<Vec<ExpectedLimit>>,
    /// `BootSourceOverrideTarget` and `BootSourceOverrideEnabled`; nothing without an override.
    pub boot: Option<(String, String)>,
    /// Whether it has a light of its own, and whether that is dark.
    pub dark: Option<bool>,
    /// What its chassis draws by `PowerControl`, entry by entry.
    pub draws: Vec<f64>,
}

/// Where the values of a reset action stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// There is no action.
    NoAction,
    /// In the action.
    Inline,
    /// Behind `@Redfish.ActionInfo`.
    ActionInfo,
    /// Nowhere.
    Nowhere,
}

impl Expectation {
    /// Reads a tree.
    pub fn of(tree: &Tree) -> Self {
        let pages = Pages::of(tree);
        let mut members = Vec::new();
        for (collection, kind) in [
            ("Systems", Place::System),
            ("Chassis", Place::Chassis),
            ("Managers", Place::Manager),
        ] {
            for path in pages.members_of_root(collection) {
                if let Some(resource) = pages.get(&path) {
                    members.push(expected(&pages, kind, path, &resource));
                }
            }
        }
        members.extend(outlets(&pages));
        Self {
            driver: maker::driver(&pages),
            members,
        }
    }
}

/// Where a resource was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    System,
    Chassis,
    Manager,
    Unit,
    Outlet,
}

fn expected(pages: &Pages, place: Place, path: String, resource: &Value) -> Expected {
    let (listed, values) = reset_values(pages, resource);
    let mut abilities: BTreeSet<Primitive> = values.iter().filter_map(|value| primitive(value)).collect();
    if place == Place::Manager {
        abilities.retain(|what| matches!(what, Primitive::GracefulRestart | Primitive::ForceRestart));
    }
    if listed == Listed::Nowhere {
        abilities = assumed(place);
    }
    let chassis = match place {
        Place::System => limit::chassis_of(pages, &path, resource),
        Place::Chassis => vec![resource.clone()],
        _ => Vec::new(),
    };
    let regulated = matches!(place, Place::System | Place::Chassis);
    Expected {
        abilities,
        listed,
        own: own_actions(pages, resource, &chassis),
        state: state(place, resource),
        limits: regulated.then(|| limit::limits(pages, &chassis)),
        boot: (place == Place::System).then(|| boot(resource)).flatten(),
        dark: dark(resource),
        draws: limit::draws(pages, &chassis),
        path,
    }
}

fn primitive(value: &str) -> Option<Primitive> {
    let value = value.to_lowercase();
    RESET_TYPES
        .iter()
        .find(|(name, _)| *name == value)
        .map(|(_, what)| *what)
}

fn assumed(place: Place) -> BTreeSet<Primitive> {
    match place {
        Place::Manager => BTreeSet::from([Primitive::ForceRestart]),
        _ => BTreeSet::from([
            Primitive::On,
            Primitive::ForceOff,
            Primitive::GracefulShutdown,
            Primitive::GracefulRestart,
            Primitive::ForceRestart,
        ]),
    }
}

/// The values of the reset action of a resource.
fn reset_values(pages: &Pages, resource: &Value) -> (Listed, Vec<String>) {
    let action = ["#ComputerSystem.Reset", "#Chassis.Reset", "#Manager.Reset"]
        .iter()
        .find_map(|name| resource.get("Actions")?.get(name))
        .filter(|action| text(action, "target").is_some_and(|target| target.contains('/')));
    let Some(action) = action else {
        return (Listed::NoAction, Vec::new());
    };
    values(pages, action, "ResetType")
}

fn values(pages: &Pages, action: &Value, parameter: &str) -> (Listed, Vec<String>) {
    let inline = strings(action.get(format!("{parameter}@Redfish.AllowableValues")));
    if !inline.is_empty() {
        return (Listed::Inline, inline);
    }
    let info = text(action, "@Redfish.ActionInfo").and_then(|path| pages.get(&path));
    let parameters = info.as_ref().and_then(|info| info.get("Parameters")?.as_array());
    let named = parameters
        .into_iter()
        .flatten()
        .find(|given| given.get("Name").and_then(Value::as_str) == Some(parameter));
    let behind = strings(named.and_then(|named| named.get("AllowableValues")));
    if behind.is_empty() {
        (Listed::Nowhere, Vec::new())
    } else {
        (Listed::ActionInfo, behind)
    }
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let values = value.and_then(Value::as_array).into_iter().flatten();
    values.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Cycles that makers offer by an action of their own, at the resource or at its chassis or the systems of it.
fn own_actions(pages: &Pages, resource: &Value, chassis: &[Value]) -> BTreeSet<Primitive> {
    let lent = links(resource, &["Links", "ComputerSystems"]);
    let lent: Vec<Value> = lent.iter().filter_map(|path| pages.get(path)).collect();
    let mut resources = std::iter::once(resource).chain(chassis).chain(&lent);
    let has_own = resources.any(|resource| {
        let actions = resource.get("Actions").and_then(|actions| actions.get("Oem"));
        [actions, resource.get("Oem")]
            .into_iter()
            .flatten()
            .any(has_action)
    });
    if has_own {
        BTreeSet::from([Primitive::FullPowerCycle, Primitive::PowerCycle])
    } else {
        BTreeSet::new()
    }
}

/// Whether there is an action somewhere in a maker's part of a resource.
fn has_action(part: &Value) -> bool {
    match part {
        Value::Object(members) => members.contains_key("target") || members.values().any(has_action),
        _ => false,
    }
}

fn state(place: Place, resource: &Value) -> PowerState {
    let word = text(resource, "PowerState").or_else(|| text(resource, "OutletStatus"));
    match word.as_deref().map(str::to_lowercase).as_deref() {
        Some("on") => PowerState::On,
        Some("off") => PowerState::Off,
        Some("poweringon") => PowerState::PoweringOn,
        Some("poweringoff") => PowerState::PoweringOff,
        Some("paused") => PowerState::Paused,
        None if place == Place::Manager => PowerState::On,
        _ => PowerState::Unknown,
    }
}

fn boot(resource: &Value) -> Option<(String, String)> {
    let boot = resource.get("Boot")?;
    let word = |name: &str| text(boot, &format!("BootSourceOverride{name}"));
    let targets = strings(boot.get("BootSourceOverrideTarget@Redfish.AllowableValues"));
    let (target, enabled) = (word("Target"), word("Enabled"));
    let known = target.is_some() || enabled.is_some() || !targets.is_empty();
    known.then(|| (target.unwrap_or_default(), enabled.unwrap_or_default()))
}

fn dark(resource: &Value) -> Option<bool> {
    let active = resource.get("LocationIndicatorActive").and_then(Value::as_bool);
    let word = text(resource, "IndicatorLED");
    match (active, word.as_deref()) {
        (Some(active), _) => Some(!active),
        (None, Some("Lit" | "Blinking")) => Some(false),
        (None, Some("Off")) => Some(true),
        (None, _) => None,
    }
}

fn outlets(pages: &Pages) -> Vec<Expected> {
    let mut found = Vec::new();
    let root = pages.root();
    let Some(equipment) = links(&root, &["PowerEquipment"])
        .first()
        .and_then(|path| pages.get(path))
    else {
        return found;
    };
    for units in [
        "RackPDUs",
        "FloorPDUs",
        "TransferSwitches",
        "Switchgear",
        "PowerShelves",
    ] {
        let units = links(&equipment, &[units]);
        for unit in units.iter().flat_map(|path| pages.members(path)) {
            let Some(resource) = pages.get(&unit) else {
                continue;
            };
            let outlets = links(&resource, &["Outlets"]);
            found.push(expected(pages, Place::Unit, unit, &resource));
            for path in outlets.iter().flat_map(|path| pages.members(path)) {
                if let Some(outlet) = pages.get(&path) {
                    found.push(of_outlet(pages, path, &outlet));
                }
            }
        }
    }
    found
}

fn of_outlet(pages: &Pages, path: String, outlet: &Value) -> Expected {
    let action = outlet
        .get("Actions")
        .and_then(|actions| actions.get("#Outlet.PowerControl"))
        .filter(|action| text(action, "target").is_some());
    let (listed, values) = match action {
        Some(action) => values(pages, action, "PowerState"),
        None => (Listed::NoAction, Vec::new()),
    };
    let what = |value: &String| match value.to_lowercase().as_str() {
        "on" => Some(Primitive::On),
        "off" => Some(Primitive::ForceOff),
        "powercycle" | "cycle" => Some(Primitive::PowerCycle),
        _ => None,
    };
    let mut abilities: BTreeSet<Primitive> = values.iter().filter_map(what).collect();
    if listed == Listed::Nowhere {
        abilities = BTreeSet::from([Primitive::On, Primitive::ForceOff]);
    }
    Expected {
        abilities,
        listed,
        ..expected(pages, Place::Outlet, path, outlet)
    }
}
