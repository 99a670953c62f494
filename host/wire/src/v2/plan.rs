//! `POST /v2/plans` and `GET /v2/plans/{id}`.

use serde::{Deserialize, Serialize};

use super::request::TransitionRequest;
use super::transition::{Disposition, Notice};

/// What a request would do, without doing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Its id; a transition that executes it gets the same id.
    pub id: String,
    /// The operation.
    pub operation: String,
    /// Who made it, and alone may execute it.
    pub requested_by: String,
    /// When it was made.
    pub made_at: String,
    /// When it can no longer be executed.
    pub expires_at: String,
    /// The request as it was sent.
    pub request: TransitionRequest,
    /// How many components it names.
    pub resolved: u32,
    /// What to send as `expect` to execute it: the components that it names less those that it refuses.
    pub expect: u32,
    /// Whether it takes a confirmation to send the request without the plan.
    pub needs_confirmation: bool,
    /// What would happen, by kind, in the order `act`, `already`, `blocked`, `held`, `unsupported`, `refused`.
    pub groups: Vec<PlanGroup>,
    /// The order in which components that feed each other are switched. One wave when there are none such.
    pub waves: Vec<PlanWave>,
    /// Components that are not in the request and feed some of it, folded.
    pub parents: String,
    /// Components that are not in the request and are fed by some of it, folded.
    pub children: String,
    /// What it means that those are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// Work in line for the components.
    pub in_flight: Vec<InFlight>,
    /// How long it would take.
    pub estimate: PlanEstimate,
    /// What would happen to each component.
    pub members: Vec<PlanMember>,
    /// The transition that it became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition: Option<String>,
}

/// Components to which the same would happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PlanGroup {
    /// What.
    pub verdict: PlanVerdict,
    /// The stable code of what stands in the way, if anything does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same in a sentence.
    pub text: String,
    /// How many components.
    pub count: u32,
    /// The components, folded.
    pub components: String,
}

/// What would happen to a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PlanVerdict {
    /// It would be switched. With a code: unless what the code says goes on for too long.
    Act,
    /// By its last known state it is there already.
    Already,
    /// It would be accepted, and would fail by what is known now: its state, its lock in SMD, its driver, its login.
    Blocked,
    /// Somebody keeps the caller off it.
    Held,
    /// It does not support the operation.
    Unsupported,
    /// It would be refused for another reason.
    Refused,
}

/// One component of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PlanMember {
    /// The name as the caller sent it.
    pub name: String,
    /// The component, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// What would happen.
    pub verdict: PlanVerdict,
    /// The stable code of what stands in the way, if anything does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same in a sentence.
    pub text: String,
    /// The last state that was read.
    pub state: String,
    /// The age of that reading, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<u64>,
    /// The wave in which it is switched, from 1.
    pub wave: u32,
    /// What would become of the request.
    pub disposition: Disposition,
    /// Whether the request does not name it, but wants what stands above or below to be included.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub included: bool,
}

/// Components that are switched at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanWave {
    /// Which, from 1.
    pub wave: u32,
    /// How many components.
    pub count: u32,
    /// The components, folded.
    pub components: String,
}

/// A transition with work in line for the components.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct InFlight {
    /// The transition.
    pub transition: String,
    /// What it does.
    pub operation: String,
    /// Who asked.
    pub requested_by: String,
    /// How many components.
    pub count: u32,
    /// The components, folded.
    pub components: String,
}

/// How long something takes, which is about right at best.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanEstimate {
    /// The seconds.
    pub seconds: u64,
    /// The same in words.
    pub text: String,
}
