//! Holds: how people keep daemons off components.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use switchyard_core::{ComponentId, Timestamp};
use uuid::Uuid;

/// The id of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HoldId(pub Uuid);

impl fmt::Display for HoldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for HoldId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::parse_str(text).map(Self)
    }
}

/// A set of components on which only the allowed may act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRecord {
    /// Its id.
    pub id: HoldId,
    /// The components, in order of id.
    pub components: Vec<ComponentId>,
    /// Why, in the words of who placed it.
    pub reason: String,
    /// Who placed it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Who may act all the same, besides who placed it.
    pub allow: Vec<String>,
}

impl HoldRecord {
    /// Whether it keeps `who` off at `now`.
    pub fn keeps_off(&self, who: &str, now: Timestamp) -> bool {
        now < self.until && self.by != who && !self.allow.iter().any(|allowed| allowed == who)
    }
}
