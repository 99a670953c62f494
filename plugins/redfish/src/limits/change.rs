//! Setting power limits in as few requests as the BMC's places allow.

use serde_json::{Value, json};
use switchyard_driver_sdk::{Cause, Failure, Submitted, WantedLimit, failure};

use super::accelerator::Zone;
use super::power_control::Entry;
use super::{Found, Place, WHY_NOT, control, in_force};
use crate::client::Client;
use crate::tagged::{Tagged, submitted};

/// The most requests of one change: what the permit of a call carries.
const REQUESTS_MAX: usize = 8;

/// A limit and what is wanted of it.
type Wanted<'f> = (&'f Found, Option<f64>);

/// One changing request, or one with the other that some makers want after it.
enum Step<'f> {
    Entries(Vec<(&'f Entry, Option<f64>)>),
    Control(&'f control::Place, Option<f64>),
    Deep(&'f str, Vec<(&'f control::Place, Option<f64>)>),
    Environment(&'f Tagged, Option<f64>),
    Zones(Vec<(&'f Zone, Option<f64>)>),
}

/// Checks everything that is wanted against what was just read, then sends it.
pub(super) fn apply(
    client: &Client<'_>,
    found: &[Found],
    want: &[WantedLimit],
) -> Result<Submitted, Failure> {
    let wanted: Vec<Wanted<'_>> = want
        .iter()
        .map(|want| checked(found, want))
        .collect::<Result<_, _>>()?;
    let wanted: Vec<Wanted<'_>> = wanted
        .into_iter()
        .filter(|(found, watts)| !is_so(found, *watts))
        .collect();
    let steps = steps(&wanted);
    if steps.iter().map(Step::requests).sum::<usize>() > REQUESTS_MAX {
        return Err(failure(
            Cause::Invalid,
            format!("more limits at once than {REQUESTS_MAX} requests can set: set them in parts"),
        ));
    }
    let mut result = Submitted::Already;
    for step in steps {
        result = step.send(client)?;
    }
    Ok(result)
}

/// The limit that is meant, if it can be set to this.
fn checked<'f>(found: &'f [Found], want: &WantedLimit) -> Result<Wanted<'f>, Failure> {
    let Some(found) = found.iter().find(|found| found.limit.id == want.id) else {
        return Err(failure(
            Cause::NotFound,
            format!("there is no power limit {:?} here now", want.id),
        ));
    };
    let limit = &found.limit;
    if !limit.writable {
        let why = limit.facts.iter().find(|fact| fact.name == WHY_NOT);
        let why = why.map_or("the BMC does not let it be set", |fact| &fact.value);
        return Err(failure(
            Cause::Conflict,
            format!("{} cannot be set: {why}", limit.name),
        ));
    }
    let watts = in_force(want.watts);
    let below = limit.min.filter(|min| watts.is_some_and(|watts| watts < *min));
    let above = limit.max.filter(|max| watts.is_some_and(|watts| watts > *max));
    let bound = below
        .map(|min| format!("below the least, {min} W"))
        .or_else(|| above.map(|max| format!("above the most, {max} W")));
    match (bound, watts) {
        (Some(bound), Some(watts)) => Err(failure(
            Cause::Invalid,
            format!("{watts} W for {} is {bound}", limit.name),
        )),
        _ => Ok((found, watts)),
    }
}

/// Whether the limit was read to be in force, or lifted, just as it is wanted. An entry that the BMC says nothing enforces is not.
fn is_so(found: &Found, watts: Option<f64>) -> bool {
    use switchyard_driver_sdk::LimitMode::{Disabled, Unknown};
    let mode = found.limit.mode;
    found.limit.watts == watts && mode != Unknown && (mode == Disabled) == watts.is_none()
}

fn steps<'f>(wanted: &[Wanted<'f>]) -> Vec<Step<'f>> {
    let mut steps: Vec<Step<'f>> = Vec::new();
    for (found, watts) in wanted {
        let watts = *watts;
        match &found.place {
            Place::Entry(entry) => match steps.iter_mut().find_map(|step| step.entries_of(entry)) {
                Some(entries) => entries.push((entry, watts)),
                None => steps.push(Step::Entries(vec![(entry, watts)])),
            },
            Place::Control(place) => match &place.deep {
                Some(path) => match steps.iter_mut().find_map(|step| step.members_of(path)) {
                    Some(members) => members.push((place, watts)),
                    None => steps.push(Step::Deep(path, vec![(place, watts)])),
                },
                None => steps.push(Step::Control(place, watts)),
            },
            Place::Environment(metrics) => steps.push(Step::Environment(metrics, watts)),
            Place::Zone(zone) => match steps.iter_mut().find_map(|step| step.zones_of(zone)) {
                Some(zones) => zones.push((zone, watts)),
                None => steps.push(Step::Zones(vec![(zone, watts)])),
            },
            Place::Nowhere => {}
        }
    }
    steps
}

