//! Access tokens.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use switchyard_core::Timestamp;
use switchyard_store::{AccessToken, AccessTokenId, AccessTokens, NewAudit, StoreError};

use crate::encoding::{from_json, from_text, to_json};
use crate::error::{failed, inconsistent};
use crate::{SqliteStore, audit, commit};

#[async_trait]
impl AccessTokens for SqliteStore {
    async fn create_token(&self, token: &AccessToken, audit: Option<NewAudit>) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        create(&mut tx, token).await?;
        audit::append(&mut tx, audit.as_ref()).await?;
        commit(tx).await
    }

    async fn tokens(&self) -> Result<Vec<AccessToken>, StoreError> {
        all(&mut *self.snapshot().await?).await
    }

    async fn revoke_token(
        &self,
        id: &AccessTokenId,
        at: Timestamp,
        audit: Option<NewAudit>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let revoked = revoke(&mut tx, id, at).await?;
        if revoked {
            audit::append(&mut tx, audit.as_ref()).await?;
            commit(tx).await?;
        }
        Ok(revoked)
    }

    async fn note_tokens_used(&self, used: &[(AccessTokenId, Timestamp)]) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        note_used(&mut tx, used).await?;
        commit(tx).await
    }

    async fn prune_tokens(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let deleted = prune(&mut tx, before).await?;
        commit(tx).await?;
        Ok(deleted)
    }
}

async fn create(conn: &mut SqliteConnection, token: &AccessToken) -> Result<(), StoreError> {
    let id = token.id.as_str();
    let scope = token.scope.as_ref().map(to_json).transpose()?;
    let hash = token.hash.as_slice();
    let created_at = token.created_at.as_millis();
    let expires_at = token.expires_at.map(Timestamp::as_millis);
    let last_used_at = token.last_used_at.map(Timestamp::as_millis);
    let revoked_at = token.revoked_at.map(Timestamp::as_millis);
    sqlx::query!(
        "INSERT INTO access_token
             (id, name, role, scope, hash, created_at, created_by, expires_at, last_used_at, revoked_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        id,
        token.name,
        token.role,
        scope,
        hash,
        created_at,
        token.created_by,
        expires_at,
        last_used_at,
        revoked_at,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("store a token"))
}

async fn all(conn: &mut SqliteConnection) -> Result<Vec<AccessToken>, StoreError> {
    let rows = sqlx::query_as!(
        TokenRow,
        "SELECT id, name, role, scope, hash, created_at, created_by, expires_at, last_used_at, revoked_at
         FROM access_token ORDER BY seq",
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the tokens"))?;
    rows.into_iter().map(TokenRow::record).collect()
}

async fn revoke(conn: &mut SqliteConnection, id: &AccessTokenId, at: Timestamp) -> Result<bool, StoreError> {
    let (id, at) = (id.as_str(), at.as_millis());
    let done = sqlx::query!(
        "UPDATE access_token SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
        id,
        at,
    )
    .execute(conn)
    .await
    .map_err(failed("revoke a token"))?;
    Ok(done.rows_affected() > 0)
}

async fn note_used(
    conn: &mut SqliteConnection,
    used: &[(AccessTokenId, Timestamp)],
) -> Result<(), StoreError> {
    let used: Vec<(&str, i64)> = used
        .iter()
        .map(|(id, at)| (id.as_str(), at.as_millis()))
        .collect();
    let used = to_json(&used)?;
    sqlx::query!(
        "UPDATE access_token SET last_used_at = max(coalesce(last_used_at, 0), used.at)
         FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS at FROM json_each(?1)) AS used
         WHERE access_token.id = used.id",
        used,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("note when tokens were used"))
}

async fn prune(conn: &mut SqliteConnection, before: Timestamp) -> Result<u64, StoreError> {
    let before = before.as_millis();
    let done = sqlx::query!(
        "DELETE FROM access_token
         WHERE (revoked_at < ?1 OR expires_at < ?1)
             AND seq IS NOT (SELECT min(seq) FROM access_token WHERE revoked_at IS NOT created_at)",
        before,
    )
    .execute(conn)
    .await
    .map_err(failed("delete old tokens"))?;
    Ok(done.rows_affected())
}

/// A row of `access_token`, as far as it is a record.
struct TokenRow {
    id: String,
    name: String,
    role: String,
    scope: Option<String>,
    hash: Vec<u8>,
    created_at: i64,
    created_by: String,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl TokenRow {
    fn record(self) -> Result<AccessToken, StoreError> {
        let id: AccessTokenId = from_text(&self.id, "access_token")?;
        let scope = self
            .scope
            .as_deref()
            .map(|scope| from_json(scope, "access_token", &id));
        let hash = self.hash.as_slice().try_into();
        Ok(AccessToken {
            scope: scope.transpose()?,
            hash: hash.map_err(inconsistent("access_token", &id))?,
            name: self.name,
            role: self.role,
            created_at: Timestamp::from_millis(self.created_at),
            created_by: self.created_by,
            expires_at: self.expires_at.map(Timestamp::from_millis),
            last_used_at: self.last_used_at.map(Timestamp::from_millis),
            revoked_at: self.revoked_at.map(Timestamp::from_millis),
            id,
        })
    }
}
