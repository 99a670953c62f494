//! Outlets of power distribution units (DSP2046, `PowerEquipment`, `PowerDistribution`, `Outlet`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use switchyard_driver_sdk::{Ability, Cause, Fact, Failure, Kind, Member, Primitive, Subject, fact, failure};

use crate::chassis::last;
use crate::client::Client;
use crate::probe::copy;
use crate::reset::{note_lasting, parameter_values};
use crate::resource::{Resource, path_of};
use crate::survey::members;
use crate::vocabulary::{replay, reset_type};

/// The collections of `PowerEquipment` whose members have outlets.
const UNITS: [&str; 5] = [
    "RackPDUs",
    "FloorPDUs",
    "TransferSwitches",
    "Switchgear",
    "PowerShelves",
];
/// The action that switches an outlet.
const ACTION: [&str; 2] = ["Actions", "#Outlet.PowerControl"];
/// The parameter of the action.
const PARAMETER: &str = "PowerState";
/// What an outlet is assumed to take when it lists nothing.
const ASSUMED: [&str; 2] = ["On", "Off"];
/// The values of the parameter with their primitives. Some units write `Cycle` for the standard's `PowerCycle`.
const VALUES: [(&str, Primitive); 4] = [
    ("On", Primitive::On),
    ("Off", Primitive::ForceOff),
    ("PowerCycle", Primitive::PowerCycle),
    ("Cycle", Primitive::PowerCycle),
];
/// How long a found switch is remembered, in milliseconds.
const CACHE_TTL_MS: u32 = 3_600_000;

/// What switching an outlet takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutletForm {
    /// `PowerState`, as the standard and Cray's RTS have it; `ServerTech`'s body where the outlet shows what that is made of.
    Shown,
    /// `ServerTech`'s body always.
    ServerTech,
}

/// How one outlet is switched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Switch {
    target: String,
    advertised: bool,
    /// The body for each primitive, by the standard's name of it.
    bodies: Vec<(String, Value)>,
}

/// Reads the units and their outlets.
pub(crate) fn find(
    client: &Client<'_>,
    equipment: &Resource,
    notes: &mut Vec<Fact>,
) -> Result<Vec<Member>, Failure> {
    let mut found = Vec::new();
    for name in UNITS {
        let Some(collection) = equipment.link(&[name]) else {
            continue;
        };
        for path in members(client, &collection, notes)? {
            match client.get(&path) {
                Ok(unit) => of_unit(client, &path, &unit, notes, &mut found)?,
                Err(failure) => notes.push(note_lasting(&path, failure)?),
            }
        }
    }
    Ok(found)
}

fn of_unit(
    client: &Client<'_>,
    path: &str,
    unit: &Resource,
    notes: &mut Vec<Fact>,
    found: &mut Vec<Member>,
) -> Result<(), Failure> {
    let subject = Subject {
        kind: Kind::Other,
        id: path.to_owned(),
    };
    let mut facts = Vec::new();
    copy(
        unit,
        &mut facts,
        &[
            ("Manufacturer", "manufacturer"),
            ("Model", "model"),
            ("FirmwareVersion", "firmware"),
            ("EquipmentType", "type"),
        ],
    );
    found.push(Member {
        subject: subject.clone(),
        name: last(path).to_owned(),
        parent: None,
        abilities: Vec::new(),
        facts,
    });
    let Some(outlets) = unit.link(&["Outlets"]) else {
        return Ok(());
    };
    for path in members(client, &outlets, notes)? {
        match client.get(&path) {
            Ok(outlet) => found.push(of_outlet(client, &path, &outlet, &subject)?),
            Err(failure) => notes.push(note_lasting(&path, failure)?),
        }
    }
    Ok(())
}

fn of_outlet(client: &Client<'_>, path: &str, outlet: &Resource, unit: &Subject) -> Result<Member, Failure> {
    let mut facts = Vec::new();
    copy(
        outlet,
        &mut facts,
        &[("UserLabel", "label"), ("Name", "label"), ("OutletType", "type")],
    );
    if outlet.flag(&["PowerControlLocked"]) == Some(true) {
        facts.push(fact("locked", "true"));
    }
    let switch = Switch::of(client, path, outlet, &mut facts)?;
    if let Some(switch) = &switch {
        switch.remember(client, path);
    }
    Ok(Member {
        subject: Subject {
            kind: Kind::Outlet,
            id: path.to_owned(),
        },
        name: last(path).to_owned(),
        parent: Some(unit.clone()),
        abilities: switch.map(|switch| switch.abilities(client)).unwrap_or_default(),
        facts,
    })
}

