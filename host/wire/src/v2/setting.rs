//! What a component is set to and what it draws: `GET /v2/components/{id}/limits`, `/boot`, `/indicator` and `/readings`.

use serde::{Deserialize, Serialize};

use super::task::Fact;

/// The answer of `GET /v2/components/{id}/limits`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ComponentLimits {
    /// The component.
    pub component: String,
    /// When the reading was asked for.
    pub read_at: String,
    /// Its power limits; none when the BMC shows none at the moment.
    pub limits: Vec<PowerLimit>,
}

/// One power limit as the BMC has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PowerLimit {
    /// The driver's own word for it.
    pub id: String,
    /// The BMC's name for it.
    pub name: String,
    /// The limit in watts; absent when none is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watts: Option<f64>,
    /// The least that can be set, where the BMC tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The most that can be set, where the BMC tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// What keeps to it: `automatic`, `override`, `manual`, `disabled` or `unknown`.
    pub mode: String,
    /// Whether it can be set right now.
    pub writable: bool,
    /// What else is known, such as `why-not-writable`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
}

/// The answer of `GET /v2/components/{id}/boot`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ComponentBoot {
    /// The component.
    pub component: String,
    /// When the reading was asked for.
    pub read_at: String,
    /// The override.
    #[serde(flatten)]
    pub boot: BootOverride,
}

/// A boot override as the BMC has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BootOverride {
    /// From what, such as `pxe` or `disk`; `none` is the machine's own order.
    pub source: String,
    /// For how long: `disabled`, `once` or `continuous`.
    pub duration: String,
    /// How the firmware starts: `legacy`, `uefi` or `unspecified`.
    pub firmware: String,
    /// The BMC's own word for the source.
    pub raw: String,
    /// What can be set; empty when the BMC does not say.
    pub sources: Vec<String>,
    /// Whether it can be set right now.
    pub writable: bool,
    /// What else is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
}

/// The answer of `GET /v2/components/{id}/indicator`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ComponentIndicator {
    /// The component.
    pub component: String,
    /// When the reading was asked for.
    pub read_at: String,
    /// The light.
    #[serde(flatten)]
    pub indicator: Indicator,
}

/// The light by which people find a machine, as the BMC has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Indicator {
    /// `off`, `lit`, `blinking` or `unknown`.
    pub light: String,
    /// The BMC's own word for it.
    pub raw: String,
    /// What can be set; empty when the BMC does not say.
    pub lights: Vec<String>,
    /// What else is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
}

/// The answer of `GET /v2/components/{id}/readings`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ComponentReadings {
    /// The component.
    pub component: String,
    /// When the reading was asked for.
    pub read_at: String,
    /// Its meters.
    pub meters: Vec<Meter>,
}

/// What one meter shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Meter {
    /// The driver's own word for it.
    pub id: String,
    /// The BMC's name for it.
    pub name: String,
    /// Now, in watts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watts: Option<f64>,
    /// The least of the window, in watts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The most of the window, in watts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The mean of the window, in watts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average: Option<f64>,
    /// The window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_ms: Option<u64>,
    /// What else is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
}

/// A reading of a setting within a configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SettingReading {
    /// When it was asked for.
    pub at: String,
    /// The power limits, on the tracks `limits` and `snapshot`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Vec<PowerLimit>>,
    /// The boot override, on the track `boot`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<BootOverride>,
    /// The indicator, on the track `indicator`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indicator: Option<Indicator>,
}
