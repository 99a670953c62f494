//! The keys of the identity provider: fetched at the start, then now and then, and when a token names one that is not known.
//!
//! Without keys nothing is let in. Keys that were fetched before serve on while the provider is away, for a bounded time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use http::StatusCode;
use serde::Deserialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::denied::Denied;
use super::jws::Key;
use crate::dependencies::Handle;
use crate::telemetry::{Chain, metrics};

/// The longest answer with keys, in bytes.
const BODY_MAX_BYTES: usize = 1 << 20;
/// The most keys that are used.
const KEYS_MAX: usize = 100;
/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The time between two tries, whatever asks for them.
const PAUSE: Duration = Duration::from_secs(5);

/// Where keys come from, and for how long.
#[derive(Debug, Clone)]
pub struct KeysSettings {
    /// The URL of the JSON Web Key Set.
    pub url: String,
    /// The time between two readings.
    pub refresh: Duration,
    /// How long keys serve without being read again.
    pub keep: Duration,
}

/// Why keys could not be fetched.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the identity provider could not be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("the identity provider answered {0}")]
    Status(StatusCode),
    #[error("the identity provider answered with more than {BODY_MAX_BYTES} bytes")]
    TooLarge,
    #[error("what the identity provider answered is no set of keys")]
    Body(#[source] serde_json::Error),
    #[error("what the identity provider answered holds no key that could be used")]
    NoKeys,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

/// Keys as they were read.
#[derive(Debug)]
pub(super) struct KeySet {
    keys: Vec<Key>,
    read_at: Instant,
}

impl KeySet {
    /// The keys that may have signed a token which names this one, or none.
    pub(super) fn named<'a>(&'a self, id: Option<&'a str>) -> impl Iterator<Item = &'a Key> {
        self.keys
            .iter()
            .filter(move |key| id.is_none() || key.id.as_deref() == id)
    }

    fn knows(&self, id: Option<&str>) -> bool {
        self.named(id).next().is_some()
    }
}

/// The keys of one provider.
#[derive(Debug)]
pub(super) struct Keys {
    settings: KeysSettings,
    http: reqwest::Client,
    standing: Handle,
    current: ArcSwapOption<KeySet>,
    tried_at: Mutex<Option<Instant>>,
    /// One try at a time.
    turn: tokio::sync::Mutex<()>,
}

impl Keys {
    /// No keys yet; [`Keys::keep`] fetches them.
    pub(super) fn new(
        settings: KeysSettings,
        tls: rustls::ClientConfig,
        standing: Handle,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("switchyard/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self {
            settings,
            http,
            standing,
            current: ArcSwapOption::empty(),
            tried_at: Mutex::new(None),
            turn: tokio::sync::Mutex::new(()),
        })
    }

    /// The keys to check a token with that names this one.
    pub(super) async fn for_token(&self, id: Option<&str>) -> Result<Arc<KeySet>, Denied> {
        if let Some(keys) = self.fresh().filter(|keys| keys.knows(id)) {
            return Ok(keys);
        }
        self.try_again().await;
        let keys = self.fresh().ok_or(Denied::NoKeys)?;
        if keys.knows(id) {
            Ok(keys)
        } else {
            Err(Denied::Signature)
        }
    }

    /// The keys, unless they are too old.
    fn fresh(&self) -> Option<Arc<KeySet>> {
        let keys = self.current.load_full()?;
        (keys.read_at.elapsed() < self.settings.keep).then_some(keys)
    }

    /// Whether signed tokens can be checked.
    pub(super) fn are_there(&self) -> bool {
        self.fresh().is_some()
    }

    /// Fetches the keys unless that was tried a moment ago. Who comes while others fetch waits for them.
    async fn try_again(&self) {
        let _turn = self.turn.lock().await;
        {
            let mut tried = self.tried_at.lock().unwrap_or_else(PoisonError::into_inner);
            if tried.is_some_and(|at| at.elapsed() < PAUSE) {
                return;
            }
            *tried = Some(Instant::now());
        }
        let fetched = self.fetch().await;
        metrics::access_keys(fetched.is_ok());
        match fetched {
            Ok(keys) => {
                self.standing.ok();
                tracing::debug!(keys = keys.len(), "read the keys of the identity provider");
                self.current.store(Some(Arc::new(KeySet {
                    keys,
                    read_at: Instant::now(),
                })));
            }
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&self, error: &FetchError) {
        let why = Chain(error).to_string();
        tracing::debug!(
            url = self.settings.url,
            error = why,
            "the keys of the identity provider could not be read"
        );
        if self.are_there() {
            self.standing
                .degraded(&format!("The keys that were read before serve on: {why}."));
        } else {
            self.standing
                .away(&format!("No signed token is accepted without keys: {why}."));
        }
    }

    async fn fetch(&self) -> Result<Vec<Key>, FetchError> {
        let unreachable = |error: reqwest::Error| FetchError::Unreachable(error.without_url());
        let mut answer = self
            .http
            .get(&self.settings.url)
            .send()
            .await
            .map_err(unreachable)?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > BODY_MAX_BYTES {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let document: Document = serde_json::from_slice(&body).map_err(FetchError::Body)?;
        let keys: Vec<Key> = document
            .keys
            .into_iter()
            .filter_map(Key::read)
            .take(KEYS_MAX)
            .collect();
        if keys.is_empty() {
            Err(FetchError::NoKeys)
        } else {
            Ok(keys)
        }
    }

    /// Keeps the keys fresh until `stop`; tries often as long as there are none.
    pub(super) async fn keep(self: Arc<Self>, stop: CancellationToken) {
        loop {
            self.try_again().await;
            let pause = if self.are_there() {
                self.settings.refresh
            } else {
                PAUSE
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => return,
            }
        }
    }
}
