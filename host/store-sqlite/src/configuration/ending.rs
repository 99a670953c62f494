//! How configurations end: with the last of their parts, whether its task ended or went on without them.

use serde::Serialize;
use serde_json::json;
use sqlx::SqliteConnection;
use switchyard_core::{ConfigurationId, Timestamp};
use switchyard_store::event::kind;
use switchyard_store::{ConfigurationCounts, NewEvent, StoreError};
use uuid::Uuid;

use super::counts;
use super::moved::Moved;
use crate::encoding::to_json;
use crate::error::failed;

/// A configuration whose last part has ended.
#[derive(Debug)]
pub(super) struct Ended {
    seq: i64,
    id: ConfigurationId,
    track: String,
    at: Timestamp,
}

/// A part that has left its task.
#[derive(Debug, Serialize)]
pub(super) struct Left {
    pub(super) configuration: i64,
    pub(super) at: Timestamp,
}

/// Counts parts off from every configuration that waits for them: those whose task ends, before that is stored, and those that left.
pub(super) async fn count_off(
    conn: &mut SqliteConnection,
    tasks: &[Moved<'_>],
    left: &[Left],
) -> Result<Vec<Ended>, StoreError> {
    if tasks.is_empty() && left.is_empty() {
        return Ok(Vec::new());
    }
    let tasks = to_json(tasks)?;
    let left = to_json(left)?;
    let rows = sqlx::query!(
        r#"UPDATE configuration
           SET unfinished = unfinished - ended.n, ended_at = iif(unfinished = ended.n, ended.at, NULL)
           FROM (
               SELECT part.seq AS seq, count(*) AS n, max(part.at) AS at
               FROM (
                   SELECT m.configuration AS seq, c.value ->> '$.at' AS at
                   FROM jsonb_each(?1) AS c
                   CROSS JOIN configuration_task AS t ON t.id = unhex(c.value ->> '$.task', '-') AND t.phase <> 'done'
                   CROSS JOIN configuration_member AS m ON m.task = t.seq AND m.departed_at IS NULL
                   UNION ALL
                   SELECT value ->> '$.configuration', value ->> '$.at' FROM jsonb_each(?2)
               ) AS part
               GROUP BY part.seq
           ) AS ended
           WHERE configuration.seq = ended.seq
           RETURNING seq AS "seq!: i64", id AS "id!: Uuid", track AS "track!: String", ended_at AS "ended_at: i64""#,
        tasks,
        left,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("count the parts of configurations that end"))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let at = Timestamp::from_millis(row.ended_at?);
            Some(Ended {
                seq: row.seq,
                id: ConfigurationId(row.id),
                track: row.track,
                at,
            })
        })
        .collect())
}

#[derive(Serialize)]
struct Frozen {
    seq: i64,
    counts: ConfigurationCounts,
}

/// Stores the final counts of configurations that ended, and gives the events that tell so.
pub(super) async fn freeze_counts(
    conn: &mut SqliteConnection,
    mut ended: Vec<Ended>,
) -> Result<Vec<NewEvent>, StoreError> {
    if ended.is_empty() {
        return Ok(Vec::new());
    }
    ended.sort_unstable_by_key(|configuration| configuration.seq);
    let seqs: Vec<i64> = ended.iter().map(|configuration| configuration.seq).collect();
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
        "UPDATE configuration SET counts = c.value ->> '$.counts'
         FROM jsonb_each(?1) AS c
         WHERE configuration.seq = c.value ->> '$.seq'",
        rows,
    )
    .execute(conn)
    .await
    .map_err(failed("store the counts of configurations"))?;
    Ok(ended
        .into_iter()
        .map(|configuration| {
            let counts = counts_of(configuration.seq).components;
            event_of_end(configuration.id, &configuration.track, counts, configuration.at)
        })
        .collect())
}

/// That a configuration has ended.
pub(super) fn event_of_end(
    id: ConfigurationId,
    track: &str,
    counts: switchyard_store::Counts,
    at: Timestamp,
) -> NewEvent {
    NewEvent {
        at,
        kind: kind::CONFIGURATION_ENDED.to_owned(),
        component: None,
        task: None,
        transition: None,
        data: json!({ "configuration": id, "track": track, "counts": counts }),
    }
}
