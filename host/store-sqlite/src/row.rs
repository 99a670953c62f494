//! Rows, and the records that they hold.

use switchyard_core::PermitId;
use switchyard_core::{ComponentId, TaskId, Timestamp, TransitionId};
use switchyard_store::{AttemptRecord, Counts, MemberRecord, Part, StoreError, TaskRecord, TransitionRecord};
use uuid::Uuid;

use crate::encoding::{from_json, from_name, from_text};

/// A row of `task`, as far as it is a record.
#[derive(Debug)]
pub(crate) struct TaskRow {
    pub(crate) id: Uuid,
    pub(crate) component: String,
    pub(crate) controller: String,
    pub(crate) transition: Uuid,
    pub(crate) seq: i64,
    pub(crate) place: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) cancel_asked: Option<String>,
    pub(crate) paused: bool,
    pub(crate) machine: String,
}

impl TaskRow {
    pub(crate) fn record(self) -> Result<TaskRecord, StoreError> {
        Ok(TaskRecord {
            id: TaskId(self.id),
            component: from_text::<ComponentId>(&self.component, "component")?,
            controller: from_text(&self.controller, "controller")?,
            transition: TransitionId(self.transition),
            seq: self.seq,
            place: self.place,
            created_at: Timestamp::from_millis(self.created_at),
            updated_at: Timestamp::from_millis(self.updated_at),
            cancel_asked: self
                .cancel_asked
                .map(|mode| from_name(&mode, "task", self.id))
                .transpose()?,
            paused: self.paused,
            machine: from_json(&self.machine, "task", self.id)?,
        })
    }
}

/// The records of rows, in their order.
pub(crate) fn tasks(rows: Vec<TaskRow>) -> Result<Vec<TaskRecord>, StoreError> {
    rows.into_iter().map(TaskRow::record).collect()
}

/// A row of `transition`, as far as it is a record.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct TransitionRow {
    pub(crate) seq: i64,
    pub(crate) id: Uuid,
    pub(crate) operation: String,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) requested_by: String,
    pub(crate) reason: Option<String>,
    pub(crate) request_id: String,
    pub(crate) deadline: String,
    pub(crate) start_by: i64,
    pub(crate) retry_of: Option<Uuid>,
    pub(crate) max_failures: Option<String>,
    pub(crate) struck_at: Option<i64>,
    pub(crate) cancel_asked_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) counts: Option<String>,
}

impl TransitionRow {
    pub(crate) fn record(self) -> Result<TransitionRecord, StoreError> {
        Ok(TransitionRecord {
            id: TransitionId(self.id),
            operation: from_name(&self.operation, "transition", self.id)?,
            created_at: Timestamp::from_millis(self.created_at),
            expires_at: Timestamp::from_millis(self.expires_at),
            requested_by: self.requested_by,
            reason: self.reason,
            request_id: self.request_id,
            deadline: from_json(&self.deadline, "transition", self.id)?,
            start_by: Timestamp::from_millis(self.start_by),
            retry_of: self.retry_of.map(TransitionId),
            max_failures: self
                .max_failures
                .map(|limit| from_text(&limit, "limit of failures"))
                .transpose()?,
            struck_at: self.struck_at.map(Timestamp::from_millis),
            cancel_asked_at: self.cancel_asked_at.map(Timestamp::from_millis),
            ended_at: self.ended_at.map(Timestamp::from_millis),
        })
    }

    /// The counts that were frozen when it ended.
    pub(crate) fn frozen_counts(&self) -> Result<Option<Counts>, StoreError> {
        self.counts
            .as_deref()
            .map(|counts| from_json(counts, "transition", self.id))
            .transpose()
    }
}

/// A row of `member`; the id of its task comes from the join.
#[derive(Debug)]
pub(crate) struct MemberRow {
    pub(crate) position: i64,
    pub(crate) name: String,
    pub(crate) task: Option<Uuid>,
    pub(crate) refusal: Option<String>,
    pub(crate) how: Option<String>,
    pub(crate) departure: Option<String>,
    pub(crate) included: bool,
}

/// A member has neither a task nor a refusal.
#[derive(Debug, thiserror::Error)]
#[error("it has neither a task nor a refusal")]
pub(crate) struct NoPart;

impl MemberRow {
    pub(crate) fn record(self) -> Result<MemberRecord, StoreError> {
        let part = match (self.task, self.refusal) {
            (Some(task), _) => Part::Task { task: TaskId(task) },
            (None, Some(refusal)) => Part::Refused {
                refusal: from_json(&refusal, "member", self.position)?,
            },
            (None, None) => {
                return Err(crate::error::inconsistent("member", self.position)(NoPart));
            }
        };
        Ok(MemberRecord {
            name: self.name,
            part,
            how: self
                .how
                .map(|how| from_json(&how, "member", self.position))
                .transpose()?,
            departure: self
                .departure
                .map(|end| from_json(&end, "member", self.position))
                .transpose()?,
            included: self.included,
        })
    }
}

/// A row of `attempt`.
#[derive(Debug)]
pub(crate) struct AttemptRow {
    pub(crate) permit: Uuid,
    pub(crate) step: u32,
    pub(crate) primitive: String,
    pub(crate) controller: Option<String>,
    pub(crate) intent_at: i64,
    pub(crate) ended_at: Option<i64>,
    pub(crate) delivery: Option<String>,
    pub(crate) failure: Option<String>,
}

impl AttemptRow {
    pub(crate) fn record(self, task: TaskId) -> Result<AttemptRecord, StoreError> {
        let permit = self.permit;
        Ok(AttemptRecord {
            permit: PermitId(permit),
            task,
            step: self.step,
            primitive: from_name(&self.primitive, "attempt", permit)?,
            controller: self.controller.map(|id| from_text(&id, "attempt")).transpose()?,
            intent_at: Timestamp::from_millis(self.intent_at),
            ended_at: self.ended_at.map(Timestamp::from_millis),
            delivery: self
                .delivery
                .map(|text| from_json(&text, "attempt", permit))
                .transpose()?,
            failure: self
                .failure
                .map(|text| from_json(&text, "attempt", permit))
                .transpose()?,
        })
    }
}
