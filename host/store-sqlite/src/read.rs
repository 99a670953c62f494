//! Reading transitions and tasks.

use sqlx::SqliteConnection;
use switchyard_core::{ComponentId, TaskId, Timestamp, TransitionId};
use switchyard_store::{
    AttemptRecord, Counts, Part, StoreError, TaskRecord, TransitionRecord, TransitionView,
};
use uuid::Uuid;

use crate::counts;
use crate::error::failed;
use crate::row::{self, AttemptRow, MemberRow, TaskRow, TransitionRow};

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
               cancel_asked_at, ended_at, counts
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
    }))
}

async fn members(conn: &mut SqliteConnection, transition: i64) -> Result<Vec<MemberRow>, StoreError> {
    sqlx::query_as!(
        MemberRow,
        r#"SELECT m.position AS "position!", m.name AS "name!", t.id AS "task: Uuid", m.refusal AS "refusal: String"
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
               t.transition AS "transition!: Uuid", t.seq AS "seq!", t.created_at AS "created_at!",
               t.updated_at AS "updated_at!", t.cancel_asked AS "cancel_asked!: bool", t.machine AS "machine!"
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

pub(crate) async fn transitions(
    conn: &mut SqliteConnection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(TransitionRecord, Counts)>, StoreError> {
    let now = now.as_millis();
    let rows = sqlx::query_as!(
        TransitionRow,
        r#"SELECT seq AS "seq!", id AS "id!: Uuid", operation, created_at, expires_at, requested_by, reason, request_id,
               cancel_asked_at, ended_at, counts
           FROM transition
           WHERE seq IN (
               SELECT seq FROM transition WHERE ended_at IS NULL
               UNION ALL
               SELECT seq FROM transition WHERE expires_at > ?1
           )
           ORDER BY seq DESC
           LIMIT ?2"#,
        now,
        limit,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(failed("list transitions"))?;
    let open: Vec<i64> = rows
        .iter()
        .filter(|row| row.counts.is_none())
        .map(|row| row.seq)
        .collect();
    let live = counts::of(conn, &open).await?;
    rows.into_iter()
        .map(|row| {
            let counts = match row.frozen_counts()? {
                Some(counts) => counts,
                None => live.get(&row.seq).copied().unwrap_or_default(),
            };
            Ok((row.record()?, counts))
        })
        .collect()
}

pub(crate) async fn task(
    conn: &mut SqliteConnection,
    id: TaskId,
) -> Result<Option<(TaskRecord, Vec<AttemptRecord>)>, StoreError> {
    let row = sqlx::query_as!(
        TaskRow,
        r#"SELECT id AS "id!: Uuid", component, controller, transition AS "transition!: Uuid", seq AS "seq!", created_at,
               updated_at, cancel_asked AS "cancel_asked!: bool", machine
           FROM task WHERE id = ?1"#,
        id.0,
    )
    .fetch_optional(&mut *conn)
    .await
    .map_err(failed("read a task"))?;
    let Some(row) = row else { return Ok(None) };
    let attempts = sqlx::query_as!(
        AttemptRow,
        r#"SELECT permit AS "permit!: Uuid", step AS "step!: u32", primitive, intent_at, ended_at, delivery, failure
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
) -> Result<Vec<TaskRecord>, StoreError> {
    let component = component.as_str();
    let rows = sqlx::query_as!(
        TaskRow,
        r#"SELECT id AS "id!: Uuid", component, controller, transition AS "transition!: Uuid", seq AS "seq!", created_at,
               updated_at, cancel_asked AS "cancel_asked!: bool", machine
           FROM task WHERE component = ?1 AND phase <> 'done'
           ORDER BY phase = 'queued', seq"#,
        component,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the line of a component"))?;
    row::tasks(rows)
}

pub(crate) async fn open_tasks(
    conn: &mut SqliteConnection,
    after: i64,
    limit: u32,
) -> Result<Vec<TaskRecord>, StoreError> {
    let rows = sqlx::query_as!(
        TaskRow,
        r#"SELECT id AS "id!: Uuid", component, controller, transition AS "transition!: Uuid", seq AS "seq!", created_at,
               updated_at, cancel_asked AS "cancel_asked!: bool", machine
           FROM task WHERE phase <> 'done' AND seq > ?1
           ORDER BY seq
           LIMIT ?2"#,
        after,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the unfinished tasks"))?;
    row::tasks(rows)
}
