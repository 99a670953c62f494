//! `/power-status`.

use serde::{Deserialize, Serialize};

/// `POST /power-status`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::PowerStatusRequest))]
#[serde(rename_all = "camelCase", default)]
pub struct PowerStatusRequest {
    /// The components asked for; all known ones when empty.
    pub xname: Vec<String>,
    /// Only components in this state: `on`, `off` or `undefined`; empty for every state.
    pub power_state_filter: String,
    /// Only components of this management state: `available` or `unavailable`; empty for both.
    pub management_state_filter: String,
}

/// The answer of `GET` and `POST /power-status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::PowerStatusList))]
pub struct PowerStatusList {
    /// One entry for each component.
    pub status: Vec<PowerStatus>,
}

/// What is known of one component's power.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = pcs::PowerStatus))]
#[serde(rename_all = "camelCase")]
pub struct PowerStatus {
    /// The component.
    pub xname: String,
    /// `on`, `off` or `undefined`; empty for an unknown component.
    pub power_state: String,
    /// `available` or `unavailable`; empty for an unknown component.
    pub management_state: String,
    /// Why nothing is known. Always empty for known components: some clients take it for the state.
    pub error: String,
    /// The operations that the component supports, null for an unknown component.
    pub supported_power_transitions: Option<Vec<String>>,
    /// When state or availability last changed (RFC 3339); empty for an unknown component.
    pub last_updated: String,
}
