//! `/v2/discoveries`, and pins of `/v2/endpoints`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The body of `POST /v2/discoveries`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiscoveryRequest {
    /// Address ranges such as `10.4.7.0/24`, `10.4.8.1-10.4.8.50` or `10.4.9.[1-32]:8443`; `http://` or `ipmi://` in front says what is spoken.
    pub ranges: Vec<String>,
    /// What is spoken where a range does not say: `https`, `http` and `ipmi`; `https` unless given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The answer of `GET /v2/discoveries`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiscoveryList {
    /// The discoveries that are remembered, the latest first.
    pub discoveries: Vec<Discovery>,
}

/// A discovery: who answers at some addresses. Nothing of it is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Discovery {
    /// Its id.
    pub id: String,
    /// The ranges as they were given.
    pub ranges: Vec<String>,
    /// Who asked.
    pub by: String,
    /// When it began.
    pub started_at: String,
    /// When every address had been asked, or it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Whether somebody ended it before every address was asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// How many questions there are to ask: addresses times protocols.
    pub total: usize,
    /// How many were asked.
    pub asked: usize,
    /// Who answers, in order of address.
    pub hosts: Vec<DiscoveredHost>,
}

/// Who answers at an address, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DiscoveredHost {
    /// Its address with the protocol.
    pub address: String,
    /// The version of its Redfish service, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redfish: Option<String>,
    /// Its vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Its product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// The id of its service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// The HTTP status of its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The certificate that it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// The controller of the inventory at this address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<String>,
    /// How far it has come: `found`, `accepting`, `accepted` or `refused`.
    pub state: String,
    /// The components that came with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// The stable code of why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A certificate that a host shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// SHA-256 over its DER form, as `AB:CD:...`.
    pub sha256: String,
    /// Its subject, where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it expires, where that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// The body of `POST /v2/discoveries/{id}/accept`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcceptRequest {
    /// Set expressions over addresses, as in `10.4.7.[1-8]`; with `names`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// The names of their controllers as one set expression, in the order of the addresses: `x1000c0s[0-7]b0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<String>,
    /// Names by address, instead of `hosts` and `names`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mapping: BTreeMap<String, String>,
    /// The name of their credential; `default` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// The id of their driver; unless given, it is found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Fingerprints that hosts must show, by address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fingerprints: BTreeMap<String, String>,
    /// Whether credentials are sent to hosts without a certificate too.
    #[serde(default)]
    pub insecure: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The body of `POST /v2/endpoints/pin`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PinRequest {
    /// Set expressions over controllers.
    pub controllers: Vec<String>,
    /// The fingerprints to pin, by controller, as this route has shown them before. Without it nothing is changed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub confirm: BTreeMap<String, String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The answer of `POST /v2/endpoints/pin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PinList {
    /// The controllers, in order of id.
    pub pins: Vec<EndpointPin>,
    /// How many of them were pinned anew.
    pub stored: usize,
}

/// What a controller is pinned to, and what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct EndpointPin {
    /// The controller.
    pub id: String,
    /// Its address.
    pub address: String,
    /// The fingerprint that held before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<String>,
    /// The certificate that it shows now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presented: Option<Certificate>,
    /// Why none was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Whether it shows another certificate than the one it is pinned to, or is pinned to none.
    pub differs: bool,
}
