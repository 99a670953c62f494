//! Actions of a make's own, found in the tree and never guessed.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use switchyard_driver_sdk::Primitive;

use crate::resource::{Resource, path_of};

/// An action of a make's own that stands for a primitive.
#[derive(Debug, Clone, Copy)]
pub struct OemAction {
    /// The primitive.
    pub what: Primitive,
    /// The action's name, without `#`, as in `HpeComputerSystemExt.SystemReset`.
    pub action: &'static str,
    /// The value of its `ResetType`.
    pub value: &'static str,
    /// Whether the power must be off before.
    pub off_first: bool,
}

/// An action of a make's own as a resource has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OemTarget {
    /// The standard's name of the primitive that it stands for.
    pub what: String,
    /// The path that takes the request.
    pub target: String,
    /// The value of `ResetType`.
    pub value: String,
    /// Whether the power must be off before.
    pub off_first: bool,
    /// Whether the BMC lists the value.
    pub advertised: bool,
}

/// How deep actions are looked for below `Oem`: some makes put them under their own name once more.
const DEPTH_MAX: usize = 3;

impl OemAction {
    /// The action in a resource: in `Actions.Oem`, or in the `Oem` part of the resource.
    pub(crate) fn of<'r>(&self, resource: &'r Resource) -> Option<&'r Value> {
        [resource.at(&["Actions", "Oem"]), resource.at(&["Oem"])]
            .into_iter()
            .flatten()
            .find_map(|place| self.below(place, DEPTH_MAX))
    }

    fn below<'v>(&self, place: &'v Value, depth: usize) -> Option<&'v Value> {
        let members = place.as_object()?;
        let named = members.iter().find(|(name, action)| {
            name.trim_start_matches('#').eq_ignore_ascii_case(self.action) && action.get("target").is_some()
        });
        match named {
            Some((_, action)) => Some(action),
            None if depth > 0 => members.values().find_map(|inner| self.below(inner, depth - 1)),
            None => None,
        }
    }

    /// The path that takes the request.
    pub(crate) fn target(action: &Value) -> Option<String> {
        action.get("target").and_then(Value::as_str).and_then(path_of)
    }
}
