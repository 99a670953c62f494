//! Dialects: how a make of BMC names, announces, accepts and refuses.

use serde::{Deserialize, Serialize};

use crate::clock::Resolution;
use crate::ipmi::IpmiProfile;
use crate::make::Make;
use crate::power::{ResetType, RestartView};
use crate::settings::SettingsProfile;

/// How the BMCs of a fleet behave while nothing is wrong. Start from [`Profile::standard`] and change fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// `Vendor` of the service root and `Manufacturer` of systems and chassis.
    pub vendor: String,
    /// `Model` of the systems.
    pub model: String,
    /// `RedfishVersion` of the service root.
    pub redfish_version: String,
    /// How the members of the Systems collection are called.
    pub system_ids: IdStyle,
    /// Id of the one chassis.
    pub chassis_id: String,
    /// Id of the one manager.
    pub manager_id: String,
    /// What `#ComputerSystem.Reset` carries out; everything else is refused.
    pub reset_types: Vec<ResetType>,
    /// What `#Chassis.Reset` carries out; empty: the chassis has no such action.
    pub chassis_reset_types: Vec<ResetType>,
    /// What `#Manager.Reset` carries out; empty: the manager has no such action.
    pub manager_reset_types: Vec<ResetType>,
    /// Where the reset types of systems, chassis and manager are announced.
    pub announce: Announce,
    /// How an accepted action is answered.
    pub acceptance: Acceptance,
    /// What a task monitor answers once the task is over.
    pub finished_task: FinishedTask,
    /// How `On` of a powered and an off of an unpowered machine is refused; absent: accepted, without effect.
    pub already_there: Option<Refusal>,
    /// What becomes of restarts, cycles and NMI of a machine that is off.
    pub when_off: WhenOff,
    /// The property `LastResetTime`.
    pub last_reset_time: LastResetTime,
    /// Whether systems have `BootProgress`.
    pub boot_progress: bool,
    /// Whether `PoweringOn` and `PoweringOff` are shown; otherwise the old state is shown until the new one is there.
    pub transitional_states: bool,
    /// What readings show during a restart.
    pub restart_view: RestartView,
    /// The behaviour over IPMI.
    pub ipmi: IpmiProfile,
    /// What can be set beside power, and how.
    pub settings: SettingsProfile,
    /// What the make shows and does beyond the standard.
    pub make: Make,
}

impl Profile {
    /// A well-behaved BMC after DMTF's schemas: reset types inline, 204, `LastResetTime` and `BootProgress`.
    pub fn standard() -> Self {
        Self {
            vendor: "Example".into(),
            model: "Simulated Node".into(),
            redfish_version: "1.15.0".into(),
            system_ids: IdStyle::Numbered,
            chassis_id: "1".into(),
            manager_id: "1".into(),
            reset_types: vec![
                ResetType::On,
                ResetType::ForceOff,
                ResetType::GracefulShutdown,
                ResetType::GracefulRestart,
                ResetType::ForceRestart,
                ResetType::PowerCycle,
                ResetType::PushPowerButton,
                ResetType::Nmi,
            ],
            chassis_reset_types: vec![
                ResetType::On,
                ResetType::ForceOff,
                ResetType::GracefulShutdown,
                ResetType::PowerCycle,
            ],
            manager_reset_types: vec![ResetType::GracefulRestart, ResetType::ForceRestart],
            announce: Announce::Inline,
            acceptance: Acceptance::NoContent,
            finished_task: FinishedTask::NoContent,
            already_there: None,
            when_off: WhenOff::Refuse(Refusal::wrong_power_state()),
            last_reset_time: LastResetTime::Seconds,
            boot_progress: true,
            transitional_states: true,
            restart_view: RestartView::PassesOff,
            ipmi: IpmiProfile::standard(),
            settings: SettingsProfile::standard(),
            make: Make::default(),
        }
    }

