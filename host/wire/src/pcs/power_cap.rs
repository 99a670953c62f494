//! `/power-cap`.

use serde::{Deserialize, Serialize};

use super::transition::TaskCounts;

/// `POST /power-cap/snapshot`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::PowerCapSnapshotRequest))]
#[serde(default)]
pub struct PowerCapSnapshotRequest {
    /// The components.
    pub xnames: Vec<String>,
}

/// `PATCH /power-cap`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::PowerCapPatchRequest))]
#[serde(default)]
pub struct PowerCapPatchRequest {
    /// The components.
    pub components: Vec<PowerCapPatch>,
}

/// What is to be set on one component.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::PowerCapPatch))]
#[serde(default)]
pub struct PowerCapPatch {
    /// Its name.
    pub xname: String,
    /// The limits.
    pub controls: Vec<PowerCapControl>,
}

/// One limit to set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::PowerCapControl))]
#[serde(default)]
pub struct PowerCapControl {
    /// The BMC's name for it.
    pub name: String,
    /// The limit in watts; 0 lifts it.
    pub value: i64,
}

/// The answer of `POST /power-cap/snapshot` and `PATCH /power-cap`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::PowerCapCreated))]
pub struct PowerCapCreated {
    /// The id of the new task.
    #[serde(rename = "taskID")]
    pub id: String,
}

/// The answer of `GET /power-cap`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::PowerCapList))]
pub struct PowerCapList {
    /// The tasks, without their components.
    pub tasks: Vec<PowerCap>,
}

/// A task over a set of components.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::PowerCap))]
pub struct PowerCap {
    /// Its id.
    #[serde(rename = "taskID")]
    pub id: String,
    /// Whether limits are read or set.
    #[serde(rename = "type")]
    pub kind: PowerCapKind,
    /// When it was accepted.
    #[serde(rename = "taskCreateTime")]
    pub created_at: String,
    /// When it is forgotten.
    #[serde(rename = "automaticExpirationTime")]
    pub expires_at: String,
    /// How it stands.
    #[serde(rename = "taskStatus")]
    pub status: PowerCapStatus,
    /// How its operations stand: each limit of a component is one.
    #[serde(rename = "taskCounts")]
    pub counts: TaskCounts,
    /// Its components; the key is absent when there are none, and in lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<PowerCapComponent>,
}

/// Whether limits are read or set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::PowerCapKind))]
#[serde(rename_all = "kebab-case")]
pub enum PowerCapKind {
    /// They are read.
    Snapshot,
    /// They are set.
    Patch,
}

/// How a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::PowerCapStatus))]
#[serde(rename_all = "kebab-case")]
pub enum PowerCapStatus {
    /// Nothing was begun.
    New,
    /// It is worked on.
    InProgress,
    /// Everything in it has ended, with success or not.
    Completed,
}

/// What became of one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::PowerCapComponent))]
pub struct PowerCapComponent {
    /// The component, as it was named in the request.
    pub xname: String,
    /// What went wrong; the key is absent when nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Bounds of the whole component, where the BMC tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<PowerCapBounds>,
    /// The limits that were read or set.
    #[serde(rename = "powerCapLimits", default, skip_serializing_if = "Vec::is_empty")]
    pub power_cap_limits: Vec<PowerCapLimit>,
}

/// Bounds of a whole component, in watts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::PowerCapBounds))]
#[serde(rename_all = "camelCase")]
pub struct PowerCapBounds {
    /// The most that can be set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_limit_max: Option<i64>,
    /// The least that can be set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_limit_min: Option<i64>,
    /// What it draws when it powers up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub powerup_power: Option<i64>,
}

/// One limit, in watts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::PowerCapLimit))]
#[serde(rename_all = "camelCase")]
pub struct PowerCapLimit {
    /// The BMC's name for it.
    pub name: String,
    /// The limit; 0 when none is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_value: Option<i64>,
    /// The most that can be set, where the BMC tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_value: Option<i64>,
    /// The least that can be set, where the BMC tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_value: Option<i64>,
}
