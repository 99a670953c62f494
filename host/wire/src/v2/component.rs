//! `GET /v2/components` and `GET /v2/components/{id}`.

use serde::{Deserialize, Serialize};

use super::task::{Failure, WaitingFor};

/// The answer of `GET /v2/components`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComponentList {
    /// The components in order of id, without queues.
    pub components: Vec<Component>,
    /// What to send as `cursor` for the next page; absent on the last.
    #[serde(default)]
    pub next: Option<String>,
}

/// A component with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Component {
    /// Its id: an xname or a plain name.
    pub id: String,
    /// What it is as far as power is concerned, such as `node` or `controller`.
    pub kind: String,
    /// Its type as HMS spells it, such as `NodeBMC`; absent for plain names.
    #[serde(rename = "type", default)]
    pub hms_type: Option<String>,
    /// The controller through which it is switched.
    #[serde(default)]
    pub controller: Option<String>,
    /// The second controller, which is asked when the first cannot be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    /// How the breaker of that controller stands: `closed` when it is asked as usual, `open` or `half-open` after failures.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// The last state that was read, `unknown` when it is not known.
    pub state: String,
    /// The BMC's own word for it.
    pub raw: String,
    /// Whether its controller answers.
    pub available: bool,
    /// When the last good reading was made.
    #[serde(default)]
    pub observed_at: Option<String>,
    /// Through which controller that was, when it was the second one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_through: Option<String>,
    /// The age of that reading, in milliseconds.
    #[serde(default)]
    pub age_ms: Option<u64>,
    /// When state or availability last changed.
    pub changed_at: String,
    /// The state that the last accepted operation wants: `on` or `off`.
    #[serde(default)]
    pub desired: Option<String>,
    /// Whether it is not what it is wanted to be, and nobody works on that.
    #[serde(default)]
    pub drift: bool,
    /// Whether its operating system has started, where the BMC or SMD tells.
    #[serde(default)]
    pub booted: Option<bool>,
    /// Its role, such as `Compute`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The class of its cabinet, such as `River` or `Mountain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Its node id in the workload manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nid: Option<u64>,
    /// Whether SMD has it out of service.
    #[serde(default)]
    pub disabled: bool,
    /// The operations that it supports.
    pub supported: Vec<String>,
    /// What the last failed reading met, until one succeeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The task that left it unknown whether a restart was executed, until somebody resolves it or a level is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncertain: Option<String>,
    /// Whether a hold keeps callers off it, and which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldMark>,
    /// Its reservation in SMD, where the service holds it or was refused it lately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<Reservation>,
    /// Whether callers have switched it to and fro lately, and who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flip_flop: Option<FlipFlop>,
    /// The tasks in its line, the active one first. Absent in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Vec<QueueEntry>>,
}

/// A hold on a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HoldMark {
    /// The hold.
    pub id: String,
    /// Why.
    pub reason: String,
    /// Who placed it.
    pub by: String,
    /// Until when.
    pub until: String,
}

/// The reservation of a component in SMD.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// Until when the service holds it at least, unless it renews it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<String>,
    /// SMD's word for why it last refused it, such as `Locked` or `Reserved`, until it is given or ten minutes have passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// When it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_at: Option<String>,
}

/// How a component was switched to and fro.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlipFlop {
    /// Who asked.
    pub by: Vec<String>,
    /// How often the direction changed in ten minutes.
    pub changes: u32,
}

/// One task in a component's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct QueueEntry {
    /// The task.
    pub task: String,
    /// The transition that made it.
    pub transition: String,
    /// The operation.
    pub operation: String,
    /// Where it stands.
    pub phase: String,
    /// Who asked first.
    pub requested_by: String,
    /// `now` for the one that has begun, `next` for the one after it, `later` for the others.
    pub place: String,
    /// How many requests share it.
    pub shared_by: u32,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitingFor>,
    /// When it was accepted.
    pub created_at: String,
}
