//! Who is let in, and as what: tokens of this service, signed tokens of an identity provider, and sessions at the dashboard.
//!
//! Everything that cannot be checked is refused. Nothing here knows routes: which role one takes stands in `api::access`.

mod bootstrap;
mod denied;
mod failures;
mod identity;
mod jws;
mod jwt;
mod keys;
mod scope;
mod secret;
mod sessions;
mod settings;
mod tokens;

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use switchyard_core::Timestamp;
use switchyard_store::{AccessToken, AccessTokenId, AccessTokens, NewAudit, StoreError};
use switchyard_transport::Secret;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::{Clock, wall_seconds};
use crate::dependencies::{Dependencies, Dependency};
use crate::telemetry::metrics;
use failures::Failures;
use jwt::Verifier;
use keys::Keys;
use sessions::Sessions;

pub use bootstrap::BootstrapError;
pub use denied::Denied;
pub use identity::{How, Identity, Role, RoleError};
pub use jwt::Rules;
pub use keys::KeysSettings;
pub use scope::{EXPRESSION_MAX_BYTES, EXPRESSIONS_MAX, Scope, ScopeError};
pub use secret::PREFIX;
pub use sessions::{Opened, SessionTimes};
pub use settings::{JwtSettings, Mode, ModeError, Settings, SettingsError};
pub use tokens::{CreateError, LIFE_MAX, NewToken, TOKENS_MAX, Tokens};

/// How often it is stored when tokens were last used.
const FLUSH_EVERY: Duration = Duration::from_mins(1);
/// The time between two looks for tokens that were over long ago.
const PRUNE_EVERY: Duration = Duration::from_hours(1);

/// What a request presents.
#[derive(Clone, Copy)]
pub enum Presented<'a> {
    /// Nothing.
    Nothing,
    /// Something that cannot be taken, such as two headers.
    Unreadable,
    /// A token in a header.
    Header(&'a str),
    /// A signed token in a cookie, as PCS takes it.
    JwtCookie(&'a str),
    /// The cookie of a session.
    SessionCookie(&'a str),
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Unreadable => "Unreadable",
            Self::Header(_) => "Header(redacted)",
            Self::JwtCookie(_) => "JwtCookie(redacted)",
            Self::SessionCookie(_) => "SessionCookie(redacted)",
        })
    }
}

/// How somebody was recognised, which decides what else a change has to carry.
#[derive(Debug, Clone)]
pub enum Proof {
    /// By a header, which no other site can make a browser send.
    Header,
    /// By a cookie of the site, which every site can make a browser send.
    JwtCookie,
    /// By the cookie of a session. Its changes carry this text besides.
    SessionCookie(Secret),
}

/// Somebody who was recognised.
#[derive(Debug, Clone)]
pub struct Known {
    /// Who it is.
    pub identity: Identity,
    /// How that is known.
    pub proof: Proof,
}

/// What access is made of.
pub struct Parts {
    /// How it is set up.
    pub settings: Settings,
    /// Where tokens are kept.
    pub store: Arc<dyn AccessTokens>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Where it is told how the identity provider stands.
    pub dependencies: Dependencies,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Why nobody could be let in.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The tokens cannot be read.
    #[error("the tokens cannot be read")]
    Tokens(#[source] StoreError),
    /// The keys of the identity provider cannot be asked for.
    #[error("the keys of the identity provider cannot be asked for")]
    Keys(#[source] reqwest::Error),
    /// The first token could not be made.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
}

/// A cheap handle on who is let in.
#[derive(Clone)]
pub struct Access {
    inner: Arc<Inner>,
}

struct Inner {
    mode: Mode,
    metrics_public: bool,
    secure: bool,
    tls: bool,
    clock: Arc<dyn Clock>,
    tokens: Tokens,
    signed: Option<Verifier>,
    sessions: Sessions,
    failures: Failures,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("mode", &self.inner.mode)
            .finish_non_exhaustive()
    }
}

impl Access {
    /// Reads the tokens, makes the first one where there was never any, and begins to fetch keys.
    pub async fn start(parts: Parts) -> Result<Self, StartError> {
        let Parts {
            settings,
            store,
            clock,
            dependencies,
        } = parts;
        let now = clock.now();
        let tokens = Tokens::read(store, now).await.map_err(StartError::Tokens)?;
        if let (Mode::Tokens, Some(file)) = (settings.mode, &settings.bootstrap_file) {
            bootstrap::first_token(&tokens, file, now).await?;
        }
        let signed = settings
            .jwt
            .map(|jwt| {
                let standing = dependencies.handle(Dependency::Jwks);
                let keys = Keys::new(jwt.keys, jwt.tls, standing)?;
                Ok(Verifier::new(keys, jwt.rules))
            })
            .transpose()
            .map_err(StartError::Keys)?;
        let inner = Inner {
            mode: settings.mode,
            metrics_public: settings.metrics_public,
            secure: settings.tls || settings.behind_proxy,
            tls: settings.tls,
            clock,
            tokens,
            signed,
            sessions: Sessions::new(settings.sessions),
            failures: Failures::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        };
        let access = Self {
            inner: Arc::new(inner),
        };
        access.begin();
        Ok(access)
    }

    fn begin(&self) {
        let inner = &self.inner;
        if let Some(signed) = &inner.signed {
            let keys = Arc::clone(signed.keys());
            inner.tasks.spawn(keys.keep(inner.stop.clone()));
        }
        inner.tasks.spawn(self.clone().keep_tokens());
    }

