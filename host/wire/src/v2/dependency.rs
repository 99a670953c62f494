//! `GET /v2/dependencies`.

use serde::{Deserialize, Serialize};

/// The answer of `GET /v2/dependencies`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DependencyList {
    /// What the service depends on, in a fixed order.
    pub dependencies: Vec<Dependency>,
}

/// One thing that the service depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Dependency {
    /// Its name: `smd`, `secret-store`, `jwks`, `database`, `disk` or `bmcs`.
    pub name: String,
    /// How it stands: `ok`, `degraded`, `away` or `not-configured`.
    pub state: String,
    /// Since when it stands so.
    pub since: String,
    /// When it last did what was asked of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success_at: Option<String>,
    /// How old what is kept of it is, in seconds, where something is kept that serves meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_age_seconds: Option<u64>,
    /// Why it does not stand well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What stops while it is away.
    pub stops: String,
    /// What goes on meanwhile.
    pub goes_on: String,
    /// How long that lasts, and what ends it.
    pub lasts: String,
}
