//! The driver for the BMCs of HPE Cray EX: node BMCs (`Systems/Node0`, `Node1`), chassis BMCs (blades and router slots as chassis, no
//! systems) and router BMCs.

use switchyard_redfish::sdk::{Kind, Pace, Primitive};
use switchyard_redfish::{Dialect, Meaning, Resource, Says, export_dialect};

/// The chassis that holds the others of a BMC.
const ENCLOSURE: &str = "/redfish/v1/Chassis/Enclosure";
/// How the names of router slots begin on a chassis BMC.
const ROUTER_SLOT: &str = "Perif";
/// How the names of compute slots begin on a chassis BMC, and those of nodes on a node BMC.
const SLOTS: [&str; 2] = ["Blade", "Node"];

export_dialect! {
    /// Redfish as the BMCs of HPE Cray EX speak it.
    pub struct CrayEx speaks Dialect {
        name: "cray",
        refusals: &[
            // A node whose slot, or a slot whose chassis, is off.
            Says::new("ResourceInStandby", Meaning::Above),
            Says::new("parent is off", Meaning::Above),
        ],
        times,
        kind,
        parent,
        pace: Pace { parallel: 1, gap_ms: 0, settle_ms: 0, poll_ms: 1_000 },
        ..Dialect::STANDARD
    };
}

/// A node is on 46 to 55 s after it was asked to, and off after 6 s; a slot brings up its BMCs, which takes minutes.
fn times(kind: Kind, what: Primitive) -> Option<(u32, u32)> {
    match (kind, what) {
        (Kind::Controller, _) => Some((180_000, 600_000)),
        (Kind::Node, Primitive::On | Primitive::ForceOn) => Some((55_000, 180_000)),
        (_, Primitive::On | Primitive::ForceOn) => Some((20_000, 180_000)),
        (_, Primitive::ForceOff) => Some((6_000, 60_000)),
        _ => None,
    }
}

/// Slots are named for what is in them. A router BMC has one enclosure, which is the router.
fn kind(collection: &str, resource: &Resource, usual: Kind) -> Kind {
    if collection != "Chassis" {
        return usual;
    }
    let name = resource
        .text(&["Id"])
        .or_else(|| resource.text(&["Name"]))
        .unwrap_or_default();
    let model = resource.text(&["Model"]).unwrap_or_default().to_lowercase();
    if name.starts_with(ROUTER_SLOT) || model.contains("slingshot") || model.contains("switch_blade") {
        Kind::Router
    } else if usual == Kind::Chassis && name.starts_with("Blade") {
        Kind::Module
    } else {
        usual
    }
}

/// No link leads up: slots and nodes get their power from the enclosure.
fn parent(path: &str) -> Option<&'static str> {
    let name = path.trim_end_matches('/').strip_prefix("/redfish/v1/Chassis/")?;
    let slot = name.starts_with(ROUTER_SLOT) || SLOTS.iter().any(|begin| name.starts_with(begin));
    slot.then_some(ENCLOSURE)
}
