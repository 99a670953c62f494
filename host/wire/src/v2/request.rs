//! What callers send.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::DeputyKey;

/// The body of `POST /v2/transitions` and of `POST /v2/plans`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TransitionRequest {
    /// `on`, `off`, `soft-off`, `force-off`, `soft-restart`, `hard-restart`, `init`, `reset`, `power-cycle`, `full-power-cycle` or `nmi`.
    /// Needed unless a plan is executed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Names and set expressions such as `x1000c[0-7]s0b0n[0-1]`. Needed unless there is a filter or a plan is executed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// Of these components, or of everything that can be switched when none are named, only those that this filter holds for when the
    /// request comes, such as `power:off group:gpu`. A plan keeps the components that it held for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// How long each step may take from its first send, in minutes; 5 unless given. 0 does not confirm the last step, a negative
    /// number waits until the record expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_minutes: Option<i64>,
    /// How long a task may wait to be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_within_seconds: Option<u64>,
    /// What is wanted when there is work in line.
    #[serde(default)]
    pub if_busy: IfBusy,
    /// What is wanted when some component is refused.
    #[serde(default)]
    pub on_refused: OnRefused,
    /// What is meant besides the components, by the hierarchy.
    #[serde(default)]
    pub include: Include,
    /// How many components may fail: a number such as `5`, or a share of all such as `5%`. When more have failed, what has not been sent is
    /// cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "5%"))]
    pub max_failures: Option<String>,
    /// Why, in the caller's words; stronger than the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A URL that is told when the transition has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<String>,
    /// The plan that is to be executed. Operation, components and options are those of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// How many components a plan must still stand for: those that it names less those that it refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<u32>,
    /// Whether the caller means it although the request is large.
    #[serde(default)]
    pub confirm: bool,
    /// Whether protected components are meant as well.
    #[serde(default)]
    pub force: bool,
    /// By component, the deputy key of whoever holds it in SMD and lends it. With a valid one the service reserves nothing itself. They are
    /// never shown, and no part of a plan: send them when it is executed.
    #[serde(default, skip_serializing_if = "never_shown")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, String>))]
    pub deputy_keys: BTreeMap<String, DeputyKey>,
}

/// Keys are read and never written.
fn never_shown(_keys: &BTreeMap<String, DeputyKey>) -> bool {
    true
}

/// What is wanted when there is work in line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum IfBusy {
    /// Get in line.
    #[default]
    Queue,
    /// Refuse, unless the work in line is what is asked for.
    Reject,
    /// Take the place of everything that waits; active work is never touched.
    Replace,
}

/// What a request is about besides the components that it names, at any distance, as far as something switches it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Include {
    /// Nothing.
    #[default]
    None,
    /// What feeds them.
    Parents,
    /// What they feed.
    Children,
}

/// What is wanted when some component is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OnRefused {
    /// Do nothing at all.
    #[default]
    Reject,
    /// Go on with the others.
    Skip,
}

/// The body of `POST /v2/transitions/{id}/cancel`, `/pause` and `/resume`, which may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Intervention {
    /// Only for these components: names and set expressions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub components: Option<Vec<String>>,
    /// Only for those in this group of `GET /v2/transitions/{id}/failures`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// For a cancel: whether a restart that has begun to turn off is finished.
    #[serde(default)]
    pub finish: bool,
    /// Why, in the caller's words; stronger than the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The body of `POST /v2/transitions/{id}/retry`, which may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetryRequest {
    /// Only these components: names and set expressions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub components: Option<Vec<String>>,
    /// Only those in this group of `GET /v2/transitions/{id}/failures`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether protected components are meant as well.
    #[serde(default)]
    pub force: bool,
    /// Why, in the caller's words; stronger than the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The body of `POST /v2/tasks/{id}/cancel`, `/pause`, `/resume` and `/retry`, which may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskIntervention {
    /// For a cancel: whether a restart that has begun to turn off is finished.
    #[serde(default)]
    pub finish: bool,
    /// Why, in the caller's words; stronger than the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The body of `POST /v2/components/cancel`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ComponentsCancel {
    /// Names and set expressions. Needed unless there is a filter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// Of these components, or of everything that can be switched when none are named, only those that this filter holds for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Whether a restart that has begun to turn off is finished.
    #[serde(default)]
    pub finish: bool,
    /// Why, in the caller's words; stronger than the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The body of `POST /v2/components/resolve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResolveRequest {
    /// Names and set expressions.
    pub components: Vec<String>,
    /// Whether what is uncertain was executed.
    pub verdict: Verdict,
    /// Why, in the caller's words; stronger than the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What somebody knows who looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It was executed.
    Done,
    /// It was not.
    NotDone,
}

/// The body of `POST /v2/holds`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HoldRequest {
    /// Names and set expressions. Needed unless there is a filter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// Of these components, or of everything that can be switched when none are named, only those that this filter holds for now. The
    /// hold is on these, whatever the filter holds for later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Why: whoever is kept off reads it.
    #[serde(default)]
    pub reason: String,
    /// Until when, in RFC 3339; at most 30 days ahead.
    #[serde(default)]
    pub until: String,
    /// Who may act all the same, besides the caller.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
}

/// The body of `POST /v2/emergency-off`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EmergencyOffRequest {
    /// Names and set expressions.
    pub components: Vec<String>,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// How many components these are: another number is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<u32>,
}
