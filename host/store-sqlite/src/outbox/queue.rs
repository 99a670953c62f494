//! What is to be delivered, and what was.

use sqlx::SqliteConnection;
use switchyard_core::{Timestamp, TransitionId};
use switchyard_store::{DeliveryFilter, DeliveryRecord, DeliveryState, EventId, NewDelivery, StoreError};
use uuid::Uuid;

use super::rows::{DeliveryRow, NewRow, place, records};
use crate::encoding::to_json;
use crate::error::failed;
use crate::event::Log;

/// Remembers whom a request wants to be told of its end.
pub(crate) async fn keep_callback(
    conn: &mut SqliteConnection,
    transition: TransitionId,
    url: Option<&str>,
) -> Result<(), StoreError> {
    let Some(url) = url else { return Ok(()) };
    sqlx::query!(
        "INSERT INTO callback (transition, url) VALUES (?1, ?2)",
        transition.0,
        url
    )
    .execute(conn)
    .await
    .map_err(failed("store the callback of a transition"))?;
    Ok(())
}

pub(super) async fn callbacks_of(
    conn: &mut SqliteConnection,
    transitions: &[TransitionId],
) -> Result<Vec<(TransitionId, String)>, StoreError> {
    let transitions = to_json(transitions)?;
    let rows = sqlx::query!(
        r#"SELECT c.transition AS "transition!: Uuid", c.url AS "url!: String"
           FROM json_each(?1) AS wanted CROSS JOIN callback AS c ON c.transition = unhex(wanted.value, '-')"#,
        transitions,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the callbacks of transitions"))?;
    Ok(rows
        .into_iter()
        .map(|row| (TransitionId(row.transition), row.url))
        .collect())
}

pub(super) async fn enqueue(
    conn: &mut SqliteConnection,
    log: &Log,
    follower: &str,
    cursor: &EventId,
    deliveries: &[NewDelivery],
) -> Result<(), StoreError> {
    let cursor = place(log, cursor)?;
    let moved = sqlx::query!(
        "UPDATE follower SET cursor = ?2 WHERE name = ?1 AND disabled_at IS NULL AND cursor <= ?2",
        follower,
        cursor
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("move a follower of the log"))?
    .rows_affected();
    if moved == 0 || deliveries.is_empty() {
        return Ok(());
    }
    let rows = deliveries
        .iter()
        .map(|delivery| NewRow::of(delivery, log))
        .collect::<Result<Vec<_>, _>>()?;
    let rows = to_json(&rows)?;
    sqlx::query!(
        "INSERT INTO delivery (follower, callback, message, event, kind, transition, body, created_at, give_up_at,
             next_attempt_at)
         SELECT ?2, value ->> '$.callback', value ->> '$.message', value ->> '$.event', value ->> '$.kind',
             unhex(value ->> '$.transition', '-'), value ->> '$.body', value ->> '$.created_at', value ->> '$.give_up_at',
             value ->> '$.created_at'
         FROM json_each(?1)
         WHERE true
         ORDER BY key
         ON CONFLICT (follower, event) DO NOTHING",
        rows,
        follower,
    )
    .execute(conn)
    .await
    .map_err(failed("store deliveries"))?;
    Ok(())
}

pub(super) async fn pending(
    conn: &mut SqliteConnection,
    log: &Log,
    webhook: &str,
    limit: u32,
) -> Result<Vec<DeliveryRecord>, StoreError> {
    let rows = sqlx::query_as!(
        DeliveryRow,
        r#"SELECT seq AS "seq!: i64", follower AS "follower!: String", callback AS "callback: String",
               message AS "message!: String", event AS "event!: i64", kind AS "kind!: String",
               transition AS "transition: Uuid", body AS "body!: String", state AS "state!: String",
               attempts AS "attempts!: u32", created_at AS "created_at!: i64", give_up_at AS "give_up_at!: i64",
               last_attempt_at AS "last_attempt_at: i64", last_status AS "last_status: u16",
               last_words AS "last_words: String", next_attempt_at AS "next_attempt_at: i64", ended_at AS "ended_at: i64"
           FROM delivery
           WHERE follower = ?1 AND state = 'pending' AND callback IS NULL
           ORDER BY seq
           LIMIT ?2"#,
        webhook,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read pending deliveries"))?;
    records(rows, log)
}

pub(super) async fn due_callbacks(
    conn: &mut SqliteConnection,
    log: &Log,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DeliveryRecord>, StoreError> {
    let now = now.as_millis();
    let rows = sqlx::query_as!(
        DeliveryRow,
        r#"SELECT seq AS "seq!: i64", follower AS "follower!: String", callback AS "callback: String",
               message AS "message!: String", event AS "event!: i64", kind AS "kind!: String",
               transition AS "transition: Uuid", body AS "body!: String", state AS "state!: String",
               attempts AS "attempts!: u32", created_at AS "created_at!: i64", give_up_at AS "give_up_at!: i64",
               last_attempt_at AS "last_attempt_at: i64", last_status AS "last_status: u16",
               last_words AS "last_words: String", next_attempt_at AS "next_attempt_at: i64", ended_at AS "ended_at: i64"
           FROM delivery
           WHERE state = 'pending' AND next_attempt_at <= ?1
               AND seq IN (SELECT min(seq) FROM delivery WHERE state = 'pending' AND callback IS NOT NULL GROUP BY callback)
           ORDER BY attempts, seq
           LIMIT ?2"#,
        now,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read due callbacks"))?;
    records(rows, log)
}

pub(super) async fn list(
    conn: &mut SqliteConnection,
    log: &Log,
    filter: &DeliveryFilter,
    limit: u32,
) -> Result<Vec<DeliveryRecord>, StoreError> {
    let follower = filter.follower.as_deref();
    let state = filter.state.map(DeliveryState::name);
    let rows = sqlx::query_as!(
        DeliveryRow,
        r#"SELECT seq AS "seq!: i64", follower AS "follower!: String", callback AS "callback: String",
               message AS "message!: String", event AS "event!: i64", kind AS "kind!: String",
               transition AS "transition: Uuid", body AS "body!: String", state AS "state!: String",
               attempts AS "attempts!: u32", created_at AS "created_at!: i64", give_up_at AS "give_up_at!: i64",
               last_attempt_at AS "last_attempt_at: i64", last_status AS "last_status: u16",
               last_words AS "last_words: String", next_attempt_at AS "next_attempt_at: i64", ended_at AS "ended_at: i64"
           FROM delivery
           WHERE (?1 IS NULL OR follower = ?1) AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR seq < ?3)
           ORDER BY seq DESC
           LIMIT ?4"#,
        follower,
        state,
        filter.before,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("list deliveries"))?;
    records(rows, log)
}
