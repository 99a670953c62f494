//! Plans: what was shown to somebody before it is executed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use switchyard_core::Timestamp;
use uuid::Uuid;

/// The id of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanId(pub Uuid);

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PlanId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::parse_str(text).map(Self)
    }
}

/// A stored plan. The body is the API's own: the store only keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRecord {
    /// Its id.
    pub id: PlanId,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it can no longer be executed.
    pub expires_at: Timestamp,
    /// What it holds.
    pub body: serde_json::Value,
}
