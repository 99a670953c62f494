//! Giving up the rest of a transition of which too many parts have failed.

use serde_json::json;
use sqlx::SqliteConnection;
use switchyard_core::{FailureLimit, Outcome, TaskId, Timestamp, TransitionId};
use switchyard_store::audit::action;
use switchyard_store::event::kind;
use switchyard_store::{CancelMode, LimitedTransition, NewAudit, NewEvent, StoreError, StrikeAnswer};
use uuid::Uuid;

use crate::cancel::mark_tasks;
use crate::departure::Leaving;
use crate::encoding::from_text;
use crate::error::failed;
use crate::{audit, departure, ending, event};

/// The transitions with a limit that have not ended and of which it has not struck.
pub(crate) async fn limited(conn: &mut SqliteConnection) -> Result<Vec<LimitedTransition>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id!: Uuid", max_failures AS "max_failures!: String", members AS "members!: u32"
           FROM transition
           WHERE max_failures IS NOT NULL AND struck_at IS NULL AND ended_at IS NULL
           ORDER BY seq"#
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the limits of failures"))?;
    rows.into_iter()
        .map(|row| {
            Ok(LimitedTransition {
                id: TransitionId(row.id),
                limit: from_text(&row.max_failures, "limit of failures")?,
                members: row.members,
            })
        })
        .collect()
}

/// Gives up what has not been sent, when too many parts have failed.
pub(crate) async fn strike(
    conn: &mut SqliteConnection,
    id: TransitionId,
    at: Timestamp,
) -> Result<StrikeAnswer, StoreError> {
    let found = sqlx::query!(
        r#"SELECT seq AS "seq!", max_failures AS "max_failures!: String", members AS "members!: u32", requested_by, request_id
           FROM transition
           WHERE id = ?1 AND max_failures IS NOT NULL AND struck_at IS NULL AND ended_at IS NULL"#,
        id.0,
    )
    .fetch_optional(&mut *conn)
    .await
    .map_err(failed("read a transition"))?;
    let Some(found) = found else {
        return Ok(StrikeAnswer::Over);
    };
    let limit: FailureLimit = from_text(&found.max_failures, "limit of failures")?;
    let failures = failures(conn, found.seq).await?;
    if !limit.is_exceeded(failures, found.members) {
        return Ok(StrikeAnswer::Below { failed: failures });
    }
    mark(conn, found.seq, at).await?;
    let parts = unsent(conn, found.seq).await?;
    let cancelled = parts.len();
    let (shared, alone): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(|part| part.is_shared);
    let leaving: Vec<Leaving<'_>> = shared
        .iter()
        .map(|part| Leaving {
            task: TaskId(part.id),
            transition: id,
            outcome: &Outcome::Cancelled,
            at,
        })
        .collect();
    let departures = departure::store(conn, &leaving).await?;
    let ended = ending::count_off(conn, &[], &departures.left).await?;
    let seqs: Vec<i64> = alone.iter().map(|part| part.seq).collect();
    let tasks = mark_tasks(conn, &seqs, CancelMode::Now, at).await?;
    let ends = ending::freeze_counts(conn, ended).await?;
    let reason = format!("more than {limit} failed");
    let struck = NewEvent {
        at,
        kind: kind::TRANSITION_MAX_FAILURES.to_owned(),
        component: None,
        task: None,
        transition: Some(id),
        data: json!({ "max_failures": limit, "failed": failures, "cancelled": cancelled, "reason": reason }),
    };
    let events: Vec<&NewEvent> = std::iter::once(&struck)
        .chain(&departures.events)
        .chain(&ends)
        .collect();
    event::append(conn, &events).await?;
    let entry = NewAudit {
        at,
        who: found.requested_by,
        action: action::TRANSITION_CANCEL.to_owned(),
        target: id.to_string(),
        reason: Some(reason),
        origin: None,
        request_id: found.request_id,
        detail: json!({ "maxFailures": limit, "failed": failures }),
    };
    audit::append(conn, Some(&entry)).await?;
    Ok(StrikeAnswer::Struck {
        failed: failures,
        tasks,
        detached: departures.detached,
    })
}

async fn mark(conn: &mut SqliteConnection, seq: i64, at: Timestamp) -> Result<(), StoreError> {
    let at = at.as_millis();
    sqlx::query!("UPDATE transition SET struck_at = ?2 WHERE seq = ?1", seq, at)
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed("store that too many parts of a transition failed"))
}

/// How many parts have failed, those included that were refused at once.
async fn failures(conn: &mut SqliteConnection, transition: i64) -> Result<u32, StoreError> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!: u32"
           FROM member AS m LEFT JOIN task AS t ON t.seq = m.task
           WHERE m.transition = ?1
               AND (m.refusal IS NOT NULL
                   OR coalesce(m.departure ->> '$.outcome.outcome', t.outcome) IN ('failed', 'timed-out', 'uncertain'))"#,
        transition,
    )
    .fetch_one(conn)
    .await
    .map_err(failed("count the parts of a transition that failed"))
}

/// A part for which nothing has been sent.
struct Part {
    seq: i64,
    id: Uuid,
    is_shared: bool,
}

async fn unsent(conn: &mut SqliteConnection, transition: i64) -> Result<Vec<Part>, StoreError> {
    sqlx::query_as!(
        Part,
        r#"SELECT t.seq AS "seq!: i64", t.id AS "id!: Uuid",
               EXISTS (
                   SELECT 1 FROM member AS o
                   WHERE o.task = t.seq AND o.departure IS NULL AND (o.transition <> m.transition OR o.position <> m.position)
               ) AS "is_shared!: bool"
           FROM member AS m CROSS JOIN task AS t ON t.seq = m.task
           WHERE m.transition = ?1 AND m.departure IS NULL AND t.phase IN ('queued', 'preparing', 'reserving', 'backoff')
               AND NOT (t.machine ->> '$.ever_sent')
           ORDER BY t.place"#,
        transition,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the parts of a transition for which nothing was sent"))
}
