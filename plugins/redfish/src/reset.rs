//! The reset action of a resource: where to send it and which values it takes.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use switchyard_driver_sdk::{Ability, Fact, Failure, Kind, Primitive, fact};

use crate::client::Client;
use crate::dialect::{Dialect, Difference, Match, OemAction, OemTarget, differences};
use crate::error::is_passing;
use crate::resource::{Resource, path_of};
use crate::vocabulary::{primitive, replay, reset_type};

/// The actions that switch power, of systems, chassis and managers.
const ACTIONS: [&str; 3] = ["#ComputerSystem.Reset", "#Chassis.Reset", MANAGER_RESET];
/// The action that restarts a manager.
const MANAGER_RESET: &str = "#Manager.Reset";
/// How long a found reset action is remembered, in milliseconds.
const CACHE_TTL_MS: u32 = 3_600_000;
/// What a system or chassis is assumed to take when it advertises nothing.
const ASSUMED: [&str; 5] = [
    "On",
    "ForceOff",
    "GracefulShutdown",
    "GracefulRestart",
    "ForceRestart",
];
/// What a manager is assumed to take when it advertises nothing.
const ASSUMED_MANAGER: [&str; 1] = ["ForceRestart"];

/// A reset action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// The path that takes the request.
    pub target: String,
    /// The values that it takes, as the BMC spells them.
    pub values: Vec<String>,
    /// Whether the BMC itself lists the values.
    pub advertised: bool,
    /// Whether it is the reset of a manager.
    pub manager: bool,
    /// Actions of the make's own.
    pub oem: Vec<OemTarget>,
}

/// One request: what is sent where.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The path that takes it.
    pub target: String,
    /// Its body.
    pub body: Value,
    /// Its condition.
    pub condition: Match,
    /// Whether the power must be off before.
    pub off_first: bool,
}

impl Reset {
    /// Finds the reset action of a resource: values inline, else behind `@Redfish.ActionInfo`, else the standard set as assumed; and
    /// the actions of the make's own. What could not be read on the way is noted.
    pub fn of(
        client: &Client<'_>,
        resource: &Resource,
        notes: &mut Vec<Fact>,
    ) -> Result<Option<Self>, Failure> {
        let standard = Self::standard(client, resource, notes)?;
        let mut oem = Vec::new();
        for action in client.dialect().oem_actions {
            oem.extend(oem_target(client, resource, action, notes)?);
        }
        Ok(match standard {
            Some(reset) => Some(Self { oem, ..reset }),
            None if oem.is_empty() => None,
            None => Some(Self {
                target: String::new(),
                values: Vec::new(),
                advertised: true,
                manager: false,
                oem,
            }),
        })
    }

    fn standard(
        client: &Client<'_>,
        resource: &Resource,
        notes: &mut Vec<Fact>,
    ) -> Result<Option<Self>, Failure> {
        let Some((name, target)) = ACTIONS.into_iter().find_map(|name| {
            Some((
                name,
                resource.text(&["Actions", name, "target"]).and_then(path_of)?,
            ))
        }) else {
            return Ok(None);
        };
        let manager = name == MANAGER_RESET;
        if let Some(values) = advertised(client, resource, &["Actions", name], notes)? {
            return Ok(Some(Self {
                target,
                values: kept(values, manager),
                advertised: true,
                manager,
                oem: Vec::new(),
            }));
        }
        let assumed: &[&str] = if manager { &ASSUMED_MANAGER } else { &ASSUMED };
        let values = assumed.iter().map(|value| (*value).to_owned()).collect();
        Ok(Some(Self {
            target,
            values,
            advertised: false,
            manager,
            oem: Vec::new(),
        }))
    }

