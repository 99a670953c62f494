//! How transitions end: with the last of their parts, whether its task ended or went on without them.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::json;
use sqlx::SqliteConnection;
use switchyard_core::{TaskId, Timestamp, TransitionId};
use switchyard_store::event::kind;
use switchyard_store::{Breakdown, Counts, NewEvent, StoreError};
use uuid::Uuid;

use crate::departure::Left;
use crate::encoding::to_json;
use crate::error::failed;
use crate::moved::Moved;
use crate::{breakdown, counts, reservation};

/// A transition whose last part has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    seq: i64,
    id: TransitionId,
    at: Timestamp,
}

/// Those of the tasks that end which have ended before: what ended them has told so.
pub(crate) async fn already(
    conn: &mut SqliteConnection,
    tasks: &[Moved<'_>],
) -> Result<HashSet<TaskId>, StoreError> {
    if tasks.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<TaskId> = tasks.iter().map(|moved| moved.task).collect();
    let ids = to_json(&ids)?;
    let rows = sqlx::query_scalar!(
        r#"SELECT t.id AS "id!: Uuid" FROM json_each(?1) AS wanted
           CROSS JOIN task AS t ON t.id = unhex(wanted.value, '-') AND t.phase = 'done'"#,
        ids,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("find the tasks that have ended before"))?;
    Ok(rows.into_iter().map(TaskId).collect())
}

/// Counts parts off from every transition that waits for them: those whose task ends, before that is stored, and those that have left.
pub(crate) async fn count_off(
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
        r#"UPDATE transition
           SET unfinished = unfinished - ended.n, ended_at = iif(unfinished = ended.n, ended.at, NULL)
           FROM (
               SELECT part.seq AS seq, count(*) AS n, max(part.at) AS at
               FROM (
                   SELECT m.transition AS seq, c.value ->> '$.at' AS at
                   FROM jsonb_each(?1) AS c
                   CROSS JOIN task AS t ON t.id = unhex(c.value ->> '$.task', '-') AND t.phase <> 'done'
                   CROSS JOIN member AS m ON m.task = t.seq AND m.departure IS NULL
                   UNION ALL
                   SELECT value ->> '$.transition', value ->> '$.at' FROM jsonb_each(?2)
               ) AS part
               GROUP BY part.seq
           ) AS ended
           WHERE transition.seq = ended.seq
           RETURNING seq AS "seq!: i64", id AS "id!: Uuid", ended_at AS "ended_at: i64""#,
        tasks,
        left,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("count the parts that end"))?;
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

#[derive(Serialize)]
struct Frozen {
    seq: i64,
    counts: FrozenCounts,
}

/// The counts as they are stored, with the breakdown beside them.
#[derive(Serialize)]
struct FrozenCounts {
    #[serde(flatten)]
    counts: Counts,
    breakdown: Breakdown,
}

/// Stores the final counts of transitions that ended, and gives the events that tell so.
pub(crate) async fn freeze_counts(
    conn: &mut SqliteConnection,
    mut ended: Vec<Ended>,
) -> Result<Vec<NewEvent>, StoreError> {
    if ended.is_empty() {
        return Ok(Vec::new());
    }
    ended.sort_unstable_by_key(|transition| transition.seq);
    let seqs: Vec<i64> = ended.iter().map(|transition| transition.seq).collect();
    let counts = counts::of(conn, &seqs).await?;
    let breakdowns = breakdown::live(conn, &seqs).await?;
    reservation::forget_keys(conn, &seqs).await?;
    let counts_of = |seq| counts.get(&seq).copied().unwrap_or_default();
    let frozen: Vec<Frozen> = seqs
        .iter()
        .map(|seq| Frozen {
            seq: *seq,
            counts: FrozenCounts {
                counts: counts_of(*seq),
                breakdown: breakdowns.get(seq).copied().unwrap_or_default(),
            },
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
