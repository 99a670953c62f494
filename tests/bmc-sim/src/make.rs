//! Makes of BMC: what they show and how they behave beyond the standard, on top of a [`Profile`](crate::Profile).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::power::ResetType;
use crate::profile::Refusal;

/// What a make shows and does beyond the standard. The default is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Make {
    /// Merged into the service root (RFC 7386): `null` takes a property away.
    pub root: Map<String, Value>,
    /// Merged into every system.
    pub system: Map<String, Value>,
    /// Merged into the chassis.
    pub chassis: Map<String, Value>,
    /// Merged into the manager.
    pub manager: Map<String, Value>,
    /// Further resources, by path.
    pub pages: BTreeMap<String, Value>,
    /// Further members, by collection (`Systems`, `Chassis`, `Managers`), before the true ones.
    pub strays: BTreeMap<String, Vec<Value>>,
    /// Actions of the make's own.
    pub actions: Vec<OwnAction>,
    /// How it takes HTTP.
    pub manners: Manners,
    /// For how long it has not digested a change of power.
    pub digestion: Option<Digestion>,
    /// Whether its power policy switches the systems on when it has started itself.
    pub wakes_systems: bool,
    /// Whether a restart takes the power and does not bring it back.
    pub restarts_stay_off: bool,
}

/// An action of a make's own that cuts mains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAction {
    /// Whether the chassis has it; else every system.
    pub of_chassis: bool,
    /// Where in the resource it is found, as in `["Actions", "Oem"]`.
    pub place: Vec<String>,
    /// Its name, without `#`.
    pub name: String,
    /// The value of `ResetType` that it takes.
    pub value: String,
    /// Whether the value is listed in the action.
    pub listed: bool,
    /// How it is refused while the power is on; absent: it works always.
    pub needs_off: Option<Refusal>,
}

/// How a make takes HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Manners {
    /// 406 without `OData-Version` and `Accept` of JSON, 415 for a change without `Content-Type` of JSON.
    pub insists_on_headers: bool,
    /// 406 to `Accept-Encoding: identity`.
    pub refuses_identity: bool,
    /// What a slash at the end of a path means.
    pub slash: Slash,
    /// What becomes of conditions of actions.
    pub actions: ActionCondition,
    /// It closes a connection after a reply without saying so, so that the next request on it is cut.
    pub closes_silently: bool,
    /// The reset of the manager takes no `ResetType`.
    pub bare_manager_reset: bool,
    /// Systems announce the targets of their actions at a place that sends on to the true one with 308.
    pub moved_actions: bool,
}

/// What a slash at the end of a path means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slash {
    /// Nothing.
    #[default]
    Either,
    /// Without it there is nothing.
    Wanted,
    /// With it there is nothing but the root.
    Unwanted,
}

/// What becomes of conditions of actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionCondition {
    /// They are not looked at.
    #[default]
    Ignored,
    /// Any is 412.
    Refused,
    /// The reset of the manager without `*` is 412.
    AnyForManager,
}

/// For how long a change of power is not digested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digestion {
    /// In milliseconds.
    pub ms: u64,
    /// What is refused meanwhile.
    pub resets: Vec<ResetType>,
    /// Whether only switching off takes so long.
    pub after_off_only: bool,
    /// How it is refused.
    pub refusal: Refusal,
}

/// Merges `patch` into `target` (RFC 7386).
pub(crate) fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        match (target.get_mut(name), value) {
            (_, Value::Null) => {
                target.remove(name);
            }
            (Some(Value::Object(inner)), Value::Object(patch)) => merge(inner, patch),
            _ => {
                target.insert(name.clone(), value.clone());
            }
        }
    }
}

impl OwnAction {
    /// The path that takes the request, below that of the resource.
    pub(crate) fn path(&self) -> String {
        format!("/Actions/Oem/{}", self.name)
    }

    /// The action as the resource at `path` shows it.
    pub(crate) fn shown(&self, path: &str) -> Map<String, Value> {
        let mut action =
            Map::from_iter([("target".to_owned(), Value::from(format!("{path}{}", self.path())))]);
        if self.listed {
            action.insert(
                "ResetType@Redfish.AllowableValues".to_owned(),
                Value::from(vec![self.value.clone()]),
            );
        }
        let named = Map::from_iter([(format!("#{}", self.name), Value::Object(action))]);
        self.place.iter().rev().fold(named, |inner, name| {
            Map::from_iter([(name.clone(), Value::Object(inner))])
        })
    }
}
