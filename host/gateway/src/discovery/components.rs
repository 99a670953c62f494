//! The components behind a controller that was accepted.

use serde_json::Value;
use switchyard_core::{ComponentId, ControllerId, Kind};
use switchyard_xname::{ComponentType, Xname};

use super::Introduced;
use crate::engine::Found;
use crate::inventory::{Component, Facts, default_kind};

/// The most network addresses that are kept of a component.
const MACS_MAX: usize = 16;
/// The longest word of a machine that is kept, in bytes.
const WORD_MAX_BYTES: usize = 128;

/// The components that a controller switches, with names after its own: nodes, the chassis that its xname stands for, and itself.
pub(super) fn of(controller: &ControllerId, introduced: &Introduced) -> Vec<Component> {
    let xname = Xname::parse(controller.as_str()).ok();
    let of_kind = |kind| {
        introduced
            .findings
            .members
            .iter()
            .filter(move |found| found.subject.kind == kind)
    };
    let nodes = of_kind(Kind::Node).count();
    let mut components = Vec::new();
    for (index, found) in of_kind(Kind::Node).enumerate() {
        let name = match &xname {
            Some(_) => format!("{controller}n{index}"),
            None if nodes == 1 => controller.to_string(),
            None => format!("{controller}-{}", index + 1),
        };
        components.extend(component(&name, found, controller, facts(found, introduced)));
    }
    for found in of_kind(Kind::Chassis) {
        let name = xname
            .as_ref()
            .and_then(|xname| enclosure(xname, &found.subject.id));
        let facts = Facts::default();
        components.extend(name.and_then(|name| component(&name, found, controller, facts)));
    }
    if let (Some(found), None) = {
        let mut own = of_kind(Kind::Controller);
        (own.next(), own.next())
    } {
        let name = match &xname {
            Some(_) => controller.to_string(),
            None => format!("{controller}-bmc"),
        };
        components.extend(component(&name, found, controller, Facts::default()));
    }
    components
}

/// What a chassis of a chassis BMC is called: the enclosure itself, a blade or a switch in it (as Cray EX names them). Chassis of other
/// controllers are the sheet metal around a node.
fn enclosure(controller: &Xname, path: &str) -> Option<String> {
    if controller.component_type() != ComponentType::ChassisBmc {
        return None;
    }
    let chassis = controller.parent()?;
    let last = path.trim_end_matches('/').rsplit('/').next()?;
    let numbered = |prefix: &str| {
        last.strip_prefix(prefix)
            .filter(|n| n.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if last == "Enclosure" {
        Some(chassis.to_string())
    } else if let Some(n) = numbered("Blade").filter(|n| !n.is_empty()) {
        Some(format!("{chassis}s{n}"))
    } else {
        let n = numbered("Perif").filter(|n| !n.is_empty())?;
        Some(format!("{chassis}r{n}"))
    }
}

fn component(name: &str, found: &Found, controller: &ControllerId, facts: Facts) -> Option<Component> {
    let component_type = Xname::parse(name).ok().map(|xname| xname.component_type());
    // What a blade is to the inventory its xname says; what it is to its controller, the path.
    let kind = component_type.map_or(found.subject.kind, default_kind);
    let kind = if kind == Kind::Other {
        found.subject.kind
    } else {
        kind
    };
    Some(Component {
        id: ComponentId::parse(name).ok()?,
        kind,
        component_type,
        controller: Some(controller.clone()),
        path: Some(found.subject.id.clone()),
        fallback: None,
        parents: Vec::new(),
        parents_named: false,
        facts,
    })
}

/// What a node's BMC says of it (DSP2046, `ComputerSystem`).
fn facts(found: &Found, introduced: &Introduced) -> Facts {
    let resource = introduced
        .resources
        .iter()
        .find(|(id, _)| *id == found.subject.id);
    let Some((_, resource)) = resource else {
        return Facts::default();
    };
    let word = |key: &str| word(resource.get(key)?.as_str()?);
    let macs = resource.pointer("/HostCorrelation/HostMACAddress");
    let macs = macs.and_then(Value::as_array).into_iter().flatten();
    let uuid = word("UUID").and_then(|uuid| ComponentId::parse(&uuid.to_ascii_lowercase()).ok());
    Facts {
        aliases: uuid.into_iter().collect(),
        host_name: word("HostName"),
        serial: word("SerialNumber"),
        macs: macs
            .filter_map(|mac| self::word(mac.as_str()?))
            .take(MACS_MAX)
            .collect(),
        ..Facts::default()
    }
}

/// A word of a machine, which may say anything.
fn word(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.len() <= WORD_MAX_BYTES && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;
    use switchyard_core::Subject;

    use super::*;
    use crate::engine::Findings;

    fn introduced(members: &[(Kind, &str)]) -> Introduced {
        let found = |(kind, id): &(Kind, &str)| Found {
            subject: Subject {
                kind: *kind,
                id: (*id).to_owned(),
            },
            abilities: Arc::from([]),
        };
        Introduced {
            findings: Findings {
                members: members.iter().map(found).collect(),
                ..Findings::default()
            },
            resources: vec![(
                "/Systems/Node0".to_owned(),
                json!({"SerialNumber": "CZ1", "HostName": " ", "UUID": "AB-1", "HostCorrelation": {"HostMACAddress": ["aa:bb:cc:dd:ee:ff"]}}),
            )],
        }
    }

    fn names(controller: &str, members: &[(Kind, &str)]) -> Vec<String> {
        let components = of(&ControllerId::parse(controller).unwrap(), &introduced(members));
        components
            .iter()
            .map(|component| component.id.to_string())
            .collect()
    }

    #[test]
    fn components_are_named_after_their_controller() {
        let blade = [
            (Kind::Node, "/Systems/Node0"),
            (Kind::Node, "/Systems/Node1"),
            (Kind::Chassis, "/Chassis/Self"),
            (Kind::Controller, "/Managers/BMC"),
        ];
        assert_eq!(
            names("x1000c0s0b0", &blade),
            ["x1000c0s0b0n0", "x1000c0s0b0n1", "x1000c0s0b0"]
        );
        assert_eq!(
            names("rack1-n3", &blade),
            ["rack1-n3-1", "rack1-n3-2", "rack1-n3-bmc"]
        );
        assert_eq!(names("rack1-n3", &blade[..1]), ["rack1-n3"]);
        let chassis = [
            (Kind::Chassis, "/redfish/v1/Chassis/Enclosure"),
            (Kind::Chassis, "/redfish/v1/Chassis/Blade3"),
            (Kind::Chassis, "/redfish/v1/Chassis/Perif1"),
            (Kind::Chassis, "/redfish/v1/Chassis/Blade"),
        ];
        assert_eq!(
            names("x1000c0b0", &chassis),
            ["x1000c0", "x1000c0s3", "x1000c0r1"]
        );
    }

    #[test]
    fn a_node_has_what_its_bmc_says_of_it() {
        let controller = ControllerId::parse("x0c0s0b0").unwrap();
        let components = of(&controller, &introduced(&[(Kind::Node, "/Systems/Node0")]));
        let facts = &components[0].facts;
        assert_eq!(
            (facts.serial.as_deref(), facts.host_name.as_deref()),
            (Some("CZ1"), None)
        );
        assert_eq!(facts.aliases, [ComponentId::parse("ab-1").unwrap()]);
        assert_eq!(facts.macs, ["aa:bb:cc:dd:ee:ff"]);
    }
}
