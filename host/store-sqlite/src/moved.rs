//! Storing the states of tasks, and moving their requests to other tasks.

use serde::Serialize;
use sqlx::SqliteConnection;
use switchyard_core::machine::Machine;
use switchyard_core::{Outcome, Standing, TaskId, Timestamp};
use switchyard_store::{StoreError, TaskRecord};

use crate::dependency;
use crate::encoding::to_json;
use crate::error::{Unknown, conflict, failed};

/// The new state of a task.
#[derive(Debug, Serialize)]
pub(crate) struct Moved<'a> {
    pub(crate) task: TaskId,
    phase: &'static str,
    standing: Standing,
    outcome: Option<&'static str>,
    pub(crate) at: Timestamp,
    pub(crate) machine: &'a Machine,
}

impl<'a> Moved<'a> {
    pub(crate) fn new(task: TaskId, machine: &'a Machine, at: Timestamp) -> Self {
        Self {
            task,
            phase: machine.phase.name(),
            standing: Standing::from(machine),
            outcome: machine.outcome().map(Outcome::name),
            at,
            machine,
        }
    }
}

impl<'a> From<&'a TaskRecord> for Moved<'a> {
    fn from(record: &'a TaskRecord) -> Self {
        Self::new(record.id, &record.machine, record.updated_at)
    }
}

/// Stores the states. A task that has ended moves no more; one that nobody knows is a conflict.
pub(crate) async fn store(conn: &mut SqliteConnection, moved: &[Moved<'_>]) -> Result<(), StoreError> {
    if moved.is_empty() {
        return Ok(());
    }
    let rows = to_json(moved)?;
    let stored = sqlx::query!(
        "UPDATE task
         SET phase = c.phase, standing = c.standing, outcome = c.outcome, machine = c.machine, updated_at = c.at,
             ended_at = iif(c.phase = 'done', c.at, NULL)
         FROM (
             SELECT unhex(value ->> '$.task', '-') AS id, value ->> '$.phase' AS phase, value ->> '$.standing' AS standing,
                 value ->> '$.outcome' AS outcome, value ->> '$.machine' AS machine, value ->> '$.at' AS at
             FROM jsonb_each(?1)
         ) AS c
         WHERE task.id = c.id AND task.phase <> 'done'",
        rows,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("move tasks"))?
    .rows_affected();
    if usize::try_from(stored).is_ok_and(|stored| stored == moved.len()) {
        return Ok(());
    }
    // The others have ended before, or nobody knows them.
    let unknown = sqlx::query_scalar!(
        r#"SELECT value ->> '$.task' AS "task!: String" FROM jsonb_each(?1)
           WHERE NOT EXISTS (SELECT 1 FROM task WHERE id = unhex(value ->> '$.task', '-'))
           LIMIT 1"#,
        rows,
    )
    .fetch_optional(conn)
    .await
    .map_err(failed("look for unknown tasks"))?;
    match unknown {
        None => Ok(()),
        Some(which) => Err(conflict("move tasks", Unknown { what: "task", which })),
    }
}

#[derive(Serialize)]
struct FromTo {
    from: TaskId,
    to: TaskId,
}

/// Moves the requests that share a task to another.
pub(crate) async fn share_instead(
    conn: &mut SqliteConnection,
    tasks: &[(TaskId, TaskId)],
) -> Result<(), StoreError> {
    if tasks.is_empty() {
        return Ok(());
    }
    let rows: Vec<FromTo> = tasks.iter().map(|&(from, to)| FromTo { from, to }).collect();
    let rows = to_json(&rows)?;
    sqlx::query!(
        "WITH c AS MATERIALIZED (
             SELECT m.transition, m.position, t.seq AS task
             FROM jsonb_each(?1) AS pair
             CROSS JOIN task AS f ON f.id = unhex(pair.value ->> '$.from', '-')
             CROSS JOIN task AS t ON t.id = unhex(pair.value ->> '$.to', '-')
             CROSS JOIN member AS m ON m.task = f.seq AND m.departure IS NULL
         )
         UPDATE member SET task = c.task FROM c WHERE member.transition = c.transition AND member.position = c.position",
        rows,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("move requests to other tasks"))?;
    dependency::move_all(conn, &rows).await
}
