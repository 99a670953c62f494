//! Records that v1 shows no longer, because there are newer ones.

use sqlx::SqliteConnection;
use switchyard_core::Timestamp;
use switchyard_store::StoreError;

use crate::error::failed;

/// Ends the time of finished transitions but for the newest `keep`. Gives their number.
pub(crate) async fn transitions(
    conn: &mut SqliteConnection,
    now: Timestamp,
    keep: u32,
    limit: u32,
) -> Result<u64, StoreError> {
    let now = now.as_millis();
    let retired = sqlx::query!(
        "UPDATE transition SET expires_at = ?1 WHERE seq IN (
             SELECT seq FROM transition WHERE expires_at > ?1 AND ended_at IS NOT NULL ORDER BY seq DESC LIMIT ?3 OFFSET ?2
         )",
        now,
        keep,
        limit,
    )
    .execute(conn)
    .await
    .map_err(failed("retire old transitions"))?;
    Ok(retired.rows_affected())
}
