//! The event log. One writer numbers the events, so that their order is that of the commits.

use serde_json::Value;
use sqlx::SqliteConnection;
use switchyard_core::{TaskId, Timestamp, TransitionId};
use switchyard_store::{Event, EventId, NewEvent, StoreError};
use uuid::Uuid;

use crate::encoding::{from_json, from_text, to_json};
use crate::error::failed;

/// Appends events in order.
pub(crate) async fn append(conn: &mut SqliteConnection, events: &[&NewEvent]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let rows = to_json(events)?;
    sqlx::query!(
        "INSERT INTO event (seq, at, kind, component, task, transition, data)
         SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) + 1 + key,
             value ->> '$.at', value ->> '$.kind', value ->> '$.component',
             unhex(value ->> '$.task', '-'), unhex(value ->> '$.transition', '-'), value -> '$.data'
         FROM jsonb_each(?1)",
        rows,
    )
    .execute(conn)
    .await
    .map_err(failed("append events"))?;
    Ok(())
}

/// Events after the given one. A place that the log has not reached was not given by this log.
pub(crate) async fn after(
    conn: &mut SqliteConnection,
    after: Option<&EventId>,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    let after: i64 = after.and_then(|id| id.0.parse().ok()).unwrap_or(0);
    let rows = sqlx::query!(
        r#"SELECT seq AS "seq!: i64", at AS "at!: i64", kind AS "kind!: String", component AS "component: String",
               task AS "task: Uuid", transition AS "transition: Uuid", data AS "data!: String"
           FROM event
           WHERE seq > iif(?1 <= coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0), ?1, 0)
           ORDER BY seq
           LIMIT ?2"#,
        after,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read events"))?;
    rows.into_iter()
        .map(|row| {
            let data: Value = from_json(&row.data, "event", row.seq)?;
            Ok(Event {
                id: EventId(row.seq.to_string()),
                event: NewEvent {
                    at: Timestamp::from_millis(row.at),
                    kind: row.kind,
                    component: row
                        .component
                        .as_deref()
                        .map(|id| from_text(id, "component"))
                        .transpose()?,
                    task: row.task.map(TaskId),
                    transition: row.transition.map(TransitionId),
                    data,
                },
            })
        })
        .collect()
}
