//! Holds.

use std::collections::HashMap;

use serde_json::{Value, json};
use sqlx::SqliteConnection;
use switchyard_core::{ComponentId, Timestamp};
use switchyard_store::event::kind;
use switchyard_store::{HoldId, HoldRecord, NewEvent, StoreError};
use uuid::Uuid;

use crate::encoding::{from_json, from_text, to_json};
use crate::error::failed;
use crate::event;

pub(crate) async fn place(conn: &mut SqliteConnection, hold: &HoldRecord) -> Result<(), StoreError> {
    const STEP: &str = "store a hold";
    let at = hold.at.as_millis();
    let until = hold.until.as_millis();
    let allow = to_json(&hold.allow)?;
    let seq = sqlx::query!(
        "INSERT INTO hold (id, reason, placed_by, placed_at, until, allow) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        hold.id.0,
        hold.reason,
        hold.by,
        at,
        until,
        allow,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed(STEP))?
    .last_insert_rowid();
    let components = to_json(&hold.components)?;
    sqlx::query!(
        "INSERT INTO held (component, hold) SELECT value, ?2 FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING",
        components,
        seq,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed(STEP))?;
    let data = json!({
        "hold": hold.id,
        "reason": hold.reason,
        "by": hold.by,
        "until": hold.until,
        "components": hold.components,
    });
    event::append(conn, &[&about(kind::HOLD_PLACED, hold.at, data)]).await
}

fn about(kind: &str, at: Timestamp, data: Value) -> NewEvent {
    NewEvent {
        at,
        kind: kind.to_owned(),
        component: None,
        task: None,
        transition: None,
        data,
    }
}

/// Releases a hold that is not released yet.
pub(crate) async fn release(
    conn: &mut SqliteConnection,
    id: HoldId,
    by: &str,
    at: Timestamp,
) -> Result<Option<HoldRecord>, StoreError> {
    let millis = at.as_millis();
    let row = sqlx::query_as!(
        HoldRow,
        r#"UPDATE hold SET released_at = ?2, released_by = ?3 WHERE id = ?1 AND released_at IS NULL
           RETURNING seq AS "seq!", id AS "id!: Uuid", reason AS "reason!", placed_by AS "placed_by!",
               placed_at AS "placed_at!", until AS "until!", allow AS "allow!""#,
        id.0,
        millis,
        by,
    )
    .fetch_optional(&mut *conn)
    .await
    .map_err(failed("release a hold"))?;
    let Some(row) = row else { return Ok(None) };
    let mut components = components(conn, &[row.seq]).await?;
    let data = json!({ "hold": id, "by": by });
    event::append(conn, &[&about(kind::HOLD_RELEASED, at, data)]).await?;
    row.record(&mut components).map(Some)
}

/// The holds that hold at `now`, oldest first.
pub(crate) async fn holding(
    conn: &mut SqliteConnection,
    now: Timestamp,
) -> Result<Vec<HoldRecord>, StoreError> {
    let now = now.as_millis();
    let rows = sqlx::query_as!(
        HoldRow,
        r#"SELECT seq AS "seq!", id AS "id!: Uuid", reason, placed_by, placed_at, until, allow FROM hold
           WHERE released_at IS NULL AND until > ?1
           ORDER BY seq"#,
        now,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(failed("read holds"))?;
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let mut components = components(conn, &seqs).await?;
    rows.into_iter().map(|row| row.record(&mut components)).collect()
}

/// The components of holds, in order of id.
async fn components(
    conn: &mut SqliteConnection,
    holds: &[i64],
) -> Result<HashMap<i64, Vec<ComponentId>>, StoreError> {
    let holds = to_json(holds)?;
    let rows = sqlx::query!(
        r#"SELECT held.hold AS "hold!: i64", held.component AS "component!: String"
           FROM json_each(?1) AS wanted CROSS JOIN held ON held.hold = wanted.value
           ORDER BY held.component"#,
        holds,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the components of holds"))?;
    let mut components: HashMap<i64, Vec<ComponentId>> = HashMap::new();
    for row in rows {
        let component = from_text(&row.component, "component")?;
        components.entry(row.hold).or_default().push(component);
    }
    Ok(components)
}

/// A row of `hold`, as far as it is a record.
struct HoldRow {
    seq: i64,
    id: Uuid,
    reason: String,
    placed_by: String,
    placed_at: i64,
    until: i64,
    allow: String,
}

impl HoldRow {
    fn record(self, components: &mut HashMap<i64, Vec<ComponentId>>) -> Result<HoldRecord, StoreError> {
        Ok(HoldRecord {
            id: HoldId(self.id),
            components: components.remove(&self.seq).unwrap_or_default(),
            reason: self.reason,
            by: self.placed_by,
            at: Timestamp::from_millis(self.placed_at),
            until: Timestamp::from_millis(self.until),
            allow: from_json(&self.allow, "hold", self.id)?,
        })
    }
}
