//! What the API may do: read, submit, ask to cancel.

use std::collections::HashMap;

use async_trait::async_trait;
use switchyard_core::admission::{Conflict, IfBusy};
use switchyard_core::machine::Machine;
use switchyard_core::{
    ComponentId, ControllerId, Demand, FailureLimit, Operation, TaskId, Timestamp, TransitionId,
};
use tokio::sync::watch;
use uuid::Uuid;

use crate::audit::{AuditFilter, AuditRecord, NewAudit};
use crate::configuration::Configurations;
use crate::decision::Detached;
use crate::dependency::{After, Dependency};
use crate::error::StoreError;
use crate::event::{EventId, EventPage};
use crate::hold::{HoldId, HoldRecord};
use crate::idempotency::{ClaimAnswer, KeptAnswer, KeyClaim};
use crate::plan::{PlanId, PlanRecord};
use crate::record::{
    AttemptRecord, Breakdown, CancelMode, ComponentRecord, ControllerRecord, Counts, MemberRecord, OpenTask,
    Refusal, TaskRecord, TransitionRecord,
};
use crate::reservation::Key;

/// A request to be stored.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The request itself; `cancel_asked_at` and `ended_at` are set by the store.
    pub transition: TransitionRecord,
    /// Its components in order, each at most once.
    pub members: Vec<NewMember>,
    /// What is wanted when there is work in line.
    pub if_busy: IfBusy,
    /// Whether one refused name refuses them all.
    pub all_or_none: bool,
    /// The entry of the audit that is stored with it.
    pub audit: Option<NewAudit>,
    /// The URL that is told of its end.
    pub callback: Option<String>,
}

/// One component of a request.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// The name as the caller sent it.
    pub name: String,
    /// What it is to become.
    pub want: Want,
    /// Whether the caller did not name it: it stands above or below what was named, and those were to be included.
    pub included: bool,
}

/// What a named component is to become.
#[derive(Debug, Clone)]
pub enum Want {
    /// A task, or a share in one, if its line admits it (`switchyard_core::admission`).
    Task(Box<Wanted>),
    /// A refusal that is known already.
    Refused(Refusal),
}

/// A task that is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The id of the task, should there be a new one.
    pub id: TaskId,
    /// The component.
    pub component: ComponentId,
    /// Its controller.
    pub controller: ControllerId,
    /// The state in which the task begins.
    pub machine: Machine,
    /// The components below this one, where an off of this one makes what waits pointless. Empty for other operations.
    pub below: Vec<ComponentId>,
    /// The deputy keys that came with it: who sent them holds the component in SMD. Each at most [`KEY_MAX_BYTES`].
    ///
    /// [`KEY_MAX_BYTES`]: crate::reservation::KEY_MAX_BYTES
    pub deputy_keys: Vec<Key>,
    /// The other components of the request that its task waits for.
    pub after: Vec<After>,
}

/// What became of a request.
#[derive(Debug, Clone)]
pub enum SubmitAnswer {
    /// It is durable.
    Accepted(Box<Submitted>),
    /// Some name was refused, and the request wanted all or none: nothing was stored.
    Refused(Vec<MemberRecord>),
}

/// A request that is durable.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// The request.
    pub transition: TransitionRecord,
    /// What became of each component, in order.
    pub members: Vec<MemberRecord>,
    /// The tasks that were made, in order of their place, with those who want them.
    pub tasks: Vec<OpenTask>,
    /// The tasks that are shared now, with the component and all that came to share them.
    pub joined: Vec<(TaskId, ComponentId, Vec<Demand>)>,
    /// The tasks that have ended because of it.
    pub ended: Vec<TaskRecord>,
    /// Which of its tasks wait for which.
    pub dependencies: Vec<Dependency>,
}

/// A request with everything about it.
#[derive(Debug, Clone)]
pub struct TransitionView {
    /// The request.
    pub transition: TransitionRecord,
    /// How its parts stand.
    pub counts: Counts,
    /// What became of each component, in order; a task's record with those that have one.
    pub members: Vec<(MemberRecord, Option<TaskRecord>)>,
    /// How many attempts were begun for each task, in all of its steps; tasks without any are left out.
    pub attempts: HashMap<TaskId, u32>,
}

/// What was answered when the request was accepted, for one that is repeated. Its tasks are driven already, and left out.
impl From<TransitionView> for Submitted {
    fn from(view: TransitionView) -> Self {
        Self {
            transition: view.transition,
            members: view.members.into_iter().map(|(member, _)| member).collect(),
            tasks: Vec::new(),
            joined: Vec::new(),
            ended: Vec::new(),
            dependencies: Vec::new(),
        }
    }
}

/// A wish to cancel.
#[derive(Debug, Clone)]
pub struct CancelAsk {
    /// What is to be cancelled.
    pub scope: CancelScope,
    /// What is left undone.
    pub mode: CancelMode,
    /// Who asks.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The entry of the audit that is stored with it.
    pub audit: Option<NewAudit>,
}

