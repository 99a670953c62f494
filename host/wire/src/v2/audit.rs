//! `GET /v2/audit`.

use serde::{Deserialize, Serialize};

/// The answer of `GET /v2/audit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditPage {
    /// The entries, newest first.
    pub entries: Vec<AuditEntry>,
    /// What to send as `cursor` for the next page; absent on the last.
    #[serde(default)]
    pub next: Option<String>,
}

/// Who did what, why and from where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its id; entries with greater numbers are newer.
    pub id: String,
    /// When.
    pub at: String,
    /// Who.
    pub who: String,
    /// What, such as `transition.cancel`.
    pub action: String,
    /// To what: an id, or a folded set of components.
    pub target: String,
    /// Why, in the caller's words.
    #[serde(default)]
    pub reason: Option<String>,
    /// From which address.
    #[serde(default)]
    pub origin: Option<String>,
    /// The id of the HTTP request.
    pub request_id: String,
    /// What else belongs to it.
    pub detail: serde_json::Value,
}
