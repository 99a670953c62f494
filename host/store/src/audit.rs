//! Who did what, why and from where: append-only.

use serde::{Deserialize, Serialize};
use switchyard_core::Timestamp;

/// What is done, as the audit calls it.
pub mod action {
    /// A backup was made.
    pub const BACKUP_CREATE: &str = "backup.create";
    /// A transition was asked for.
    pub const TRANSITION_CREATE: &str = "transition.create";
    /// A transition was asked for and refused by a hold or a guard.
    pub const TRANSITION_REFUSED: &str = "transition.refused";
    /// A transition was cancelled, or a part of it.
    pub const TRANSITION_CANCEL: &str = "transition.cancel";
    /// What waits of a transition was paused.
    pub const TRANSITION_PAUSE: &str = "transition.pause";
    /// What was paused of a transition got in line again.
    pub const TRANSITION_RESUME: &str = "transition.resume";
    /// The failed parts of a transition were tried again.
    pub const TRANSITION_RETRY: &str = "transition.retry";
    /// A task was cancelled for everybody.
    pub const TASK_CANCEL: &str = "task.cancel";
    /// A task was paused.
    pub const TASK_PAUSE: &str = "task.pause";
    /// A paused task got in line again.
    pub const TASK_RESUME: &str = "task.resume";
    /// A failed task was tried again.
    pub const TASK_RETRY: &str = "task.retry";
    /// Everything in line for components was cancelled.
    pub const COMPONENTS_CANCEL: &str = "component.cancel";
    /// Somebody said whether what was uncertain was done.
    pub const COMPONENTS_RESOLVE: &str = "component.resolve";
    /// It was asked to set how components behave.
    pub const CONFIGURATION_CREATE: &str = "configuration.create";
    /// It was asked to set how components behave, and refused by a hold or a guard.
    pub const CONFIGURATION_REFUSED: &str = "configuration.refused";
    /// Such a request was cancelled.
    pub const CONFIGURATION_CANCEL: &str = "configuration.cancel";
    /// A resource of a BMC was read.
    pub const BMC_READ: &str = "bmc.read";
    /// The way to a component's controller was examined.
    pub const BMC_DIAGNOSE: &str = "bmc.diagnose";
    /// A hold was placed.
    pub const HOLD_PLACE: &str = "hold.place";
    /// A hold was released.
    pub const HOLD_RELEASE: &str = "hold.release";
    /// The power was cut in an emergency.
    pub const EMERGENCY_OFF: &str = "emergency.off";
    /// A version of a driver was installed, or refused.
    pub const DRIVER_INSTALL: &str = "driver.install";
    /// Some controllers were told to try a version.
    pub const DRIVER_UPGRADE: &str = "driver.upgrade";
    /// A version became the one for all controllers.
    pub const DRIVER_PROMOTE: &str = "driver.promote";
    /// An upgrade or a promotion was taken back.
    pub const DRIVER_ROLL_BACK: &str = "driver.roll-back";
    /// A version was removed.
    pub const DRIVER_REMOVE: &str = "driver.remove";
    /// An access token was made.
    pub const TOKEN_CREATE: &str = "token.create";
    /// An access token was revoked.
    pub const TOKEN_REVOKE: &str = "token.revoke";
    /// Somebody logged in at the dashboard.
    pub const SESSION_CREATE: &str = "session.create";
    /// A change was asked for by somebody who may not make it.
    pub const ACCESS_REFUSED: &str = "access.refused";
    /// Address ranges were asked who is there.
    pub const DISCOVERY_CREATE: &str = "discovery.create";
    /// A discovery was ended before every address was asked.
    pub const DISCOVERY_CANCEL: &str = "discovery.cancel";
    /// Hosts were accepted, and credentials sent to them.
    pub const DISCOVERY_ACCEPT: &str = "discovery.accept";
    /// Controllers were pinned to the certificates that they show.
    pub const ENDPOINT_PIN: &str = "endpoint.pin";
    /// A controller that was accepted was taken out of the inventory.
    pub const ENDPOINT_REMOVE: &str = "endpoint.remove";
    /// The driver of a controller was found anew.
    pub const ENDPOINT_PROBE: &str = "endpoint.probe";
}

/// An entry that is stored with what it tells of, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAudit {
    /// When.
    pub at: Timestamp,
    /// Who: a token's subject, or what the caller claims to be.
    pub who: String,
    /// What was done, as a stable dotted name such as `transition.cancel`.
    pub action: String,
    /// To what: an id, or a folded set of components.
    pub target: String,
    /// Why, in the caller's words.
    pub reason: Option<String>,
    /// From which address.
    pub origin: Option<String>,
    /// The id of the HTTP request.
    pub request_id: String,
    /// What else belongs to it.
    pub detail: serde_json::Value,
}

/// A stored entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Its place: grows with every entry.
    pub seq: i64,
    /// What it says.
    #[serde(flatten)]
    pub entry: NewAudit,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only those of this caller.
    pub who: Option<String>,
    /// Only those whose action begins so.
    pub action: Option<String>,
    /// Only those before this place.
    pub before: Option<i64>,
}
