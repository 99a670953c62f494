//! `/v2/holds`.

use serde::{Deserialize, Serialize};

/// The answer of `GET /v2/holds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HoldList {
    /// The holds that hold now, oldest first.
    pub holds: Vec<Hold>,
}

/// Components on which only the allowed may act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// Its id.
    pub id: String,
    /// The components, folded into a set expression.
    pub components: String,
    /// How many these are.
    pub count: u32,
    /// Why.
    pub reason: String,
    /// Who placed it.
    pub by: String,
    /// When.
    pub at: String,
    /// Until when.
    pub until: String,
    /// Who may act all the same, besides who placed it.
    pub allow: Vec<String>,
    /// Components with work that has begun and goes on, folded; in the answer to the request alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goes_on: Option<String>,
}
