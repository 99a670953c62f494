//! `/transitions`.

use serde::{Deserialize, Serialize};

use crate::DeputyKey;
use crate::standing::Standing;

/// `POST /transitions`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::TransitionRequest))]
#[serde(rename_all = "camelCase", default)]
pub struct TransitionRequest {
    /// The operation, in any letter case.
    pub operation: String,
    /// The deadline of each step: 5 when absent, 0 skips the confirmation, a negative number waits without end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_deadline_minutes: Option<i64>,
    /// The components.
    pub location: Vec<Location>,
}

/// One component of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::Location))]
#[serde(rename_all = "camelCase", default)]
pub struct Location {
    /// Its name.
    pub xname: String,
    /// The deputy key of a reservation that the caller holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deputy_key: Option<DeputyKey>,
}

/// The answer of `POST /transitions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::TransitionCreated))]
pub struct TransitionCreated {
    /// The id of the new transition.
    #[serde(rename = "transitionID")]
    pub id: String,
    /// The operation as PCS spells it, such as `Soft-Off`.
    pub operation: String,
}

/// The answer of `GET /transitions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::TransitionList))]
pub struct TransitionList {
    /// The transitions, without tasks.
    pub transitions: Vec<Transition>,
}

/// A transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::Transition))]
pub struct Transition {
    /// Its id.
    #[serde(rename = "transitionID")]
    pub id: String,
    /// The operation as PCS spells it.
    pub operation: String,
    /// When it was accepted (RFC 3339).
    #[serde(rename = "createTime")]
    pub created_at: String,
    /// When it will be forgotten (RFC 3339).
    #[serde(rename = "automaticExpirationTime")]
    pub expires_at: String,
    /// How it stands.
    #[serde(rename = "transitionStatus")]
    pub status: TransitionStatus,
    /// How its tasks stand.
    #[serde(rename = "taskCounts")]
    pub counts: TaskCounts,
    /// Its tasks; the key is absent when there are none, and in lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Task>,
}

/// How a transition stands. One whose every task failed is still `completed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TransitionStatus {
    /// Not yet looked at.
    New,
    /// Tasks are unfinished.
    InProgress,
    /// Every task has ended.
    Completed,
    /// Every task has ended, after an abort.
    Aborted,
    /// An abort was asked for, and tasks are unfinished.
    AbortSignaled,
}

impl TransitionStatus {
    /// Whether nothing will change any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Aborted)
    }
}

/// How many tasks of a transition stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::TaskCounts))]
#[serde(rename_all = "kebab-case")]
pub struct TaskCounts {
    /// All of them.
    pub total: u32,
    /// Waiting.
    pub new: u32,
    /// Being worked on.
    pub in_progress: u32,
    /// Ended without success.
    pub failed: u32,
    /// Ended with success.
    pub succeeded: u32,
    /// Not possible. The key has a hyphen, unlike the status of a task.
    #[serde(rename = "un-supported")]
    pub unsupported: u32,
}

/// One component's part of a transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::Task))]
pub struct Task {
    /// The component, as it was named in the request.
    pub xname: String,
    /// How it stands.
    #[serde(rename = "taskStatus")]
    pub status: Standing,
    /// The same in a sentence.
    #[serde(rename = "taskStatusDescription")]
    pub description: String,
    /// What went wrong; the key is absent when nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The answer of `DELETE /transitions/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::AbortAnswer))]
#[serde(rename_all = "camelCase")]
pub struct AbortAnswer {
    /// [`AbortAnswer::ACCEPTED`].
    pub abort_status: String,
}

impl AbortAnswer {
    /// The only text that PCS sends.
    pub const ACCEPTED: &str = "Accepted - abort initiated";

    /// The abort was accepted.
    pub fn accepted() -> Self {
        Self {
            abort_status: Self::ACCEPTED.to_owned(),
        }
    }
}
