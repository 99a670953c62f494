//! Who did what, why and from where: append-only.

use serde::{Deserialize, Serialize};
use switchyard_core::Timestamp;

/// An entry that is stored with what it tells of, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAudit {
    /// When.
    pub at: Timestamp,
    /// Who: a token's subject, or what the caller claims to be.
    pub who: String,
    /// What was done, as a stable dotted name such as `transition.cancel`.
    pub action: String,
    /// To what: an id, or a folded set of components.
    pub target: String,
    /// Why, in the caller's words.
    pub reason: Option<String>,
    /// From which address.
    pub origin: Option<String>,
    /// The id of the HTTP request.
    pub request_id: String,
    /// What else belongs to it.
    pub detail: serde_json::Value,
}

/// A stored entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Its place: grows with every entry.
    pub seq: i64,
    /// What it says.
    #[serde(flatten)]
    pub entry: NewAudit,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only those of this caller.
    pub who: Option<String>,
    /// Only those whose action begins so.
    pub action: Option<String>,
    /// Only those before this place.
    pub before: Option<i64>,
}
