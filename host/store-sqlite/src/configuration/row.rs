//! Rows of the configuration lane, and the records that they hold.

use switchyard_core::{ComponentId, ConfigurationId, TaskId, Timestamp};
use switchyard_store::{
    ConfigurationCounts, ConfigurationMember, ConfigurationRecord, ConfigurationTask, Part, StoreError,
};
use uuid::Uuid;

use crate::encoding::{from_json, from_name, from_text};
use crate::row::NoPart;

/// A row of `configuration`, as far as it is a record.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct ConfigurationRow {
    pub(super) seq: i64,
    pub(super) id: Uuid,
    pub(super) track: String,
    pub(super) created_at: i64,
    pub(super) expires_at: i64,
    pub(super) requested_by: String,
    pub(super) reason: Option<String>,
    pub(super) request_id: String,
    pub(super) cancel_asked_at: Option<i64>,
    pub(super) ended_at: Option<i64>,
    pub(super) counts: Option<String>,
}

impl ConfigurationRow {
    pub(super) fn record(self) -> Result<ConfigurationRecord, StoreError> {
        Ok(ConfigurationRecord {
            id: ConfigurationId(self.id),
            track: from_name(&self.track, "configuration", self.id)?,
            created_at: Timestamp::from_millis(self.created_at),
            expires_at: Timestamp::from_millis(self.expires_at),
            requested_by: self.requested_by,
            reason: self.reason,
            request_id: self.request_id,
            cancel_asked_at: self.cancel_asked_at.map(Timestamp::from_millis),
            ended_at: self.ended_at.map(Timestamp::from_millis),
        })
    }

    /// The counts that were frozen when it ended.
    pub(super) fn frozen_counts(&self) -> Result<Option<ConfigurationCounts>, StoreError> {
        self.counts
            .as_deref()
            .map(|counts| from_json(counts, "configuration", self.id))
            .transpose()
    }
}

/// A row of `configuration_task`, as far as it is a record.
#[derive(Debug)]
pub(super) struct TaskRow {
    pub(super) id: Uuid,
    pub(super) component: String,
    pub(super) controller: String,
    pub(super) configuration: Uuid,
    pub(super) seq: i64,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    pub(super) cancel_asked: bool,
    pub(super) machine: String,
}

impl TaskRow {
    pub(super) fn record(self) -> Result<ConfigurationTask, StoreError> {
        Ok(ConfigurationTask {
            id: TaskId(self.id),
            component: from_text::<ComponentId>(&self.component, "component")?,
            controller: from_text(&self.controller, "controller")?,
            configuration: ConfigurationId(self.configuration),
            seq: self.seq,
            created_at: Timestamp::from_millis(self.created_at),
            updated_at: Timestamp::from_millis(self.updated_at),
            cancel_asked: self.cancel_asked,
            machine: from_json(&self.machine, "task of a configuration", self.id)?,
        })
    }
}

/// The records of rows, in their order.
pub(super) fn tasks(rows: Vec<TaskRow>) -> Result<Vec<ConfigurationTask>, StoreError> {
    rows.into_iter().map(TaskRow::record).collect()
}

/// A row of `configuration_member`; the id of its task comes from the join.
#[derive(Debug)]
pub(super) struct MemberRow {
    pub(super) position: i64,
    pub(super) name: String,
    pub(super) task: Option<Uuid>,
    pub(super) refusal: Option<String>,
    pub(super) how: Option<String>,
    pub(super) departed_at: Option<i64>,
    pub(super) counted: Option<String>,
}

impl MemberRow {
    pub(super) fn record(self) -> Result<ConfigurationMember, StoreError> {
        const WHAT: &str = "member of a configuration";
        let part = match (self.task, self.refusal) {
            (Some(task), _) => Part::Task { task: TaskId(task) },
            (None, Some(refusal)) => Part::Refused {
                refusal: from_json(&refusal, WHAT, self.position)?,
            },
            (None, None) => return Err(crate::error::inconsistent(WHAT, self.position)(NoPart)),
        };
        Ok(ConfigurationMember {
            name: self.name,
            part,
            how: self
                .how
                .map(|how| from_json(&how, WHAT, self.position))
                .transpose()?,
            departed_at: self.departed_at.map(Timestamp::from_millis),
            counted: self
                .counted
                .map(|counted| from_json(&counted, WHAT, self.position))
                .transpose()?,
        })
    }
}
