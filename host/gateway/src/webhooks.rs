//! Telling others: webhooks by configuration, and a callback URL per request.
//!
//! Each webhook has an owned background task that follows the event log, stores what it finds in the outbox in one transaction with
//! its place in the log, and sends one message after the other. Callbacks share one task, with a bounded number of receivers at a
//! time. Whatever was not told when the process ends is told by the next one: at least once, and in order for each receiver.
//!
//! What is sent is a `CloudEvent` signed as Standard Webhooks says. Addresses that are not public are refused unless allowed.

mod attempt;
mod callbacks;
mod cloud_event;
mod follower;
mod hook;
mod key;
mod pattern;
mod reach;
mod retry;
mod sender;
mod settings;
mod url;
mod view;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use switchyard_store::{Outbox, Store, StoreError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::telemetry::{Chain, metrics};

pub use key::KeyError;
pub use pattern::{EventPattern, PatternError};
pub use reach::{Reach, Refused};
pub use retry::Retry;
pub use settings::{Settings, SettingsError};
pub use url::{ReceiverUrl, URL_MAX_BYTES, UrlError};
pub use view::{HookState, HookView};

use callbacks::Callbacks;
use follower::Follower;
use hook::Hook;
use sender::Sender;

/// The name under which callbacks follow the log; no webhook can have it.
pub const CALLBACKS: &str = "callbacks";
/// The most webhooks that can be configured.
pub const WEBHOOKS_MAX: usize = 32;

/// How long ended deliveries are kept.
const DELIVERIES_KEPT_FOR: Duration = Duration::from_hours(24 * 7);
/// How many ended deliveries of each webhook, and of all callbacks together, are kept.
const DELIVERIES_KEPT: u32 = 1_000;
/// How often what is kept longer is deleted.
const PRUNE_EVERY: Duration = Duration::from_mins(1);
/// Rows deleted in one transaction.
const PRUNE_ROWS: u32 = 1_000;
/// How long a stop waits for what is being stored; what is being sent is broken off and sent again at the next start.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// What webhooks are made of.
#[expect(missing_debug_implementations, reason = "parts are handed over, never shown")]
pub struct Parts {
    /// Receivers and how they are told.
    pub settings: Settings,
    /// What is to be told.
    pub outbox: Arc<dyn Outbox>,
    /// Where the event log is.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Why webhooks could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store could not be read or written.
    #[error("webhooks could not {step}")]
    Store {
        /// What was being done.
        step: &'static str,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// TLS cannot be set up.
    #[error("TLS for webhooks cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client of webhooks cannot be set up")]
    Client(#[source] reqwest::Error),
}

/// Why a callback URL is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// There is no key to sign with.
    #[error("callbacks are not configured here, so that nothing could be signed")]
    NotConfigured,
    /// It is no URL of a receiver.
    #[error("the callback is refused: {0}")]
    Invalid(UrlError),
    /// It leads where no receiver may be.
    #[error("the callback is refused: {0}")]
    Refused(Refused),
}

/// What the tasks share.
#[derive(Clone)]
struct Shared {
    outbox: Arc<dyn Outbox>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    retry: Retry,
    stop: CancellationToken,
}

/// A cheap handle on the running webhooks.
#[derive(Clone)]
pub struct Webhooks {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Shared,
    hooks: Vec<Arc<hook::Known>>,
    /// Where callbacks may lead, if they are configured.
    callbacks: Option<Reach>,
    tasks: TaskTracker,
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhooks")
            .field("hooks", &self.inner.hooks)
            .finish_non_exhaustive()
    }
}

impl Webhooks {
    /// Makes the receivers known to the store and begins to tell them. Start it before the engine, so that a new webhook misses
    /// nothing of what the engine does.
    pub async fn start(parts: Parts) -> Result<Self, StartError> {
        let Parts {
            settings,
            outbox,
            store,
            clock,
        } = parts;
        let shared = Shared {
            outbox,
            store,
            clock,
            retry: settings.retry,
            stop: CancellationToken::new(),
        };
        let followers = follower::begin(&shared, &settings)
            .await
            .map_err(|source| StartError::Store {
                step: "take up the event log",
                source,
            })?;
        let mut inner = Inner {
            shared,
            hooks: Vec::new(),
            callbacks: settings
                .callbacks
                .as_ref()
                .map(|callbacks| callbacks.reach.clone()),
            tasks: TaskTracker::new(),
        };
        if !settings.is_empty() {
            inner.spawn(settings, followers).await?;
        }
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Checks a callback URL before its request is accepted. The address behind a name is judged when it is connected to.
    pub fn check_callback(&self, url: &str) -> Result<ReceiverUrl, CallbackError> {
        let reach = self
            .inner
            .callbacks
            .as_ref()
            .ok_or(CallbackError::NotConfigured)?;
        let url: ReceiverUrl = url.parse().map_err(CallbackError::Invalid)?;
        url.check(reach).map_err(CallbackError::Refused)?;
        Ok(url)
    }

    /// Lets a webhook go on after its receiver asked not to be told any more, and tries at once what waits. False when there is no
    /// such webhook.
    pub async fn enable(&self, name: &str) -> Result<bool, StoreError> {
        let shared = &self.inner.shared;
        let Some(hook) = self.inner.hooks.iter().find(|hook| hook.name == name) else {
            return Ok(false);
        };
        let now = shared.clock.now();
        shared
            .outbox
            .enable(name, now, shared.retry.give_up_at(now))
            .await?;
        hook.enable();
        Ok(true)
    }

    /// Where deliveries are read.
    pub fn outbox(&self) -> &Arc<dyn Outbox> {
        &self.inner.shared.outbox
    }

    /// Writes the age of what waits to the metrics.
    pub fn measure(&self) {
        let now = self.inner.shared.clock.now();
        for hook in &self.inner.hooks {
            let oldest = hook.oldest_pending_at();
            metrics::webhook_lag(&hook.name, oldest.map_or(Duration::ZERO, |at| now.since(at)));
        }
    }

    /// Stops: nothing new is sent, what has been sent is stored.
    pub async fn stop(&self) {
        self.inner.shared.stop.cancel();
        self.inner.tasks.close();
        if tokio::time::timeout(STOP_WITHIN, self.inner.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("webhooks did not end in time; what they did last may be told twice");
        }
    }
}

impl Inner {
    async fn spawn(&mut self, settings: Settings, followers: Vec<Follower>) -> Result<(), StartError> {
        let tls = match tokio::task::spawn_blocking(settings::tls).await {
            Ok(tls) => tls.map_err(StartError::Tls)?,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        };
        let mut followers = followers.into_iter();
        for (hook, follower) in settings.hooks.into_iter().zip(&mut followers) {
            let sender = Sender::new(hook.reach.clone(), &tls).map_err(StartError::Client)?;
            let hook = Hook::new(self.shared.clone(), hook, sender, follower);
            self.hooks.push(Arc::clone(&hook.known));
            self.tasks.spawn(hook.run());
        }
        let caught_up = CancellationToken::new();
        match (settings.callbacks, followers.next()) {
            (Some(callbacks), Some(follower)) => {
                let sender = Sender::new(callbacks.reach, &tls).map_err(StartError::Client)?;
                let callbacks = Callbacks::new(
                    self.shared.clone(),
                    callbacks.signer,
                    sender,
                    follower,
                    caught_up.clone(),
                );
                self.tasks.spawn(callbacks.run());
            }
            _ => caught_up.cancel(),
        }
        self.tasks.spawn(prune(self.shared.clone(), caught_up));
        Ok(())
    }
}

/// Deletes what is old. Not before callbacks have caught up with the log: the URL of a transition that has been forgotten meanwhile may
/// still be asked for.
async fn prune(shared: Shared, caught_up: CancellationToken) {
    let mut ticks = tokio::time::interval(PRUNE_EVERY);
    if shared
        .stop
        .run_until_cancelled(caught_up.cancelled())
        .await
        .is_none()
    {
        return;
    }
    while shared.stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let ended_before = shared.clock.now() - DELIVERIES_KEPT_FOR;
        while !shared.stop.is_cancelled() {
            match shared
                .outbox
                .prune_deliveries(ended_before, DELIVERIES_KEPT, PRUNE_ROWS)
                .await
            {
                Ok(0) => break,
                Ok(deleted) => tracing::debug!(deleted, "old deliveries deleted"),
                Err(error) => {
                    tracing::error!(error = %Chain(&error), "old deliveries could not be deleted");
                    break;
                }
            }
        }
    }
}
