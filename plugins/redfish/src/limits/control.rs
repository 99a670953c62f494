//! Limits that are Controls (DSP2046, Control).

use switchyard_driver_sdk::{Failure, Limit, LimitMode, fact};

use super::{Found, Place as LimitPlace, deny, in_force, number_fact, unlicensed, unset};
use crate::chassis::optional;
use crate::client::Client;
use crate::resource::Resource;
use crate::tagged::Tagged;

/// The most Controls that are read of one chassis.
const CONTROLS_MAX: usize = 24;
/// What a Control of a part, and not of the whole, is about (`PhysicalContext`).
const PARTS: [&str; 8] = [
    "Accelerator",
    "CPU",
    "CPUSubsystem",
    "GPU",
    "GPUSubsystem",
    "Memory",
    "MemorySubsystem",
    "NetworkingDevice",
];

/// Where a Control is set.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The Control.
    pub(super) control: Tagged,
    /// Where it is set together with others, on BMCs that want it so.
    pub(super) deep: Option<String>,
    /// The mode that stands for a limit in force.
    pub(super) mode: &'static str,
    /// Whether lifting it takes an empty set point too.
    pub(super) empties: bool,
}

/// The limits among the Controls of a chassis.
pub(super) fn find(client: &Client<'_>, chassis: &Resource) -> Result<Vec<Found>, Failure> {
    let Some(path) = chassis.link(&["Controls"]) else {
        return Ok(Vec::new());
    };
    let collection = match optional(client, &path) {
        Ok(Some(collection)) => collection.resource,
        Ok(None) => return Ok(Vec::new()),
        Err(failure) => return Ok(vec![unlicensed(&path, failure)?]),
    };
    let deep = client
        .dialect()
        .limits
        .deep
        .then(|| format!("{}.Deep", path.trim_end_matches('/')));
    let mut found = Vec::new();
    for member in collection.links(&["Members"]).into_iter().take(CONTROLS_MAX) {
        if let Some(control) = optional(client, &member)?
            && is_limit(&control.resource)
        {
            found.push(of_control(control, deep.clone()));
        }
    }
    Ok(found)
}

/// Whether a Control regulates power.
pub(super) fn is_limit(control: &Resource) -> bool {
    let text = |name: &str, known: &[&str]| {
        control
            .text(&[name])
            .map(|text| known.iter().any(|known| known.eq_ignore_ascii_case(text)))
    };
    let watts = text("SetPointUnits", &["W", "Watt", "Watts"]);
    text("ControlType", &["Power"]).or(watts).unwrap_or_default() && watts.unwrap_or(true)
}

/// A Control as a limit.
pub(super) fn of_control(control: Tagged, deep: Option<String>) -> Found {
    let limit = limit_of(&control);
    let whole = control
        .resource
        .text(&["PhysicalContext"])
        .is_none_or(|context| !PARTS.iter().any(|part| part.eq_ignore_ascii_case(context)));
    let lenovo = control.resource.at(&["Oem", "Lenovo"]).is_some();
    let place = Place {
        mode: if lenovo { "Manual" } else { "Automatic" },
        empties: lenovo,
        deep,
        control,
    };
    Found {
        limit,
        place: LimitPlace::Control(place),
        whole,
    }
}

fn limit_of(control: &Tagged) -> Limit {
    let resource = &control.resource;
    let mode = mode(resource.text(&["ControlMode"]));
    let first = |names: &[&str]| names.iter().find_map(|name| resource.number(&[name]));
    let name = resource.text(&["Name"]).or_else(|| resource.text(&["Id"]));
    let mut limit = Limit {
        watts: if mode == LimitMode::Disabled {
            None
        } else {
            in_force(resource.number(&["SetPoint"]))
        },
        min: first(&["SettingRangeMin", "SettingMin", "AllowableMin"]),
        max: first(&["SettingRangeMax", "SettingMax", "AllowableMax"]),
        mode,
        ..unset(&control.path, name.unwrap_or("Power Limit"))
    };
    limit.facts = facts(resource, &limit);
    let reason = why_not(resource, &limit);
    deny(&mut limit, reason);
    limit
}

fn mode(word: Option<&str>) -> LimitMode {
    match word {
        Some("Automatic") => LimitMode::Automatic,
        Some("Override") => LimitMode::OverrideMode,
        Some("Manual") => LimitMode::Manual,
        Some("Disabled") => LimitMode::Disabled,
        _ => LimitMode::Unknown,
    }
}

fn facts(control: &Resource, limit: &Limit) -> Vec<switchyard_driver_sdk::Fact> {
    let mut facts = Vec::new();
    let hpe = |name: &str| control.number(&["Oem", "Hpe", name]);
    if let Some(watts) = hpe("PowerResetWatts") {
        facts.push(number_fact("power-up-watts", watts));
    }
    if limit.mode == LimitMode::Disabled {
        let idle = control.number(&["SetPoint"]).filter(|watts| *watts > 0.0);
        facts.extend(idle.map(|watts| number_fact("set-point-watts", watts)));
    }
    let of_chassis = control
        .text(&["PhysicalContext"])
        .is_some_and(|context| context.eq_ignore_ascii_case("Chassis"));
    if of_chassis {
        facts.extend(limit.max.map(|max| number_fact("host-max-watts", max)));
        facts.extend(limit.min.map(|min| number_fact("host-min-watts", min)));
    }
    let texts = [
        (control.text(&["Oem", "Hpe", "LimitException"]), "exception"),
        (control.text(&["Status", "State"]), "status"),
    ];
    facts.extend(texts.iter().filter_map(|(text, name)| Some(fact(name, (*text)?))));
    facts
}

/// Why a Control cannot be set now. Cray's show no range until the node has reported its own.
fn why_not(control: &Resource, limit: &Limit) -> Option<String> {
    if control.text(&["Implementation"]) == Some("Monitored") {
        return Some("the BMC only watches this value".to_owned());
    }
    if let Some(state @ ("Absent" | "UnavailableOffline" | "StandbyOffline")) =
        control.text(&["Status", "State"])
    {
        return Some(format!("its state is {state}"));
    }
    match limit.max {
        None => Some("the BMC gives no range for it".to_owned()),
        Some(max) if max <= 0.0 => Some("the range that the BMC gives is empty".to_owned()),
        Some(_) => None,
    }
}
