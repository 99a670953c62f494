//! Requests to set how components behave, and their tasks: the configuration lane as it is stored.

pub mod decision;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use switchyard_core::configuration::admission::Disposition;
use switchyard_core::configuration::{Machine, Tally, Track};
use switchyard_core::{ComponentId, ConfigurationId, ControllerId, Standing, TaskId, Timestamp};

use crate::audit::NewAudit;
use crate::error::StoreError;
use crate::event::NewEvent;
use crate::record::{Counts, Part, Refusal};

/// A caller's request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigurationRecord {
    /// Its id.
    pub id: ConfigurationId,
    /// What it is about.
    pub track: Track,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When v1 stops showing it, once it has ended.
    pub expires_at: Timestamp,
    /// Who asked: a token's subject, or `anonymous`.
    pub requested_by: String,
    /// Why, in the caller's words.
    pub reason: Option<String>,
    /// The id of the HTTP request (X-Request-Id).
    pub request_id: String,
    /// When somebody asked to cancel it.
    pub cancel_asked_at: Option<Timestamp>,
    /// When its last task ended.
    pub ended_at: Option<Timestamp>,
}

/// A request to be stored.
#[derive(Debug, Clone)]
pub struct NewConfiguration {
    /// The request itself; `cancel_asked_at` and `ended_at` are set by the store.
    pub configuration: ConfigurationRecord,
    /// Its components in order, each at most once.
    pub members: Vec<NewConfigurationMember>,
    /// Whether one refused name refuses them all.
    pub all_or_none: bool,
    /// The entry of the audit that is stored with it.
    pub audit: Option<NewAudit>,
}

/// One component of a request.
#[derive(Debug, Clone)]
pub struct NewConfigurationMember {
    /// The name as the caller sent it.
    pub name: String,
    /// What is wanted of it.
    pub want: ConfigurationWant,
}

/// What is wanted of a named component.
#[derive(Debug, Clone)]
pub enum ConfigurationWant {
    /// A task, or a share in one.
    Task(Box<NewConfigurationTask>),
    /// A refusal that is known already.
    Refused {
        /// Why.
        refusal: Refusal,
        /// What its operations count as.
        standing: Standing,
        /// How many operations it stands for.
        operations: u32,
    },
}

/// A task that is wanted.
#[derive(Debug, Clone)]
pub struct NewConfigurationTask {
    /// The id of the task, should there be a new one.
    pub id: TaskId,
    /// The component.
    pub component: ComponentId,
    /// Its controller.
    pub controller: ControllerId,
    /// The state in which the task begins.
    pub machine: Machine,
}

/// One component's part of a request, in the order of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigurationMember {
    /// The name as the caller sent it.
    pub name: String,
    /// What became of it.
    pub part: Part,
    /// What else happened when the request came; nothing when a task simply starts, or the name was refused.
    pub how: Option<ConfigurationHow>,
    /// When it was cancelled for this request, while the task went on for others.
    pub departed_at: Option<Timestamp>,
    /// What the operations of a refused or departed part count as.
    pub counted: Option<Counted>,
}

/// What the operations of a part count as that has no task, or none any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Where they stand.
    pub standing: Standing,
    /// How many these are.
    pub operations: u32,
}

/// What became of a request for one component besides getting a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigurationHow {
    /// Whether it starts, waits or joins.
    pub disposition: Disposition,
    /// Waiting tasks that ended because of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Replaced>,
}

/// A task that a request took the place of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// The task.
    pub task: TaskId,
    /// The request that made it.
    pub configuration: ConfigurationId,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigurationTask {
    /// Its id.
    pub id: TaskId,
    /// The component.
    pub component: ComponentId,
    /// The controller through which it is set.
    pub controller: ControllerId,
    /// The request that made it.
    pub configuration: ConfigurationId,
    /// Its number in the order in which tasks were made, which is the order of its line.
    pub seq: i64,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// Whether a cancel was asked for.
    pub cancel_asked: bool,
    /// Its whole state.
    pub machine: Machine,
}

/// An unfinished task with those who want it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenConfigurationTask {
    /// The task.
    pub record: ConfigurationTask,
    /// Who asked, in the order in which they came. Nobody when all have left, which is on the way to its end.
    pub callers: Vec<String>,
}

/// How the parts of a request stand: counted by component, and by operation as PCS counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ConfigurationCounts {
    /// By component.
    pub components: Counts,
    /// By operation: each limit of a component is one.
    pub operations: Counts,
}

impl ConfigurationCounts {
    /// Counts one component more.
    pub fn add(&mut self, tally: Tally) {
        self.components.add(tally.standing, 1);
        self.operations.add(tally.standing, tally.operations);
        self.operations.add(Standing::Failed, tally.left_out);
    }
}

/// A request with everything about it.
#[derive(Debug, Clone)]
pub struct ConfigurationView {
    /// The request.
    pub configuration: ConfigurationRecord,
    /// How its parts stand.
    pub counts: ConfigurationCounts,
    /// What became of each component, in order; a task's record with those that have one.
    pub members: Vec<(ConfigurationMember, Option<ConfigurationTask>)>,
}

