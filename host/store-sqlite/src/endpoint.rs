//! Controllers as endpoints: their breakers, and what they last said.

use serde::Serialize;
use sqlx::SqliteConnection;
use switchyard_core::{Breaker, Failure, Timestamp};
use switchyard_store::{ControllerRecord, StoreError};

use crate::encoding::{from_json, from_text, to_json};
use crate::error::failed;

#[derive(Serialize)]
struct EndpointOf<'a> {
    controller: &'a str,
    breaker: &'a Breaker,
    failure: Option<&'a Failure>,
    failed_at: Option<Timestamp>,
    answered_at: Option<Timestamp>,
}

impl<'a> EndpointOf<'a> {
    fn of(record: &'a ControllerRecord) -> Self {
        Self {
            controller: record.id.as_str(),
            breaker: &record.breaker,
            failure: record.failure.as_ref(),
            failed_at: record.failed_at,
            answered_at: record.answered_at,
        }
    }
}

/// Stores what is known of controllers; of one that is not known (any more) nothing is.
pub(crate) async fn store(
    conn: &mut SqliteConnection,
    records: &[&ControllerRecord],
) -> Result<(), StoreError> {
    if records.is_empty() {
        return Ok(());
    }
    let rows: Vec<EndpointOf<'_>> = records.iter().map(|record| EndpointOf::of(record)).collect();
    let rows = to_json(&rows)?;
    sqlx::query!(
        "UPDATE controller
         SET breaker = c.breaker, failure = c.failure, failed_at = c.failed_at, answered_at = c.answered_at
         FROM (
             SELECT value ->> '$.controller' AS id, value ->> '$.breaker' AS breaker, value ->> '$.failure' AS failure,
                 value ->> '$.failed_at' AS failed_at, value ->> '$.answered_at' AS answered_at
             FROM jsonb_each(?1)
         ) AS c
         WHERE controller.id = c.id",
        rows,
    )
    .execute(conn)
    .await
    .map_err(failed("store the breakers of controllers"))?;
    Ok(())
}

/// A row of `controller`, as far as it is a record.
struct ControllerRow {
    id: String,
    breaker: Option<String>,
    failure: Option<String>,
    failed_at: Option<i64>,
    answered_at: Option<i64>,
}

impl ControllerRow {
    fn record(self) -> Result<ControllerRecord, StoreError> {
        let breaker = self
            .breaker
            .as_deref()
            .map(|breaker| from_json(breaker, "controller", &self.id))
            .transpose()?;
        let failure = self
            .failure
            .as_deref()
            .map(|failure| from_json(failure, "controller", &self.id))
            .transpose()?;
        Ok(ControllerRecord {
            id: from_text(&self.id, "controller")?,
            breaker: breaker.unwrap_or_default(),
            failure,
            failed_at: self.failed_at.map(Timestamp::from_millis),
            answered_at: self.answered_at.map(Timestamp::from_millis),
        })
    }
}

pub(crate) async fn controllers(conn: &mut SqliteConnection) -> Result<Vec<ControllerRecord>, StoreError> {
    let rows = sqlx::query_as!(
        ControllerRow,
        r#"SELECT id AS "id!", breaker, failure, failed_at, answered_at FROM controller ORDER BY id"#
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read controllers"))?;
    rows.into_iter().map(ControllerRow::record).collect()
}
