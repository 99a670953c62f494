//! Limits of HPE's accelerator power service, which machines of the Apollo 6500 kind have instead of `PowerControl`.

use switchyard_driver_sdk::{Failure, Limit, LimitMode};

use super::{Found, NODE_LIMIT, Place, deny, in_force, number_fact, unlicensed, unset};
use crate::chassis::optional;
use crate::client::Client;
use crate::resource::{Resource, path_of};

/// The most zones that are looked at.
const ZONES_MAX: usize = 32;

/// Where a zone is set.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    /// The action.
    pub(super) target: String,
    /// The zone.
    pub(super) number: u64,
}

/// The limits of the zones that have a range.
pub(super) fn find(client: &Client<'_>, service: &str) -> Result<Vec<Found>, Failure> {
    let Some(service) = optional(client, service)? else {
        return Ok(Vec::new());
    };
    let Some(path) = service.resource.link(&["Links", "PowerLimit"]) else {
        return Ok(Vec::new());
    };
    match optional(client, &path) {
        Ok(Some(limits)) => Ok(of_limits(&path, &limits.resource)),
        Ok(None) => Ok(Vec::new()),
        Err(failure) => Ok(vec![unlicensed(&path, failure)?]),
    }
}

fn of_limits(path: &str, limits: &Resource) -> Vec<Found> {
    let target = target(limits);
    let zones = limits.elements(&["PowerLimits"]);
    let of_zone = |(index, zone): (usize, Option<Resource>)| {
        let zone = zone?;
        let number = zone_number(&zone).unwrap_or(u64::try_from(index).ok()?);
        of_zone(path, limits, &zone, number, target.clone())
    };
    zones
        .into_iter()
        .enumerate()
        .take(ZONES_MAX)
        .filter_map(of_zone)
        .collect()
}

fn of_zone(
    path: &str,
    limits: &Resource,
    zone: &Resource,
    number: u64,
    target: Option<String>,
) -> Option<Found> {
    let range = limits
        .elements(&["PowerLimitRanges"])
        .into_iter()
        .flatten()
        .find(|range| zone_number(range).unwrap_or_default() == number);
    let bound = |name: &str| range.as_ref().and_then(|range| range.number(&[name]));
    let (min, max) = (bound("MinimumPowerLimit"), bound("MaximumPowerLimit"));
    if number > 0 && max.is_none_or(|max| max <= 0.0) {
        return None;
    }
    let name = if number == 0 {
        NODE_LIMIT.to_owned()
    } else {
        format!("Zone {number} Power Limit")
    };
    let watts = in_force(zone.number(&["PowerLimitInWatts"]));
    let mut limit = Limit {
        watts,
        min,
        max,
        mode: if watts.is_some() {
            LimitMode::Automatic
        } else {
            LimitMode::Disabled
        },
        ..unset(&format!("{path}#/PowerLimits/{number}"), &name)
    };
    if number == 0 {
        limit
            .facts
            .extend(max.map(|max| number_fact("host-max-watts", max)));
        limit
            .facts
            .extend(min.map(|min| number_fact("host-min-watts", min)));
    }
    let reason = target
        .is_none()
        .then(|| "the BMC shows no action that sets it".to_owned());
    deny(&mut limit, reason);
    let place = target.map_or(Place::Nowhere, |target| Place::Zone(Zone { target, number }));
    Some(Found {
        limit,
        place,
        whole: number == 0,
    })
}

fn zone_number(zone: &Resource) -> Option<u64> {
    zone.at(&["ZoneNumber"])?.as_u64()
}

/// The target of the action, whatever the version of the schema in its name.
fn target(limits: &Resource) -> Option<String> {
    let names = limits.names(&["Actions"]);
    let name = names.iter().find(|name| name.ends_with(".ConfigurePowerLimit"))?;
    limits.text(&["Actions", name, "target"]).and_then(path_of)
}