/// What became of a request.
#[derive(Debug, Clone)]
pub enum ConfigurationAnswer {
    /// It is durable.
    Accepted(Box<ConfigurationAccepted>),
    /// Some name was refused, and the request wanted all or none: nothing was stored.
    Refused(Vec<ConfigurationMember>),
}

/// A request that is durable.
#[derive(Debug, Clone)]
pub struct ConfigurationAccepted {
    /// The request.
    pub configuration: ConfigurationRecord,
    /// What became of each component, in order.
    pub members: Vec<ConfigurationMember>,
    /// The tasks that were made, in order of their line.
    pub tasks: Vec<ConfigurationTask>,
    /// The tasks that are shared now, with their component.
    pub joined: Vec<(TaskId, ComponentId)>,
    /// The tasks that have ended because of it.
    pub ended: Vec<ConfigurationTask>,
}

/// What was answered when the request was accepted, for one that is repeated. Its tasks are driven already, and left out.
impl From<ConfigurationView> for ConfigurationAccepted {
    fn from(view: ConfigurationView) -> Self {
        Self {
            configuration: view.configuration,
            members: view.members.into_iter().map(|(member, _)| member).collect(),
            tasks: Vec::new(),
            joined: Vec::new(),
            ended: Vec::new(),
        }
    }
}

/// A wish to cancel a request: it leaves the tasks that it shares with others, and ends those that it has alone.
#[derive(Debug, Clone)]
pub struct ConfigurationCancel {
    /// The request.
    pub id: ConfigurationId,
    /// Who asks.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The entry of the audit that is stored with it.
    pub audit: Option<NewAudit>,
}

/// What became of the wish to cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigurationCancelled {
    /// No such request.
    NotFound,
    /// It had ended before and was not cancelled.
    Ended,
    /// It was asked for before.
    AskedBefore,
    /// It is asked for now.
    Asked {
        /// The tasks that end, as far as they have not.
        tasks: Vec<ConfigurationTask>,
        /// The tasks that go on for others, with their component.
        detached: Vec<(TaskId, ComponentId)>,
    },
}

/// Which requests are wanted, newest first.
#[derive(Debug, Clone, Default)]
pub struct ConfigurationFilter {
    /// Only those that have not expired at this time, or have not ended.
    pub alive_at: Option<Timestamp>,
    /// Only ended ones, or only others.
    pub ended: Option<bool>,
    /// Only those about these tracks; all when there is none.
    pub tracks: Vec<Track>,
    /// Only those of this caller.
    pub requested_by: Option<String>,
    /// Only those that came before this one.
    pub before: Option<ConfigurationId>,
}

/// A task's new state with what belongs to it. A task that has ended moves no more: a later state of it is not stored.
#[derive(Debug, Clone)]
pub struct ConfigurationChange {
    /// The task.
    pub task: TaskId,
    /// Its new state. When it has ended, the store ends every request whose last task this was, in the same transaction, and writes
    /// the event `configuration.ended`.
    pub machine: Machine,
    /// Whether this is an intent to send; committed before the first byte leaves. It contradicts a task that has ended: whoever took
    /// its place meanwhile is obeyed.
    pub intent: bool,
    /// When.
    pub at: Timestamp,
    /// What the event log says of it.
    pub events: Vec<NewEvent>,
}

/// Reading and submitting requests of the configuration lane. One method is one transaction; what a method has acknowledged is durable.
/// State is moved by [`Change::Configuration`](crate::Change::Configuration).
#[async_trait]
pub trait Configurations: Send + Sync + std::fmt::Debug {
    /// Stores a request as [`decide`](decision::decide) says over the lines and holds that are stored: the request, its members, new
    /// tasks, the tasks that end by it, its entry of the audit, and the events `configuration.accepted`, `setting.accepted`,
    /// `setting.joined` and `setting.superseded`. A request without a task is stored as ended (`configuration.ended`).
    async fn submit_configuration(
        &self,
        request: NewConfiguration,
    ) -> Result<ConfigurationAnswer, StoreError>;

    /// What [`submit_configuration`](Self::submit_configuration) would do now, without doing it.
    async fn preview_configuration(
        &self,
        request: NewConfiguration,
    ) -> Result<Vec<ConfigurationMember>, StoreError>;

    /// Marks tasks as asked to cancel and ends the part of a request in tasks that it shares, with the events
    /// `configuration.cancel-asked` and `setting.detached`.
    async fn cancel_configuration(
        &self,
        ask: ConfigurationCancel,
    ) -> Result<ConfigurationCancelled, StoreError>;

    /// A request with its members and tasks.
    async fn configuration(&self, id: ConfigurationId) -> Result<Option<ConfigurationView>, StoreError>;

    /// Requests, newest first, at most `limit`.
    async fn configurations(
        &self,
        filter: &ConfigurationFilter,
        limit: u32,
    ) -> Result<Vec<(ConfigurationRecord, ConfigurationCounts)>, StoreError>;

    /// A task.
    async fn configuration_task(&self, id: TaskId) -> Result<Option<ConfigurationTask>, StoreError>;

    /// The unfinished tasks after `after` in the order in which they were made, at most `limit`.
    async fn open_configuration_tasks(
        &self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<OpenConfigurationTask>, StoreError>;
}
