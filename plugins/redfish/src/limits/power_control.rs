//! Limits in the old Power resource (DSP2046, Power: `PowerControl`).

use std::rc::Rc;

use switchyard_driver_sdk::{Fact, Failure, Limit, LimitMode, fact};

use super::{Found, NODE_LIMIT, Place, accelerator, deny, in_force, number_fact, unlicensed, unset};
use crate::chassis::optional;
use crate::client::Client;
use crate::resource::{Resource, path_of};
use crate::tagged::Tagged;

/// The most entries of `PowerControl` that are looked at.
const ENTRIES_MAX: usize = 64;

/// Where an entry is set.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The Power resource.
    pub(super) power: Rc<Tagged>,
    /// Which entry.
    pub(super) index: usize,
    /// How many entries there are: a PATCH names as many.
    pub(super) count: usize,
    /// The action that puts the limit in force, on AMI's of Gigabyte.
    pub(super) trigger: Option<String>,
}

/// The limits in the Power resource of a chassis, or in HPE's service that takes their place.
pub(super) fn find(client: &Client<'_>, chassis: &Resource) -> Result<Vec<Found>, Failure> {
    let Some(path) = chassis.link(&["Power"]) else {
        return Ok(Vec::new());
    };
    let power = match optional(client, &path) {
        Ok(Some(power)) => power,
        Ok(None) => return Ok(Vec::new()),
        Err(failure) => return Ok(vec![unlicensed(&path, failure)?]),
    };
    if let Some(service) = power.resource.link(&["Oem", "Hpe", "Links", "AccPowerService"]) {
        let zones = accelerator::find(client, &service)?;
        if !zones.is_empty() {
            return Ok(zones);
        }
    }
    Ok(of_power(power))
}

fn of_power(power: Tagged) -> Vec<Found> {
    let entries = power.resource.elements(&["PowerControl"]);
    let hpe = power.resource.at(&["Oem", "Hpe"]).is_some();
    let trigger = power
        .resource
        .text(&["Actions", "Oem", "#PowerLimitTrigger", "target"])
        .and_then(path_of);
    let count = entries.len();
    let power = Rc::new(power);
    let of_entry = |(index, entry): (usize, Option<Resource>)| {
        let entry = entry?;
        entry.at(&["PowerLimit"])?;
        let limit = limit_of(&power.path, index, &entry, hpe);
        let whole = index == 0;
        let place = Place::Entry(Entry {
            power: Rc::clone(&power),
            index,
            count,
            trigger: trigger.clone(),
        });
        Some(Found { limit, place, whole })
    };
    entries
        .into_iter()
        .enumerate()
        .take(ENTRIES_MAX)
        .filter_map(of_entry)
        .collect()
}

fn limit_of(path: &str, index: usize, entry: &Resource, hpe: bool) -> Limit {
    let watts = in_force(entry.number(&["PowerLimit", "LimitInWatts"]));
    let status = entry.text(&["Status", "State"]);
    let mode = match (watts, status) {
        // The set point stays where the BMC says that nothing enforces it.
        (Some(_), Some("Disabled")) => LimitMode::Unknown,
        (Some(_), _) => LimitMode::Automatic,
        (None, _) => LimitMode::Disabled,
    };
    let oem = |name: &str| oem_number(entry, name);
    let capacity = entry
        .number(&["PowerCapacityWatts"])
        .filter(|capacity| *capacity > 0.0);
    let mut limit = Limit {
        watts,
        min: oem("Min"),
        max: oem("Max").or(capacity),
        mode,
        ..unset(
            &format!("{path}#/PowerControl/{index}"),
            &name_of(index, entry, hpe),
        )
    };
    limit.facts = facts(entry, &limit, status);
    let has_value = entry
        .at(&["PowerLimit"])
        .is_some_and(|limit| limit.get("LimitInWatts").is_some());
    let reason = (!has_value).then(|| "the BMC shows no LimitInWatts".to_owned());
    deny(&mut limit, reason);
    limit
}

/// HPE's entries have no name or a changing one; clients know the first as the limit of the node.
fn name_of(index: usize, entry: &Resource, hpe: bool) -> String {
    match entry.text(&["Name"]) {
        Some(name) if !(hpe && index == 0) => name.to_owned(),
        _ if index == 0 => NODE_LIMIT.to_owned(),
        _ => format!("Power Limit {index}"),
    }
}

/// A bound that a maker adds to an entry: Cray's and Gigabyte's `PowerLimit.{Min,Max}`, Lenovo's `PowerUtilization`.
fn oem_number(entry: &Resource, name: &str) -> Option<f64> {
    let lenovo = format!("{name}LimitInWatts");
    let makers = entry.names(&["Oem"]);
    makers
        .iter()
        .find_map(|maker| {
            entry
                .number(&["Oem", maker, "PowerLimit", name])
                .or_else(|| entry.number(&["Oem", maker, "PowerUtilization", &lenovo]))
        })
        .filter(|watts| *watts > 0.0 || name == "Min")
}

fn facts(entry: &Resource, limit: &Limit, status: Option<&str>) -> Vec<Fact> {
    let mut facts = Vec::new();
    let makers = entry.names(&["Oem"]);
    let start = |maker: &&str| entry.number(&["Oem", maker, "PowerResetWatts"]);
    if let Some(watts) = makers.iter().find_map(start) {
        facts.push(number_fact("power-up-watts", watts));
        facts.extend(limit.max.map(|max| number_fact("host-max-watts", max)));
        facts.extend(limit.min.map(|min| number_fact("host-min-watts", min)));
    }
    if let Some(exception) = entry.text(&["PowerLimit", "LimitException"]) {
        facts.push(fact("exception", exception));
    }
    if let Some(ms) = entry.number(&["PowerLimit", "CorrectionInMs"]) {
        facts.push(number_fact("correction-ms", ms));
    }
    facts.extend(status.map(|status| fact("status", status)));
    facts
}
