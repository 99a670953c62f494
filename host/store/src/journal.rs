//! What the engine alone may do: move state, always under a lease.

use async_trait::async_trait;
use switchyard_core::machine::Machine;
use switchyard_core::{
    Ability, ComponentId, ControllerId, Delivery, Departure, Failure, PermitId, PowerState, Primitive,
    TaskId, Timestamp, TransitionId,
};

use crate::configuration::ConfigurationChange;
use crate::dependency::DependencyRecord;
use crate::error::StoreError;
use crate::event::NewEvent;
use crate::record::{ControllerRecord, OpenTask};

/// The right of one process to move state. An older epoch of the same store is void.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The process.
    pub replica: String,
    /// Grows with every lease.
    pub epoch: i64,
}

/// One change of state.
#[derive(Debug, Clone)]
pub enum Change {
    /// A task moved.
    Task(Box<TaskChange>),
    /// A task of the configuration lane moved.
    Configuration(Box<ConfigurationChange>),
    /// A component was read and its state or availability is not the stored one. Dropped when the component is not known (any more).
    Observed {
        /// The component.
        component: ComponentId,
        /// The state.
        state: PowerState,
        /// The BMC's own word for it.
        raw: String,
        /// Whether the controller answers.
        available: bool,
        /// When it changed.
        at: Timestamp,
    },
    /// A component was surveyed and its abilities are not the stored ones. Dropped when the component is not known (any more).
    Surveyed {
        /// The component.
        component: ComponentId,
        /// What it can be asked for.
        abilities: Vec<Ability>,
    },
    /// The breaker of a controller moved. Dropped when the controller is not known (any more).
    Controller(Box<ControllerRecord>),
    /// Something happened that is no change of a task.
    Event(NewEvent),
}

/// A task's new state with what belongs to it.
///
/// A task that has ended moves no more: a later state of it is not stored, what belongs to it is. Nothing may be sent for it either:
/// an intent is refused.
#[derive(Debug, Clone)]
pub struct TaskChange {
    /// The task.
    pub task: TaskId,
    /// Its new state. When it has ended, the store ends every transition whose last task this was, in the same transaction, and
    /// writes the event `transition.ended`.
    pub machine: Machine,
    /// The attempt that begins or ends with it.
    pub attempt: Option<AttemptChange>,
    /// When.
    pub at: Timestamp,
    /// Who no longer shares it; they are stored as ended, and their transitions with them when this was their last part.
    pub departed: Vec<Departure>,
    /// What the event log says of it.
    pub events: Vec<NewEvent>,
}

/// What happened to an attempt.
#[derive(Debug, Clone)]
pub enum AttemptChange {
    /// The intent to send; committed before the first byte leaves. Contradicts a task that has ended, also within one batch, or that is
    /// paused: whoever superseded, absorbed or paused it meanwhile is obeyed.
    Intent {
        /// The permit.
        permit: PermitId,
        /// The step of the plan, from 0.
        step: u32,
        /// What is sent.
        primitive: Primitive,
        /// Through which controller, when that is not the task's own.
        controller: Option<ControllerId>,
    },
    /// What became of it.
    Ended {
        /// The permit.
        permit: PermitId,
        /// What the permit says.
        delivery: Delivery,
        /// The BMC's words, when it did not simply accept.
        failure: Option<Failure>,
    },
}

/// What became of one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It is durable.
    Stored,
    /// The lease is void: nothing was written, and nothing may be sent.
    Fenced,
}

/// Moving state. One method is one transaction.
#[async_trait]
pub trait Journal: Send + Sync + std::fmt::Debug {
    /// Takes a lease for this process; every older epoch of the same replica, and on a single-process engine of every replica, is
    /// void from then on.
    async fn begin(&self, replica: &str, now: Timestamp) -> Result<Lease, StoreError>;

    /// Makes controllers and components known, and forgets all others but those that have unfinished tasks.
    async fn sync_inventory(
        &self,
        lease: &Lease,
        controllers: &[ControllerId],
        components: &[(ComponentId, ControllerId)],
    ) -> Result<Applied, StoreError>;

    /// Takes controllers for this lease, as far as they are known and no other living lease has them. Gives those that are now owned;
    /// none when the lease is void.
    async fn claim(
        &self,
        lease: &Lease,
        controllers: &[ControllerId],
    ) -> Result<Vec<ControllerId>, StoreError>;

    /// The unfinished tasks with a place after `after`, in order, at most `limit`, each with those who want it.
    async fn open_tasks(&self, after: i64, limit: u32) -> Result<Vec<OpenTask>, StoreError>;

    /// What unfinished tasks wait for within their requests, with how that stands: for one request, or for all. What a request that has
    /// left a task wanted to come before it is not among them.
    async fn dependencies(&self, of: Option<TransitionId>) -> Result<Vec<DependencyRecord>, StoreError>;

    /// Applies changes in order, all in one transaction, each fenced by the lease. The answer has one entry for each.
    ///
    /// A change that contradicts what is stored (a second active task of a component, an unknown task, an intent of a task that
    /// has ended, the end of an attempt that has no intent) is a [`StoreError::Conflict`], and nothing of the batch is written.
    async fn apply(&self, lease: &Lease, changes: &[Change]) -> Result<Vec<Applied>, StoreError>;

    /// Deletes what is older than the limits: v1 records and task summaries that ended before `ended_before`, and the events of the log
    /// up to the first one that is not before `events_before`, so that no hole is made between two that are kept. At most `limit` rows
    /// of each; of transitions, as many as have `limit` members together, but one at least.
    /// Requests of the configuration lane are deleted like transitions.
    /// Gives the number of requests, tasks and events deleted; a caller goes on until that is 0. Nothing when the lease is void.
    async fn prune(
        &self,
        lease: &Lease,
        ended_before: Timestamp,
        events_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError>;

    /// Ends at `now` the time of finished transitions that v1 still shows, but for the newest `keep` of them, and likewise of finished
    /// requests for power limits and snapshots, which are counted apart from transitions; and deletes snapshots whose time is over, since
    /// they are a history of nothing. At most `limit` rows of each; of snapshots, as many as have `limit` members together, but one at
    /// least. Gives the number of requests and tasks that were ended or deleted; a caller goes on until that is 0. Nothing when the lease
    /// is void.
    async fn retire(&self, lease: &Lease, now: Timestamp, keep: u32, limit: u32) -> Result<u64, StoreError>;

    /// Deletes what people leave behind: plans that have expired and holds that no longer hold at `now`, and entries of the audit
    /// older than `audits_before`, at most `limit` rows of each. Gives the number of rows deleted; a caller goes on until that is 0.
    /// Nothing when the lease is void.
    async fn prune_oversight(
        &self,
        lease: &Lease,
        now: Timestamp,
        audits_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError>;
}
