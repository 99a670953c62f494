//! Reading transitions and tasks.

use std::collections::HashMap;

use sqlx::SqliteConnection;
use switchyard_core::{ComponentId, TaskId, TransitionId};
use switchyard_store::{
    AttemptRecord, OpenTask, Part, StoreError, TaskRecord, TransitionRecord, TransitionView,
};
use uuid::Uuid;

use crate::encoding::to_json;
use crate::error::failed;
use crate::row::{self, AttemptRow, MemberRow, TaskRow, TransitionRow};
use crate::{counts, demands};

pub(crate) async fn ping(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "n!: i64" FROM lease"#)
        .fetch_one(conn)
        .await
        .map(drop)
        .map_err(failed("answer"))
}

pub(crate) async fn transition(
    conn: &mut SqliteConnection,
    id: TransitionId,
) -> Result<Option<TransitionView>, StoreError> {
    let row = sqlx::query_as!(
        TransitionRow,
        r#"SELECT seq AS "seq!", id AS "id!: Uuid", operation, created_at, expires_at, requested_by, reason, request_id,
               deadline, start_by, retry_of AS "retry_of: Uuid", max_failures, struck_at, cancel_asked_at, ended_at, counts
           FROM transition WHERE id = ?1"#,
        id.0,
    )
    .fetch_optional(&mut *conn)
    .await
    .map_err(failed("read a transition"))?;
    let Some(row) = row else { return Ok(None) };
    let members = members(conn, row.seq).await?;
    let mut tasks = tasks_of(conn, row.seq).await?.into_iter();
    let counts = match row.frozen_counts()? {
        Some(counts) => counts,
        None => counts::of(conn, &[row.seq])
            .await?
            .remove(&row.seq)
            .unwrap_or_default(),
    };
    let attempts = attempts_of(conn, row.seq).await?;
    let members = members
        .into_iter()
        .map(|member| {
            let member = member.record()?;
            let task = if matches!(member.part, Part::Task { .. }) {
                tasks.next()
            } else {
                None
            };
            Ok((member, task))
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Some(TransitionView {
        transition: row.record()?,
        counts,
        members,
        attempts,
    }))
}

async fn members(conn: &mut SqliteConnection, transition: i64) -> Result<Vec<MemberRow>, StoreError> {
    sqlx::query_as!(
        MemberRow,
        r#"SELECT m.position AS "position!", m.name AS "name!", t.id AS "task: Uuid", m.refusal AS "refusal: String",
               m.how AS "how: String", m.departure AS "departure: String", m.included AS "included!: bool"
           FROM member AS m LEFT JOIN task AS t ON t.seq = m.task
           WHERE m.transition = ?1
           ORDER BY m.position"#,
        transition,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the members of a transition"))
}

/// The tasks of the members that have one, in order of the members.
async fn tasks_of(conn: &mut SqliteConnection, transition: i64) -> Result<Vec<TaskRecord>, StoreError> {
    let rows = sqlx::query_as!(
        TaskRow,
        r#"SELECT t.id AS "id!: Uuid", t.component AS "component!", t.controller AS "controller!",
               t.transition AS "transition!: Uuid", t.seq AS "seq!", t.place AS "place!",
               t.created_at AS "created_at!", t.updated_at AS "updated_at!", t.cancel_asked AS "cancel_asked: String",
               t.paused AS "paused!: bool", t.machine AS "machine!"
           FROM member AS m CROSS JOIN task AS t ON t.seq = m.task
           WHERE m.transition = ?1
           ORDER BY m.position"#,
        transition,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the tasks of a transition"))?;
    row::tasks(rows)
}

/// How many attempts there are of each task in a transition.
async fn attempts_of(
    conn: &mut SqliteConnection,
    transition: i64,
) -> Result<HashMap<TaskId, u32>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT t.id AS "task!: Uuid", count(*) AS "n!: u32"
           FROM member AS m
           CROSS JOIN task AS t ON t.seq = m.task
           CROSS JOIN attempt AS a ON a.task = t.seq
           WHERE m.transition = ?1
           GROUP BY t.seq"#,
        transition,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("count the attempts of a transition"))?;
    Ok(rows.into_iter().map(|row| (TaskId(row.task), row.n)).collect())
}

pub(crate) async fn task(
    conn: &mut SqliteConnection,
    id: TaskId,
) -> Result<Option<(TaskRecord, Vec<AttemptRecord>)>, StoreError> {
    let row = sqlx::query_as!(
        TaskRow,
        r#"SELECT id AS "id!: Uuid", component, controller, transition AS "transition!: Uuid", seq AS "seq!", place, created_at,
               updated_at, cancel_asked, paused AS "paused!: bool", machine
           FROM task WHERE id = ?1"#,
        id.0,
    )
    .fetch_optional(&mut *conn)
    .await
    .map_err(failed("read a task"))?;
    let Some(row) = row else { return Ok(None) };
    let attempts = sqlx::query_as!(
        AttemptRow,
        r#"SELECT permit AS "permit!: Uuid", step AS "step!: u32", primitive, controller, intent_at, ended_at, delivery, failure
           FROM attempt WHERE task = ?1 ORDER BY seq"#,
        row.seq,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the attempts of a task"))?;
    let attempts = attempts
        .into_iter()
        .map(|attempt| attempt.record(id))
        .collect::<Result<_, _>>()?;
    Ok(Some((row.record()?, attempts)))
}

pub(crate) async fn line(
    conn: &mut SqliteConnection,
    component: &ComponentId,
) -> Result<Vec<OpenTask>, StoreError> {
    let component = component.as_str();
    let rows = sqlx::query_as!(
        TaskRow,
        r#"SELECT id AS "id!: Uuid", component, controller, transition AS "transition!: Uuid", seq AS "seq!", place, created_at,
               updated_at, cancel_asked, paused AS "paused!: bool", machine
           FROM task WHERE component = ?1 AND phase <> 'done'
           ORDER BY phase = 'queued', place"#,
        component,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(failed("read the line of a component"))?;
    demands::with(conn, row::tasks(rows)?).await
}

pub(crate) async fn open_tasks(
    conn: &mut SqliteConnection,
    after: i64,
    limit: u32,
) -> Result<Vec<OpenTask>, StoreError> {
    let rows = sqlx::query_as!(
        TaskRow,
        r#"SELECT id AS "id!: Uuid", component, controller, transition AS "transition!: Uuid", seq AS "seq!", place, created_at,
               updated_at, cancel_asked, paused AS "paused!: bool", machine
           FROM task WHERE phase <> 'done' AND place > ?1
           ORDER BY place
           LIMIT ?2"#,
        after,
        limit,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(failed("read the unfinished tasks"))?;
    demands::with(conn, row::tasks(rows)?).await
}

/// The requests that share a task, in the order in which they came; those that left before its end are not among them.
pub(crate) async fn requests_of(
    conn: &mut SqliteConnection,
    task: TaskId,
) -> Result<Vec<TransitionRecord>, StoreError> {
    let rows = sqlx::query_as!(
        TransitionRow,
        r#"SELECT r.seq AS "seq!", r.id AS "id!: Uuid", r.operation AS "operation!", r.created_at AS "created_at!",
               r.expires_at AS "expires_at!", r.requested_by AS "requested_by!", r.reason, r.request_id AS "request_id!",
               r.deadline AS "deadline!", r.start_by AS "start_by!", r.retry_of AS "retry_of: Uuid", r.max_failures,
               r.struck_at, r.cancel_asked_at, r.ended_at, r.counts
           FROM task AS t
           CROSS JOIN member AS m ON m.task = t.seq AND m.departure IS NULL
           CROSS JOIN transition AS r ON r.seq = m.transition
           WHERE t.id = ?1
           ORDER BY r.seq"#,
        task.0,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the requests of a task"))?;
    rows.into_iter().map(TransitionRow::record).collect()
}

/// Tasks by their `seq`, in order of their place.
pub(crate) async fn tasks(conn: &mut SqliteConnection, seqs: &[i64]) -> Result<Vec<TaskRecord>, StoreError> {
    let seqs = to_json(seqs)?;
    let rows = sqlx::query_as!(
        TaskRow,
        r#"SELECT id AS "id!: Uuid", component, controller, transition AS "transition!: Uuid", seq AS "seq!", place, created_at,
               updated_at, cancel_asked, paused AS "paused!: bool", machine
           FROM task WHERE seq IN (SELECT value FROM json_each(?1))
           ORDER BY place"#,
        seqs,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read tasks"))?;
    row::tasks(rows)
}
