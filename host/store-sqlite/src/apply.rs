//! Applying a batch of changes in a handful of statements.

mod batch;

use sqlx::SqliteConnection;
use switchyard_store::{Change, NewEvent, StoreError};

use self::batch::Batch;
use crate::encoding::to_json;
use crate::error::{NotOpen, Unknown, conflict, failed};
use crate::{aftermath, configuration, departure, ending, endpoint, event, moved};

pub(crate) async fn apply(conn: &mut SqliteConnection, changes: &[Change]) -> Result<(), StoreError> {
    let batch = Batch::of(changes);
    // Before any task moves, so that an intent meets its task as the changes in front of the batch left it.
    begin_attempts(conn, &batch).await?;
    let departures = departure::store(conn, &batch.leaving).await?;
    let ended = ending::count_off(conn, &batch.ended, &departures.left).await?;
    let aftermath = aftermath::of(conn, &batch.ended).await?;
    let over = ending::already(conn, &batch.ended).await?;
    // A task that leaves its component makes way before another becomes its active one.
    for tasks in [&batch.ended, &batch.queued, &batch.active] {
        moved::store(conn, tasks).await?;
    }
    departure::cancel_abandoned(conn, &departures).await?;
    end_attempts(conn, &batch).await?;
    store_observed(conn, &batch).await?;
    store_abilities(conn, &batch).await?;
    endpoint::store(conn, &batch.controllers).await?;
    let resolved = aftermath.store(conn).await?;
    let ends = ending::freeze_counts(conn, ended).await?;
    let configured = configuration::apply(conn, &batch.configurations).await?;
    let caused = departures
        .events
        .iter()
        .chain(&resolved)
        .chain(&ends)
        .chain(&configured);
    let told = batch.events.into_iter();
    let told = told.filter(|event| !batch::tells_end_of(event, &over));
    let events: Vec<&NewEvent> = told.chain(caused).collect();
    event::append(conn, &events).await
}

/// Stores intents. A task that has ended or is paused sends nothing, whoever drives it: its intent contradicts what is stored.
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
        "INSERT INTO attempt (permit, task, step, primitive, controller, intent_at)
         SELECT unhex(c.value ->> '$.permit', '-'), t.seq, c.value ->> '$.step', c.value ->> '$.primitive',
             c.value ->> '$.controller', c.value ->> '$.at'
         FROM jsonb_each(?1) AS c
         CROSS JOIN task AS t ON t.id = unhex(c.value ->> '$.task', '-') AND t.phase <> 'done' AND NOT t.paused
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
           WHERE NOT EXISTS (SELECT 1 FROM task WHERE id = unhex(value ->> '$.task', '-') AND phase <> 'done' AND NOT paused)
           LIMIT 1"#,
        rows,
    )
    .fetch_optional(conn)
    .await
    .map_err(failed("look for ended and paused tasks"))?;
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
