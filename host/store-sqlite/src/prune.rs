//! Deleting what is old, a bounded piece at a time.

use sqlx::SqliteConnection;
use switchyard_core::Timestamp;
use switchyard_store::StoreError;

use crate::configuration;
use crate::encoding::to_json;
use crate::error::failed;

pub(crate) async fn prune(
    conn: &mut SqliteConnection,
    ended_before: Timestamp,
    events_before: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    let transitions = old_transitions(conn, ended_before, limit).await?;
    let tasks = if transitions.is_empty() {
        0
    } else {
        delete_transitions(conn, &transitions).await?
    };
    let tasks = tasks.saturating_add(delete_absorbed(conn, ended_before, limit).await?);
    let configurations = configuration::prune(conn, ended_before, limit).await?;
    let events_before = events_before.as_millis();
    let events = sqlx::query!(
        "DELETE FROM event WHERE seq IN (
             SELECT seq FROM (
                 SELECT seq, max(at) OVER (ORDER BY seq) AS newest FROM (SELECT seq, at FROM event ORDER BY seq LIMIT ?2)
             )
             WHERE newest < ?1
         )",
        events_before,
        limit,
    )
    .execute(conn)
    .await
    .map_err(failed("delete old events"))?
    .rows_affected();
    Ok(u64::try_from(transitions.len())
        .unwrap_or(u64::MAX)
        .saturating_add(tasks)
        .saturating_add(configurations)
        .saturating_add(events))
}

/// The oldest ones that have `limit` members together, or the oldest one alone.
async fn old_transitions(
    conn: &mut SqliteConnection,
    ended_before: Timestamp,
    limit: u32,
) -> Result<Vec<i64>, StoreError> {
    let ended_before = ended_before.as_millis();
    let limit = i64::from(limit);
    let mut rows = sqlx::query!(
        r#"SELECT seq AS "seq!: i64", members AS "members!: i64" FROM transition
           WHERE ended_at < ?1 ORDER BY ended_at, seq LIMIT ?2"#,
        ended_before,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("find old transitions"))?
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

/// Deletes transitions with their members, and the tasks that no other transition shares. Gives the number of tasks.
async fn delete_transitions(conn: &mut SqliteConnection, transitions: &[i64]) -> Result<u64, StoreError> {
    let transitions = to_json(transitions)?;
    let tasks = sqlx::query_scalar!(
        r#"SELECT task AS "task!: i64" FROM member
           WHERE transition IN (SELECT value FROM json_each(?1)) AND task IS NOT NULL"#,
        transitions,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(failed("find old tasks"))?;
    let tasks = to_json(&tasks)?;
    sqlx::query!(
        "DELETE FROM transition WHERE seq IN (SELECT value FROM json_each(?1))",
        transitions
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("delete old transitions"))?;
    let deleted = sqlx::query!(
        "DELETE FROM task
         WHERE seq IN (SELECT value FROM json_each(?1)) AND phase = 'done'
             AND NOT EXISTS (SELECT 1 FROM member AS m WHERE m.task = task.seq)",
        tasks,
    )
    .execute(conn)
    .await
    .map_err(failed("delete old tasks"))?;
    Ok(deleted.rows_affected())
}

/// Deletes absorbed tasks, which no transition takes along because nobody shares them. Gives their number.
async fn delete_absorbed(
    conn: &mut SqliteConnection,
    ended_before: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    let ended_before = ended_before.as_millis();
    let deleted = sqlx::query!(
        "DELETE FROM task WHERE seq IN (
             SELECT seq FROM task AS t
             WHERE t.outcome = 'absorbed' AND t.ended_at < ?1 AND NOT EXISTS (SELECT 1 FROM member AS m WHERE m.task = t.seq)
             ORDER BY t.ended_at LIMIT ?2
         )",
        ended_before,
        limit,
    )
    .execute(conn)
    .await
    .map_err(failed("delete absorbed tasks"))?;
    Ok(deleted.rows_affected())
}

/// Deletes what people leave behind: plans that have expired, holds that no longer hold, and old entries of the audit.
pub(crate) async fn prune_oversight(
    conn: &mut SqliteConnection,
    now: Timestamp,
    audits_before: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    let now = now.as_millis();
    let audits_before = audits_before.as_millis();
    let plans = sqlx::query!(
        "DELETE FROM plan WHERE id IN (SELECT id FROM plan WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
        now,
        limit,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("delete expired plans"))?
    .rows_affected();
    let holds = delete_holds(conn, now, limit).await?;
    let audits = sqlx::query!(
        "DELETE FROM audit WHERE seq IN (SELECT seq FROM audit WHERE at < ?1 ORDER BY at LIMIT ?2)",
        audits_before,
        limit,
    )
    .execute(conn)
    .await
    .map_err(failed("delete old entries of the audit"))?
    .rows_affected();
    Ok(plans.saturating_add(holds).saturating_add(audits))
}

/// Deletes holds that no longer hold, each after the rows of its components. Gives the number of both.
async fn delete_holds(conn: &mut SqliteConnection, now: i64, limit: u32) -> Result<u64, StoreError> {
    const STEP: &str = "delete holds that no longer hold";
    let held = sqlx::query!(
        "DELETE FROM held WHERE (component, hold) IN (
             SELECT held.component, held.hold FROM hold AS h CROSS JOIN held ON held.hold = h.seq
             WHERE h.released_at IS NOT NULL OR h.until <= ?1
             LIMIT ?2
         )",
        now,
        limit,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed(STEP))?
    .rows_affected();
    let holds = sqlx::query!(
        "DELETE FROM hold WHERE seq IN (
             SELECT seq FROM hold AS h
             WHERE (h.released_at IS NOT NULL OR h.until <= ?1) AND NOT EXISTS (SELECT 1 FROM held WHERE held.hold = h.seq)
             LIMIT ?2
         )",
        now,
        limit,
    )
    .execute(conn)
    .await
    .map_err(failed(STEP))?
    .rows_affected();
    Ok(held.saturating_add(holds))
}