    /// The request for a primitive: by the make's own action where it has one, else by reset type.
    pub fn order(&self, dialect: &Dialect, what: Primitive) -> Option<Order> {
        if let Some(oem) = self.oem.iter().find(|oem| oem.what == reset_type(what)) {
            return Some(Order {
                target: oem.target.clone(),
                body: json!({ "ResetType": oem.value }),
                condition: Match::Nothing,
                off_first: oem.off_first,
            });
        }
        self.spelling(what)?;
        let value = dialect
            .spelling(what)
            .and_then(|other| self.listed(other))
            .or_else(|| self.spelling(what))?;
        let bare = self.manager && !self.advertised && dialect.bare_manager_reset;
        Some(Order {
            target: self.target.clone(),
            body: if bare {
                json!({})
            } else {
                json!({ "ResetType": value })
            },
            condition: if self.manager {
                dialect.manager_match
            } else {
                Match::Nothing
            },
            off_first: false,
        })
    }

    /// Leaves out what the make's model rules say about a resource, as far as the resource alone tells.
    pub(crate) fn without_faulty(&mut self, dialect: &'static Dialect, resource: &Resource) {
        let facts: Vec<Fact> = [("Manufacturer", "manufacturer"), ("Model", "model")]
            .into_iter()
            .filter_map(|(property, name)| Some(fact(name, resource.text(&[property])?)))
            .collect();
        let facts: Vec<&Fact> = facts.iter().collect();
        for difference in differences(dialect.models, &facts) {
            if let Difference::Drops(what) = difference {
                self.drop(what);
            }
        }
    }

    /// Leaves a primitive out.
    pub(crate) fn drop(&mut self, what: Primitive) {
        self.values.retain(|value| primitive(value) != Some(what));
        self.oem.retain(|oem| oem.what != reset_type(what));
    }

    fn listed(&self, name: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|value| value.eq_ignore_ascii_case(name))
            .map(String::as_str)
    }

    /// The value to send for a primitive, spelled as the BMC does. A graceful shutdown is also what a lone `Off` stands for.
    pub fn spelling(&self, what: Primitive) -> Option<&str> {
        self.listed(reset_type(what)).or_else(|| {
            if what == Primitive::GracefulShutdown {
                self.listed("Off")
            } else {
                None
            }
        })
    }

    /// What the action can be asked for.
    pub fn abilities(&self, dialect: &Dialect, kind: Kind) -> Vec<Ability> {
        let mut found: Vec<(Primitive, bool)> = Vec::new();
        for value in &self.values {
            let what = if value.eq_ignore_ascii_case("Off") {
                Some(Primitive::GracefulShutdown)
            } else {
                primitive(value)
            };
            let own = |oem: &OemTarget| Some(oem.what.as_str()) == what.map(reset_type);
            if let Some(what) = what
                && !found.iter().any(|(known, _)| *known == what)
                && !self.oem.iter().any(own)
            {
                found.push((what, self.advertised));
            }
        }
        found.extend(
            self.oem
                .iter()
                .filter_map(|oem| Some((primitive(&oem.what)?, oem.advertised))),
        );
        let ability = |(what, advertised)| {
            let (usual_ms, limit_ms) = dialect.times_of(kind, what);
            Ability {
                what,
                replay: replay(what),
                advertised,
                usual_ms,
                limit_ms,
            }
        };
        found.into_iter().map(ability).collect()
    }

    /// Values that have no primitive.
    pub fn unknown_values(&self) -> impl Iterator<Item = &str> {
        self.values
            .iter()
            .map(String::as_str)
            .filter(|value| !value.eq_ignore_ascii_case("Off") && primitive(value).is_none())
    }

    /// Remembers the action of the resource `id` for later calls.
    pub fn remember(&self, client: &Client<'_>, id: &str) {
        if let Ok(bytes) = serde_json::to_vec(self) {
            client.host().cache(&cache_key(id), &bytes, CACHE_TTL_MS);
        }
    }

    /// What an earlier call remembered about the resource `id`.
    pub fn recall(client: &Client<'_>, id: &str) -> Option<Self> {
        serde_json::from_slice(&client.host().cached(&cache_key(id))?).ok()
    }
}

fn cache_key(id: &str) -> String {
    format!("reset {id}")
}

