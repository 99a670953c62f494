//! Who follows the log, and how far.

use sqlx::SqliteConnection;
use switchyard_core::Timestamp;
use switchyard_store::{FollowerRecord, StoreError};

use crate::encoding::to_json;
use crate::error::failed;
use crate::event::Log;

/// Why the deliveries of a follower that is no longer there are given up.
const NOT_CONFIGURED: &str = "given up: the receiver is no longer configured";

pub(super) async fn follow(
    conn: &mut SqliteConnection,
    followers: &[String],
    now: Timestamp,
) -> Result<(), StoreError> {
    let names = to_json(followers)?;
    let now = now.as_millis();
    sqlx::query!(
        "INSERT INTO follower (name, cursor)
         SELECT value, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) FROM json_each(?1) WHERE true
         ON CONFLICT (name) DO NOTHING",
        names,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("make followers of the log known"))?;
    sqlx::query!(
        "DELETE FROM follower WHERE name NOT IN (SELECT value FROM json_each(?1))",
        names
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("forget followers of the log"))?;
    sqlx::query!(
        "UPDATE delivery SET state = 'failed', ended_at = ?1, next_attempt_at = NULL, last_words = ?2
         WHERE state = 'pending' AND follower NOT IN (SELECT name FROM follower)",
        now,
        NOT_CONFIGURED,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("give up the deliveries of forgotten followers"))?;
    Ok(())
}

pub(super) async fn all(conn: &mut SqliteConnection, log: &Log) -> Result<Vec<FollowerRecord>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT f.name AS "name!: String", f.cursor AS "cursor!: i64", f.disabled_at AS "disabled_at: i64",
               coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) - f.cursor AS "behind!: i64",
               (SELECT count(*) FROM delivery AS d WHERE d.follower = f.name AND d.state = 'pending') AS "pending!: i64",
               (SELECT d.created_at FROM delivery AS d WHERE d.follower = f.name AND d.state = 'pending'
                    ORDER BY d.seq LIMIT 1) AS "oldest_pending_at: i64",
               (SELECT d.ended_at FROM delivery AS d WHERE d.follower = f.name AND d.state = 'delivered'
                    ORDER BY d.seq DESC LIMIT 1) AS "last_delivered_at: i64"
           FROM follower AS f ORDER BY f.name"#,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the followers of the log"))?;
    Ok(rows
        .into_iter()
        .map(|row| FollowerRecord {
            name: row.name,
            cursor: log.id(row.cursor),
            behind: u64::try_from(row.behind).unwrap_or_default(),
            disabled_at: row.disabled_at.map(Timestamp::from_millis),
            pending: u64::try_from(row.pending).unwrap_or_default(),
            oldest_pending_at: row.oldest_pending_at.map(Timestamp::from_millis),
            last_delivered_at: row.last_delivered_at.map(Timestamp::from_millis),
        })
        .collect())
}

pub(super) async fn disable(
    conn: &mut SqliteConnection,
    follower: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let now = now.as_millis();
    sqlx::query!(
        "UPDATE follower SET disabled_at = ?2 WHERE name = ?1 AND disabled_at IS NULL",
        follower,
        now
    )
    .execute(conn)
    .await
    .map_err(failed("disable a follower of the log"))?;
    Ok(())
}

pub(super) async fn enable(
    conn: &mut SqliteConnection,
    follower: &str,
    now: Timestamp,
    give_up_at: Timestamp,
) -> Result<bool, StoreError> {
    let (now, give_up_at) = (now.as_millis(), give_up_at.as_millis());
    let known = sqlx::query!("UPDATE follower SET disabled_at = NULL WHERE name = ?1", follower)
        .execute(&mut *conn)
        .await
        .map_err(failed("enable a follower of the log"))?
        .rows_affected();
    sqlx::query!(
        "UPDATE delivery SET next_attempt_at = ?2, give_up_at = max(give_up_at, ?3) WHERE follower = ?1 AND state = 'pending'",
        follower,
        now,
        give_up_at,
    )
    .execute(conn)
    .await
    .map_err(failed("make the deliveries of a follower due"))?;
    Ok(known > 0)
}
