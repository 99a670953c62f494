//! SMD as a source of the inventory: read whole, now and then, and kept in a file.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use switchyard_core::reservation::Reason;
use switchyard_core::{ComponentId, Timestamp};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::cache::{self, Cached};
use super::client::{Client, spread};
use super::error::Error;
use super::part::{self, Defaults, Mapped};
use super::sink::Sink;
use super::snapshot::{Logins, Snapshot};
use super::standing::{Liveness, Standing};
use crate::clock::Clock;
use crate::dependencies::Handle;
use crate::inventory::Part;
use crate::telemetry::Chain;

/// The least time between the beginnings of two readings, however many notifications come.
const GAP: Duration = Duration::from_secs(5);
/// How long is waited after the first reading that failed; twice as long after each further one, up to the usual time.
const RETRY_FIRST: Duration = Duration::from_secs(2);
/// How often it is found out whether SMD answers.
const LIVENESS_EVERY: Duration = Duration::from_secs(10);
/// How long SMD may take to say that it is there. Longer than connecting may take, so that the two can be told apart.
const LIVENESS_WITHIN: Duration = Duration::from_secs(7);
/// How long SMD must say that it knows no component before that is believed, or three times the time between two readings if that is longer.
const EMPTY_FOR: Duration = Duration::from_mins(10);
/// How old the time in the cache may become while nothing else in it changes.
const CACHE_REFRESH: Duration = Duration::from_mins(10);

/// What is known of SMD.
pub(super) struct Source {
    pub(super) client: Client,
    pub(super) clock: Arc<dyn Clock>,
    /// Where it is told how SMD stands.
    pub(super) dependency: Handle,
    pub(super) interval: Duration,
    pub(super) cache_file: PathBuf,
    pub(super) defaults: Defaults,
    pub(super) with_logins: bool,
    pub(super) logins: Arc<ArcSwap<Logins>>,
    /// The states of its components, as SMD has them.
    pub(super) states: ArcSwap<HashMap<ComponentId, String>>,
    /// Those that it reserves for nobody, and why.
    pub(super) locks: ArcSwap<HashMap<ComponentId, Reason>>,
    standing: Mutex<Standing>,
    held: Mutex<Held>,
    /// Something has changed: it is worth reading again.
    hint: Notify,
}

/// How SMD is read.
pub(super) struct Settings {
    /// The time between two readings.
    pub(super) interval: Duration,
    /// Where what was last read is kept.
    pub(super) cache_file: PathBuf,
    /// What holds for its controllers.
    pub(super) defaults: Defaults,
    /// Whether the logins that it shows are kept, in memory.
    pub(super) with_logins: bool,
}

/// What was last read.
#[derive(Default)]
struct Held {
    snapshot: Option<Snapshot>,
    part: Part,
    /// What the cache file holds was read then.
    cached_at: Option<Timestamp>,
    /// Since when readings have lost every component.
    empty_since: Option<Timestamp>,
}

/// Why a reading changes nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// SMD could not be asked.
    #[error(transparent)]
    Smd(#[from] Error),
    /// SMD has lost everything at once.
    #[error("SMD knows no component any more; that is believed when it has said so for {} minutes", .0.as_secs().div_ceil(60))]
    Emptied(Duration),
}

impl Source {
    pub(super) fn new(client: Client, clock: Arc<dyn Clock>, dependency: Handle, settings: Settings) -> Self {
        let Settings {
            interval,
            cache_file,
            defaults,
            with_logins,
        } = settings;
        Self {
            client,
            clock,
            dependency,
            interval,
            cache_file,
            defaults,
            with_logins,
            logins: Arc::default(),
            states: ArcSwap::default(),
            locks: ArcSwap::default(),
            standing: Mutex::default(),
            held: Mutex::default(),
            hint: Notify::new(),
        }
    }

    pub(super) fn standing(&self) -> Standing {
        self.lock_standing().clone()
    }

    fn lock_standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What holds of SMD.
    pub(super) fn part(&self) -> Part {
        self.held().part.clone()
    }

