//! `GET /health`.

use serde::{Deserialize, Serialize};

/// The health of what the service rests on. Clients look for exactly the texts of [`Health::good`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::Health))]
#[serde(rename_all = "PascalCase")]
pub struct Health {
    /// The store.
    pub kv_store: String,
    /// What keeps two processes from doing the same work.
    pub dist_locking: String,
    /// The inventory.
    pub state_manager: String,
    /// The credentials.
    pub vault: String,
    /// What talks to BMCs.
    pub task_runner: String,
}

/// Connected, and the last question was answered.
pub const RESPONSIVE: &str = "connected, responsive";
/// Connected, and the last question was not answered.
pub const NOT_RESPONSIVE: &str = "connected, not responsive";
/// Not connected.
pub const NOT_CONNECTED: &str = "not connected";

impl Health {
    /// Everything well.
    pub fn good() -> Self {
        Self {
            kv_store: RESPONSIVE.to_owned(),
            dist_locking: RESPONSIVE.to_owned(),
            state_manager: RESPONSIVE.to_owned(),
            vault: RESPONSIVE.to_owned(),
            task_runner: format!("{RESPONSIVE}, local mode"),
        }
    }
}
