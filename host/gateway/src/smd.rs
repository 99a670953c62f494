//! SMD, the service that knows the components of a site: Hardware State Manager, API version 2.
//!
//! [`Smd`] reads it at intervals and when it tells of changes, and gives what it says to the inventory. What was last read is kept in
//! a file and holds while SMD is away. [`Client`] is the one way to it.

mod body;
mod cache;
mod call;
mod client;
mod component_ids;
mod error;
mod logins;
mod notifications;
mod part;
pub mod reservations;
mod schema;
mod settings;
mod sink;
mod snapshot;
mod source;
mod standing;
mod token;
mod write_back;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use switchyard_core::ComponentId;
use switchyard_core::reservation::Reason;
use switchyard_transport::{Credentials, TlsPolicy};
use switchyard_xname::Xname;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config::Config;
use crate::config::smd::Verify;
use crate::dependencies::Handle;
use crate::engine::Engine;
use crate::inventory::Part;
use crate::telemetry::{Chain, metrics};

pub use cache::CacheError;
pub use call::Call;
pub use client::{BODY_MAX_BYTES, Client};
pub use component_ids::{ComponentIds, IDS_MAX};
pub use error::Error;
pub use notifications::NotificationsError;
pub use part::Defaults;
pub use settings::{Connection, OAuth2, SettingsError};
pub use sink::Sink;
pub use standing::{Liveness, Standing};
pub use token::TokenError;

use logins::LaboratoryLogins;
use notifications::Notifications;
use source::Source;

