//! The list of transitions.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use switchyard_core::Timestamp;
use switchyard_store::{Counts, StoreError, TransitionFilter, TransitionRecord};

use crate::counts;
use crate::error::failed;
use crate::row::TransitionRow;

/// Transitions, newest first, with their counts.
pub(crate) async fn transitions(
    conn: &mut SqliteConnection,
    filter: &TransitionFilter,
    limit: u32,
) -> Result<Vec<(TransitionRecord, Counts)>, StoreError> {
    let rows: Vec<TransitionRow> = query(filter, limit)
        .build_query_as()
        .fetch_all(&mut *conn)
        .await
        .map_err(failed("list transitions"))?;
    let open: Vec<i64> = rows
        .iter()
        .filter(|row| row.counts.is_none())
        .map(|row| row.seq)
        .collect();
    let live = counts::of(conn, &open).await?;
    rows.into_iter()
        .map(|row| {
            let counts = match row.frozen_counts()? {
                Some(counts) => counts,
                None => live.get(&row.seq).copied().unwrap_or_default(),
            };
            Ok((row.record()?, counts))
        })
        .collect()
}

/// A query with a condition for each part of the filter that is set, so that each finds its index. It is put together here and so
/// cannot be checked at compile time.
fn query(filter: &TransitionFilter, limit: u32) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "SELECT seq, id, operation, created_at, expires_at, requested_by, reason, request_id, deadline, start_by, retry_of,
             max_failures, struck_at, cancel_asked_at, ended_at, counts
         FROM transition WHERE true",
    );
    if let Some(now) = filter.alive_at.map(Timestamp::as_millis) {
        query
            .push(
                " AND seq IN (SELECT seq FROM transition WHERE ended_at IS NULL
                      UNION ALL SELECT seq FROM transition WHERE expires_at > ",
            )
            .push_bind(now)
            .push(")");
    }
    match filter.ended {
        Some(true) => query.push(" AND ended_at IS NOT NULL"),
        Some(false) => query.push(" AND ended_at IS NULL"),
        None => &mut query,
    };
    if let Some(operation) = filter.operation {
        query.push(" AND operation = ").push_bind(operation.name());
    }
    if let Some(caller) = &filter.requested_by {
        query.push(" AND requested_by = ").push_bind(caller.clone());
    }
    if let Some(component) = &filter.component {
        query
            .push(
                " AND seq IN (SELECT m.transition FROM task AS t CROSS JOIN member AS m ON m.task = t.seq
                      WHERE t.phase <> 'done' AND t.component = ",
            )
            .push_bind(component.as_str().to_owned())
            .push(
                " UNION ALL SELECT m.transition FROM task AS t CROSS JOIN member AS m ON m.task = t.seq
                      WHERE t.phase = 'done' AND t.component = ",
            )
            .push_bind(component.as_str().to_owned())
            .push(")");
    }
    if let Some(before) = filter.before {
        query
            .push(" AND seq < (SELECT seq FROM transition WHERE id = ")
            .push_bind(before.0)
            .push(")");
    }
    query.push(" ORDER BY seq DESC LIMIT ").push_bind(limit);
    query
}
