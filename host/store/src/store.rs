//! What the API may do: read, submit, ask to cancel.

use async_trait::async_trait;
use switchyard_core::machine::Machine;
use switchyard_core::{ComponentId, ControllerId, TaskId, Timestamp, TransitionId};
use tokio::sync::watch;
use uuid::Uuid;

use crate::error::StoreError;
use crate::event::{EventId, EventPage};
use crate::idempotency::{ClaimAnswer, KeptAnswer, KeyClaim};
use crate::record::{
    AttemptRecord, ComponentRecord, ControllerRecord, Counts, MemberRecord, Refusal, TaskRecord,
    TransitionRecord,
};

/// A request to be stored.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The request itself; `cancel_asked_at` and `ended_at` are set by the store.
    pub transition: TransitionRecord,
    /// Its components in order, each at most once.
    pub members: Vec<NewMember>,
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
}

/// What a named component is to become.
#[derive(Debug, Clone)]
pub enum Want {
    /// A task, if its line admits one (`switchyard_core::admission`).
    Task {
        /// The id of the task.
        id: TaskId,
        /// The component.
        component: ComponentId,
        /// Its controller.
        controller: ControllerId,
        /// The state in which the task begins.
        machine: Box<Machine>,
    },
    /// A refusal that is known already.
    Refused(Refusal),
}

/// A request that is durable.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// The request.
    pub transition: TransitionRecord,
    /// What became of each component, in order.
    pub members: Vec<MemberRecord>,
    /// The tasks that were made, in order of their place.
    pub tasks: Vec<TaskRecord>,
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
}

/// What was answered when the request was accepted, for one that is repeated.
impl From<TransitionView> for Submitted {
    fn from(view: TransitionView) -> Self {
        let (members, tasks): (Vec<_>, Vec<_>) = view.members.into_iter().unzip();
        Self {
            transition: view.transition,
            members,
            tasks: tasks.into_iter().flatten().collect(),
        }
    }
}

/// What became of the wish to cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelAnswer {
    /// No such transition.
    NotFound,
    /// It had ended before and was not cancelled.
    Ended,
    /// It was asked for before.
    AskedBefore,
    /// It is asked for now; these tasks have not ended.
    Asked {
        /// The tasks.
        tasks: Vec<TaskId>,
    },
}

/// Reading and submitting. One method is one transaction; what a method has acknowledged is durable.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Stores a request: the transition, its members, a task for each component whose line admits one
    /// (`switchyard_core::admission::admit` over the tasks not yet ended, in order), the desired state of those components, and the
    /// events `transition.accepted` and `task.accepted`. A request without a task is stored as ended (`transition.ended`). Its
    /// callback URL is stored with it, for [`Outbox`](crate::Outbox).
    async fn submit(&self, submission: Submission) -> Result<Submitted, StoreError>;

    /// Marks a transition and its unfinished tasks as asked to cancel, with the event `transition.cancel-asked`. The tasks are given
    /// in order of their place.
    async fn ask_to_cancel(
        &self,
        id: TransitionId,
        by: &str,
        at: Timestamp,
    ) -> Result<CancelAnswer, StoreError>;

    /// A transition with its members and tasks.
    async fn transition(&self, id: TransitionId) -> Result<Option<TransitionView>, StoreError>;

    /// The newest transitions that have not expired at `now`, or have not ended, newest first, at most `limit`.
    async fn transitions(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(TransitionRecord, Counts)>, StoreError>;

    /// A task with its attempts, oldest first.
    async fn task(&self, id: TaskId) -> Result<Option<(TaskRecord, Vec<AttemptRecord>)>, StoreError>;

    /// The unfinished tasks of a component in order, the active one first.
    async fn line(&self, component: &ComponentId) -> Result<Vec<TaskRecord>, StoreError>;

    /// What is stored of one component, if it is known.
    async fn component(&self, id: &ComponentId) -> Result<Option<ComponentRecord>, StoreError>;

    /// Everything stored of components.
    async fn components(&self) -> Result<Vec<ComponentRecord>, StoreError>;

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
}