impl Switch {
    /// How an outlet is switched; nothing when it has no action.
    fn of(
        client: &Client<'_>,
        path: &str,
        outlet: &Resource,
        notes: &mut Vec<Fact>,
    ) -> Result<Option<Self>, Failure> {
        let target = outlet.text(&[ACTION[0], ACTION[1], "target"]).and_then(path_of);
        let Some(target) = target else {
            return Ok(None);
        };
        let listed = parameter_values(client, outlet, &ACTION, PARAMETER, notes)?;
        let advertised = listed.is_some();
        let own = client.dialect().outlets == OutletForm::ServerTech
            || (!advertised && outlet.number(&["OutletNumber"]).is_some());
        let bodies = if own {
            server_tech(path, outlet)
        } else {
            let values = listed.unwrap_or_else(|| ASSUMED.map(str::to_owned).to_vec());
            standard(&values, notes)
        };
        Ok(Some(Self {
            target,
            advertised,
            bodies,
        }))
    }

    fn abilities(&self, client: &Client<'_>) -> Vec<Ability> {
        let ability = |(name, _): &(String, Value)| {
            let what = crate::vocabulary::primitive(name)?;
            let (usual_ms, limit_ms) = client.dialect().times_of(Kind::Outlet, what);
            Some(Ability {
                what,
                replay: replay(what),
                advertised: self.advertised,
                usual_ms,
                limit_ms,
            })
        };
        self.bodies.iter().filter_map(ability).collect()
    }

    fn body(&self, what: Primitive) -> Option<&Value> {
        let name = reset_type(what);
        self.bodies
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, body)| body)
    }

    fn remember(&self, client: &Client<'_>, path: &str) {
        if let Ok(bytes) = serde_json::to_vec(self) {
            client.host().cache(&cache_key(path), &bytes, CACHE_TTL_MS);
        }
    }

    fn recall(client: &Client<'_>, path: &str) -> Option<Self> {
        serde_json::from_slice(&client.host().cached(&cache_key(path))?).ok()
    }
}

fn cache_key(path: &str) -> String {
    format!("outlet {path}")
}

/// The bodies of the standard, with the values as the unit spells them.
fn standard(values: &[String], notes: &mut Vec<Fact>) -> Vec<(String, Value)> {
    let mut bodies: Vec<(String, Value)> = Vec::new();
    for value in values {
        let known = VALUES.iter().find(|(name, _)| name.eq_ignore_ascii_case(value));
        let Some((_, what)) = known else {
            notes.push(fact("unknown-reset-type", value.as_str()));
            continue;
        };
        let name = reset_type(*what);
        if !bodies.iter().any(|(known, _)| known == name) {
            bodies.push((name.to_owned(), json!({ PARAMETER: value })));
        }
    }
    bodies
}

/// The bodies of `ServerTech`: what the unit keeps of the outlet goes along with every change, lest it be lost.
fn server_tech(path: &str, outlet: &Resource) -> Vec<(String, Value)> {
    let digits: String = last(path).chars().filter(char::is_ascii_digit).collect();
    let number = outlet
        .at(&["OutletNumber"])
        .cloned()
        .unwrap_or_else(|| json!(digits.parse::<u32>().unwrap_or_default()));
    let kept = |name: &str, usual: Value| outlet.at(&[name]).cloned().unwrap_or(usual);
    let name = kept("Outletname", json!(format!("OUTLET{number}")));
    let body = |status: &str| {
        json!({
            "OutletNumber": number,
            "StartupState": kept("StartupState", json!("on")),
            "Outletname": name,
            "OnDelay": kept("OnDelay", json!(0)),
            "OffDelay": kept("OffDelay", json!(0)),
            "RebootDelay": kept("RebootDelay", json!(5)),
            "OutletStatus": status,
        })
    };
    [(Primitive::On, "on"), (Primitive::ForceOff, "off")]
        .map(|(what, status)| (reset_type(what).to_owned(), body(status)))
        .to_vec()
}

/// Where a primitive is sent for an outlet, and what.
pub(crate) fn order(client: &Client<'_>, path: &str, what: Primitive) -> Result<(String, Value), Failure> {
    let recalled = Switch::recall(client, path).filter(|switch| switch.body(what).is_some());
    let switch = if let Some(switch) = recalled {
        switch
    } else {
        let outlet = client.get(path)?;
        let found = Switch::of(client, path, &outlet, &mut Vec::new())?;
        let found = found.ok_or_else(|| {
            failure(
                Cause::NotSupported,
                format!("{path} has no action that switches it"),
            )
        })?;
        found.remember(client, path);
        found
    };
    let body = switch.body(what).cloned().ok_or_else(|| {
        let names: Vec<&str> = switch.bodies.iter().map(|(name, _)| name.as_str()).collect();
        let text = format!(
            "{} is not among what {} takes: {}",
            reset_type(what),
            switch.target,
            names.join(", ")
        );
        failure(Cause::NotSupported, text)
    })?;
    Ok((switch.target, body))
}

#[cfg(test)]
mod tests;
