//! `GET /v2/components` and `GET /v2/components/{id}`.

use serde::{Deserialize, Serialize};

use super::task::Failure;

/// The answer of `GET /v2/components`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComponentList {
    /// The components in order of id, without queues.
    pub components: Vec<Component>,
    /// What to send as `cursor` for the next page; absent on the last.
    #[serde(default)]
    pub next: Option<String>,
}

/// A component with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Component {
    /// Its id: an xname or a plain name.
    pub id: String,
    /// What it is as far as power is concerned, such as `node` or `controller`.
    pub kind: String,
    /// Its type as HMS spells it, such as `NodeBMC`; absent for plain names.
    #[serde(rename = "type", default)]
    pub hms_type: Option<String>,
    /// The controller through which it is switched.
    #[serde(default)]
    pub controller: Option<String>,
    /// The last state that was read, `unknown` when it is not known.
    pub state: String,
    /// The BMC's own word for it.
    pub raw: String,
    /// Whether its controller answers.
    pub available: bool,
    /// When the last good reading was made.
    #[serde(default)]
    pub observed_at: Option<String>,
    /// The age of that reading, in milliseconds.
    #[serde(default)]
    pub age_ms: Option<u64>,
    /// When state or availability last changed.
    pub changed_at: String,
    /// The state that the last accepted operation wants: `on` or `off`.
    #[serde(default)]
    pub desired: Option<String>,
    /// The operations that it supports.
    pub supported: Vec<String>,
    /// What the last failed reading met, until one succeeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The tasks in its line, the active one first. Absent in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Vec<QueueEntry>>,
}

/// One task in a component's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct QueueEntry {
    /// The task.
    pub task: String,
    /// The transition that made it.
    pub transition: String,
    /// The operation.
    pub operation: String,
    /// Where it stands.
    pub phase: String,
    /// Who asked.
    pub requested_by: String,
    /// When it was accepted.
    pub created_at: String,
}
