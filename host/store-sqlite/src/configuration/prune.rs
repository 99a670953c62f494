//! Deleting old configurations with their tasks, a bounded piece at a time, and hiding those that v1 shows no longer.

use sqlx::SqliteConnection;
use switchyard_core::Timestamp;
use switchyard_store::StoreError;

use crate::encoding::to_json;
use crate::error::failed;

/// Deletes the oldest configurations that have `limit` members together, or the oldest one alone, and the tasks that no other shares.
/// Gives the number of both.
pub(crate) async fn prune(
    conn: &mut SqliteConnection,
    ended_before: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    let old = old(conn, ended_before, limit).await?;
    delete(conn, old).await
}

/// Ends the time of finished requests for power limits and snapshots but for the newest `keep`, and deletes the snapshots whose time is
/// over. Gives the number of requests and tasks.
pub(crate) async fn retire(
    conn: &mut SqliteConnection,
    now: Timestamp,
    keep: u32,
    limit: u32,
) -> Result<u64, StoreError> {
    let millis = now.as_millis();
    let retired = sqlx::query!(
        "UPDATE configuration SET expires_at = ?1 WHERE seq IN (
             SELECT seq FROM configuration
             WHERE expires_at > ?1 AND ended_at IS NOT NULL AND track IN ('limits', 'snapshot')
             ORDER BY seq DESC LIMIT ?3 OFFSET ?2
         )",
        millis,
        keep,
        limit,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("retire old configurations"))?
    .rows_affected();
    let over = over(conn, now, limit).await?;
    Ok(retired.saturating_add(delete(conn, over).await?))
}

/// Deletes configurations, and the tasks that no other shares. Gives the number of both.
async fn delete(conn: &mut SqliteConnection, old: Vec<i64>) -> Result<u64, StoreError> {
    if old.is_empty() {
        return Ok(0);
    }
    let configurations = to_json(&old)?;
    let tasks = sqlx::query_scalar!(
        r#"SELECT task AS "task!: i64" FROM configuration_member
           WHERE configuration IN (SELECT value FROM json_each(?1)) AND task IS NOT NULL"#,
        configurations,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(failed("find old tasks of configurations"))?;
    let tasks = to_json(&tasks)?;
    sqlx::query!(
        "DELETE FROM configuration WHERE seq IN (SELECT value FROM json_each(?1))",
        configurations
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("delete old configurations"))?;
    let deleted = sqlx::query!(
        "DELETE FROM configuration_task
         WHERE seq IN (SELECT value FROM json_each(?1)) AND phase = 'done'
             AND NOT EXISTS (SELECT 1 FROM configuration_member AS m WHERE m.task = configuration_task.seq)",
        tasks,
    )
    .execute(conn)
    .await
    .map_err(failed("delete old tasks of configurations"))?;
    Ok(u64::try_from(old.len())
        .unwrap_or(u64::MAX)
        .saturating_add(deleted.rows_affected()))
}

async fn old(
    conn: &mut SqliteConnection,
    ended_before: Timestamp,
    limit: u32,
) -> Result<Vec<i64>, StoreError> {
    let ended_before = ended_before.as_millis();
    let rows = sqlx::query!(
        r#"SELECT seq AS "seq!: i64", members AS "members!: i64" FROM configuration
           WHERE ended_at < ?1 ORDER BY ended_at, seq LIMIT ?2"#,
        ended_before,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("find old configurations"))?;
    Ok(first(rows.into_iter().map(|row| (row.seq, row.members)), limit))
}

/// Snapshots whose time is over.
async fn over(conn: &mut SqliteConnection, now: Timestamp, limit: u32) -> Result<Vec<i64>, StoreError> {
    let now = now.as_millis();
    let rows = sqlx::query!(
        r#"SELECT seq AS "seq!: i64", members AS "members!: i64" FROM configuration
           WHERE expires_at <= ?1 AND ended_at IS NOT NULL AND track = 'snapshot' ORDER BY expires_at, seq LIMIT ?2"#,
        now,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("find snapshots whose time is over"))?;
    Ok(first(rows.into_iter().map(|row| (row.seq, row.members)), limit))
}

/// The first ones that have `limit` members together, or the first one alone.
fn first(rows: impl Iterator<Item = (i64, i64)>, limit: u32) -> Vec<i64> {
    let mut members = 0_i64;
    let fits = |(place, (_, size)): &(usize, (i64, i64))| {
        members = members.saturating_add(*size);
        *place == 0 || members <= i64::from(limit)
    };
    rows.enumerate()
        .take_while(fits)
        .map(|(_, (seq, _))| seq)
        .collect()
}