    /// Says that it is worth reading again.
    pub(super) fn hint(&self) {
        self.hint.notify_one();
    }

    /// Takes over what an earlier process has read. A file that cannot be used is as good as none, which is logged.
    pub(super) async fn take_cache(&self) {
        let path = self.cache_file.clone();
        let read = match tokio::task::spawn_blocking(move || cache::read(&path)).await {
            Ok(read) => read,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        };
        match read {
            Ok(Some(cached)) => {
                self.held().cached_at = Some(cached.read_at);
                self.take(cached.snapshot, cached.read_at, true);
                let standing = self.standing();
                tracing::info!(
                    components = standing.components,
                    "the cache of SMD's inventory holds"
                );
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "the cache of SMD's inventory is left alone; SMD is read instead");
            }
        }
    }

    /// Reads SMD once. Gives whether the inventory is another one.
    pub(super) async fn read(&self) -> Result<bool, ReadError> {
        let ended = Snapshot::read(&self.client, self.with_logins).await;
        // An answer that cannot be used is no sign that SMD is away.
        if matches!(ended, Ok(_) | Err(Error::Unreachable { .. })) {
            self.note_liveness(Liveness::of(&ended));
        }
        let read = ended.map_err(ReadError::from).and_then(|(snapshot, logins)| {
            self.check(&snapshot)?;
            self.logins.store(Arc::new(logins));
            Ok(snapshot)
        });
        let now = self.clock.now();
        match read {
            Ok(snapshot) => {
                let changed = self.take(snapshot, now, false);
                self.keep(now).await;
                Ok(changed)
            }
            Err(error) => {
                self.lock_standing().failure = Some(Chain(&error).to_string());
                self.report();
                Err(error)
            }
        }
    }

    /// A site does not lose everything at once: that is taken for a mistake, such as of an SMD that starts, until it has lasted.
    fn check(&self, snapshot: &Snapshot) -> Result<(), ReadError> {
        let mut held = self.held();
        let had = held
            .snapshot
            .as_ref()
            .is_some_and(|snapshot| !snapshot.components.is_empty());
        if !had || !snapshot.components.is_empty() {
            held.empty_since = None;
            return Ok(());
        }
        let now = self.clock.now();
        let since = *held.empty_since.get_or_insert(now);
        let long_enough = EMPTY_FOR.max(self.interval.saturating_mul(3));
        if now.since(since) < long_enough {
            return Err(ReadError::Emptied(long_enough));
        }
        held.empty_since = None;
        Ok(())
    }

    /// Lets a snapshot hold. Gives whether the inventory is another one.
    fn take(&self, snapshot: Snapshot, read_at: Timestamp, from_cache: bool) -> bool {
        let mut held = self.held();
        let changed = if held.snapshot.as_ref() == Some(&snapshot) {
            false
        } else {
            let Mapped { part, remarks } = part::of(&snapshot, &self.defaults);
            self.note_remarks(remarks);
            let states = snapshot.components.iter().filter_map(|told| {
                let id = ComponentId::parse(&told.id).ok()?;
                Some((id, told.state.clone()))
            });
            self.states.store(Arc::new(states.collect()));
            let locks = snapshot
                .components
                .iter()
                .filter_map(|told| Some((ComponentId::parse(&told.id).ok()?, told.lock()?)));
            self.locks.store(Arc::new(locks.collect()));
            held.snapshot = Some(snapshot);
            let changed = held.part != part;
            held.part = part;
            // The states alone make no other inventory, and no other cache within a while.
            if changed && !from_cache {
                held.cached_at = None;
            }
            changed
        };
        let mut standing = self.lock_standing();
        standing.read_at = Some(read_at);
        standing.from_cache = from_cache;
        standing.components = held.part.components.len();
        if !from_cache {
            standing.failure = None;
        }
        drop(standing);
        self.dependency.cached(read_at);
        self.report();
        changed
    }

    /// What of SMD cannot be used is logged when it is news.
    fn note_remarks(&self, remarks: Vec<String>) {
        let mut standing = self.lock_standing();
        for remark in remarks.iter().filter(|remark| !standing.remarks.contains(remark)) {
            tracing::warn!(remark, "not taken over from SMD");
        }
        standing.remarks = remarks;
    }

    /// Writes the cache when it says something else, or has become old.
    async fn keep(&self, now: Timestamp) {
        let cached = {
            let held = self.held();
            let fresh = held.cached_at.is_some_and(|at| now.since(at) < CACHE_REFRESH);
            match &held.snapshot {
                Some(snapshot) if !fresh => Cached {
                    snapshot: snapshot.clone(),
                    read_at: now,
                },
                _ => return,
            }
        };
        let path = self.cache_file.clone();
        match tokio::task::spawn_blocking(move || cache::write(&path, &cached)).await {
            Ok(Ok(())) => self.held().cached_at = Some(now),
            Ok(Err(error)) => {
                tracing::warn!(error = %Chain(&error), "SMD's inventory could not be cached; after a restart it must be read before it holds");
            }
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }

    fn note_liveness(&self, liveness: Liveness) {
        let before = std::mem::replace(&mut self.lock_standing().liveness, liveness);
        if before != Liveness::Responsive && liveness == Liveness::Responsive {
            self.hint();
        }
        self.report();
    }

    /// Tells how SMD stands.
    fn report(&self) {
        let Standing {
            liveness, failure, ..
        } = self.standing();
        match (liveness, failure) {
            (Liveness::Responsive, None) => self.dependency.ok(),
            (Liveness::Responsive, Some(failure)) => self.dependency.degraded(&failure),
            (Liveness::NotResponsive, failure) => {
                let reason = failure.unwrap_or_else(|| "SMD does not answer as it should.".to_owned());
                self.dependency.away(&reason);
            }
            (Liveness::NotConnected, failure) => {
                let reason = failure.unwrap_or_else(|| "SMD cannot be reached.".to_owned());
                self.dependency.away(&reason);
            }
        }
    }

    /// Finds out now and then whether SMD answers, until `stop`.
    pub(super) async fn watch(self: Arc<Self>, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(LIVENESS_EVERY);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let asked = stop
                .run_until_cancelled(self.client.is_live(LIVENESS_WITHIN))
                .await;
            if let Some(ended) = asked {
                self.note_liveness(Liveness::of(&ended));
            }
        }
    }

    /// Reads again and again, and gives what is news to the inventory, until `stop`.
    pub(super) async fn follow(self: Arc<Self>, sink: Arc<dyn Sink>, stop: CancellationToken) {
        let mut failed: u32 = 0;
        while !stop.is_cancelled() {
            let begun = Instant::now();
            let Some(read) = stop.run_until_cancelled(self.read()).await else {
                return;
            };
            let wait = match read {
                Ok(changed) => {
                    failed = 0;
                    self.hand_over(changed, sink.as_ref()).await;
                    spread(self.interval)
                }
                Err(error) => {
                    sink.failed(&Chain(&error).to_string());
                    tracing::warn!(error = %Chain(&error), "SMD could not be read; what was read before holds");
                    let wait = RETRY_FIRST.saturating_mul(1 << failed.min(16));
                    failed = failed.saturating_add(1);
                    spread(wait.min(self.interval))
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep_until(begun + wait) => {}
                () = self.hint.notified() => {
                    let ready = tokio::time::sleep_until(begun + GAP.min(wait));
                    stop.run_until_cancelled(ready).await;
                }
            }
        }
    }

    /// Gives what holds to the inventory, which knows whether that is news. What it does not take it is given again.
    async fn hand_over(&self, changed: bool, sink: &dyn Sink) {
        let part = self.part();
        if changed {
            let (components, controllers) = (part.components.len(), part.controllers.len());
            tracing::info!(components, controllers, "SMD's inventory has changed");
        }
        if let Err(error) = sink.put(part).await {
            tracing::error!(error = %Chain(error.as_ref()), "SMD's inventory could not be taken over; trying again with the next reading");
        }
    }
}
