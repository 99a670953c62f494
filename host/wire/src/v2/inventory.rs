//! `GET /v2/inventory`.

use serde::{Deserialize, Serialize};

/// What holds of the inventory, and what its sources say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Inventory {
    /// Components.
    pub components: usize,
    /// Controllers.
    pub controllers: usize,
    /// The names of the groups, which set expressions write with an `@`.
    pub groups: Vec<String>,
    /// Whether every source has been read: until then a name that is not there means nothing.
    pub complete: bool,
    /// The sources, the strongest first.
    pub sources: Vec<InventorySource>,
}

/// How a source of the inventory stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct InventorySource {
    /// Its name: `file`, `discovered` or `smd`.
    pub name: String,
    /// Components that it names.
    pub components: usize,
    /// Controllers that it names.
    pub controllers: usize,
    /// Groups that it names.
    pub groups: usize,
    /// When it was last read without a mistake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<String>,
    /// How long ago that was, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<u64>,
    /// Why it could not be read since then; what it said before holds on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<String>,
    /// What of it does not hold, because it contradicts a stronger source or itself.
    pub notes: Vec<String>,
}
