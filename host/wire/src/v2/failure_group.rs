//! `GET /v2/transitions/{id}/failures`.

use serde::{Deserialize, Serialize};

/// What went wrong in a transition, alike with alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailureGroups {
    /// The groups, largest first.
    pub groups: Vec<FailureGroup>,
}

/// Components that met the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FailureGroup {
    /// Names the group: the same for the same code and text in every transition.
    pub fingerprint: String,
    /// The stable code.
    pub code: String,
    /// The words, with `…` for what differs from component to component, such as numbers and names.
    pub text: String,
    /// The words of one of them as they are.
    pub example: String,
    /// How many components met it.
    pub count: u32,
    /// These components, folded into a set expression.
    pub components: String,
    /// How many of them have ended by it; the others are tried again.
    pub ended: u32,
    /// How many of them `POST /v2/transitions/{id}/retry` would try again.
    pub retryable: u32,
    /// What to do next.
    pub hint: String,
}