/// The make's own action for a primitive, unless the BMC lists its values and the one for the primitive is not among them.
fn oem_target(
    client: &Client<'_>,
    resource: &Resource,
    action: &OemAction,
    notes: &mut Vec<Fact>,
) -> Result<Option<OemTarget>, Failure> {
    let Some(found) = action.of(resource) else {
        return Ok(None);
    };
    let Some(target) = OemAction::target(found) else {
        return Ok(None);
    };
    let listed = advertised(client, &Resource::new(found.clone()), &[], notes)?;
    let value = match &listed {
        Some(values) => values
            .iter()
            .find(|value| value.eq_ignore_ascii_case(action.value))
            .cloned(),
        None => Some(action.value.to_owned()),
    };
    Ok(value.map(|value| OemTarget {
        what: reset_type(action.what).to_owned(),
        target,
        value,
        off_first: action.off_first,
        advertised: listed.is_some(),
    }))
}

/// The reset types that the BMC lists for the action at `place`.
fn advertised(
    client: &Client<'_>,
    resource: &Resource,
    place: &[&str],
    notes: &mut Vec<Fact>,
) -> Result<Option<Vec<String>>, Failure> {
    parameter_values(client, resource, place, "ResetType", notes)
}

/// The values that the BMC lists for a parameter of the action at `place`, in the resource or behind `@Redfish.ActionInfo`.
pub(crate) fn parameter_values(
    client: &Client<'_>,
    resource: &Resource,
    place: &[&str],
    parameter: &str,
    notes: &mut Vec<Fact>,
) -> Result<Option<Vec<String>>, Failure> {
    let annotation = format!("{parameter}@Redfish.AllowableValues");
    let inline = resource.texts(&[place, &[annotation.as_str()]].concat());
    if let Some(values) = inline.filter(|values| !values.is_empty()) {
        return Ok(Some(values));
    }
    let Some(path) = resource
        .text(&[place, &["@Redfish.ActionInfo"]].concat())
        .and_then(path_of)
    else {
        return Ok(None);
    };
    match client.get(&path) {
        Ok(info) => Ok(values_of(&info, parameter)),
        Err(failure) => {
            notes.push(note_lasting(&path, failure)?);
            Ok(None)
        }
    }
}

/// A manager that was shut down is out of reach, so that of its known values only the restarts are kept.
fn kept(mut values: Vec<String>, manager: bool) -> Vec<String> {
    let restarts = |value: &String| match primitive(value) {
        Some(what) => matches!(what, Primitive::GracefulRestart | Primitive::ForceRestart),
        None => !value.eq_ignore_ascii_case("Off"),
    };
    if manager {
        values.retain(restarts);
    }
    values
}

fn values_of(info: &Resource, parameter: &str) -> Option<Vec<String>> {
    let parameters = info.at(&["Parameters"])?.as_array()?;
    let named = parameters
        .iter()
        .find(|p| p.get("Name").and_then(Value::as_str) == Some(parameter))?;
    let values = Resource::new(named.clone()).texts(&["AllowableValues"])?;
    (!values.is_empty()).then_some(values)
}

/// As [`note`], for a resource that decides what can be switched and how: a failure that may pass is passed on too, since leaving the
/// resource out would make a component or an ability vanish until the next survey.
pub(crate) fn note_lasting(path: &str, failure: Failure) -> Result<Fact, Failure> {
    if is_passing(&failure) {
        return Err(Failure {
            text: format!("{path}: {}", failure.text),
            ..failure
        });
    }
    note(path, failure)
}

/// Makes a fact of a failure that concerns one resource only, and passes on one that concerns the whole BMC or call.
pub(crate) fn note(path: &str, failure: Failure) -> Result<Fact, Failure> {
    use switchyard_driver_sdk::Cause;
    match failure.cause {
        Cause::NotFound => Ok(fact("dangling", path)),
        Cause::Unreachable | Cause::Tls | Cause::Auth | Cause::Cancelled | Cause::RefusedByHost => {
            Err(failure)
        }
        _ => Ok(fact("unreadable", format!("{path}: {}", failure.text))),
    }
}
