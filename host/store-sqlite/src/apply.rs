//! Applying a batch of changes in a handful of statements.

mod batch;

use serde_json::json;
use sqlx::SqliteConnection;
use switchyard_core::{Timestamp, TransitionId};
use switchyard_store::event::kind;
use switchyard_store::{Change, Counts, NewEvent, StoreError};
use uuid::Uuid;

use self::batch::{Batch, Moved};
use crate::encoding::to_json;
use crate::error::{NotOpen, Unknown, failed};
use crate::{counts, endpoint, event};

pub(crate) async fn apply(conn: &mut SqliteConnection, changes: &[Change]) -> Result<(), StoreError> {
    let batch = Batch::of(changes);
    // Before any task moves, so that an intent meets its task as the changes in front of the batch left it.
    begin_attempts(conn, &batch).await?;
    let ended = end_transitions(conn, &batch.ended).await?;
    // A task that leaves its component makes way before another becomes its active one.
    for moved in [&batch.ended, &batch.queued, &batch.active] {
        move_tasks(conn, moved).await?;
    }
    end_attempts(conn, &batch).await?;
    store_observed(conn, &batch).await?;
    store_abilities(conn, &batch).await?;
    endpoint::store(conn, &batch.controllers).await?;
    let ends = freeze_counts(conn, ended).await?;
    let events: Vec<&NewEvent> = batch.events.into_iter().chain(&ends).collect();
    event::append(conn, &events).await
}

/// A transition whose last task ends with this batch.
struct Ended {
    seq: i64,
    id: TransitionId,
    at: Timestamp,
}

/// Counts the tasks that end off from every transition that waits for them, before they are stored as ended.
async fn end_transitions(conn: &mut SqliteConnection, tasks: &[Moved<'_>]) -> Result<Vec<Ended>, StoreError> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let tasks = to_json(tasks)?;
    let rows = sqlx::query!(
        r#"UPDATE transition
           SET unfinished = unfinished - ended.n, ended_at = iif(unfinished = ended.n, ended.at, NULL)
           FROM (
               SELECT m.transition AS seq, count(*) AS n, max(c.value ->> '$.at') AS at
               FROM jsonb_each(?1) AS c
               CROSS JOIN task AS t ON t.id = unhex(c.value ->> '$.task', '-') AND t.phase <> 'done'
               CROSS JOIN member AS m ON m.task = t.seq
               GROUP BY m.transition
           ) AS ended
           WHERE transition.seq = ended.seq
           RETURNING seq AS "seq!: i64", id AS "id!: Uuid", ended_at AS "ended_at: i64""#,
        tasks,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("count the tasks that end"))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let at = Timestamp::from_millis(row.ended_at?);
            Some(Ended {
                seq: row.seq,
                id: TransitionId(row.id),
                at,
            })
        })
        .collect())
}

