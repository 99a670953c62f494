//! The rows of a request.

use serde::Serialize;
use serde_json::json;
use sqlx::SqliteConnection;
use switchyard_core::machine::Machine;
use switchyard_core::operation::Lane;
use switchyard_core::{Standing, TaskId, Timestamp};
use switchyard_store::decision::Decision;
use switchyard_store::event::kind;
use switchyard_store::{Counts, How, Part, Refusal, StoreError, TaskRecord, TransitionRecord};

use super::Places;
use crate::encoding::to_json;
use crate::error::failed;
use crate::inventory;

/// Stores the transition itself and gives its `seq`.
pub(super) async fn insert_transition(
    conn: &mut SqliteConnection,
    transition: &TransitionRecord,
    members: usize,
    counts: &Counts,
) -> Result<i64, StoreError> {
    let operation = transition.operation.name();
    let created_at = transition.created_at.as_millis();
    let expires_at = transition.expires_at.as_millis();
    let deadline = to_json(&transition.deadline)?;
    let start_by = transition.start_by.as_millis();
    let retry_of = transition.retry_of.map(|id| id.0);
    let max_failures = transition.max_failures.map(|limit| limit.to_string());
    let members = i64::try_from(members).unwrap_or(i64::MAX);
    let unfinished = i64::from(counts.new);
    let ended_at = transition.ended_at.map(Timestamp::as_millis);
    let frozen = ended_at.map(|_| to_json(counts)).transpose()?;
    let result = sqlx::query!(
        "INSERT INTO transition (id, operation, created_at, expires_at, requested_by, reason, request_id, members,
             unfinished, counts, ended_at, deadline, start_by, retry_of, max_failures)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        transition.id.0,
        operation,
        created_at,
        expires_at,
        transition.requested_by,
        transition.reason,
        transition.request_id,
        members,
        unfinished,
        frozen,
        ended_at,
        deadline,
        start_by,
        retry_of,
        max_failures,
    )
    .execute(conn)
    .await
    .map_err(failed("store a transition"))?;
    Ok(result.last_insert_rowid())
}

#[derive(Serialize)]
struct TaskRow<'a> {
    seq: i64,
    id: TaskId,
    component: &'a str,
    controller: &'a str,
    place: i64,
    lane: Lane,
    phase: &'static str,
    standing: Standing,
    machine: &'a Machine,
}

/// The new tasks of a request, as the statements about them have them.
pub(super) struct TaskRows {
    json: String,
    any: bool,
}

impl TaskRows {
    pub(super) fn of(tasks: &[TaskRecord]) -> Result<Self, StoreError> {
        let rows = tasks.iter().map(|task| TaskRow {
            seq: task.seq,
            id: task.id,
            component: task.component.as_str(),
            controller: task.controller.as_str(),
            place: task.place,
            lane: task.machine.operation.lane(),
            phase: task.machine.phase.name(),
            standing: Standing::from(&task.machine),
            machine: &task.machine,
        });
        let rows: Vec<TaskRow<'_>> = rows.collect();
        Ok(Self {
            json: to_json(&rows)?,
            any: !rows.is_empty(),
        })
    }

    /// Stores the tasks, and makes their components known.
    pub(super) async fn insert(
        &self,
        conn: &mut SqliteConnection,
        transition: &TransitionRecord,
    ) -> Result<(), StoreError> {
        if !self.any {
            return Ok(());
        }
        inventory::make_known(conn, &self.json).await?;
        let at = transition.created_at.as_millis();
        sqlx::query!(
            "INSERT INTO task (seq, id, transition, component, controller, place, lane, phase, standing, created_at, updated_at,
                 machine)
             SELECT value ->> '$.seq', unhex(value ->> '$.id', '-'), ?2, value ->> '$.component', value ->> '$.controller',
                 value ->> '$.place', value ->> '$.lane', value ->> '$.phase', value ->> '$.standing', ?3, ?3,
                 value ->> '$.machine'
             FROM jsonb_each(?1)",
            self.json,
            transition.id.0,
            at,
        )
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed("store tasks"))
    }

    /// Says of each that it was accepted.
    pub(super) async fn append_events(
        &self,
        conn: &mut SqliteConnection,
        transition: &TransitionRecord,
    ) -> Result<(), StoreError> {
        if !self.any {
            return Ok(());
        }
        let at = transition.created_at.as_millis();
        let data = to_json(&json!({ "operation": transition.operation }))?;
        sqlx::query!(
            "INSERT INTO event (seq, at, kind, component, task, transition, data)
             SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) + 1 + key,
                 ?2, ?3, value ->> '$.component', unhex(value ->> '$.id', '-'), ?4, ?5
             FROM jsonb_each(?1)",
            self.json,
            at,
            kind::TASK_ACCEPTED,
            transition.id.0,
            data,
        )
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed("append events"))
    }
}

#[derive(Serialize)]
struct MemberRow<'a> {
    name: &'a str,
    task: Option<i64>,
    refusal: Option<&'a Refusal>,
    standing: Option<Standing>,
    how: Option<&'a How>,
    included: i64,
}

/// Stores the members, whose tasks are at their `places`.
pub(super) async fn insert_members(
    conn: &mut SqliteConnection,
    transition: i64,
    decision: &Decision,
    places: &Places,
) -> Result<(), StoreError> {
    let rows = decision.members.iter().map(|member| {
        let (task, refusal) = match &member.part {
            Part::Task { task } => (places.get(task).copied(), None),
            Part::Refused { refusal } => (None, Some(refusal)),
        };
        MemberRow {
            name: &member.name,
            task,
            refusal,
            standing: refusal.map(Refusal::standing),
            how: member.how.as_ref(),
            included: i64::from(member.included),
        }
    });
    let rows = to_json(&rows.collect::<Vec<_>>())?;
    sqlx::query!(
        "INSERT INTO member (transition, position, name, task, refusal, standing, how, included)
         SELECT ?2, key, value ->> '$.name', value ->> '$.task', value ->> '$.refusal', value ->> '$.standing', value ->> '$.how',
             value ->> '$.included'
         FROM jsonb_each(?1)",
        rows,
        transition,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("store members"))
}

/// Stores what the request wants of the components that it has a part in.
pub(super) async fn store_desired(
    conn: &mut SqliteConnection,
    transition: &TransitionRecord,
    decision: &Decision,
) -> Result<(), StoreError> {
    let made = decision.tasks.iter().map(|task| &task.component);
    let shared = decision.joined.iter().map(|(_, component)| component);
    let components = to_json(&made.chain(shared).collect::<Vec<_>>())?;
    let desired = to_json(&transition.operation.end_level())?;
    sqlx::query!(
        "UPDATE component SET desired = ?2 ->> '$' WHERE id IN (SELECT value FROM json_each(?1))",
        components,
        desired,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("store the desired state"))
}
