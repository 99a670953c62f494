//! The token that the service shows to Vault: where it comes from, and how it is kept alive.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use switchyard_transport::Secret;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::Token;
use super::api::{Api, Lease};
use super::error::Failed;
use crate::credentials::KeySource;

/// The largest file of a token or a role, in bytes.
const FILE_MAX_BYTES: usize = 16 * 1024;
/// How long no other token is got after one was denied the same secret as the token before it.
const DENIED_FOR: Duration = Duration::from_mins(1);
/// The shortest time between two renewals.
const RENEW_MIN: Duration = Duration::from_secs(1);

/// How the service shows who it is.
#[derive(Debug, Clone)]
pub enum Authentication {
    /// With a token that somebody made.
    Token(TokenSource),
    /// With the service account of its pod.
    Kubernetes(Kubernetes),
}

/// Where a token comes from.
#[derive(Debug, Clone)]
pub enum TokenSource {
    /// The environment.
    Given(Secret),
    /// A file, which is read again when the token is refused.
    File(KeySource),
}

/// The login of Kubernetes.
#[derive(Debug, Clone)]
pub struct Kubernetes {
    /// The path of the login, such as `auth/kubernetes/login`.
    pub path: String,
    /// The role, or the file that holds it.
    pub role: Role,
    /// The token of the service account, which Kubernetes replaces now and then.
    pub jwt_file: PathBuf,
}

/// The role that is asked for.
#[derive(Debug, Clone)]
pub enum Role {
    /// By its name.
    Named(String),
    /// In a file.
    File(PathBuf),
}

#[derive(Debug)]
struct Session {
    token: Token,
    /// Whether Vault has said itself that the token holds. Not every policy lets a token look at itself.
    vouched: bool,
    renewable: bool,
    /// When it is to be renewed: after two thirds of its time.
    renew_at: Option<Instant>,
}

/// The present token.
#[derive(Debug)]
pub(super) struct Sessions {
    authentication: Authentication,
    current: Mutex<Option<Session>>,
    /// Whether anything was ever read.
    has_read: AtomicBool,
    /// When another token was denied a secret as well: it is the secret that is denied, and not the token.
    denied_alike: std::sync::Mutex<Option<Instant>>,
}

impl Sessions {
    pub(super) fn new(authentication: Authentication) -> Self {
        Self {
            authentication,
            current: Mutex::default(),
            has_read: AtomicBool::new(false),
            denied_alike: std::sync::Mutex::default(),
        }
    }

    /// The present token, after a login if there is none.
    pub(super) async fn token(&self, api: &Api) -> Result<Token, Failed> {
        let mut current = self.current.lock().await;
        let session = match current.take() {
            Some(session) => session,
            None => self.open(api).await?,
        };
        Ok(Arc::clone(&current.insert(session).token))
    }

    /// Something was read with the present token.
    pub(super) fn has_read(&self) {
        self.has_read.store(true, Ordering::Relaxed);
    }

