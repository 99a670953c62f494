//! `GET /v2/endpoints`, `GET /v2/endpoints/{id}` and `POST /v2/endpoints/{id}/try`.

use serde::{Deserialize, Serialize};

use super::task::{Fact, Failure};

/// The answer of `GET /v2/endpoints`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndpointList {
    /// The endpoints in order of id.
    pub endpoints: Vec<Endpoint>,
    /// What to send as `cursor` for the next page; absent on the last.
    #[serde(default)]
    pub next: Option<String>,
}

/// A controller: where it is, whether it is called, and what it said last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// Where it answers, such as `https://10.4.7.20`.
    pub address: String,
    /// The id of the driver that speaks to it; absent while none is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// How the driver was chosen.
    pub selection: Selection,
    /// Whether it is called.
    pub breaker: Breaker,
    /// What it switches, folded, such as `x0c0s0b0n[0-1]`.
    pub components: String,
    /// How fast it may be asked.
    pub pace: Pace,
    /// What is asked of it at this moment, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<Requests>,
    /// When it last answered.
    #[serde(default)]
    pub answered_at: Option<String>,
    /// When a call of it last failed.
    #[serde(default)]
    pub failed_at: Option<String>,
    /// What that call met, in the BMC's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// How the driver of a controller was chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Selection {
    /// Who chose: `inventory`, which names it; `probe`, which recognised the controller; `nobody` yet.
    pub by: String,
    /// The version of the driver that the next call uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The driver that recognised the controller, with its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prober: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probed_at: Option<String>,
    /// What it found out, which the rules of the drivers are held against.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
    /// Why there is no driver, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A circuit breaker: whether a controller is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Breaker {
    /// `closed`: it is called. `open`: it is left alone. `half-open`: one call finds out whether it answers again.
    pub state: String,
    /// Why it is left alone: `unreachable`, `unanswered`, `auth` or `sessions-full`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// From when on the next call tries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// While closed: calls in a row without an answer. Otherwise: tries in a row that failed since it is left alone.
    pub failures: u32,
}

/// How fast a controller may be asked: the stricter of what the operator and the driver say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Pace {
    /// Requests in flight at once.
    pub parallel: u8,
    /// Least time between two requests, in milliseconds.
    pub gap_ms: u64,
    /// Time after a change during which a reading says nothing, in milliseconds.
    pub settle_ms: u64,
    /// Least time between two readings while a change is verified, in milliseconds.
    pub verify_gap_ms: u64,
}

/// What is asked of a controller at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Requests {
    /// Requests in flight.
    pub in_flight: usize,
    /// Requests that wait for their turn.
    pub waiting: usize,
}
