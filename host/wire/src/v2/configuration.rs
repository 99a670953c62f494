//! `/v2/configurations`: requests to set power limits, boot or indicator, or to read the limits of many components.

use serde::{Deserialize, Serialize};

use super::OnRefused;
use super::setting::SettingReading;
use super::task::{Failure, WaitingFor};
use super::transition::Counts;
use crate::pcs::TransitionStatus;
use crate::standing::Standing;

/// The body of `POST /v2/configurations`: components, and exactly one of `limits`, `boot`, `indicator` and `read`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfigurationRequest {
    /// Names and set expressions such as `x1000c[0-7]s0b0n[0-1]`.
    #[serde(default)]
    pub components: Vec<String>,
    /// Power limits to set; those not named stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Vec<WantedLimit>>,
    /// A boot override to set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<WantedBoot>,
    /// A light to set: `off`, `lit` or `blinking`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indicator: Option<String>,
    /// What to read instead of setting anything: `limits`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<String>,
    /// What is wanted when some component is refused.
    #[serde(default)]
    pub on_refused: OnRefused,
    /// How it is done.
    #[serde(flatten)]
    pub options: SettingOptions,
    /// Whether only to tell what would become of each component. Nothing is stored or sent.
    #[serde(default)]
    pub dry_run: bool,
    /// Whether the caller means it although the request is large.
    #[serde(default)]
    pub confirm: bool,
}

/// How settings are made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SettingOptions {
    /// How long a task may wait to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_within_seconds: Option<u64>,
    /// How long a change is read back, from its first send; 120 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_within_seconds: Option<u64>,
    /// Why, in the caller's words; stronger than the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether protected components are meant as well.
    pub force: bool,
}

/// One power limit to set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WantedLimit {
    /// The BMC's name for it or the driver's id; may be left out when the component has but one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The limit in watts; null or 0 lifts it.
    pub watts: Option<f64>,
}

/// A boot override to set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WantedBoot {
    /// From what, such as `pxe`; `none` lifts the override.
    pub source: String,
    /// For how long: `once`, unless given, `continuous` or `disabled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// How the firmware starts: `legacy` or `uefi`; as it is, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
}

/// The body of `PATCH /v2/components/{id}/limits`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitsPatch {
    /// The limits; those not named stay.
    pub limits: Vec<WantedLimit>,
    /// How it is done.
    #[serde(flatten)]
    pub options: SettingOptions,
}

/// The body of `PUT /v2/components/{id}/boot`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BootPut {
    /// The override.
    pub boot: WantedBoot,
    /// How it is done.
    #[serde(flatten)]
    pub options: SettingOptions,
}

/// The body of `PUT /v2/components/{id}/indicator`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IndicatorPut {
    /// The light: `off`, `lit` or `blinking`.
    pub light: String,
    /// How it is done.
    #[serde(flatten)]
    pub options: SettingOptions,
}

/// The answer of `GET /v2/configurations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfigurationList {
    /// The configurations, newest first.
    pub configurations: Vec<ConfigurationSummary>,
    /// What to send as `cursor` for the next page; absent on the last.
    #[serde(default)]
    pub next: Option<String>,
}

/// A configuration without its components.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationSummary {
    /// Its id.
    pub id: String,
    /// What it is about: `limits`, `boot`, `indicator`, or `snapshot` when limits are only read.
    pub track: String,
    /// How it stands.
    pub status: TransitionStatus,
    /// Who asked.
    pub requested_by: String,
    /// Why, in the caller's words.
    #[serde(default)]
    pub reason: Option<String>,
    /// The id of the request that brought it.
    pub request_id: String,
    /// When it was accepted.
    pub created_at: String,
    /// When somebody asked to cancel it.
    #[serde(default)]
    pub cancel_asked_at: Option<String>,
    /// When its last task ended.
    #[serde(default)]
    pub ended_at: Option<String>,
    /// How its components stand.
    pub counts: Counts,
}

/// A configuration with what became of each component that it names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// The configuration.
    #[serde(flatten)]
    pub summary: ConfigurationSummary,
    /// Its components, in the order of the request.
    pub members: Vec<ConfigurationMember>,
}

/// What a request would do: the answer to a dry run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationPreview {
    /// What the request is about, as in [`ConfigurationSummary::track`].
    pub track: String,
    /// Its components, in the order of the request.
    pub members: Vec<ConfigurationMember>,
}

/// One component's part of a configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationMember {
    /// The name as the caller sent it.
    pub name: String,
    /// The component, unless the name was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The task that works on it, unless the name was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Whether the task is the request's `own`, or it has `joined` that of another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// How it stands.
    pub standing: Standing,
    /// Where the task stands: `queued`, `reading`, `backoff`, `intent`, `pending`, `verifying`, `refused`, `closing` or `done`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// How it ended: `verified`, `already`, `read`, `failed`, `timed-out`, `superseded`, `cancelled`, `cancelled-after-send`, or
    /// `refused` when the name was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Once it has ended: whether a reading shows that the component is as asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
    /// When it ended for this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// The same in a sentence.
    pub description: String,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitingFor>,
    /// What the component was set to before anything was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<SettingReading>,
    /// What the last reading shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<SettingReading>,
    /// What went wrong, in the BMC's own words where it spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Everything that cannot be set as it is wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<SettingProblem>,
    /// The tries to send, oldest first; the last few of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<SettingAttempt>,
    /// What became of the request for this component when it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<SettingDisposition>,
}

/// Why something cannot be set as it is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SettingProblem {
    /// The stable code, such as `limit.out-of-range`.
    pub code: String,
    /// The same in a sentence.
    pub text: String,
}

/// One try to send a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SettingAttempt {
    /// The permit that was spent.
    pub permit: String,
    /// When the intent was committed.
    pub intent_at: String,
    /// When its result was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// `not-sent`, `maybe-sent` or `answered`; absent while in flight, and for ever when the service died meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
    /// The status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What was said when the change was not simply accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// What became of a request for one component when it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SettingDisposition {
    /// `starts`, `queues`, `joins` or `refused`.
    pub name: String,
    /// The task in front, when it queues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<String>,
    /// Waiting tasks whose place it took.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Superseded>,
}

/// A task that a request took the place of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Superseded {
    /// The task.
    pub task: String,
    /// The configuration that made it.
    pub configuration: String,
}

/// The body of `POST /v2/configurations/{id}/cancel`, which may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfigurationCancel {
    /// Why, in the caller's words; stronger than the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The answer to a cancel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationCancelled {
    /// The components whose tasks end, as a set expression.
    pub ending: String,
    /// The components whose tasks go on for others, as a set expression.
    pub going_on: String,
    /// Whether it was asked for before.
    #[serde(default)]
    pub asked_before: bool,
}
