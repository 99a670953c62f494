//! How deliveries went, and the end of their time.

use serde::Serialize;
use sqlx::SqliteConnection;
use switchyard_core::Timestamp;
use switchyard_store::{AfterAttempt, DeliveryAttempt, DeliveryState, StoreError, Target};

use crate::encoding::to_json;
use crate::error::failed;

#[derive(Serialize)]
struct AttemptRow<'a> {
    seq: i64,
    at: Timestamp,
    status: Option<u16>,
    words: Option<&'a str>,
    state: &'static str,
    next: Option<Timestamp>,
    ended: Option<Timestamp>,
}

impl<'a> AttemptRow<'a> {
    fn of(attempt: &'a DeliveryAttempt) -> Self {
        let (state, next) = match attempt.then {
            AfterAttempt::Delivered => (DeliveryState::Delivered, None),
            AfterAttempt::Retry { at } => (DeliveryState::Pending, Some(at)),
            AfterAttempt::Failed => (DeliveryState::Failed, None),
        };
        Self {
            seq: attempt.seq,
            at: attempt.at,
            status: attempt.status,
            words: attempt.words.as_deref(),
            state: state.name(),
            next,
            ended: next.is_none().then_some(attempt.at),
        }
    }
}

pub(super) async fn record(
    conn: &mut SqliteConnection,
    attempts: &[DeliveryAttempt],
) -> Result<(), StoreError> {
    let rows: Vec<AttemptRow<'_>> = attempts.iter().map(AttemptRow::of).collect();
    let rows = to_json(&rows)?;
    sqlx::query!(
        "UPDATE delivery
         SET state = made.value ->> '$.state', attempts = attempts + 1, last_attempt_at = made.value ->> '$.at',
             last_status = made.value ->> '$.status', last_words = made.value ->> '$.words',
             next_attempt_at = made.value ->> '$.next', ended_at = made.value ->> '$.ended'
         FROM json_each(?1) AS made
         WHERE delivery.seq = made.value ->> '$.seq' AND delivery.state = 'pending'",
        rows,
    )
    .execute(conn)
    .await
    .map_err(failed("store attempts of deliveries"))?;
    Ok(())
}

pub(super) async fn give_up(
    conn: &mut SqliteConnection,
    target: &Target,
    words: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let now = now.as_millis();
    let query = match target {
        Target::Webhook(name) => sqlx::query!(
            "UPDATE delivery SET state = 'failed', ended_at = ?2, next_attempt_at = NULL, last_words = ?3
             WHERE follower = ?1 AND callback IS NULL AND state = 'pending' AND give_up_at <= ?2",
            name,
            now,
            words,
        ),
        Target::Callback(url) => sqlx::query!(
            "UPDATE delivery SET state = 'failed', ended_at = ?2, next_attempt_at = NULL, last_words = ?3
             WHERE callback = ?1 AND state = 'pending' AND give_up_at <= ?2",
            url,
            now,
            words,
        ),
    };
    let given_up = query
        .execute(conn)
        .await
        .map_err(failed("give up overdue deliveries"))?;
    Ok(given_up.rows_affected())
}

pub(super) async fn prune(
    conn: &mut SqliteConnection,
    ended_before: Timestamp,
    keep: u32,
    limit: u32,
) -> Result<u64, StoreError> {
    let ended_before = ended_before.as_millis();
    let old = sqlx::query!(
        "DELETE FROM delivery WHERE seq IN (SELECT seq FROM delivery WHERE ended_at < ?1 ORDER BY ended_at LIMIT ?2)",
        ended_before,
        limit,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("delete old deliveries"))?
    .rows_affected();
    let surplus = sqlx::query!(
        "WITH last AS MATERIALIZED (
             SELECT f.name, (
                 SELECT d.seq FROM delivery AS d WHERE d.follower = f.name AND d.state <> 'pending'
                 ORDER BY d.seq DESC LIMIT 1 OFFSET ?1
             ) AS seq
             FROM follower AS f
         )
         DELETE FROM delivery WHERE seq IN (
             SELECT d.seq FROM last CROSS JOIN delivery AS d
                 ON d.follower = last.name AND d.seq <= last.seq AND d.state <> 'pending'
             LIMIT ?2
         )",
        keep,
        limit,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("delete surplus deliveries"))?
    .rows_affected();
    let orphans = sqlx::query!(
        "DELETE FROM callback WHERE transition IN (
             SELECT c.transition FROM callback AS c
             WHERE NOT EXISTS (SELECT 1 FROM transition AS t WHERE t.id = c.transition)
             LIMIT ?1
         )",
        limit,
    )
    .execute(conn)
    .await
    .map_err(failed("delete the callbacks of forgotten transitions"))?
    .rows_affected();
    Ok(old.saturating_add(surplus).saturating_add(orphans))
}
