//! Idempotency keys.

use sqlx::SqliteConnection;
use switchyard_core::Timestamp;
use switchyard_store::idempotency::{ANSWER_MAX_BYTES, LONG_ANSWERS_MAX_BYTES, SHORT_ANSWER_BYTES};
use switchyard_store::{ClaimAnswer, KeptAnswer, KeyClaim, KeyScope, StoreError};
use uuid::Uuid;

use crate::error::failed;

pub(crate) async fn claim(conn: &mut SqliteConnection, claim: &KeyClaim) -> Result<ClaimAnswer, StoreError> {
    match find(conn, claim).await? {
        Found::Live(answer) => return Ok(answer),
        Found::Expired(seq) => delete(conn, seq).await?,
        Found::Nothing => {}
    }
    if let Some(full) = limit(conn, claim).await? {
        return Ok(full);
    }
    let KeyScope {
        caller,
        key,
        method,
        path,
    } = &claim.scope;
    let fingerprint = claim.fingerprint.as_slice();
    let expires_at = claim.expires_at.as_millis();
    sqlx::query!(
        "INSERT INTO idempotency_key (caller, key, method, path, fingerprint, reservation, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        caller,
        key,
        method,
        path,
        fingerprint,
        claim.reservation,
        expires_at,
    )
    .execute(conn)
    .await
    .map_err(failed("store an idempotency key"))?;
    Ok(ClaimAnswer::New)
}

enum Found {
    Nothing,
    Expired(i64),
    Live(ClaimAnswer),
}

async fn find(conn: &mut SqliteConnection, claim: &KeyClaim) -> Result<Found, StoreError> {
    let KeyScope {
        caller,
        key,
        method,
        path,
    } = &claim.scope;
    let row = sqlx::query!(
        r#"SELECT seq AS "seq!: i64", fingerprint, reservation AS "reservation!: Uuid", expires_at, status AS "status: u16",
               content_type, location, body
           FROM idempotency_key WHERE caller = ?1 AND key = ?2 AND method = ?3 AND path = ?4"#,
        caller,
        key,
        method,
        path,
    )
    .fetch_optional(conn)
    .await
    .map_err(failed("read an idempotency key"))?;
    let Some(row) = row else {
        return Ok(Found::Nothing);
    };
    if row.expires_at <= claim.at.as_millis() {
        return Ok(Found::Expired(row.seq));
    }
    Ok(Found::Live(if row.fingerprint != claim.fingerprint {
        ClaimAnswer::OtherRequest
    } else if let (Some(status), Some(body)) = (row.status, row.body) {
        ClaimAnswer::Answered(KeptAnswer {
            status,
            content_type: row.content_type,
            location: row.location,
            body,
        })
    } else {
        ClaimAnswer::Unanswered {
            reservation: row.reservation,
        }
    }))
}

async fn delete(conn: &mut SqliteConnection, seq: i64) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM idempotency_key WHERE seq = ?1", seq)
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed("delete an idempotency key"))
}

/// Which limit a new key would pass, if any.
async fn limit(conn: &mut SqliteConnection, claim: &KeyClaim) -> Result<Option<ClaimAnswer>, StoreError> {
    let caller = &claim.scope.caller;
    let stored = sqlx::query!(
        r#"SELECT (SELECT count(*) FROM idempotency_key WHERE caller = ?1) AS "of_caller!: i64",
               (SELECT count(*) FROM idempotency_key) AS "of_all!: i64""#,
        caller,
    )
    .fetch_one(&mut *conn)
    .await
    .map_err(failed("count idempotency keys"))?;
    if stored.of_caller >= i64::from(claim.per_caller) {
        let until = first_to_expire(conn, Some(caller)).await?;
        return Ok(Some(ClaimAnswer::CallerFull { until }));
    }
    if stored.of_all >= i64::from(claim.overall) {
        let until = first_to_expire(conn, None).await?;
        return Ok(Some(ClaimAnswer::Full { until }));
    }
    Ok(None)
}

/// When the first key of a caller, or of all, is forgotten.
async fn first_to_expire(conn: &mut SqliteConnection, caller: Option<&str>) -> Result<Timestamp, StoreError> {
    let at = sqlx::query_scalar!(
        r#"SELECT coalesce(min(expires_at), 0) AS "at!: i64" FROM idempotency_key WHERE ?1 IS NULL OR caller = ?1"#,
        caller,
    )
    .fetch_one(conn)
    .await
    .map_err(failed("find the oldest idempotency key"))?;
    Ok(Timestamp::from_millis(at))
}

pub(crate) async fn keep(
    conn: &mut SqliteConnection,
    reservation: Uuid,
    answer: &KeptAnswer,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    if !fits(conn, answer.body.len()).await? {
        return Ok(false);
    }
    let bytes = i64::try_from(answer.body.len()).unwrap_or(i64::MAX);
    let body = answer.body.as_slice();
    let expires_at = expires_at.as_millis();
    let kept = sqlx::query!(
        "UPDATE idempotency_key
         SET expires_at = ?2, status = ?3, content_type = ?4, location = ?5, body = ?6, body_bytes = ?7
         WHERE reservation = ?1 AND status IS NULL",
        reservation,
        expires_at,
        answer.status,
        answer.content_type,
        answer.location,
        body,
        bytes,
    )
    .execute(conn)
    .await
    .map_err(failed("keep an answer"))?;
    Ok(kept.rows_affected() > 0)
}

/// Whether one more answer of this length may be kept.
async fn fits(conn: &mut SqliteConnection, bytes: usize) -> Result<bool, StoreError> {
    if bytes <= SHORT_ANSWER_BYTES {
        return Ok(true);
    }
    if bytes > ANSWER_MAX_BYTES {
        return Ok(false);
    }
    // The bound is that of the partial index.
    let stored = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(body_bytes), 0) AS "stored!: i64" FROM idempotency_key WHERE body_bytes > 2048"#
    )
    .fetch_one(conn)
    .await
    .map_err(failed("measure the long answers"))?;
    Ok(usize::try_from(stored)
        .unwrap_or(usize::MAX)
        .saturating_add(bytes)
        <= LONG_ANSWERS_MAX_BYTES)
}

pub(crate) async fn expire(
    conn: &mut SqliteConnection,
    now: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    let now = now.as_millis();
    let deleted = sqlx::query!(
        "DELETE FROM idempotency_key
         WHERE seq IN (SELECT seq FROM idempotency_key WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
        now,
        limit,
    )
    .execute(conn)
    .await
    .map_err(failed("delete expired idempotency keys"))?;
    Ok(deleted.rows_affected())
}
