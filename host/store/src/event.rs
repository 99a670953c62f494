//! The event log: what happened, in order, resumable.

use serde::{Deserialize, Serialize};
use switchyard_core::{ComponentId, TaskId, Timestamp, TransitionId};

/// The names of the events that the store itself writes.
pub mod kind {
    /// A request is stored. Data: `operation`, `requested_by`, `members`, `tasks`.
    pub const TRANSITION_ACCEPTED: &str = "transition.accepted";
    /// Somebody asked to cancel a request. Data: `by`.
    pub const TRANSITION_CANCEL_ASKED: &str = "transition.cancel-asked";
    /// More parts of a request have failed than may, and what had not been sent is given up. Data: `max_failures`, `failed`, `cancelled`,
    /// `reason`.
    pub const TRANSITION_MAX_FAILURES: &str = "transition.max-failures";
    /// The last task of a request has ended. Data: `counts`, as in [`Counts`](crate::Counts).
    pub const TRANSITION_ENDED: &str = "transition.ended";
    /// A task got its place in line. Data: `operation`.
    pub const TASK_ACCEPTED: &str = "task.accepted";
    /// A request shares a task that was there. Data: `operation`, as the request has it.
    pub const TASK_JOINED: &str = "task.joined";
    /// A waiting task ended because a later request wants the contrary. Data: `by`.
    pub const TASK_SUPERSEDED: &str = "task.superseded";
    /// The requests of a waiting task moved to a stronger one. Data: `into`.
    pub const TASK_ABSORBED: &str = "task.absorbed";
    /// A request left a task that goes on for others. Data: `outcome`, `goes_on_for`.
    pub const TASK_DETACHED: &str = "task.detached";
    /// A task stepped out of the line.
    pub const TASK_PAUSED: &str = "task.paused";
    /// A task got in line again.
    pub const TASK_RESUMED: &str = "task.resumed";
    /// A step is about to be sent. Data: `permit`, `primitive`.
    pub const TASK_INTENT: &str = "task.intent";
    /// What is known of a send. Data: `permit`, `delivery`, `failure`.
    pub const TASK_ANSWERED: &str = "task.answered";
    /// A task has ended. Data: its outcome.
    pub const TASK_ENDED: &str = "task.ended";
    /// A request to set how components behave is stored. Data: `configuration`, `track`, `requested_by`, `members`, `tasks`.
    pub const CONFIGURATION_ACCEPTED: &str = "configuration.accepted";
    /// Somebody asked to cancel such a request. Data: `configuration`, `by`.
    pub const CONFIGURATION_CANCEL_ASKED: &str = "configuration.cancel-asked";
    /// The last task of such a request has ended. Data: `configuration`, `track`, `counts`, as in [`Counts`](crate::Counts).
    pub const CONFIGURATION_ENDED: &str = "configuration.ended";
    /// A task of such a request got its place in line. Data: `configuration`, `track`.
    pub const SETTING_ACCEPTED: &str = "setting.accepted";
    /// Such a request shares a task that was there. Data: `configuration`, `track`.
    pub const SETTING_JOINED: &str = "setting.joined";
    /// A waiting task of such a request ended because a later one wants something else. Data: `configuration`, `track`, `by`.
    pub const SETTING_SUPERSEDED: &str = "setting.superseded";
    /// Such a request left a task that goes on for others. Data: `configuration`, `track`.
    pub const SETTING_DETACHED: &str = "setting.detached";
    /// A change is about to be sent. Data: `configuration`, `track`, `permit`, `change`.
    pub const SETTING_INTENT: &str = "setting.intent";
    /// What is known of a send. Data: `configuration`, `track`, `permit`, `delivery`, `failure`.
    pub const SETTING_ANSWERED: &str = "setting.answered";
    /// A task of such a request has ended. Data: `configuration`, `track` and its outcome.
    pub const SETTING_ENDED: &str = "setting.ended";
    /// Somebody keeps others off components. Data: `hold`, `reason`, `by`, `until`, `components`.
    pub const HOLD_PLACED: &str = "hold.placed";
    /// A hold was released. Data: `hold`, `by`.
    pub const HOLD_RELEASED: &str = "hold.released";
    /// A task left it unknown whether something was executed that must not be repeated. Data: `primitive`.
    pub const COMPONENT_UNCERTAIN: &str = "component.uncertain";
    /// A task may switch its component as far as SMD is concerned. Data: `by`: `service` or `deputy-key`, `invalid_deputy_key`.
    pub const TASK_RESERVED: &str = "task.reserved";
    /// A task has given its reservation back, or leaves it to expire. Data: `left_to_expire`.
    pub const TASK_RELEASED: &str = "task.released";
    /// Somebody said what became of it, or a level was reached. Data: `verdict`: `done`, `not-done` or `moot`.
    pub const COMPONENT_RESOLVED: &str = "component.resolved";
    /// A reading differs from the one before. Data: `state`, `raw`, `available`.
    pub const COMPONENT_STATE: &str = "component.state";
    /// Somebody else has switched a component. Data: `from`, `to`.
    pub const COMPONENT_CHANGED_OUTSIDE: &str = "component.changed-outside";
    /// A component has come to differ from what is wanted of it. Data: `desired`, `observed`.
    pub const COMPONENT_DRIFT: &str = "component.drift";
    /// Callers switch a component to and fro. Data: `by`, `changes`, `minutes`.
    pub const COMPONENT_FLIP_FLOP: &str = "component.flip-flop";
    /// A breaker opened, closed, or is open for another reason. Data: `controller`, `state`, `reason`, `until`.
    pub const ENDPOINT_BREAKER: &str = "endpoint.breaker";
    /// Somebody asked for a try at once. Data: `controller`, `by`.
    pub const ENDPOINT_TRY_ASKED: &str = "endpoint.try-asked";
    /// Somebody wanted the driver of a controller found anew. Data: `controller`, `by`.
    pub const ENDPOINT_PROBE_ASKED: &str = "endpoint.probe-asked";
    /// Another inventory holds. Data: `components` and `controllers`, each with how many were `added`, `removed` and `changed`.
    pub const INVENTORY_CHANGED: &str = "inventory.changed";
    /// A version of a driver was installed. Data: `driver` (as `id@version`), `sha256`, `by`.
    pub const DRIVER_INSTALLED: &str = "driver.installed";
    /// Some controllers try a version. Data: `driver`, `controllers`, `count`, `by`.
    pub const DRIVER_UPGRADED: &str = "driver.upgraded";
    /// A version became the one for all controllers. Data: `driver`, `by`.
    pub const DRIVER_PROMOTED: &str = "driver.promoted";
    /// A version is no longer tried, or its promotion was taken back. Data: `driver`, as it is used now, `by`.
    pub const DRIVER_ROLLED_BACK: &str = "driver.rolled-back";
    /// A version was removed. Data: `driver`, `by`.
    pub const DRIVER_REMOVED: &str = "driver.removed";
}

/// The id of an event, and so a place in the log: opaque, ordered only by the log itself. The place in front of every event has an id too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub String);

/// An event that has not been stored yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEvent {
    /// When it happened.
    pub at: Timestamp,
    /// Its stable dotted name, such as `task.ended`.
    pub kind: String,
    /// The component it is about.
    pub component: Option<ComponentId>,
    /// The task it is about.
    pub task: Option<TaskId>,
    /// The transition it is about.
    pub transition: Option<TransitionId>,
    /// What else belongs to it.
    pub data: serde_json::Value,
}

/// A stored event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What happened.
    #[serde(flatten)]
    pub event: NewEvent,
}

/// A piece of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The events in order.
    pub events: Vec<Event>,
    /// The place where the page ends: the next page is the one after it.
    pub end: EventId,
    /// What is missing between the place asked for and this page, which then begins with the oldest event kept.
    pub gap: Option<Gap>,
}

/// Why events after a place cannot be given without a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// Events after the place are no longer kept.
    Pruned,
    /// This log never gave the place.
    Unknown,
}
