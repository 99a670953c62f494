//! `POST /v2/components/{id}/diagnose`.

use serde::{Deserialize, Serialize};

use super::task::Failure;

/// What was found on the way to a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// The component.
    pub component: String,
    /// The controller that switches it; absent when none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<String>,
    /// Where the controller answers, such as `https://10.4.7.20`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whether no step failed.
    pub ok: bool,
    /// The steps in order. What follows a failed one is skipped.
    pub steps: Vec<DiagnosisStep>,
    /// What a call of the controller last met, before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<Failure>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure_at: Option<String>,
}

/// One step on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DiagnosisStep {
    /// `name`, `connect`, `tls`, `breaker`, `login`, `driver` or `read`; `controller` alone when nothing switches the component.
    pub step: String,
    /// What came of it.
    pub outcome: StepOutcome,
    /// The same in a sentence.
    pub text: String,
    /// How long it took, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// The stable code of what went wrong, as in [`Failure::code`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// It is as it should be.
    Ok,
    /// It is what stands in the way.
    Failed,
    /// It was not made: there is no such step here, or one before it failed.
    Skipped,
    /// It works, and something about it should be looked at.
    Warning,
}
