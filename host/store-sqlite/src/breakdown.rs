//! What the parts of transitions became.

use std::collections::HashMap;

use sqlx::SqliteConnection;
use switchyard_core::TransitionId;
use switchyard_store::{Breakdown, StoreError};
use uuid::Uuid;

use crate::encoding::{from_json, to_json};
use crate::error::{failed, inconsistent};

/// The breakdowns of transitions by their ids: as stored with their end, or from the tasks as they stand now.
pub(crate) async fn of(
    conn: &mut SqliteConnection,
    ids: &[TransitionId],
) -> Result<HashMap<TransitionId, Breakdown>, StoreError> {
    let wanted = to_json(ids)?;
    let rows = sqlx::query!(
        r#"SELECT tr.seq AS "seq!: i64", tr.id AS "id!: Uuid", tr.counts -> '$.breakdown' AS "frozen: String"
           FROM json_each(?1) AS wanted
           CROSS JOIN transition AS tr ON tr.id = unhex(wanted.value, '-')"#,
        wanted,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(failed("find the breakdowns of transitions"))?;
    // What ended before breakdowns were stored has none either.
    let open: Vec<i64> = rows
        .iter()
        .filter(|row| row.frozen.is_none())
        .map(|row| row.seq)
        .collect();
    let live = live(conn, &open).await?;
    rows.into_iter()
        .map(|row| {
            let breakdown = match row.frozen {
                Some(frozen) => from_json(&frozen, "transition", row.id)?,
                None => live.get(&row.seq).copied().unwrap_or_default(),
            };
            Ok((TransitionId(row.id), breakdown))
        })
        .collect()
}

/// The breakdowns of transitions by their place, from the tasks as they stand now.
pub(crate) async fn live(
    conn: &mut SqliteConnection,
    transitions: &[i64],
) -> Result<HashMap<i64, Breakdown>, StoreError> {
    let mut breakdowns: HashMap<i64, Breakdown> = HashMap::new();
    if transitions.is_empty() {
        return Ok(breakdowns);
    }
    let wanted = to_json(transitions)?;
    let rows = sqlx::query!(
        r#"SELECT m.transition AS "transition!: i64",
               CASE WHEN m.task IS NULL THEN 'no-task'
                    WHEN m.departure IS NOT NULL THEN m.departure ->> '$.outcome.outcome'
                    WHEN t.phase = 'done' THEN t.outcome
                    WHEN t.paused AND NOT coalesce(t.machine ->> '$.ever_sent', 0) THEN 'paused'
                    WHEN t.phase = 'refused' THEN 'verifying'
                    ELSE t.phase END AS "state!: String",
               count(*) AS "n!: u32"
           FROM json_each(?1) AS wanted
           CROSS JOIN member AS m ON m.transition = wanted.value
           LEFT JOIN task AS t ON t.seq = m.task
           GROUP BY 1, 2"#,
        wanted,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("tell apart what tasks became"))?;
    for row in rows {
        let breakdown = breakdowns.entry(row.transition).or_default();
        let slot = slot(breakdown, &row.state)
            .ok_or(UnknownState)
            .map_err(inconsistent("member", row.transition))?;
        *slot = slot.saturating_add(row.n);
    }
    Ok(breakdowns)
}

/// A task is in no state that counts.
#[derive(Debug, thiserror::Error)]
#[error("its task is in an unknown state")]
struct UnknownState;

/// What a phase or an outcome counts as.
fn slot<'a>(breakdown: &'a mut Breakdown, state: &str) -> Option<&'a mut u32> {
    Some(match state {
        "queued" => &mut breakdown.queued,
        "paused" => &mut breakdown.paused,
        "preparing" | "reserving" | "intent" | "closing" => &mut breakdown.running,
        "backoff" => &mut breakdown.retrying,
        "pending" | "verifying" => &mut breakdown.verifying,
        "verified" => &mut breakdown.verified,
        "already" => &mut breakdown.already,
        "unproven" => &mut breakdown.unproven,
        "failed" => &mut breakdown.failed,
        "timed-out" => &mut breakdown.timed_out,
        "superseded" | "absorbed" => &mut breakdown.superseded,
        "cancelled" | "cancelled-after-send" => &mut breakdown.cancelled,
        "uncertain" => &mut breakdown.uncertain,
        "no-task" => &mut breakdown.refused,
        _ => return None,
    })
}