    /// A BMC that gives no evidence: nothing announced, no `LastResetTime`, no `BootProgress`, restarts unseen.
    pub fn bare() -> Self {
        Self {
            announce: Announce::Nowhere,
            last_reset_time: LastResetTime::Absent,
            boot_progress: false,
            transitional_states: false,
            restart_view: RestartView::StaysOn,
            ipmi: IpmiProfile::bare(),
            ..Self::standard()
        }
    }

    pub(crate) fn resolution(&self) -> Resolution {
        match self.last_reset_time {
            LastResetTime::Milliseconds => Resolution::Milliseconds,
            LastResetTime::Absent | LastResetTime::Seconds | LastResetTime::Zeros => Resolution::Seconds,
        }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::standard()
    }
}

/// How the members of a collection are called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdStyle {
    /// `1`, `2`, ...
    Numbered,
    /// `Node0`, `Node1`, ...
    Node,
    /// The given name, such as `Self` or `System.Embedded.1`; further members have a number after it.
    Named(String),
}

impl IdStyle {
    /// The id of member `index`.
    pub fn id(&self, index: usize) -> String {
        match self {
            Self::Numbered => (index + 1).to_string(),
            Self::Node => format!("Node{index}"),
            Self::Named(name) if index == 0 => name.clone(),
            Self::Named(name) => format!("{name}{}", index + 1),
        }
    }
}

/// Where reset types are announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Announce {
    /// `ResetType@Redfish.AllowableValues` in the action.
    Inline,
    /// `@Redfish.ActionInfo` only.
    ActionInfo,
    /// Both.
    Both,
    /// The action has a target and nothing else.
    Nowhere,
}

/// How an accepted action is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acceptance {
    /// 204.
    NoContent,
    /// 200 with a `Success` message.
    Ok,
    /// 202 with `Location` of a task monitor and the Task in the body.
    Task,
    /// 202 without a task, as Supermicro answers.
    AcceptedWithoutTask,
}

/// What a task monitor answers once the task is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishedTask {
    /// 204.
    NoContent,
    /// 200 with the Task.
    Ok,
    /// Nothing: the first look at the monitor of a finished task deletes it, as with Lenovo's XCC.
    Deleted,
}

/// What becomes of restarts, cycles and NMI of a machine that is off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenOff {
    /// Refused.
    Refuse(Refusal),
    /// Accepted. A power cycle switches the machine on, as the specification says; the others have no effect.
    Accept,
}

/// The property `LastResetTime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastResetTime {
    /// Not there.
    Absent,
    /// RFC 3339 with whole seconds. Restarts within one second are spread, so that each shows.
    Seconds,
    /// RFC 3339 with milliseconds.
    Milliseconds,
    /// Always `0000-00-00T00:00:00+00:00`, as one iDRAC firmware has it.
    Zeros,
}

/// A refusal with extended info.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// `MessageId` of the one extended-info message.
    pub message_id: String,
    /// `Message` of the one extended-info message.
    pub message: String,
}

impl Refusal {
    /// A refusal of these words.
    pub fn new(status: u16, message_id: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            message_id: message_id.into(),
            message: message.into(),
        }
    }

    /// 409 as Dell's iDRAC answers when the server is already in the wanted state.
    pub fn already_409() -> Self {
        Self::new(
            409,
            "IDRAC.2.8.PSU501",
            "Unable to perform the power control operation because the server is already in the requested power \
             state.",
        )
    }

    /// 400 as HPE's iLO answers when the operation does not fit the power state.
    pub fn invalid_operation_400() -> Self {
        Self::new(
            400,
            "iLO.2.14.InvalidOperationForSystemState",
            "The operation was not successful due to the current power state (for example, attempting to turn the \
             power off when it is already off).",
        )
    }

    /// 409 for an operation that needs power on a machine that is off.
    pub fn wrong_power_state() -> Self {
        Self::new(
            409,
            "Base.1.13.ActionParameterValueConflict",
            "The requested ResetType conflicts with the current power state: the machine is off.",
        )
    }
}
