//! The lease: one row whose epoch fences every write of the engine.

use std::collections::HashSet;

use sqlx::SqliteConnection;
use switchyard_core::{ControllerId, Timestamp};
use switchyard_store::{Lease, StoreError};

use crate::encoding::to_json;
use crate::error::failed;

/// Takes the lease; the one before is void.
pub(crate) async fn begin(
    conn: &mut SqliteConnection,
    replica: &str,
    now: Timestamp,
) -> Result<Lease, StoreError> {
    let now = now.as_millis();
    let epoch = sqlx::query_scalar!(
        r#"INSERT INTO lease (only_row, replica, epoch, begun_at) VALUES (1, ?1, 1, ?2)
           ON CONFLICT (only_row) DO UPDATE
           SET replica = excluded.replica, epoch = lease.epoch + 1, begun_at = excluded.begun_at
           RETURNING epoch AS "epoch!: i64""#,
        replica,
        now,
    )
    .fetch_one(conn)
    .await
    .map_err(failed("take a lease"))?;
    Ok(Lease {
        replica: replica.to_owned(),
        epoch,
    })
}

/// Whether the lease still holds. Asked inside the transaction that writes.
pub(crate) async fn holds(conn: &mut SqliteConnection, lease: &Lease) -> Result<bool, StoreError> {
    let held = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM lease WHERE replica = ?1 AND epoch = ?2) AS "held!: bool""#,
        lease.replica,
        lease.epoch,
    )
    .fetch_one(conn)
    .await
    .map_err(failed("check the lease"))?;
    if !held {
        tracing::warn!(
            replica = lease.replica,
            epoch = lease.epoch,
            "a write was refused: its lease is void"
        );
    }
    Ok(held)
}

/// Writes the owner of controllers. One process has the whole file, so that no other living lease can have one.
pub(crate) async fn claim(
    conn: &mut SqliteConnection,
    lease: &Lease,
    controllers: &[ControllerId],
) -> Result<Vec<ControllerId>, StoreError> {
    let wanted = to_json(controllers)?;
    let owned: HashSet<String> = sqlx::query_scalar!(
        r#"UPDATE controller SET owner = ?1, epoch = ?2
           WHERE id IN (SELECT value FROM json_each(?3))
           RETURNING id AS "id!: String""#,
        lease.replica,
        lease.epoch,
        wanted,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("claim controllers"))?
    .into_iter()
    .collect();
    Ok(controllers
        .iter()
        .filter(|id| owned.contains(id.as_str()))
        .cloned()
        .collect())
}