/// What a cancel is about.
#[derive(Debug, Clone)]
pub enum CancelScope {
    /// A request: it leaves the tasks that it shares with others, and ends those that it has alone.
    Transition {
        /// The request.
        id: TransitionId,
        /// Only for these components, when given.
        only: Option<Vec<ComponentId>>,
    },
    /// Tasks, for everybody who wants them.
    Tasks(Vec<TaskId>),
}

/// What became of the wish to cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelAnswer {
    /// No such transition, or none of the tasks.
    NotFound,
    /// It had ended before and was not cancelled.
    Ended,
    /// It was asked for before, as a whole.
    AskedBefore,
    /// It is asked for now.
    Asked {
        /// The tasks that end, as far as they have not, in order of their place.
        tasks: Vec<TaskRecord>,
        /// The tasks that go on for others.
        detached: Vec<Detached>,
    },
}

/// A request that is given up when too many of its parts fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitedTransition {
    /// The request.
    pub id: TransitionId,
    /// How many may fail.
    pub limit: FailureLimit,
    /// How many parts it has.
    pub members: u32,
}

/// Whether too many parts of a request have failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StrikeAnswer {
    /// There is no such request with a limit, it has ended, or it was given up before.
    Over,
    /// Not more than may fail.
    Below {
        /// How many have failed.
        failed: u32,
    },
    /// What had not been sent is given up now.
    Struck {
        /// How many have failed.
        failed: u32,
        /// The tasks that end by it, as far as they have not, in order of their place.
        tasks: Vec<TaskRecord>,
        /// The tasks that go on for others.
        detached: Vec<Detached>,
    },
}

/// What became of the wish to pause a task, or to let it go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paused {
    /// The task as it is now.
    pub record: TaskRecord,
    /// What happened.
    pub answer: PauseAnswer,
}

/// What happened to one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PauseAnswer {
    /// It has stepped out of the line.
    Paused,
    /// It is in line again, at the end.
    Resumed,
    /// Its requests share another task now.
    Absorbed {
        /// That task.
        into: TaskId,
        /// Its component's requests that came to it.
        demands: Vec<Demand>,
    },
    /// It cannot: something was sent, it has ended, or it is so already.
    Unchanged,
    /// The line does not take it; it stays paused.
    Refused {
        /// Why.
        conflict: Conflict,
    },
}

/// Which transitions are wanted, newest first.
#[derive(Debug, Clone, Default)]
pub struct TransitionFilter {
    /// Only those that have not expired at this time, or have not ended.
    pub alive_at: Option<Timestamp>,
    /// Only ended ones, or only others.
    pub ended: Option<bool>,
    /// Only those with this operation.
    pub operation: Option<Operation>,
    /// Only those of this caller.
    pub requested_by: Option<String>,
    /// Only those with this component.
    pub component: Option<ComponentId>,
    /// Only those that came before this one.
    pub before: Option<TransitionId>,
}

/// Reading and submitting. One method is one transaction; what a method has acknowledged is durable.
#[async_trait]
pub trait Store: Configurations + Send + Sync + std::fmt::Debug {
    /// Stores a request as [`decide`](crate::decision::decide) says over the lines, holds and uncertain components that are stored: the
    /// transition, its members, new tasks, the tasks that end by it, the desired state of its components, its entry of the audit, and
    /// the events `transition.accepted`, `task.accepted`, `task.joined`, `task.superseded` and `task.absorbed`. A request without a
    /// task is stored as ended (`transition.ended`). Its callback URL is stored with it, for [`Outbox`](crate::Outbox).
    async fn submit(&self, submission: Submission) -> Result<SubmitAnswer, StoreError>;

    /// What [`submit`](Self::submit) would do now, without doing it.
    async fn preview(&self, submission: Submission) -> Result<Vec<MemberRecord>, StoreError>;

    /// Marks tasks as asked to cancel and ends the part of a request in tasks that it shares, with the events
    /// `transition.cancel-asked` and `task.detached`. Nothing desired is left of components whose tasks all end by it.
    async fn ask_to_cancel(&self, ask: CancelAsk) -> Result<CancelAnswer, StoreError>;

    /// The requests with a limit of failures that have not ended and were not given up, oldest first.
    async fn limited_transitions(&self) -> Result<Vec<LimitedTransition>, StoreError>;

    /// Gives up a request of which more parts have failed than may, once: as [`ask_to_cancel`](Self::ask_to_cancel) would, but only those
    /// parts for which nothing has been sent, and the request itself does not count as asked to cancel. With the event
    /// `transition.max-failures`, and an entry of the audit in the name of its caller. Parts that were refused at once have failed.
    async fn strike(&self, id: TransitionId, at: Timestamp) -> Result<StrikeAnswer, StoreError>;

    /// Lets tasks step out of the line (`true`) or get in line again, in order, with the events `task.paused` and `task.resumed`.
    /// Unknown tasks are left out of the answer.
    async fn pause(
        &self,
        tasks: &[TaskId],
        paused: bool,
        at: Timestamp,
        audit: Option<NewAudit>,
    ) -> Result<Vec<Paused>, StoreError>;

