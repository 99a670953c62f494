//! The body of a v2 error (RFC 9457).

use serde::{Deserialize, Serialize};

/// What every `type` begins with; the code follows.
pub const TYPE_PREFIX: &str = "urn:switchyard:problem:";
/// The content type of an error.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// An error of v2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// [`TYPE_PREFIX`] and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time.
    pub detail: String,
    /// The stable code, for programs.
    pub code: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Everything that stands in the way, when the code is `request.refused`, `request.conflict` or `plan.changed`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Obstacle>,
    /// The transition that the plan has become, when the code is `plan.executed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition: Option<String>,
}

/// One of several things that stand in the way of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Obstacle {
    /// The stable code, for programs.
    pub code: String,
    /// What is wrong.
    pub detail: String,
    /// The components that it is about, folded into a set expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub components: Option<String>,
    /// How many these are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}
