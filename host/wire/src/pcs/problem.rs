//! The body of a v1 error (RFC 7807), in PCS's order of keys.

use serde::{Deserialize, Serialize};

/// An error of v1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::Problem))]
pub struct Problem {
    /// Always `about:blank`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is wrong.
    pub detail: String,
    /// The HTTP status.
    pub status: u16,
    /// The HTTP status in words.
    pub title: String,
}