/// How long the start of the service waits for the first reading when there is no cache.
const FIRST_READING_WITHIN: Duration = Duration::from_secs(10);
/// How long a stop waits for what is being read or written.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Why SMD could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its settings name something that cannot be used.
    #[error("the settings of SMD cannot be used")]
    Settings(#[source] SettingsError),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client for SMD cannot be set up")]
    Client(#[source] reqwest::Error),
    /// There can be no notifications.
    #[error("there can be no notifications of SMD")]
    Notifications(#[source] NotificationsError),
}

/// A cheap handle on what is known of SMD.
#[derive(Clone)]
pub struct Smd {
    inner: Arc<Inner>,
}

struct Inner {
    source: Arc<Source>,
    notifications: Option<Notifications>,
    write_back: bool,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl std::fmt::Debug for Smd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smd")
            .field("standing", &self.standing())
            .finish_non_exhaustive()
    }
}

impl Smd {
    /// Takes up what an earlier process has read, or else reads SMD once, for a while. `None` when none is configured.
    ///
    /// An SMD that is away is no error: what it knows is there when it answers.
    pub async fn open(
        config: &Config,
        clock: Arc<dyn Clock>,
        dependency: impl FnOnce() -> Handle,
    ) -> Result<Option<Self>, OpenError> {
        let settings = config.smd.clone();
        let timeouts = config.engine.timeouts();
        let reading = tokio::task::spawn_blocking(move || read_settings(&settings));
        let (connection, tls) = match reading.await {
            Ok(read) => read.map_err(OpenError::Settings)?,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        };
        let Some(connection) = connection else {
            return Ok(None);
        };
        let smd = &config.smd;
        let defaults = Defaults {
            credential: smd.credential.clone(),
            tls,
            timeouts,
        };
        let notifications = smd.callback_url.as_ref().map(Notifications::new);
        let client = Client::new(connection).map_err(OpenError::Client)?;
        let settings = source::Settings {
            interval: smd.poll_interval,
            cache_file: smd.cache_file.clone(),
            defaults,
            with_logins: smd.credentials_from_smd,
        };
        let source = Source::new(client, clock, dependency(), settings);
        let inner = Inner {
            source: Arc::new(source),
            notifications: notifications.transpose().map_err(OpenError::Notifications)?,
            write_back: smd.write_back,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let smd = Self {
            inner: Arc::new(inner),
        };
        smd.begin().await;
        Ok(Some(smd))
    }

    /// Sees to it that there is something to begin with, if that can be.
    async fn begin(&self) {
        let source = &self.inner.source;
        source.take_cache().await;
        if source.standing().read_at.is_some() {
            return;
        }
        match tokio::time::timeout(FIRST_READING_WITHIN, source.read()).await {
            Ok(Ok(_)) => {
                tracing::info!(components = source.standing().components, "SMD read");
            }
            Ok(Err(error)) => {
                tracing::warn!(error = %Chain(&error), "SMD could not be read, and there is no cache: its components are not known yet");
            }
            Err(_) => {
                tracing::warn!("SMD takes long, and there is no cache: its components are not known yet");
            }
        }
    }

    /// What SMD says there is, as far as it is known.
    pub fn part(&self) -> Part {
        self.inner.source.part()
    }

    /// The logins of `first`, and those that SMD shows where the configuration allows them and `first` knows none.
    pub fn credentials(&self, first: Arc<dyn Credentials>) -> Arc<dyn Credentials> {
        let source = &self.inner.source;
        if !source.with_logins {
            return first;
        }
        tracing::warn!("logins are taken from SMD, which shows them in clear: for laboratories only");
        Arc::new(LaboratoryLogins {
            first,
            of_smd: Arc::clone(&source.logins),
        })
    }

    /// Begins to follow SMD.
    pub fn follow(&self, sink: Arc<dyn Sink>, engine: &Engine) {
        let inner = &self.inner;
        let (source, stop) = (&inner.source, &inner.stop);
        inner.tasks.spawn(Arc::clone(source).watch(stop.clone()));
        inner.tasks.spawn(Arc::clone(source).follow(sink, stop.clone()));
        if inner.notifications.is_some() {
            let inner = Arc::clone(inner);
            self.inner.tasks.spawn(async move {
                if let Some(notifications) = &inner.notifications {
                    notifications.keep(&inner.source.client, inner.stop.clone()).await;
                }
            });
        }
        if inner.write_back {
            let writing = write_back::run(Arc::clone(source), engine.clone(), stop.clone());
            inner.tasks.spawn(writing);
        }
    }

    /// The one way to ask SMD.
    pub fn client(&self) -> &Client {
        &self.inner.source.client
    }

    /// How it stands, and what of it holds.
    pub fn standing(&self) -> Standing {
        self.inner.source.standing()
    }

    /// Whether nothing is known of it yet, neither by a reading nor by the cache.
    pub fn is_blank(&self) -> bool {
        self.standing().read_at.is_none()
    }

    /// Whether it did not answer as it should when it was last asked.
    pub fn is_away(&self) -> bool {
        self.standing().liveness != Liveness::Responsive
    }

    /// Whether SMD knows a component, so that it can be reserved there. Before the first reading every xname may be known.
    pub fn knows(&self, component: &ComponentId) -> bool {
        if self.is_blank() {
            return Xname::parse(component.as_str()).is_ok();
        }
        self.inner.source.states.load().contains_key(component)
    }

    /// Why SMD would not reserve a component, by its last reading.
    pub fn locked(&self, component: &ComponentId) -> Option<Reason> {
        self.inner.source.locks.load().get(component).cloned()
    }

    /// Takes in a notification. False when it does not show the token of this process.
    pub fn notified(&self, token: &str) -> bool {
        let ours = self
            .inner
            .notifications
            .as_ref()
            .is_some_and(|notifications| notifications.is_ours(token));
        if ours {
            self.inner.source.hint();
        }
        ours
    }

    /// Whether SMD says that the operating system of a component has started.
    pub fn is_booted(&self, component: &ComponentId) -> bool {
        let states = self.inner.source.states.load();
        states.get(component).is_some_and(|state| state == "Ready")
    }

    /// Writes the age of what holds to the metrics.
    pub fn measure(&self) {
        let standing = self.standing();
        let now = self.inner.source.clock.now();
        let age = standing.read_at.map(|at| now.since(at));
        metrics::smd_inventory(standing.components, age);
    }

    /// Stops: nothing more is read or written.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        if tokio::time::timeout(STOP_WITHIN, self.inner.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("what is done with SMD did not end in time");
        }
    }
}

/// Reads what the settings name: how SMD is reached, `None` without one, and whom the certificates of its controllers have to satisfy.
/// Blocks.
pub fn read_settings(
    settings: &crate::config::Smd,
) -> Result<(Option<Connection>, TlsPolicy), SettingsError> {
    Ok((Connection::read(settings)?, controllers_tls(settings)?))
}

fn controllers_tls(settings: &crate::config::Smd) -> Result<TlsPolicy, SettingsError> {
    match (settings.controllers_verify, &settings.controllers_ca_file) {
        (Verify::None, _) => Ok(TlsPolicy::Unverified),
        (Verify::System, Some(path)) => Ok(TlsPolicy::Authority {
            pem: settings::pem(path)?.into(),
        }),
        (Verify::System, None) => Ok(TlsPolicy::System),
    }
}
