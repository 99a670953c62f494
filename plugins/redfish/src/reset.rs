//! The reset action of a resource: where to send it and which values it takes.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use switchyard_driver_sdk::{Ability, Fact, Failure, Kind, Primitive, fact};

use crate::client::Client;
use crate::error::is_passing;
use crate::resource::{Resource, path_of};
use crate::vocabulary::{primitive, replay, reset_type, times};

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
}

impl Reset {
    /// Finds the reset action of a resource: values inline, else behind `@Redfish.ActionInfo`, else the standard set as assumed.
    /// What could not be read on the way is noted.
    pub fn of(
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
        if let Some(values) = advertised(client, resource, name, notes)? {
            return Ok(Some(Self {
                target,
                values: kept(values, manager),
                advertised: true,
            }));
        }
        let assumed: &[&str] = if manager { &ASSUMED_MANAGER } else { &ASSUMED };
        let values = assumed.iter().map(|value| (*value).to_owned()).collect();
        Ok(Some(Self {
            target,
            values,
            advertised: false,
        }))
    }

    /// The value to send for a primitive, spelled as the BMC does. A graceful shutdown is also what a lone `Off` stands for.
    pub fn spelling(&self, what: Primitive) -> Option<&str> {
        let find = |name: &str| {
            self.values
                .iter()
                .find(|value| value.eq_ignore_ascii_case(name))
                .map(String::as_str)
        };
        find(reset_type(what)).or_else(|| {
            if what == Primitive::GracefulShutdown {
                find("Off")
            } else {
                None
            }
        })
    }

    /// What the action can be asked for.
    pub fn abilities(&self, kind: Kind) -> Vec<Ability> {
        let mut found: Vec<Primitive> = Vec::new();
        for value in &self.values {
            let what = if value.eq_ignore_ascii_case("Off") {
                Some(Primitive::GracefulShutdown)
            } else {
                primitive(value)
            };
            if let Some(what) = what
                && !found.contains(&what)
            {
                found.push(what);
            }
        }
        let ability = |what| {
            let (usual_ms, limit_ms) = times(kind, what);
            Ability {
                what,
                replay: replay(what),
                advertised: self.advertised,
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

/// The values that the BMC lists, in the resource or behind `@Redfish.ActionInfo`.
fn advertised(
    client: &Client<'_>,
    resource: &Resource,
    action: &str,
    notes: &mut Vec<Fact>,
) -> Result<Option<Vec<String>>, Failure> {
    let inline = resource.texts(&["Actions", action, "ResetType@Redfish.AllowableValues"]);
    if let Some(values) = inline.filter(|values| !values.is_empty()) {
        return Ok(Some(values));
    }
    let Some(path) = resource
        .text(&["Actions", action, "@Redfish.ActionInfo"])
        .and_then(path_of)
    else {
        return Ok(None);
    };
    match client.get(&path) {
        Ok(info) => Ok(values_of(&info)),
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

fn values_of(info: &Resource) -> Option<Vec<String>> {
    let parameters = info.at(&["Parameters"])?.as_array()?;
    let reset = parameters
        .iter()
        .find(|p| p.get("Name").and_then(Value::as_str) == Some("ResetType"))?;
    let values = Resource::new(reset.clone()).texts(&["AllowableValues"])?;
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
