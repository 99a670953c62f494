//! Plans, as they were shown.

use sqlx::SqliteConnection;
use switchyard_core::Timestamp;
use switchyard_store::{PlanId, PlanRecord, StoreError};

use crate::encoding::{from_json, to_json};
use crate::error::failed;

pub(crate) async fn keep(conn: &mut SqliteConnection, plan: &PlanRecord) -> Result<(), StoreError> {
    let made_at = plan.made_at.as_millis();
    let expires_at = plan.expires_at.as_millis();
    let body = to_json(&plan.body)?;
    sqlx::query!(
        "INSERT INTO plan (id, made_at, expires_at, body) VALUES (?1, ?2, ?3, ?4)",
        plan.id.0,
        made_at,
        expires_at,
        body,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("keep a plan"))
}

pub(crate) async fn read(conn: &mut SqliteConnection, id: PlanId) -> Result<Option<PlanRecord>, StoreError> {
    let row = sqlx::query!("SELECT made_at, expires_at, body FROM plan WHERE id = ?1", id.0)
        .fetch_optional(conn)
        .await
        .map_err(failed("read a plan"))?;
    row.map(|row| {
        Ok(PlanRecord {
            id,
            made_at: Timestamp::from_millis(row.made_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            body: from_json(&row.body, "plan", id)?,
        })
    })
    .transpose()
}
