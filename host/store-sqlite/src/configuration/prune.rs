//! Deleting old configurations with their tasks, a bounded piece at a time.

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
    let limit = i64::from(limit);
    let mut rows = sqlx::query!(
        r#"SELECT seq AS "seq!: i64", members AS "members!: i64" FROM configuration
           WHERE ended_at < ?1 ORDER BY ended_at, seq LIMIT ?2"#,
        ended_before,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("find old configurations"))?
    .into_iter();
    let Some(oldest) = rows.next() else {
        return Ok(Vec::new());
    };
    let mut members = oldest.members;
    let further = rows.take_while(|row| {
        members = members.saturating_add(row.members);
        members <= limit
    });
    Ok(std::iter::once(oldest.seq)
        .chain(further.map(|row| row.seq))
        .collect())
}