impl<'f> Step<'f> {
    fn entries_of(&mut self, entry: &Entry) -> Option<&mut Vec<(&'f Entry, Option<f64>)>> {
        match self {
            Self::Entries(entries) if entries.iter().any(|(e, _)| e.power.path == entry.power.path) => {
                Some(entries)
            }
            _ => None,
        }
    }

    fn members_of(&mut self, path: &str) -> Option<&mut Vec<(&'f control::Place, Option<f64>)>> {
        match self {
            Self::Deep(known, members) if *known == path => Some(members),
            _ => None,
        }
    }

    fn zones_of(&mut self, zone: &Zone) -> Option<&mut Vec<(&'f Zone, Option<f64>)>> {
        match self {
            Self::Zones(zones) if zones.iter().any(|(z, _)| z.target == zone.target) => Some(zones),
            _ => None,
        }
    }

    fn requests(&self) -> usize {
        match self {
            Self::Entries(entries) if entries.iter().any(|(entry, _)| entry.trigger.is_some()) => 2,
            _ => 1,
        }
    }

    fn send(&self, client: &Client<'_>) -> Result<Submitted, Failure> {
        match self {
            Self::Entries(entries) => send_entries(client, entries),
            Self::Control(place, watts) => place.control.patch(client, &set_point(place, *watts)),
            Self::Deep(path, members) => send_deep(client, path, members),
            Self::Environment(metrics, watts) => {
                let body = match watts {
                    Some(watts) => json!({"SetPoint": number(*watts), "ControlMode": "Automatic"}),
                    None => json!({"ControlMode": "Disabled"}),
                };
                metrics.patch(client, &json!({ "PowerLimitWatts": body }))
            }
            Self::Zones(zones) => send_zones(client, zones),
        }
    }
}

/// One PATCH for all entries of a Power resource, with an empty object for each that stays. A BMC that takes no `null` is sent 0.
fn send_entries(client: &Client<'_>, entries: &[(&Entry, Option<f64>)]) -> Result<Submitted, Failure> {
    let Some((first, _)) = entries.first() else {
        return Ok(Submitted::Already);
    };
    let body = |lifted: Value| {
        let mut members = vec![json!({}); first.count];
        for (entry, watts) in entries {
            if let Some(member) = members.get_mut(entry.index) {
                let watts = watts.map_or(lifted.clone(), number);
                *member = json!({"PowerLimit": {"LimitInWatts": watts}});
            }
        }
        json!({ "PowerControl": members })
    };
    let lifts = entries.iter().any(|(_, watts)| watts.is_none());
    let sent = match first.power.patch(client, &body(Value::Null)) {
        Err(refused) if lifts && matches!(refused.status, Some(400 | 422)) => {
            first.power.patch(client, &body(json!(0)))?
        }
        sent => sent?,
    };
    let Some(trigger) = &first.trigger else {
        return Ok(sent);
    };
    let word = if entries.iter().all(|(_, watts)| watts.is_none()) {
        "Deactivate"
    } else {
        "Activate"
    };
    let response = client.post(trigger, &json!({ "PowerLimitTrigger": word }))?;
    submitted(client, &response)
}

fn send_deep(
    client: &Client<'_>,
    path: &str,
    members: &[(&control::Place, Option<f64>)],
) -> Result<Submitted, Failure> {
    let member = |(place, watts): &(&control::Place, Option<f64>)| {
        let mut member = set_point(place, *watts);
        member["@odata.id"] = json!(place.control.path);
        member
    };
    let members: Vec<Value> = members.iter().map(member).collect();
    let body = json!({ "Members": members });
    let response = client.patch(path, None, &body)?;
    submitted(client, &response)
}

fn send_zones(client: &Client<'_>, zones: &[(&Zone, Option<f64>)]) -> Result<Submitted, Failure> {
    let Some((first, _)) = zones.first() else {
        return Ok(Submitted::Already);
    };
    let limit = |(zone, watts): &(&Zone, Option<f64>)| json!({"PowerLimitInWatts": watts.map_or(json!(0), number), "ZoneNumber": zone.number});
    let limits: Vec<Value> = zones.iter().map(limit).collect();
    let response = client.post(&first.target, &json!({ "PowerLimits": limits }))?;
    submitted(client, &response)
}

fn set_point(place: &control::Place, watts: Option<f64>) -> Value {
    match watts {
        Some(watts) => json!({"SetPoint": number(watts), "ControlMode": place.mode}),
        None if place.empties => json!({"SetPoint": null, "ControlMode": "Disabled"}),
        None => json!({"ControlMode": "Disabled"}),
    }
}

/// A number of watts, without a fraction where there is none: many BMCs take whole numbers only.
#[expect(
    clippy::cast_possible_truncation,
    reason = "whole numbers of watts below a thousand million fit"
)]
fn number(watts: f64) -> Value {
    if watts.fract() == 0.0 && watts.abs() < 1e9 {
        json!(watts as i64)
    } else {
        json!(watts)
    }
}
