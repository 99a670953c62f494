//! Access tokens, of which only a hash is kept.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use switchyard_core::Timestamp;

use crate::audit::NewAudit;
use crate::error::StoreError;

/// The length of the hash of a token, in bytes.
pub const TOKEN_HASH_BYTES: usize = 32;
/// The length of the id of a token, in characters.
pub const TOKEN_ID_CHARS: usize = 16;

/// The id of an access token: sixteen hexadecimal digits, which are no secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccessTokenId(String);

impl AccessTokenId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessTokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no id of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id of a token is {TOKEN_ID_CHARS} hexadecimal digits")]
pub struct AccessTokenIdError;

impl FromStr for AccessTokenId {
    type Err = AccessTokenIdError;

    fn from_str(text: &str) -> Result<Self, AccessTokenIdError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == TOKEN_ID_CHARS && text.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AccessTokenIdError)
        }
    }
}

/// An access token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Its id.
    pub id: AccessTokenId,
    /// Whom or what it was made for; callers are known by this name.
    pub name: String,
    /// What its holder may do, as the word of the service.
    pub role: String,
    /// The components that its holder may change, as set expressions; `None`: all.
    pub scope: Option<Vec<String>>,
    /// The SHA-256 of the secret.
    pub hash: [u8; TOKEN_HASH_BYTES],
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to within the time between two flushes.
    pub last_used_at: Option<Timestamp>,
    /// Since when it is refused because somebody revoked it.
    pub revoked_at: Option<Timestamp>,
}

/// The access tokens.
#[async_trait]
pub trait AccessTokens: Send + Sync {
    /// Stores a token with its entry in the audit. Its id must be new.
    async fn create_token(&self, token: &AccessToken, audit: Option<NewAudit>) -> Result<(), StoreError>;

    /// All tokens in the order in which they were made, revoked ones included.
    async fn tokens(&self) -> Result<Vec<AccessToken>, StoreError>;

    /// Revokes a token. False when there is none of this id that is not revoked; the entry in the audit is not stored then.
    async fn revoke_token(
        &self,
        id: &AccessTokenId,
        at: Timestamp,
        audit: Option<NewAudit>,
    ) -> Result<bool, StoreError>;

    /// Notes when tokens were last used. A time before the one that is known changes nothing.
    async fn note_tokens_used(&self, used: &[(AccessTokenId, Timestamp)]) -> Result<(), StoreError>;

    /// Deletes tokens that were revoked or expired before this time, and says how many. The first one stays, so that it is known for ever
    /// that there was one; a token that was revoked in the moment in which it was made never was one.
    async fn prune_tokens(&self, before: Timestamp) -> Result<u64, StoreError>;
}
