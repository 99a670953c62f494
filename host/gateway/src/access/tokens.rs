//! The tokens of this service. All are held in memory, so that a check costs no reading and a revocation holds at once.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use subtle::ConstantTimeEq as _;
use switchyard_core::Timestamp;
use switchyard_store::{AccessToken, AccessTokenId, AccessTokens, NewAudit, StoreError};
use switchyard_transport::Secret;
use switchyard_wire::CALLER_MAX_CHARS;

use super::denied::Denied;
use super::identity::{How, Identity, Role};
use super::scope::Scope;
use super::secret;
use crate::telemetry::Chain;

/// The most tokens that are kept.
pub const TOKENS_MAX: usize = 10_000;
/// The longest life of a token that has an end.
pub const LIFE_MAX: Duration = Duration::from_hours(24 * 3_650);
/// How long tokens that are over are shown before they are deleted.
const KEPT: Duration = Duration::from_hours(24 * 90);
/// The random bytes of an id.
const ID_BYTES: usize = 8;

/// What is wanted of a new token.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Whom or what it is for.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// The components that its holder may change.
    pub scope: Scope,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// Who makes it.
    pub created_by: String,
}

/// Why no token is made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The name cannot be used.
    #[error("the name of a token is 1 to {CALLER_MAX_CHARS} visible ASCII characters")]
    Name,
    /// Only operators are limited to components.
    #[error("a scope belongs to the role operator; a viewer changes nothing and an admin everything")]
    Scope,
    /// It would be over before it began, or last too long.
    #[error("a token ends in the future, within ten years")]
    Expiry,
    /// There are too many.
    #[error("there are {TOKENS_MAX} tokens; revoke those that nobody uses, they are deleted 90 days later")]
    TooMany,
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Random(#[source] getrandom::Error),
    /// It could not be stored.
    #[error("the token could not be stored")]
    Store(#[from] StoreError),
}

/// The tokens, by id.
pub struct Tokens {
    store: Arc<dyn AccessTokens>,
    known: RwLock<HashMap<AccessTokenId, AccessToken>>,
    used: Mutex<HashMap<AccessTokenId, Timestamp>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    /// Reads them, and deletes those that were over long ago, but for the first.
    pub async fn read(store: Arc<dyn AccessTokens>, now: Timestamp) -> Result<Self, StoreError> {
        store.prune_tokens(now - KEPT).await?;
        let tokens = store.tokens().await?;
        Ok(Self {
            store,
            known: RwLock::new(
                tokens
                    .into_iter()
                    .map(|token| (token.id.clone(), token))
                    .collect(),
            ),
            used: Mutex::default(),
        })
    }

    /// Who presents this text.
    pub(super) fn check(&self, text: &str, now: Timestamp) -> Result<Identity, Denied> {
        let (id, presented) = secret::split(text).ok_or(Denied::Malformed)?;
        let presented = secret::hash(presented);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        // An id that is not known takes as long as one that is.
        let kept = known.get(&id).map_or([0; _], |token| token.hash);
        let same: bool = kept.ct_eq(&presented).into();
        match known.get(&id) {
            Some(token) if same => self.identity(token, now),
            _ => Err(Denied::Unknown),
        }
    }

    /// Who holds the token of this id, which was presented before.
    pub(super) fn holder(&self, id: &AccessTokenId, now: Timestamp) -> Result<Identity, Denied> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .get(id)
            .ok_or(Denied::Unknown)
            .and_then(|token| self.identity(token, now))
    }

    fn identity(&self, token: &AccessToken, now: Timestamp) -> Result<Identity, Denied> {
        is_over(token, now)?;
        let role = token.role.parse().map_err(|_| Denied::NoRole)?;
        let scope = match &token.scope {
            None => Scope::All,
            Some(expressions) => Scope::Only(expressions.clone().into()),
        };
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(token.id.clone(), now);
        Ok(Identity {
            subject: token.name.clone(),
            role,
            scope,
            how: How::Token(token.id.clone()),
        })
    }

    /// All of them, the oldest first, with their last use.
    pub fn list(&self) -> Vec<AccessToken> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tokens: Vec<AccessToken> = known.values().cloned().collect();
        for token in &mut tokens {
            token.last_used_at = used.get(&token.id).copied().max(token.last_used_at);
        }
        tokens.sort_unstable_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        tokens
    }

    /// Makes a token. Its text is given this once and kept nowhere. `entry` makes the entry of the audit from its id.
    pub async fn create(
        &self,
        new: NewToken,
        now: Timestamp,
        entry: impl FnOnce(&AccessTokenId) -> Option<NewAudit>,
    ) -> Result<(AccessToken, Secret), CreateError> {
        let (token, text) = self.draft(new, now)?;
        self.keep(&token, entry(&token.id)).await?;
        Ok((token, text))
    }

    /// A token that does not hold before it is kept, and its text.
    pub(super) fn draft(&self, new: NewToken, now: Timestamp) -> Result<(AccessToken, Secret), CreateError> {
        self.check_new(&new, now)?;
        let id = secret::random_digits(ID_BYTES).map_err(CreateError::Random)?;
        // Sixteen digits are an id.
        let id: AccessTokenId = id.parse().map_err(|_| CreateError::Name)?;
        let fresh = secret::fresh_secret().map_err(CreateError::Random)?;
        let token = AccessToken {
            name: new.name,
            role: new.role.name().to_owned(),
            scope: new.scope.expressions().map(<[String]>::to_vec),
            hash: secret::hash(&fresh),
            created_at: now,
            created_by: new.created_by,
            expires_at: new.expires_at,
            last_used_at: None,
            revoked_at: None,
            id,
        };
        let text = secret::token_text(&token.id, &fresh);
        Ok((token, text))
    }

    /// Lets a token hold from now on.
    pub(super) async fn keep(&self, token: &AccessToken, entry: Option<NewAudit>) -> Result<(), StoreError> {
        self.store.create_token(token, entry).await?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(token.id.clone(), token.clone());
        Ok(())
    }

    /// Whether there ever was a token. One that was revoked in the moment in which it was made never reached anybody.
    pub(super) fn had_any(&self) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .values()
            .any(|token| token.revoked_at != Some(token.created_at))
    }

    fn check_new(&self, new: &NewToken, now: Timestamp) -> Result<(), CreateError> {
        if !is_subject(&new.name) {
            return Err(CreateError::Name);
        }
        if new.role != Role::Operator && new.scope != Scope::All {
            return Err(CreateError::Scope);
        }
        if new.expires_at.is_some_and(|at| at <= now || at > now + LIFE_MAX) {
            return Err(CreateError::Expiry);
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= TOKENS_MAX {
            return Err(CreateError::TooMany);
        }
        Ok(())
    }

    /// Revokes a token, and gives it as it is then; nothing when there is none that holds. Whoever may go away before it has ended calls
    /// [`Access::revoke`](super::Access::revoke).
    pub async fn revoke(
        &self,
        id: &AccessTokenId,
        now: Timestamp,
        entry: NewAudit,
    ) -> Result<Option<AccessToken>, StoreError> {
        let stored = self.store.revoke_token(id, now, Some(entry)).await?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let Some(token) = known.get_mut(id) else {
            return Ok(None);
        };
        // What the store revoked before, and this did not hear of, is refused from now on too.
        if !stored && token.revoked_at.is_some() {
            return Ok(None);
        }
        token.revoked_at = Some(now);
        Ok(Some(token.clone()))
    }

    /// Deletes tokens that were over long ago, but for the first, so that there is room for new ones. What fails now is tried again.
    pub(super) async fn prune(&self, now: Timestamp) {
        match self.store.prune_tokens(now - KEPT).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => return tracing::warn!(error = %Chain(&error), "old tokens could not be deleted"),
        }
        let Ok(left) = self.store.tokens().await else {
            return;
        };
        let left: HashSet<_> = left.into_iter().map(|token| token.id).collect();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // One that was made meanwhile is not over.
        known.retain(|id, token| left.contains(id) || is_over(token, now).is_ok());
    }

    /// Stores when tokens were last used. What cannot be stored now is stored with the next.
    pub(super) async fn flush(&self) {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        if used.is_empty() {
            return;
        }
        let batch: Vec<_> = used.into_iter().collect();
        let stored = self.store.note_tokens_used(&batch).await;
        if stored.is_ok() {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            for (id, at) in batch {
                if let Some(token) = known.get_mut(&id) {
                    token.last_used_at = token.last_used_at.max(Some(at));
                }
            }
        } else if let Err(error) = stored {
            tracing::warn!(error = %Chain(&error), "the last use of tokens could not be stored");
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            for (id, at) in batch {
                used.entry(id)
                    .and_modify(|known| *known = (*known).max(at))
                    .or_insert(at);
            }
        }
    }
}

/// Whether a name can stand in records: visible ASCII characters, with spaces inside.
pub(super) fn is_subject(name: &str) -> bool {
    let visible = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    !name.trim().is_empty()
        && name.trim() == name
        && name.len() <= CALLER_MAX_CHARS
        && name.bytes().all(visible)
}

fn is_over(token: &AccessToken, now: Timestamp) -> Result<(), Denied> {
    if token.revoked_at.is_some() {
        return Err(Denied::Revoked);
    }
    if token.expires_at.is_some_and(|at| at <= now) {
        return Err(Denied::Expired);
    }
    Ok(())
}
