//! The audit: rows are only ever added.

use sqlx::SqliteConnection;
use switchyard_core::Timestamp;
use switchyard_store::{AuditFilter, AuditRecord, NewAudit, StoreError};

use crate::encoding::{from_json, to_json};
use crate::error::failed;

/// Adds an entry, when there is one.
pub(crate) async fn append(conn: &mut SqliteConnection, entry: Option<&NewAudit>) -> Result<(), StoreError> {
    let Some(entry) = entry else { return Ok(()) };
    let at = entry.at.as_millis();
    let detail = to_json(&entry.detail)?;
    sqlx::query!(
        "INSERT INTO audit (at, who, action, target, reason, origin, request_id, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        at,
        entry.who,
        entry.action,
        entry.target,
        entry.reason,
        entry.origin,
        entry.request_id,
        detail,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("add to the audit"))
}

/// Entries, newest first.
pub(crate) async fn read(
    conn: &mut SqliteConnection,
    filter: &AuditFilter,
    limit: u32,
) -> Result<Vec<AuditRecord>, StoreError> {
    let before = filter.before.unwrap_or(i64::MAX);
    let rows = match &filter.who {
        Some(who) => of(conn, who, filter.action.as_deref(), before, limit).await?,
        None => all(conn, filter.action.as_deref(), before, limit).await?,
    };
    rows.into_iter().map(AuditRow::record).collect()
}

struct AuditRow {
    seq: i64,
    at: i64,
    who: String,
    action: String,
    target: String,
    reason: Option<String>,
    origin: Option<String>,
    request_id: String,
    detail: String,
}

impl AuditRow {
    fn record(self) -> Result<AuditRecord, StoreError> {
        Ok(AuditRecord {
            seq: self.seq,
            entry: NewAudit {
                at: Timestamp::from_millis(self.at),
                who: self.who,
                action: self.action,
                target: self.target,
                reason: self.reason,
                origin: self.origin,
                request_id: self.request_id,
                detail: from_json(&self.detail, "entry of the audit", self.seq)?,
            },
        })
    }
}

/// Everybody's. Apart from [`of`], so that each query has the index that it needs.
async fn all(
    conn: &mut SqliteConnection,
    action: Option<&str>,
    before: i64,
    limit: u32,
) -> Result<Vec<AuditRow>, StoreError> {
    sqlx::query_as!(
        AuditRow,
        r#"SELECT seq AS "seq!", at, who, action, target, reason, origin, request_id, detail FROM audit
           WHERE seq < ?2 AND (?1 IS NULL OR substr(action, 1, length(?1)) = ?1)
           ORDER BY seq DESC LIMIT ?3"#,
        action,
        before,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the audit"))
}

/// Those of one caller.
async fn of(
    conn: &mut SqliteConnection,
    who: &str,
    action: Option<&str>,
    before: i64,
    limit: u32,
) -> Result<Vec<AuditRow>, StoreError> {
    sqlx::query_as!(
        AuditRow,
        r#"SELECT seq AS "seq!", at, who, action, target, reason, origin, request_id, detail FROM audit
           WHERE who = ?1 AND seq < ?3 AND (?2 IS NULL OR substr(action, 1, length(?2)) = ?2)
           ORDER BY seq DESC LIMIT ?4"#,
        who,
        action,
        before,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the audit"))
}