    /// Stores when tokens were used, and deletes those that were over long ago, until the stop.
    async fn keep_tokens(self) {
        let Inner { tokens, stop, .. } = &*self.inner;
        let mut prune = tokio::time::interval(PRUNE_EVERY);
        // The tokens were pruned when they were read.
        prune.reset();
        loop {
            tokio::select! {
                () = tokio::time::sleep(FLUSH_EVERY) => tokens.flush().await,
                _ = prune.tick() => tokens.prune(self.inner.clock.now()).await,
                () = stop.cancelled() => return tokens.flush().await,
            }
        }
    }

    /// Stores what was noted, and ends what runs.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    /// Whether callers are asked who they are.
    pub fn mode(&self) -> Mode {
        self.inner.mode
    }

    /// Whether metrics are shown to anybody.
    pub fn metrics_public(&self) -> bool {
        self.inner.metrics_public
    }

    /// Whether browsers reach the service over TLS, so that cookies can be kept to it.
    pub fn secure(&self) -> bool {
        self.inner.secure
    }

    /// Whether the service itself speaks TLS.
    pub fn tls(&self) -> bool {
        self.inner.tls
    }

    /// The tokens of this service.
    pub fn tokens(&self) -> &Tokens {
        &self.inner.tokens
    }

    /// Revokes a token of this service, and then does what belongs to it; nothing when there is none that holds. Goes on when the caller
    /// is gone: a token that only the database takes for revoked would open the service until the next start.
    pub async fn revoke(
        &self,
        id: AccessTokenId,
        now: Timestamp,
        entry: NewAudit,
        then: impl FnOnce() + Send + 'static,
    ) -> Result<Option<AccessToken>, StoreError> {
        let access = self.clone();
        let revoking = self.inner.tasks.spawn(async move {
            let revoked = access.inner.tokens.revoke(&id, now, entry).await;
            if matches!(revoked, Ok(Some(_))) {
                then();
            }
            revoked
        });
        revoking.await.unwrap_or_else(|error| {
            Err(StoreError::Engine {
                step: "revoke a token",
                source: error.into(),
            })
        })
    }

    /// Whether signed tokens can be checked; nothing when none are taken.
    pub fn has_keys(&self) -> Option<bool> {
        let signed = self.inner.signed.as_ref()?;
        Some(signed.keys().are_there())
    }

    /// Finds out who presents this. Whoever fails too often is told to wait; a proof that holds is never refused by where it comes from,
    /// for many callers share the address of a proxy.
    pub async fn identify(&self, presented: Presented<'_>, from: Option<IpAddr>) -> Result<Known, Denied> {
        let known = self.recognise(presented).await;
        if let Err(denied) = &known {
            metrics::access_denied(denied.name());
            if denied.is_suspicious()
                && let Some(wait) = self.inner.failures.note(from, Instant::now())
            {
                return Err(Denied::TooMany(wait));
            }
        }
        known
    }

    async fn recognise(&self, presented: Presented<'_>) -> Result<Known, Denied> {
        let (text, proof) = match presented {
            Presented::Nothing => return Err(Denied::NoToken),
            Presented::Unreadable => return Err(Denied::Malformed),
            Presented::SessionCookie(cookie) => return self.of_session(cookie),
            Presented::Header(text) => (text, Proof::Header),
            Presented::JwtCookie(text) => (text, Proof::JwtCookie),
        };
        let (identity, _) = self.of_token(text).await?;
        Ok(Known { identity, proof })
    }

    /// Who presents a token, and until when a signed one holds.
    async fn of_token(&self, text: &str) -> Result<(Identity, Option<i64>), Denied> {
        if text.starts_with(PREFIX) {
            let identity = self.inner.tokens.check(text, self.inner.clock.now())?;
            return Ok((identity, None));
        }
        let signed = self.inner.signed.as_ref().ok_or(Denied::Malformed)?;
        let verified = signed.check(text, wall_seconds()).await?;
        Ok((verified.identity, verified.ends_at))
    }

    fn of_session(&self, cookie: &str) -> Result<Known, Denied> {
        let session = self.inner.sessions.find(cookie, Instant::now());
        let session = session.ok_or(Denied::NoSession)?;
        let identity = match &session.identity.how {
            How::Token(id) => self.inner.tokens.holder(id, self.inner.clock.now())?,
            How::Jwt | How::Open if session.ends_at.is_some_and(|at| at <= wall_seconds()) => {
                return Err(Denied::Expired);
            }
            How::Jwt | How::Open => session.identity.clone(),
        };
        Ok(Known {
            identity,
            proof: Proof::SessionCookie(session.csrf),
        })
    }

    /// Opens a session for whoever presents this token.
    pub async fn log_in(&self, text: &str, from: Option<IpAddr>) -> Result<(Identity, Opened), LogInError> {
        let known = self.of_token(text).await;
        if let Err(denied) = &known {
            metrics::access_denied(denied.name());
            if let Some(wait) = self.inner.failures.note(from, Instant::now()) {
                return Err(Denied::TooMany(wait).into());
            }
        }
        let (identity, ends_at) = known?;
        let opened = self
            .inner
            .sessions
            .open(identity.clone(), ends_at, Instant::now());
        Ok((identity, opened.map_err(LogInError::Random)?))
    }

    /// Ends the session of this cookie.
    pub fn log_out(&self, cookie: &str) {
        self.inner.sessions.close(cookie);
    }
}

/// Why no session is opened.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// The token opens nothing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Random(#[source] getrandom::Error),
}

/// Whether a request carries what its session gave out for changes.
pub fn is_own(session: &Secret, sent: &str) -> bool {
    use subtle::ConstantTimeEq as _;
    session.expose().as_bytes().ct_eq(sent.as_bytes()).into()
}
