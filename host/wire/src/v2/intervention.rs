//! What came of a cancel, a pause, a retry or a resolution.

use serde::{Deserialize, Serialize};

use super::transition::Transition;

/// The answer of `POST /v2/transitions/{id}/cancel`, `POST /v2/tasks/{id}/cancel` and `POST /v2/components/cancel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Cancelled {
    /// The tasks that end. What was being sent ends first, and one last reading says what was left.
    pub ending: Vec<Ending>,
    /// The tasks that go on for others.
    pub going_on: Vec<GoingOn>,
    /// Whether it had been asked for before, so that nothing changed.
    pub asked_before: bool,
}

/// A task that ends by a cancel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Ending {
    /// The component.
    pub component: String,
    /// The task.
    pub task: String,
    /// The transition that made it.
    pub transition: String,
    /// What it was to do.
    pub operation: String,
    /// Where it stands.
    pub phase: String,
}

/// A task that goes on for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct GoingOn {
    /// The component.
    pub component: String,
    /// The task.
    pub task: String,
    /// The requests that still want it.
    pub wanted_by: Vec<Wisher>,
}

/// A request that wants a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Wisher {
    /// The transition.
    pub transition: String,
    /// What it asked for.
    pub operation: String,
    /// Who asked.
    pub requested_by: String,
}

/// The answer of the routes that pause and resume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Paused {
    /// What happened to each task.
    pub tasks: Vec<PausedTask>,
    /// How many changed.
    pub changed: u32,
    /// How many stayed as they were.
    pub unchanged: u32,
}

/// What a pause or its end did to a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PausedTask {
    /// The component.
    pub component: String,
    /// The task.
    pub task: String,
    /// `paused`, `resumed`, `absorbed`, `refused`, or `unchanged`.
    pub result: String,
    /// Why nothing changed, or what the task shares now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The answer of the routes that try again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Retried {
    /// The new transition.
    pub transition: Transition,
    /// What it leaves out, and why.
    pub left_out: Vec<LeftOut>,
}

/// Components that are not tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeftOut {
    /// `succeeded`, `unfinished`, `uncertain`, `superseded`, `cancelled` or `cannot-help`.
    pub why: String,
    /// The same in a sentence.
    pub text: String,
    /// How many components.
    pub count: u32,
    /// The components, folded.
    pub components: String,
}

/// The answer of `POST /v2/components/resolve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Resolved {
    /// How many components were uncertain and are no more.
    pub count: u32,
    /// These, folded.
    pub components: String,
    /// Those that were not uncertain, folded.
    pub unchanged: String,
}
