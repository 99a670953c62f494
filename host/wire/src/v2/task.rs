//! `GET /v2/tasks/{id}`.

use serde::{Deserialize, Serialize};

use crate::standing::Standing;

/// One component's part of a transition, with everything that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// Its id.
    pub id: String,
    /// The component.
    pub component: String,
    /// The controller through which it is switched.
    pub controller: String,
    /// The transition that made it.
    pub transition: String,
    /// The requests that share it, or shared it to its end, in the order in which they came.
    #[serde(default)]
    pub requests: Vec<TaskRequest>,
    /// The operation, such as `hard-restart`.
    pub operation: String,
    /// How it stands.
    pub standing: Standing,
    /// Where it stands, such as `queued`, `intent`, `verifying`, `done`.
    pub phase: String,
    /// The same in a sentence.
    pub description: String,
    /// The present step of the plan, from 0.
    pub step: u32,
    /// The steps, such as `shutdown`, `force-off`, `on`; empty until the component has been read.
    pub plan: Vec<String>,
    /// How it ended.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// What shows that it is done; absent where nothing does.
    #[serde(default)]
    pub proof: Option<Proof>,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitingFor>,
    /// How long each step may take from its first send.
    pub deadline: Deadline,
    /// When waiting for the first send of the present step ends the task.
    pub start_by: String,
    /// When the present step was first sent.
    #[serde(default)]
    pub step_since: Option<String>,
    /// Whether a cancel was asked for.
    pub cancel_asked: bool,
    /// Whether it has stepped out of the line.
    #[serde(default)]
    pub paused: bool,
    /// Whether the operating system of the component has started, by its last reading, where the BMC tells.
    #[serde(default)]
    pub booted: Option<bool>,
    /// When it was accepted.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// Every try of a step, oldest first.
    pub attempts: Vec<Attempt>,
}

/// A request that shares a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TaskRequest {
    /// The transition.
    pub transition: String,
    /// What it asked for, which may be less than what the task does.
    pub operation: String,
    /// Who asked.
    pub requested_by: String,
    /// Why, in the caller's words.
    #[serde(default)]
    pub reason: Option<String>,
    /// When it came.
    pub created_at: String,
}

/// How a task ended. Which of the optional keys are there depends on the name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// `verified`, `already`, `unproven`, `failed`, `timed-out`, `superseded`, `absorbed`, `cancelled`, `cancelled-after-send` or
    /// `uncertain`.
    pub name: String,
    /// Whether the request was fulfilled as far as anyone can tell.
    pub success: bool,
    /// Whether a reading from the BMC shows that the component is as asked. Whoever fences a machine acts on nothing less.
    #[serde(default)]
    pub confirmed: bool,
    /// When.
    pub at: String,
    /// The controller that did it, or that showed it to be done already; absent where nothing was sent and nothing was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<String>,
    /// When the reading that confirms it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<String>,
    /// What confirms it, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Why it failed: `wrong-state`, `unsupported`, `no-primitive`, `not-prepared`, `refused`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The power state that forbade it, or that a cancel left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The primitive that was refused or is uncertain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primitive: Option<String>,
    /// Whether anything had been sent when the time ran out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<bool>,
    /// The transition that took its place, or the task that its requests share now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What was said by the BMC, the host or the driver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// What shows that a task is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Proof {
    /// A reading of the wanted state; after the send, unless the component was there already.
    Reading {
        /// The state.
        state: String,
        /// The BMC's own word for it.
        raw: String,
        /// When the reading was asked for.
        at: String,
        /// What else the BMC said that can prove a restart.
        evidence: Vec<Fact>,
    },
    /// A piece of evidence that changed since before the send.
    Evidence {
        /// Its name, such as `last-reset-time`.
        name: String,
        /// Its value before.
        before: String,
        /// Its value after.
        after: String,
        /// When the reading was asked for.
        at: String,
    },
    /// The component was seen leaving the on state after the send, and is on again.
    SeenOff {
        /// When it was seen on again.
        at: String,
    },
    /// The controller, which the step was to take down, stopped answering after the send, and answers again.
    SeenAway {
        /// When it was seen again.
        at: String,
    },
}

/// One name and value that a driver reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fact {
    /// The name.
    pub name: String,
    /// The value, opaque.
    pub value: String,
}

/// What a task waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitingFor {
    /// `turn`, `order`, `off-above`, `work-below`, `controller-down`, `controller-busy`, `hold`, `stagger`, `resume`, `reading`, `retry`, `answer`,
    /// `bmc-task`, `credentials`, `reservation` or `proof`.
    pub what: String,
    /// The same in a sentence.
    pub text: String,
    /// When the wait ends at the latest, or when the next try is made; absent where only the operator ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// How long each step of a task may take from its first send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Deadline {
    /// The last step is not confirmed.
    SkipConfirmation,
    /// This long.
    Within {
        /// The time in seconds.
        seconds: u64,
    },
    /// Until the record of the request expires.
    Unbounded,
}

/// One try to send a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The permit that was spent.
    pub permit: String,
    /// The step of the plan, from 0.
    pub step: u32,
    /// What was sent, such as `graceful-shutdown`.
    pub primitive: String,
    /// The controller that it was sent to.
    #[serde(default)]
    pub controller: String,
    /// When the intent was committed.
    pub intent_at: String,
    /// When its result was known.
    #[serde(default)]
    pub ended_at: Option<String>,
    /// `not-sent`, `maybe-sent` or `answered`; absent while in flight, and for ever when the service died meanwhile.
    #[serde(default)]
    pub delivery: Option<String>,
    /// What an answer proves about execution: `no`, `accepted` or `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executed: Option<String>,
    /// The status of the answer.
    #[serde(default)]
    pub status: Option<u16>,
    /// What was said when the request was not simply accepted.
    #[serde(default)]
    pub failure: Option<Failure>,
}

/// A failed call, in the BMC's own words where it spoke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The stable code, such as `bmc.unreachable`.
    pub code: String,
    /// The status of the answer, when there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The BMC's message ids.
    #[serde(default)]
    pub codes: Vec<String>,
    /// The words.
    pub text: String,
    /// How long the BMC asks to wait, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}