    /// Keeps everybody off components but who is allowed, with the event `hold.placed`.
    async fn place_hold(&self, hold: HoldRecord, audit: Option<NewAudit>) -> Result<(), StoreError>;

    /// Releases a hold that is not released yet, with the event `hold.released`. Gives it; nothing when there is none.
    async fn release_hold(
        &self,
        id: HoldId,
        by: &str,
        at: Timestamp,
        audit: Option<NewAudit>,
    ) -> Result<Option<HoldRecord>, StoreError>;

    /// The holds that hold at `now`, oldest first.
    async fn holds(&self, now: Timestamp) -> Result<Vec<HoldRecord>, StoreError>;

    /// Says of uncertain components whether what is open was done, with the event `component.resolved`. Gives those that were uncertain.
    async fn resolve(
        &self,
        components: &[ComponentId],
        done: bool,
        at: Timestamp,
        audit: Option<NewAudit>,
    ) -> Result<Vec<ComponentId>, StoreError>;

    /// Adds an entry to the audit that belongs to no other change.
    async fn audit(&self, entry: NewAudit) -> Result<(), StoreError>;

    /// Entries of the audit, newest first, at most `limit`.
    async fn audits(&self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;

    /// Keeps a plan.
    async fn keep_plan(&self, plan: PlanRecord) -> Result<(), StoreError>;

    /// A plan, also an expired one that is not deleted yet.
    async fn plan(&self, id: PlanId) -> Result<Option<PlanRecord>, StoreError>;

    /// A transition with its members and tasks.
    async fn transition(&self, id: TransitionId) -> Result<Option<TransitionView>, StoreError>;

    /// Transitions, newest first, at most `limit`.
    async fn transitions(
        &self,
        filter: &TransitionFilter,
        limit: u32,
    ) -> Result<Vec<(TransitionRecord, Counts)>, StoreError>;

    /// What the parts of these transitions became; those that do not exist are left out.
    async fn breakdowns(&self, ids: &[TransitionId]) -> Result<HashMap<TransitionId, Breakdown>, StoreError>;

    /// The requests that share a task, or shared it to its end, in the order in which they came.
    async fn requests_of(&self, task: TaskId) -> Result<Vec<TransitionRecord>, StoreError>;

    /// A task with its attempts, oldest first.
    async fn task(&self, id: TaskId) -> Result<Option<(TaskRecord, Vec<AttemptRecord>)>, StoreError>;

    /// The unfinished tasks of a component in order, the active one first, with those who want them.
    async fn line(&self, component: &ComponentId) -> Result<Vec<OpenTask>, StoreError>;

    /// What is stored of one component, if it is known.
    async fn component(&self, id: &ComponentId) -> Result<Option<ComponentRecord>, StoreError>;

    /// Everything stored of components.
    async fn components(&self) -> Result<Vec<ComponentRecord>, StoreError>;

    /// The known components whose last task failed or timed out. Tasks that others took the place of do not count.
    async fn failed_components(&self) -> Result<Vec<ComponentId>, StoreError>;

    /// Everything stored of controllers, in order of id.
    async fn controllers(&self) -> Result<Vec<ControllerRecord>, StoreError>;

    /// Events after the given place, or from the oldest kept, in order, at most `limit`. Where events after that place are missing, the
    /// page says so and begins with the oldest kept; without a place nothing counts as missing.
    async fn events_after(&self, after: Option<&EventId>, limit: u32) -> Result<EventPage, StoreError>;

    /// The place in the log in front of the first event of a transition. Nothing when that event is not kept.
    async fn transition_start(&self, id: TransitionId) -> Result<Option<EventId>, StoreError>;

    /// How far the log has got: the place of its last event. Changes after a commit that appended events, mostly at once; a reader looks
    /// at the table now and then all the same.
    fn event_hint(&self) -> watch::Receiver<EventId>;

    /// Stores an idempotency key before its work begins, or says what is stored under it. A record that has expired at `claim.at` counts
    /// as none. The limits of the claim count what is stored; only a key that is not known yet can meet them.
    async fn claim_key(&self, claim: &KeyClaim) -> Result<ClaimAnswer, StoreError>;

    /// Keeps the answer of the request that holds this reservation until `expires_at`. False when it is not kept: nobody holds the
    /// reservation, it has its answer already, or the answer is longer than [`ANSWER_MAX_BYTES`] or one of too many long ones
    /// ([`LONG_ANSWERS_MAX_BYTES`]).
    ///
    /// [`ANSWER_MAX_BYTES`]: crate::idempotency::ANSWER_MAX_BYTES
    /// [`LONG_ANSWERS_MAX_BYTES`]: crate::idempotency::LONG_ANSWERS_MAX_BYTES
    async fn keep_answer(
        &self,
        reservation: Uuid,
        answer: &KeptAnswer,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Deletes at most `limit` keys that have expired at `now`, and says how many.
    async fn expire_keys(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Whether the engine answers, for readiness.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Whether a write could begin now. Writes nothing.
    async fn ping_writer(&self) -> Result<(), StoreError>;
}
