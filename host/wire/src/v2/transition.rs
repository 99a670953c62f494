//! `GET /v2/transitions` and `GET /v2/transitions/{id}`.

use serde::{Deserialize, Serialize};

use super::task::{Failure, WaitingFor};
use crate::pcs::TransitionStatus;
use crate::standing::Standing;

/// The answer of `GET /v2/transitions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TransitionList {
    /// The transitions, newest first.
    pub transitions: Vec<TransitionSummary>,
    /// What to send as `cursor` for the next page; absent on the last.
    #[serde(default)]
    pub next: Option<String>,
}

/// A transition without its components.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TransitionSummary {
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
    /// The transition whose failed parts it tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<String>,
    /// How many components may fail before what has not been sent is cancelled: a number, or a share of all such as `5%`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<String>,
    /// When more had failed, so that what had not been sent was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failures_struck_at: Option<String>,
    /// When it was accepted.
    pub created_at: String,
    /// When somebody asked to cancel it.
    #[serde(default)]
    pub cancel_asked_at: Option<String>,
    /// When its last task ended.
    #[serde(default)]
    pub ended_at: Option<String>,
    /// How its components stand, in PCS's words: what was cancelled or superseded counts as failed there.
    pub counts: Counts,
    /// The same, told apart.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub breakdown: Breakdown,
}

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
    /// The transition whose failed parts it tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<String>,
    /// How many components may fail before what has not been sent is cancelled: a number, or a share of all such as `5%`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<String>,
    /// When more had failed, so that what had not been sent was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failures_struck_at: Option<String>,
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
    /// The same by phase and outcome.
    #[serde(default)]
    pub breakdown: Breakdown,
    /// How fast it goes on, while that can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// What else its caller should know, in the answer to the request alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
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

/// How many components stand in which phase, or ended in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Breakdown {
    /// In line, or waiting to be tried.
    pub queued: u32,
    /// Paused.
    pub paused: u32,
    /// Being read or sent.
    pub running: u32,
    /// Waiting for the next try after something went wrong.
    pub retrying: u32,
    /// Sent; not proven yet.
    pub verifying: u32,
    /// Proven by a reading after the send.
    pub verified: u32,
    /// There already.
    pub already: u32,
    /// Accepted, and nothing could prove it.
    pub unproven: u32,
    /// Failed.
    pub failed: u32,
    /// The time was over.
    pub timed_out: u32,
    /// A contrary request took its place.
    pub superseded: u32,
    /// Cancelled, before or after something was sent.
    pub cancelled: u32,
    /// Whether something was executed is not known.
    pub uncertain: u32,
    /// Refused at once.
    pub refused: u32,
}

/// How fast a transition goes on. It is about right at best.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Estimate {
    /// Components that ended in the last minute.
    pub per_minute: u32,
    /// About how many seconds are left.
    pub seconds_left: u64,
    /// About when it will have ended.
    pub ends_at: String,
}

/// Something that a caller should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// What it is about: `flip-flop` when callers switch components to and fro, in plans `children-left-out` and `parents-left-out`.
    pub code: String,
    /// The same in a sentence.
    pub text: String,
    /// The components, folded into a set expression.
    pub components: String,
    /// How many these are.
    pub count: u32,
    /// Who is involved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub callers: Vec<String>,
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
    /// Whether the task is the request's `own`, or it has `joined` that of another. Absent when the name was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// How it stands.
    pub standing: Standing,
    /// Where the task stands, such as `verifying`; absent when the name was refused.
    #[serde(default)]
    pub phase: Option<String>,
    /// How many requests were begun for the task, in all of its steps and whatever came of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// Whether somebody paused the task.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// The name of the outcome once it has ended, such as `verified`; `refused` when the name was refused.
    #[serde(default)]
    pub outcome: Option<String>,
    /// Once it has ended: whether a reading shows that the component is as asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
    /// When it ended for this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Whether the task went on for others when it ended for this request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub departed: bool,
    /// Whether nobody named it: it stands above or below what was named, and the request wants such to be included.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub included: bool,
    /// The same in a sentence.
    pub description: String,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitingFor>,
    /// What went wrong, in the BMC's own words where it spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What became of the request for this component when it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<Disposition>,
}

/// What became of a request for one component when it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Disposition {
    /// `starts`, `queues`, `joins` or `refused`.
    pub name: String,
    /// The task in front, when it queues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<String>,
    /// Tasks that ended because the request wants the contrary, on the component and below it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Displaced>,
    /// Weaker tasks whose requests share its task now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absorbed: Vec<Displaced>,
    /// The active task that makes way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overtaken: Option<Displaced>,
}

/// A task that a request took the place of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Displaced {
    /// The task.
    pub task: String,
    /// Its component.
    pub component: String,
    /// The transition that made it.
    pub transition: String,
}
