//! Logins for the transport, from a file that may change while the service runs.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use switchyard_core::ControllerId;
use switchyard_transport::{Credentials, Login, LoginError, LoginFuture};

use super::sources::{Source, Standings, Trouble};
use super::{CredentialFile, Logins};
use crate::telemetry::Chain;

/// How long the file is taken to be unchanged after it was looked at.
pub const CHECK_EVERY: Duration = Duration::from_secs(1);

/// The name of this source.
const NAME: &str = "file";

/// Hands out the logins of a [`CredentialFile`].
///
/// The file is read when the first login is asked for and again when it has changed. When it cannot be read, logins are
/// refused with the reason, also those that were known before: whoever takes the file away means it.
pub struct FileCredentials {
    file: Arc<CredentialFile>,
    check_every: Duration,
    cached: Mutex<Option<Cached>>,
    reading: tokio::sync::Mutex<()>,
    standings: Option<Standings>,
}

#[derive(Clone)]
struct Cached {
    checked: Instant,
    version: Option<Version>,
    /// The logins, or why there are none.
    logins: Result<Arc<Logins>, Arc<str>>,
}

/// What changes when the file is replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    modified: SystemTime,
    inode: u64,
    bytes: u64,
}

impl fmt::Debug for FileCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileCredentials")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl FileCredentials {
    /// Logins from this file, which is looked at every [`CHECK_EVERY`] at most.
    pub fn new(file: CredentialFile) -> Self {
        Self::with_check_every(file, CHECK_EVERY)
    }

    /// Logins from this file, which is looked at every `check_every` at most.
    pub fn with_check_every(file: CredentialFile, check_every: Duration) -> Self {
        Self {
            file: Arc::new(file),
            check_every,
            cached: Mutex::new(None),
            reading: tokio::sync::Mutex::new(()),
            standings: None,
        }
    }

    /// The same, which says after every look how the file stands.
    #[must_use]
    pub fn reporting(self, standings: Standings) -> Self {
        Self {
            standings: Some(standings),
            ..self
        }
    }

    fn cached(&self) -> Option<Cached> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fresh(&self) -> Option<Cached> {
        self.cached()
            .filter(|cached| cached.checked.elapsed() < self.check_every)
    }

    async fn logins(&self) -> Result<Arc<Logins>, LoginError> {
        let cached = match self.fresh() {
            Some(cached) => cached,
            None => self.look().await?,
        };
        cached
            .logins
            .map_err(|reason| LoginError::Unavailable(reason.as_ref().to_owned()))
    }

    /// Looks at the file, once for all who wait.
    async fn look(&self) -> Result<Cached, LoginError> {
        let _reading = self.reading.lock().await;
        if let Some(cached) = self.fresh() {
            return Ok(cached);
        }
        let (file, earlier) = (Arc::clone(&self.file), self.cached());
        let looked = tokio::task::spawn_blocking(move || look_at(&file, earlier)).await;
        let cached = looked
            .map_err(|_| LoginError::Unavailable("reading the credential file broke off".to_owned()))?;
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = Some(cached.clone());
        match (&self.standings, &cached.logins) {
            (None, _) => {}
            (Some(standings), Ok(_)) => standings.ok(NAME),
            (Some(standings), Err(reason)) => standings.trouble(NAME, Trouble::Away(format!("{reason}."))),
        }
        Ok(cached)
    }
}

#[async_trait]
impl Source for FileCredentials {
    async fn find(&self, name: &str) -> Result<Option<Arc<Login>>, LoginError> {
        Ok(self.logins().await?.get(name).map(Arc::clone))
    }

    fn refused(&self, _: &str) {
        if let Some(cached) = self
            .cached
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_mut()
        {
            // Looked at anew before the next login is handed out.
            cached.checked = cached
                .checked
                .checked_sub(self.check_every)
                .unwrap_or(cached.checked);
        }
    }
}

impl Credentials for FileCredentials {
    fn login<'a>(&'a self, controller: &'a ControllerId, credential: &'a str) -> LoginFuture<'a> {
        Box::pin(async move {
            let logins = self.logins().await?;
            let login = logins.get(controller.as_str()).or_else(|| logins.get(credential));
            login
                .map(Arc::<Login>::clone)
                .ok_or_else(|| LoginError::Unknown(credential.to_owned()))
        })
    }
}

fn look_at(file: &CredentialFile, earlier: Option<Cached>) -> Cached {
    let checked = Instant::now();
    // The version is taken before the content, so that a replacement in between is noticed the next time.
    let version = version_of(file);
    if let Some(Cached {
        logins: Ok(logins),
        version: known,
        ..
    }) = earlier
        && known.is_some()
        && known == version
    {
        return Cached {
            checked,
            version,
            logins: Ok(logins),
        };
    }
    let logins = file
        .read()
        .map(Arc::new)
        .map_err(|error| Arc::from(Chain(&error).to_string()));
    let path = file.path().display();
    match &logins {
        Ok(logins) => tracing::info!(file = %path, logins = logins.len(), "credentials read"),
        Err(reason) => tracing::warn!(file = %path, reason = %reason, "credentials cannot be read"),
    }
    Cached {
        checked,
        version,
        logins,
    }
}

fn version_of(file: &CredentialFile) -> Option<Version> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = std::fs::metadata(file.path()).ok()?;
    Some(Version {
        modified: metadata.modified().ok()?,
        inode: metadata.ino(),
        bytes: metadata.len(),
    })
}
