//! Logins in Vault, engine KV version 1 or 2, at the paths and in the fields of PCS.
//!
//! A login is kept for a while and then read again. While Vault does not answer, what is kept serves for a limited time on, and what
//! is not kept is refused as unavailable, which makes tasks wait. Nothing is ever made up: a secret without a password is an error.

mod api;
mod cache;
mod error;
mod secret;
mod session;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use switchyard_transport::{Login, LoginError, Secret};
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::api::Api;
use self::cache::{Cache, Kept};
use self::error::Failed;
use self::session::Sessions;
use super::sources::{Source, Standings, Trouble};

pub use api::{Connection, SetupError};
pub use secret::Version;
pub use session::{Authentication, Kubernetes, Role, TokenSource};

/// The name of this source.
pub const NAME: &str = "vault";
/// Secrets that are read at once.
const READS_MAX: usize = 16;
/// How long Vault is left alone after it did not answer; twice as long after every further time, up to the longest.
const REST_FIRST: Duration = Duration::from_secs(1);
/// The longest such rest.
const REST_MAX: Duration = Duration::from_secs(15);
/// How often the token is looked after.
const KEEP_EVERY: Duration = Duration::from_secs(5);

/// How long logins are kept.
#[derive(Debug, Clone, Copy)]
pub struct Keeping {
    /// How long one is handed out before it is read again.
    pub fresh: Duration,
    /// How long past that one is handed out while Vault does not answer.
    pub stale: Duration,
}

/// A Vault with a cache before it.
pub struct Vault {
    api: Api,
    sessions: Sessions,
    cache: Cache,
    reads: Semaphore,
    /// The names that are being read, each once.
    reading: Mutex<BTreeSet<String>>,
    read: Notify,
    rest: Mutex<Rest>,
    standings: Standings,
}

/// How long Vault is left alone.
#[derive(Debug, Default)]
struct Rest {
    failures: u32,
    until: Option<(Instant, String)>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("api", &self.api)
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// A Vault; nothing is asked of it yet.
    pub fn new(
        connection: Connection,
        authentication: Authentication,
        keeping: Keeping,
        standings: Standings,
    ) -> Result<Self, SetupError> {
        Ok(Self {
            api: Api::new(connection)?,
            sessions: Sessions::new(authentication),
            cache: Cache::new(keeping),
            reads: Semaphore::new(READS_MAX),
            reading: Mutex::default(),
            read: Notify::new(),
            rest: Mutex::default(),
            standings,
        })
    }

    /// Keeps the token alive and notices when Vault answers again, until cancelled.
    pub async fn keep(self: Arc<Self>, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(KEEP_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let Some(kept) = stop.run_until_cancelled(self.look_after_token()).await else {
                return;
            };
            if let Err(failed) = kept {
                self.failed(&failed);
            }
        }
    }

    async fn look_after_token(&self) -> Result<(), Failed> {
        if self.resting().is_some() {
            return Ok(());
        }
        if self.has_failed() {
            self.api.health().await?;
        }
        // A token that Vault did not vouch for proves nothing before something was read with it.
        if self.sessions.keep(&self.api).await? {
            self.answered();
        }
        Ok(())
    }

    /// The login of this name, read anew. One at a time reads a name; the others find it in the cache.
    async fn read_anew(&self, name: &str) -> Result<Option<Arc<Login>>, Failed> {
        let _permit = self
            .reads
            .acquire()
            .await
            .map_err(|_| Failed::Away("the service is stopping".to_owned()))?;
        if let Some(why) = self.resting() {
            return Err(Failed::Resting(why));
        }
        let token = self.sessions.token(&self.api).await?;
        let read = match self.api.secret(name, &token).await {
            Err(Failed::Denied(why)) => {
                // The token may have expired or been revoked, so another one is tried, once.
                let Some(renewed) = self.sessions.replace(&self.api, &token).await? else {
                    return Err(Failed::Denied(why));
                };
                let read = self.api.secret(name, &renewed).await;
                if matches!(read, Err(Failed::Denied(_))) {
                    self.sessions.denied_alike();
                }
                read?
            }
            read => read?,
        };
        self.sessions.has_read();
        self.answered();
        Ok(read.map(Arc::new))
    }