    /// Another token was denied the same secret as the one before it.
    pub(super) fn denied_alike(&self) {
        *self.denied_alike.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether another token would be made that helps nobody: every login of Kubernetes makes one, which Vault keeps until its end.
    fn is_futile(&self) -> bool {
        let denied = *self.denied_alike.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(self.authentication, Authentication::Kubernetes(_))
            && denied.is_some_and(|at| at.elapsed() < DENIED_FOR)
    }

    /// Another token in place of one that was refused; nothing when there is no other and that one holds. Fails when it does not hold.
    pub(super) async fn replace(&self, api: &Api, refused: &Token) -> Result<Option<Token>, Failed> {
        let mut current = self.current.lock().await;
        if let Some(session) = &*current
            && !Arc::ptr_eq(&session.token, refused)
        {
            return Ok(Some(Arc::clone(&session.token)));
        }
        if self.is_futile() {
            return Ok(None);
        }
        // What was refused is not taken for good again, whatever comes now.
        let vouched_before = current.take().is_some_and(|session| session.vouched);
        let session = self.open(api).await?;
        let token = Arc::clone(&session.token);
        if token.expose() != refused.expose() {
            *current = Some(session);
            return Ok(Some(token));
        }
        let may_not_look = !vouched_before && self.has_read.load(Ordering::Relaxed);
        if session.vouched || may_not_look {
            *current = Some(session);
            return Ok(None);
        }
        Err(Failed::Login(
            "its token is not valid, or no longer; put another in its place".to_owned(),
        ))
    }

    /// Renews the token when it is time, or gets another when that fails. Says whether Vault has vouched for the one that holds then.
    pub(super) async fn keep(&self, api: &Api) -> Result<bool, Failed> {
        let mut current = self.current.lock().await;
        let Some(session) = &mut *current else {
            return Ok(current.insert(self.open(api).await?).vouched);
        };
        if session.renew_at.is_none_or(|at| Instant::now() < at) {
            return Ok(session.vouched);
        }
        if session.renewable {
            match api.renew(&session.token).await {
                Ok(lease) => {
                    session.renewable = lease.renewable;
                    session.renew_at = renew_at(&lease);
                    return Ok(true);
                }
                Err(failed) if failed.is_of_vault() => return Err(failed),
                Err(failed) => {
                    tracing::warn!(reason = %failed, "the token for Vault cannot be renewed; another is got");
                }
            }
        }
        Ok(current.insert(self.open(api).await?).vouched)
    }

    async fn open(&self, api: &Api) -> Result<Session, Failed> {
        let (token, vouched, lease) = match &self.authentication {
            Authentication::Token(source) => {
                let token = Arc::new(match source {
                    TokenSource::Given(token) => token.clone(),
                    TokenSource::File(source) => token_in(source).map_err(Failed::Login)?,
                });
                let lease = api.look_up(&token).await?;
                let unknown = Lease {
                    lasts: None,
                    renewable: false,
                };
                (token, lease.is_some(), lease.unwrap_or(unknown))
            }
            Authentication::Kubernetes(login) => {
                let role = match &login.role {
                    Role::Named(role) => role.clone(),
                    Role::File(path) => line(path, None).map_err(Failed::Login)?.expose().to_owned(),
                };
                let jwt = line(&login.jwt_file, None).map_err(Failed::Login)?;
                let (token, lease) = api.log_in(&login.path, &role, &jwt).await?;
                tracing::info!(
                    role,
                    lasts_s = lease.lasts.map(|lasts| lasts.as_secs()),
                    "logged in to Vault"
                );
                (Arc::new(token), true, lease)
            }
        };
        Ok(Session {
            token,
            vouched,
            renewable: lease.renewable,
            renew_at: renew_at(&lease),
        })
    }
}

fn renew_at(lease: &Lease) -> Option<Instant> {
    lease
        .lasts
        .map(|lasts| Instant::now() + (lasts * 2 / 3).max(RENEW_MIN))
}

/// The token in a file that only its owner may read.
fn token_in(source: &KeySource) -> Result<Secret, String> {
    let guarded = matches!(source, KeySource::File(_));
    line(source.path(), guarded.then_some(0o077))
}

/// The one line of a small file, none of whose mode bits is among the forbidden.
fn line(path: &Path, forbidden: Option<u32>) -> Result<Secret, String> {
    let shown = path.display();
    let failed = |error| format!("{shown} cannot be read: {error}");
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.mode() & 0o7777;
    if mode & forbidden.unwrap_or(0) != 0 {
        return Err(format!(
            "{shown} has mode {mode:04o} and can be read by others; run `chmod 600 {shown}`"
        ));
    }
    // Never reallocated, so that no copy stays behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_MAX_BYTES + 1));
    file.take(FILE_MAX_BYTES as u64)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("{shown} holds no text"))?;
    let text = text.trim_ascii();
    if text.is_empty() || text.contains(char::is_control) {
        return Err(format!("{shown} must hold one line of text"));
    }
    Ok(Secret::new(text.to_owned()))
}
