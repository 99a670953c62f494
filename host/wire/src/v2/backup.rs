//! `POST /v2/backup`.

use serde::{Deserialize, Serialize};

/// The body of `POST /v2/backup`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BackupRequest {
    /// Whether the encrypted credential file goes with it. Its key never does.
    #[serde(default)]
    pub credentials: bool,
    /// Why, for the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Backup {
    /// The file, on the machine of the service.
    pub file: String,
    /// Its length, in bytes.
    pub bytes: u64,
    /// The moment of which it is.
    pub at: String,
    /// How many files are in it beside the database.
    pub files: usize,
}
