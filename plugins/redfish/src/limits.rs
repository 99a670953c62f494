//! Power limits: where a BMC keeps them, what they are now, and how they are set.
//!
//! A chassis may show the limit of the whole in several places: a Control, `EnvironmentMetrics`, `PowerControl` of the old Power resource.
//! They are one limit, so that only the newest of these places is listed. Every value is read when it is asked for.

mod accelerator;
mod change;
mod control;
mod environment;
mod power_control;

use switchyard_driver_sdk::{Failure, Host, Kind, Limit, LimitMode, Subject, Submitted, WantedLimit, fact};

use crate::chassis::Regulated;
use crate::client::Client;
use crate::dialect::Dialect;
use crate::error::needs_licence;
use crate::resource::Resource;

/// What the limit of a node is called where the BMC has no name for it.
const NODE_LIMIT: &str = "Node Power Limit";
/// Why a limit cannot be set now.
const WHY_NOT: &str = "why-not-writable";

/// How a make of BMC takes power limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitForm {
    /// Whether Controls are set all at once at `Controls.Deep`, as HPE Cray EX wants it.
    pub deep: bool,
    /// Whether the Controls appear only when the node is on, as on HPE Cray EX.
    pub appear_when_on: bool,
}

impl LimitForm {
    /// One PATCH per Control, and they are always there.
    pub const STANDARD: Self = Self {
        deep: false,
        appear_when_on: false,
    };
}

/// A limit and where it is set.
#[derive(Debug, Clone)]
struct Found {
    limit: Limit,
    place: Place,
    /// Whether it is about the whole chassis, and not about a part such as an accelerator.
    whole: bool,
}

/// Where a limit is set.
#[derive(Debug, Clone)]
enum Place {
    /// An entry of `PowerControl`.
    Entry(power_control::Entry),
    /// A Control.
    Control(control::Place),
    /// `PowerLimitWatts` of `EnvironmentMetrics`.
    Environment(crate::tagged::Tagged),
    /// A zone of HPE's accelerator power service.
    Zone(accelerator::Zone),
    /// Nowhere: it only says why there is none now.
    Nowhere,
}

/// Reads the power limits of a subject from the BMC.
pub fn limits(host: &dyn Host, dialect: &'static Dialect, of: &Subject) -> Result<Vec<Limit>, Failure> {
    let found = find(&Client::new(host, dialect), of)?;
    Ok(found.into_iter().map(|found| found.limit).collect())
}

/// Sets power limits; a limit of nothing or of 0 watts is lifted.
pub fn set_limits(
    host: &dyn Host,
    dialect: &'static Dialect,
    on: &Subject,
    want: &[WantedLimit],
) -> Result<Submitted, Failure> {
    let client = Client::new(host, dialect);
    let found = find(&client, on)?;
    change::apply(&client, &found, want)
}

fn find(client: &Client<'_>, of: &Subject) -> Result<Vec<Found>, Failure> {
    let regulated = Regulated::read(client, of, "power limits")?;
    let mut found = Vec::new();
    for chassis in &regulated.chassis {
        found.extend(of_chassis(client, chassis)?);
    }
    let hidden = client.dialect().limits.appear_when_on && regulated.is_off();
    if found.is_empty() && hidden {
        let is_node = of.kind == Kind::Node;
        found.extend(
            regulated
                .chassis
                .iter()
                .filter_map(|chassis| when_on(chassis, is_node)),
        );
    }
    Ok(found)
}

fn of_chassis(client: &Client<'_>, chassis: &Resource) -> Result<Vec<Found>, Failure> {
    let has_whole = |found: &[Found]| found.iter().any(|found| found.whole);
    let mut found = control::find(client, chassis)?;
    if !has_whole(&found) {
        found.extend(environment::find(client, chassis, &found)?);
    }
    if !has_whole(&found) {
        found.extend(power_control::find(client, chassis)?);
    }
    Ok(found)
}

/// Stands in for the Controls of a node that is off, also where the chassis does not even link them then.
fn when_on(chassis: &Resource, is_node: bool) -> Option<Found> {
    let own = || chassis.link(&[]).filter(|_| is_node);
    let id = chassis.link(&["Controls"]).or_else(own)?;
    Some(Found {
        limit: Limit {
            writable: false,
            facts: vec![fact(
                WHY_NOT,
                "the node is off: its controls appear when it is on",
            )],
            ..unset(&id, NODE_LIMIT)
        },
        place: Place::Nowhere,
        whole: true,
    })
}

/// A limit that could not be read for want of a licence; every other failure is passed on.
fn unlicensed(path: &str, failure: Failure) -> Result<Found, Failure> {
    if !needs_licence(&failure) {
        return Err(failure);
    }
    Ok(Found {
        limit: Limit {
            writable: false,
            facts: vec![
                fact("license", "required"),
                fact(WHY_NOT, format!("the BMC asks for a licence: {}", failure.text)),
            ],
            ..unset(path, NODE_LIMIT)
        },
        place: Place::Nowhere,
        whole: true,
    })
}

fn unset(id: &str, name: &str) -> Limit {
    Limit {
        id: id.to_owned(),
        name: name.to_owned(),
        watts: None,
        min: None,
        max: None,
        mode: LimitMode::Unknown,
        writable: true,
        facts: Vec::new(),
    }
}

/// Notes why a limit cannot be set, when there is a reason.
fn deny(limit: &mut Limit, reason: Option<String>) {
    if let Some(reason) = reason {
        limit.writable = false;
        limit.facts.push(fact(WHY_NOT, reason));
    }
}

/// A limit of 0 watts is none.
fn in_force(watts: Option<f64>) -> Option<f64> {
    watts.filter(|watts| *watts > 0.0)
}

/// Whether a Control regulates power.
pub(crate) fn is_power_control(control: &Resource) -> bool {
    control::is_limit(control)
}

/// A number as a fact, without a fraction where there is none.
fn number_fact(name: &str, number: f64) -> switchyard_driver_sdk::Fact {
    fact(name, format!("{number}"))
}

#[cfg(test)]
mod tests;