    fn resting(&self) -> Option<String> {
        let rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, why) = rest.until.as_ref()?;
        (Instant::now() < *until).then(|| why.clone())
    }

    fn has_failed(&self) -> bool {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner).failures > 0
    }

    fn answered(&self) {
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = Rest::default();
        self.standings.ok(NAME);
    }

    /// Leaves Vault alone for a while, when it is Vault that failed.
    fn failed(&self, failed: &Failed) {
        let why = failed.to_string();
        if failed.is_of_vault() {
            let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
            // Requests that were under way together fail together, which is one failure.
            if rest
                .until
                .as_ref()
                .is_none_or(|(until, _)| *until <= Instant::now())
            {
                let grown = REST_FIRST * 2_u32.saturating_pow(rest.failures.min(4));
                rest.failures = rest.failures.saturating_add(1);
                rest.until = Some((Instant::now() + grown.min(REST_MAX), why.clone()));
            }
            drop(rest);
            let trouble = if self.cache.is_empty() {
                Trouble::Away(format!("{why}."))
            } else {
                Trouble::Cached(format!("{why}; logins that are cached serve meanwhile."))
            };
            self.standings.trouble(NAME, trouble);
        } else {
            tracing::warn!(reason = why, "a login cannot be read from Vault");
        }
    }

    /// Reads a name, unless somebody does already; then waits for that one.
    async fn refresh(&self, name: &str) -> Result<Option<Arc<Login>>, LoginError> {
        loop {
            let mut read = std::pin::pin!(self.read.notified());
            read.as_mut().enable();
            if let Some(_turn) = self.take_turn(name) {
                return self.refresh_alone(name).await;
            }
            read.await;
            if let Kept::Fresh(login) = self.cache.get(name) {
                return Ok(login);
            }
        }
    }

    fn take_turn(&self, name: &str) -> Option<Turn<'_>> {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        reading.insert(name.to_owned()).then(|| Turn {
            vault: self,
            name: name.to_owned(),
        })
    }

    async fn refresh_alone(&self, name: &str) -> Result<Option<Arc<Login>>, LoginError> {
        match self.read_anew(name).await {
            Ok(login) => {
                self.cache.put(name, login.clone());
                Ok(login)
            }
            Err(Failed::Unusable(why)) => Err(LoginError::Unusable {
                name: name.to_owned(),
                why,
            }),
            Err(failed) => {
                // One that was not asked has not failed again.
                if !matches!(failed, Failed::Resting(_)) {
                    self.failed(&failed);
                }
                match self.cache.get(name) {
                    Kept::Fresh(login) | Kept::Stale(login) => Ok(login),
                    Kept::Nothing => Err(LoginError::Unavailable(failed.to_string())),
                }
            }
        }
    }
}

#[async_trait]
impl Source for Vault {
    async fn find(&self, name: &str) -> Result<Option<Arc<Login>>, LoginError> {
        match self.cache.get(name) {
            Kept::Fresh(login) => Ok(login),
            // While Vault rests nobody waits for it.
            Kept::Stale(login) if self.resting().is_some() => Ok(login),
            Kept::Nothing => match self.resting() {
                Some(why) => Err(LoginError::Unavailable(why)),
                None => self.refresh(name).await,
            },
            Kept::Stale(_) => self.refresh(name).await,
        }
    }

    fn refused(&self, name: &str) {
        self.cache.doubt(name);
    }
}

/// Held by the one that reads a name.
struct Turn<'a> {
    vault: &'a Vault,
    name: String,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut reading = self.vault.reading.lock().unwrap_or_else(PoisonError::into_inner);
        reading.remove(&self.name);
        drop(reading);
        self.vault.read.notify_waiters();
    }
}

/// A token that is about to be sent.
type Token = Arc<Secret>;
