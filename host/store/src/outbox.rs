//! The outbox: what is to be told to webhooks and callbacks, and how the telling went.
//!
//! A *follower* reads the event log on behalf of receivers and keeps its place in it. What it finds becomes *deliveries*, in the same
//! transaction that moves its place, so that a kill between the two loses nothing. A delivery is finished by being delivered, or by
//! being given up.

use async_trait::async_trait;
use switchyard_core::{Timestamp, TransitionId};

use crate::error::StoreError;
use crate::event::EventId;

/// Who receives a delivery. Deliveries to one target go out one after another, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// A configured webhook, by its name.
    Webhook(String),
    /// The callback of a request, by its URL.
    Callback(String),
}

/// A delivery that has not been stored yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// Who receives it.
    pub target: Target,
    /// The id of the message: the same however often it is sent.
    pub message: String,
    /// The event that it tells of.
    pub event: EventId,
    /// The kind of that event.
    pub kind: String,
    /// The transition that the event is about.
    pub transition: Option<TransitionId>,
    /// The body, byte for byte as it is sent.
    pub body: String,
    /// When it was put into the outbox.
    pub created_at: Timestamp,
    /// From when on a failed attempt is the last one.
    pub give_up_at: Timestamp,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It waits for its first or next attempt.
    Pending,
    /// The receiver has taken it.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// Its stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// A stored delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// Its place in the order of all deliveries.
    pub seq: i64,
    /// What is delivered, and to whom.
    pub delivery: NewDelivery,
    /// How it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was last tried.
    pub last_attempt_at: Option<Timestamp>,
    /// The status of the last answer, if there was one.
    pub last_status: Option<u16>,
    /// What the last attempt met, in words.
    pub last_words: Option<String>,
    /// When it is tried next, while it is pending.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was delivered or given up.
    pub ended_at: Option<Timestamp>,
}

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// The delivery.
    pub seq: i64,
    /// When it was tried.
    pub at: Timestamp,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// What it met, in words, when the receiver did not simply take it.
    pub words: Option<String>,
    /// What becomes of the delivery.
    pub then: AfterAttempt,
}

/// What becomes of a delivery after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterAttempt {
    /// The receiver has taken it.
    Delivered,
    /// It is tried again.
    Retry {
        /// When.
        at: Timestamp,
    },
    /// It is given up.
    Failed,
}

/// A follower of the log and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowerRecord {
    /// Its name.
    pub name: String,
    /// Its place in the log: it has looked at everything up to here.
    pub cursor: EventId,
    /// How many events the log has after it.
    pub behind: u64,
    /// When its receiver asked not to be told any more.
    pub disabled_at: Option<Timestamp>,
    /// How many of its deliveries are pending.
    pub pending: u64,
    /// When the oldest of these was put into the outbox.
    pub oldest_pending_at: Option<Timestamp>,
    /// When a delivery last succeeded, as far as it is still kept.
    pub last_delivered_at: Option<Timestamp>,
}

/// Which deliveries are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Those of this follower only.
    pub follower: Option<String>,
    /// Those in this state only.
    pub state: Option<DeliveryState>,
    /// Those with a place before this one only.
    pub before: Option<i64>,
}

/// What is to be told to receivers. One method is one transaction; what a method has acknowledged is durable.
#[async_trait]
pub trait Outbox: Send + Sync + std::fmt::Debug {
    /// Makes followers known. A new one begins after the last event of the log; one that is not named is forgotten, and its pending
    /// deliveries are given up.
    async fn follow(&self, followers: &[String], now: Timestamp) -> Result<(), StoreError>;

    /// All followers in the order of their names.
    async fn followers(&self) -> Result<Vec<FollowerRecord>, StoreError>;

    /// Stores what a follower has found, in order, and moves its place up to and including `cursor`. A follower that is not known
    /// (any more) or is disabled stores nothing.
    async fn enqueue(
        &self,
        follower: &str,
        cursor: &EventId,
        deliveries: &[NewDelivery],
    ) -> Result<(), StoreError>;

    /// The oldest pending deliveries of a webhook in order, at most `limit`.
    async fn pending(&self, webhook: &str, limit: u32) -> Result<Vec<DeliveryRecord>, StoreError>;

    /// Of every callback URL the oldest pending delivery, if its next attempt is due at `now`; those tried least come first. At most
    /// `limit`.
    async fn due_callbacks(&self, now: Timestamp, limit: u32) -> Result<Vec<DeliveryRecord>, StoreError>;

    /// Stores what attempts came to. What is said of a delivery that has ended is dropped.
    async fn record(&self, attempts: &[DeliveryAttempt]) -> Result<(), StoreError>;

    /// Gives up all pending deliveries to a target whose time for that has come, and says why. Gives their number.
    async fn give_up(&self, target: &Target, words: &str, now: Timestamp) -> Result<u64, StoreError>;

    /// Tells a follower nothing more until it is enabled again.
    async fn disable(&self, follower: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Lets a follower go on; its pending deliveries are due at once and are given up at `give_up_at` at the earliest. False when
    /// it is not known.
    async fn enable(&self, follower: &str, now: Timestamp, give_up_at: Timestamp)
    -> Result<bool, StoreError>;

    /// Deliveries, newest first, at most `limit`.
    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError>;

    /// The callback URLs of those of these transitions that have one.
    async fn callbacks_of(
        &self,
        transitions: &[TransitionId],
    ) -> Result<Vec<(TransitionId, String)>, StoreError>;

    /// Deletes deliveries that ended before `ended_before`, of each follower all ended ones but the newest `keep`, and the callback
    /// URLs of transitions that are not stored any more; at most `limit` rows of each kind. Gives the number of rows deleted; a caller
    /// goes on until that is 0.
    async fn prune_deliveries(
        &self,
        ended_before: Timestamp,
        keep: u32,
        limit: u32,
    ) -> Result<u64, StoreError>;
}
