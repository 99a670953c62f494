//! `GET /v2/transitions/{id}`.

use serde::{Deserialize, Serialize};

use super::task::{Failure, WaitingFor};
use crate::pcs::TransitionStatus;
use crate::standing::Standing;

/// A transition with what became of each component that it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    /// Its id.
    pub id: String,
    /// The operation, such as `soft-off`.
    pub operation: String,
    /// How it stands.
    pub status: TransitionStatus,
    /// Who asked.
    pub requested_by: String,
    /// Why, in the caller's words.
    #[serde(default)]
    pub reason: Option<String>,
    /// The id of the request that brought it.
    pub request_id: String,
    /// When it was accepted.
    pub created_at: String,
    /// When somebody asked to cancel it.
    #[serde(default)]
    pub cancel_asked_at: Option<String>,
    /// When its last task ended.
    #[serde(default)]
    pub ended_at: Option<String>,
    /// How its components stand.
    pub counts: Counts,
    /// Its components, in the order of the request.
    pub members: Vec<Member>,
}

/// How many components of a transition stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// All of them.
    pub total: u32,
    /// Waiting.
    pub new: u32,
    /// Being worked on.
    pub in_progress: u32,
    /// Ended without success, or refused.
    pub failed: u32,
    /// Ended with success.
    pub succeeded: u32,
    /// Not possible for the component.
    pub unsupported: u32,
}

/// One component's part of a transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The name as the caller sent it.
    pub name: String,
    /// The component, unless the name was refused.
    #[serde(default)]
    pub component: Option<String>,
    /// The task that works on it, unless the name was refused.
    #[serde(default)]
    pub task: Option<String>,
    /// How it stands.
    pub standing: Standing,
    /// Where the task stands, such as `verifying`; absent when the name was refused.
    #[serde(default)]
    pub phase: Option<String>,
    /// The name of the outcome once it has ended, such as `verified`; `refused` when the name was refused.
    #[serde(default)]
    pub outcome: Option<String>,
    /// The same in a sentence.
    pub description: String,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitingFor>,
    /// What went wrong, in the BMC's own words where it spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}