async fn move_tasks(conn: &mut SqliteConnection, moved: &[Moved<'_>]) -> Result<(), StoreError> {
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

fn conflict<E>(step: &'static str, error: E) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    StoreError::Conflict {
        step,
        source: error.into(),
    }
}

/// Stores intents. A task that has ended sends nothing more, whoever drives it: its intent contradicts what is stored.
async fn begin_attempts(conn: &mut SqliteConnection, batch: &Batch<'_>) -> Result<(), StoreError> {
    const STEP: &str = "store intents";
    if let Some(task) = batch.sent_after_end {
        return Err(conflict(
            STEP,
            NotOpen {
                which: task.to_string(),
            },
        ));
    }
    if batch.intents.is_empty() {
        return Ok(());
    }
    let rows = to_json(&batch.intents)?;
    let stored = sqlx::query!(
        "INSERT INTO attempt (permit, task, step, primitive, intent_at)
         SELECT unhex(c.value ->> '$.permit', '-'), t.seq, c.value ->> '$.step', c.value ->> '$.primitive', c.value ->> '$.at'
         FROM jsonb_each(?1) AS c
         CROSS JOIN task AS t ON t.id = unhex(c.value ->> '$.task', '-') AND t.phase <> 'done'
         ORDER BY c.key",
        rows,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed(STEP))?
    .rows_affected();
    if usize::try_from(stored).is_ok_and(|stored| stored == batch.intents.len()) {
        return Ok(());
    }
    let refused = sqlx::query_scalar!(
        r#"SELECT value ->> '$.task' AS "task!: String" FROM jsonb_each(?1)
           WHERE NOT EXISTS (SELECT 1 FROM task WHERE id = unhex(value ->> '$.task', '-') AND phase <> 'done')
           LIMIT 1"#,
        rows,
    )
    .fetch_optional(conn)
    .await
    .map_err(failed("look for ended tasks"))?;
    let which = refused.unwrap_or_default();
    Err(conflict(STEP, NotOpen { which }))
}

async fn end_attempts(conn: &mut SqliteConnection, batch: &Batch<'_>) -> Result<(), StoreError> {
    if batch.ends.is_empty() {
        return Ok(());
    }
    let rows = to_json(&batch.ends)?;
    let stored = sqlx::query!(
        "UPDATE attempt SET ended_at = c.at, delivery = c.delivery, failure = c.failure
         FROM (
             SELECT unhex(value ->> '$.permit', '-') AS permit, value ->> '$.at' AS at, value ->> '$.delivery' AS delivery,
                 value ->> '$.failure' AS failure
             FROM jsonb_each(?1)
         ) AS c
         WHERE attempt.permit = c.permit",
        rows,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("store the ends of attempts"))?
    .rows_affected();
    if usize::try_from(stored).is_ok_and(|stored| stored == batch.ends.len()) {
        return Ok(());
    }
    let unknown = sqlx::query_scalar!(
        r#"SELECT value ->> '$.permit' AS "permit!: String" FROM jsonb_each(?1)
           WHERE NOT EXISTS (SELECT 1 FROM attempt WHERE permit = unhex(value ->> '$.permit', '-'))
           LIMIT 1"#,
        rows,
    )
    .fetch_optional(conn)
    .await
    .map_err(failed("look for unknown attempts"))?;
    let which = unknown.unwrap_or_default();
    Err(conflict(
        "store the ends of attempts",
        Unknown {
            what: "attempt",
            which,
        },
    ))
}

async fn store_observed(conn: &mut SqliteConnection, batch: &Batch<'_>) -> Result<(), StoreError> {
    if batch.observed.is_empty() {
        return Ok(());
    }
    let rows = to_json(&batch.observed)?;
    sqlx::query!(
        "UPDATE component SET observed = c.observed, raw = c.raw, available = c.available, changed_at = c.at
         FROM (
             SELECT value ->> '$.component' AS id, value ->> '$.state' AS observed, value ->> '$.raw' AS raw,
                 value ->> '$.available' AS available, value ->> '$.at' AS at
             FROM jsonb_each(?1)
         ) AS c
         WHERE component.id = c.id",
        rows,
    )
    .execute(conn)
    .await
    .map_err(failed("store what was observed"))?;
    Ok(())
}

async fn store_abilities(conn: &mut SqliteConnection, batch: &Batch<'_>) -> Result<(), StoreError> {
    if batch.surveyed.is_empty() {
        return Ok(());
    }
    let rows = to_json(&batch.surveyed)?;
    sqlx::query!(
        "UPDATE component SET abilities = c.abilities
         FROM (SELECT value ->> '$.component' AS id, value ->> '$.abilities' AS abilities FROM jsonb_each(?1)) AS c
         WHERE component.id = c.id",
        rows,
    )
    .execute(conn)
    .await
    .map_err(failed("store what was surveyed"))?;
    Ok(())
}

#[derive(serde::Serialize)]
struct Frozen {
    seq: i64,
    counts: Counts,
}

/// Stores the final counts of transitions that ended, and gives the events that tell so.
async fn freeze_counts(
    conn: &mut SqliteConnection,
    mut ended: Vec<Ended>,
) -> Result<Vec<NewEvent>, StoreError> {
    if ended.is_empty() {
        return Ok(Vec::new());
    }
    ended.sort_unstable_by_key(|transition| transition.seq);
    let seqs: Vec<i64> = ended.iter().map(|transition| transition.seq).collect();
    let counts = counts::of(conn, &seqs).await?;
    let counts_of = |seq| counts.get(&seq).copied().unwrap_or_default();
    let frozen: Vec<Frozen> = seqs
        .iter()
        .map(|seq| Frozen {
            seq: *seq,
            counts: counts_of(*seq),
        })
        .collect();
    let rows = to_json(&frozen)?;
    sqlx::query!(
        "UPDATE transition SET counts = c.value ->> '$.counts'
         FROM jsonb_each(?1) AS c
         WHERE transition.seq = c.value ->> '$.seq'",
        rows,
    )
    .execute(conn)
    .await
    .map_err(failed("store the counts of transitions"))?;
    Ok(ended
        .into_iter()
        .map(|transition| NewEvent {
            at: transition.at,
            kind: kind::TRANSITION_ENDED.to_owned(),
            component: None,
            task: None,
            transition: Some(transition.id),
            data: json!({ "counts": counts_of(transition.seq) }),
        })
        .collect())
}
