//! Places in line. New tasks and those that are admitted again take them from one sequence, so that none is given twice, also when its
//! task has been deleted.

use sqlx::SqliteConnection;
use switchyard_store::StoreError;

use crate::error::failed;

/// The place that comes next.
pub(crate) async fn next(conn: &mut SqliteConnection) -> Result<i64, StoreError> {
    let last = sqlx::query_scalar!(
        r#"SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'task'), 0) AS "seq!: i64""#
    )
    .fetch_one(conn)
    .await
    .map_err(failed("read the last place in line"))?;
    Ok(last + 1)
}

/// Says that every place before `next` is given.
pub(crate) async fn give(conn: &mut SqliteConnection, next: i64) -> Result<(), StoreError> {
    let last = next - 1;
    sqlx::query!(
        "UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'task'",
        last
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("give places in line"))
}
