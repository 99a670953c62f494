//! Rows of deliveries, and the records that they hold.

use serde::Serialize;
use switchyard_core::{Timestamp, TransitionId};
use switchyard_store::{DeliveryRecord, DeliveryState, EventId, NewDelivery, StoreError, Target};
use uuid::Uuid;

use crate::error::inconsistent;
use crate::event::Log;

/// An id that is none of this log.
#[derive(Debug, thiserror::Error)]
#[error("it is no place of this log")]
struct Foreign;

/// The place in the log that an id stands for.
pub(super) fn place(log: &Log, id: &EventId) -> Result<i64, StoreError> {
    log.seq(id)
        .ok_or_else(|| inconsistent("event id", &id.0)(Foreign))
}

/// A delivery as it is stored first.
#[derive(Debug, Serialize)]
pub(super) struct NewRow<'a> {
    callback: Option<&'a str>,
    message: &'a str,
    event: i64,
    kind: &'a str,
    transition: Option<TransitionId>,
    body: &'a str,
    created_at: Timestamp,
    give_up_at: Timestamp,
}

impl<'a> NewRow<'a> {
    pub(super) fn of(delivery: &'a NewDelivery, log: &Log) -> Result<Self, StoreError> {
        Ok(Self {
            callback: match &delivery.target {
                Target::Webhook(_) => None,
                Target::Callback(url) => Some(url),
            },
            message: &delivery.message,
            event: place(log, &delivery.event)?,
            kind: &delivery.kind,
            transition: delivery.transition,
            body: &delivery.body,
            created_at: delivery.created_at,
            give_up_at: delivery.give_up_at,
        })
    }
}

/// A row of `delivery`.
#[derive(Debug)]
pub(super) struct DeliveryRow {
    pub(super) seq: i64,
    pub(super) follower: String,
    pub(super) callback: Option<String>,
    pub(super) message: String,
    pub(super) event: i64,
    pub(super) kind: String,
    pub(super) transition: Option<Uuid>,
    pub(super) body: String,
    pub(super) state: String,
    pub(super) attempts: u32,
    pub(super) created_at: i64,
    pub(super) give_up_at: i64,
    pub(super) last_attempt_at: Option<i64>,
    pub(super) last_status: Option<u16>,
    pub(super) last_words: Option<String>,
    pub(super) next_attempt_at: Option<i64>,
    pub(super) ended_at: Option<i64>,
}

/// A word that is no state of a delivery.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no state of a delivery")]
struct NoState(String);

impl DeliveryRow {
    fn record(self, log: &Log) -> Result<DeliveryRecord, StoreError> {
        let state = DeliveryState::ALL
            .into_iter()
            .find(|state| state.name() == self.state)
            .ok_or_else(|| inconsistent("delivery", self.seq)(NoState(self.state.clone())))?;
        let target = match self.callback {
            Some(url) => Target::Callback(url),
            None => Target::Webhook(self.follower),
        };
        Ok(DeliveryRecord {
            seq: self.seq,
            delivery: NewDelivery {
                target,
                message: self.message,
                event: log.id(self.event),
                kind: self.kind,
                transition: self.transition.map(TransitionId),
                body: self.body,
                created_at: Timestamp::from_millis(self.created_at),
                give_up_at: Timestamp::from_millis(self.give_up_at),
            },
            state,
            attempts: self.attempts,
            last_attempt_at: self.last_attempt_at.map(Timestamp::from_millis),
            last_status: self.last_status,
            last_words: self.last_words,
            next_attempt_at: self.next_attempt_at.map(Timestamp::from_millis),
            ended_at: self.ended_at.map(Timestamp::from_millis),
        })
    }
}

/// The records of rows, in their order.
pub(super) fn records(rows: Vec<DeliveryRow>, log: &Log) -> Result<Vec<DeliveryRecord>, StoreError> {
    rows.into_iter().map(|row| row.record(log)).collect()
}
