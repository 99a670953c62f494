//! `/v2/drivers` and what lies below it.

use serde::{Deserialize, Serialize};

/// The answer of `GET /v2/drivers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DriverList {
    /// The drivers in order of id.
    pub drivers: Vec<Driver>,
    /// Drivers that were refused lately, at the start or when somebody wanted to install them, the newest last.
    pub refused: Vec<RefusedDriver>,
}

/// A driver with its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Driver {
    /// Its id.
    pub id: String,
    /// A line for people.
    pub summary: String,
    /// The version that every controller uses which is not in the canary.
    pub version: String,
    /// The version before the last promotion, to which a rollback leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<String>,
    /// The version that some controllers try first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<DriverCanary>,
    /// How many controllers it speaks to.
    pub controllers: usize,
    /// Its versions, oldest first.
    pub versions: Vec<DriverVersion>,
}

/// A version that some controllers try first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DriverCanary {
    /// The version.
    pub version: String,
    /// The controllers, folded. Those that another driver speaks to do not count until this one does.
    pub controllers: String,
    /// How many these are.
    pub count: usize,
}

/// One version of a driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DriverVersion {
    /// The version.
    pub version: String,
    /// `standard`, `canary` or `idle`.
    pub role: String,
    /// Where it comes from: `embedded` in the service, `installed`, or a `folder` of the configuration.
    pub source: String,
    /// Who made it, as far as that is known: `embedded`, `signed` or `unsigned`.
    pub provenance: String,
    /// The id of the trusted key that it is signed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// SHA-256 of its component, in hexadecimal digits.
    pub sha256: String,
    /// The version of the contract that it is built for.
    pub contract: String,
    /// What it was built from, when it says so: `captured` answers of devices, `simulated` devices, or `documents` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// A sentence about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// What its manifest wants of the host.
    pub wants: Vec<String>,
    /// What of it the operator grants.
    pub granted: Vec<String>,
    /// The interfaces that its component imports.
    pub imports: Vec<String>,
    /// The interfaces that its component exports.
    pub exports: Vec<String>,
    /// The limits of one call.
    pub limits: DriverLimits,
    /// How its machine code came about.
    pub compilation: Compilation,
    /// What has become of its calls since it was loaded.
    pub calls: DriverCalls,
    /// How many controllers it speaks to.
    pub controllers: usize,
    /// How many components these switch.
    pub components: usize,
    /// These controllers, folded. In the answer for one driver only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller_set: Option<String>,
    /// These components, folded. In the answer for one driver only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_set: Option<String>,
}

/// The limits of one call of a driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DriverLimits {
    /// Linear memory, in bytes.
    pub memory_bytes: u64,
    /// CPU time, in milliseconds.
    pub cpu_ms: u64,
    /// Requests to the BMC.
    pub requests: u32,
    /// Requests to the BMC of a survey, which reads everything.
    pub survey_requests: u32,
    /// Lines in the log.
    pub log_lines: u32,
}

/// How the machine code of a driver came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Compilation {
    /// Whether it was read from the cache.
    pub cached: bool,
    /// How long compiling or reading took, in milliseconds.
    pub took_ms: u64,
}

/// What has become of the calls of a driver since it was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DriverCalls {
    /// All that have ended.
    pub ended: u64,
    /// Those that failed, for whatever reason: mostly the BMC's.
    pub failed: u64,
    /// Those in which the driver trapped or went over a limit.
    pub stopped: u64,
    /// Those that failed since the host kept back what the driver tried.
    pub refused: u64,
    /// When the driver was last stopped or refused something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_stop_at: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_stop: Option<String>,
}

/// A driver that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusedDriver {
    /// Its folder, or what an upload called itself.
    pub what: String,
    /// The stable code.
    pub code: String,
    /// Why, and what to do.
    pub detail: String,
    /// When.
    pub at: String,
}

/// The body of `POST /v2/drivers`, as `multipart/form-data`: the files of a driver as they are.
#[cfg(feature = "openapi")]
#[derive(Debug, utoipa::ToSchema)]
pub struct DriverUpload {
    /// `driver.toml`.
    #[schema(format = Binary, content_media_type = "application/toml")]
    pub manifest: String,
    /// `driver.wasm`.
    #[schema(format = Binary, content_media_type = "application/wasm")]
    pub component: String,
    /// `driver.sig`. It may be left out where the configuration allows unsigned drivers.
    #[schema(format = Binary, content_media_type = "text/plain")]
    pub signature: Option<String>,
}

/// The body of `POST /v2/drivers/{id}/upgrade`. The version is tried by the controllers of all components and controllers that are named,
/// besides those that try it already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpgradeRequest {
    /// The version.
    pub version: String,
    /// Set expressions of components.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// Set expressions of controllers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controllers: Vec<String>,
    /// Why, in place of the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The body of `POST /v2/drivers/{id}/promote`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PromoteRequest {
    /// The version; that of the canary unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Why, in place of the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The body of `POST /v2/drivers/{id}/rollback`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RollbackRequest {
    /// Why, in place of the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
