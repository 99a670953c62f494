//! BMCs found by address range.
//!
//! A scan asks every address of some ranges who is there, without credentials, and trusts nothing of what it hears. An administrator then
//! accepts hosts under names: only from there on are certificates pinned and credentials sent, once per host. What was accepted is kept in
//! a file beside the database and is one of the inventory's sources.

mod acceptance;
mod certificate;
mod components;
mod ipmi;
mod keeping;
mod naming;
mod pins;
mod range;
mod record;
mod scan;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use switchyard_core::{ControllerId, Failure, Timestamp};
use switchyard_transport::{Address, Fingerprint, Timeouts};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::clock::Clock;
use crate::engine::{Findings, fresh_id};
use crate::inventory::{Controller, Keeper, Source};
use crate::telemetry::Chain;

use acceptance::InFlight;

pub use acceptance::{Acceptance, AcceptanceError};
pub use certificate::Certificate;
pub use naming::{Names, NamingError};
pub use pins::{FILE as PINS_FILE, PinError, Presented};
pub use range::{Protocol, RangeError, Target, targets};
pub use record::{FILE as DISCOVERED_FILE, RecordError};

/// The most addresses of one discovery.
pub const ADDRESSES_MAX: usize = 65_536;
/// The most addresses that are asked at once.
pub const IN_FLIGHT_MAX: usize = 64;
/// How long one address may take to answer.
pub const HOST_TIMEOUT: Duration = Duration::from_secs(5);
/// The most discoveries that are remembered; the oldest is forgotten first.
pub const KEPT_MAX: usize = 16;
/// The most hosts that one discovery lists.
pub const HOSTS_MAX: usize = 16_384;

/// What is known of a controller after it was spoken to for the first time.
#[derive(Debug)]
pub struct Introduced {
    /// What it switches.
    pub findings: Findings,
    /// The Redfish resources of its nodes, by the driver's word for them, as far as they could be read.
    pub resources: Vec<(String, Value)>,
}

/// Who speaks to a controller that the inventory does not hold yet.
#[async_trait]
pub trait Introducer: Send + Sync + std::fmt::Debug {
    /// Probes, chooses a driver and surveys. A login that is refused is not tried again.
    async fn introduce(
        &self,
        controller: &Controller,
        cancel: &CancellationToken,
    ) -> Result<Introduced, Failure>;
}

/// Something that answers at an address.
#[derive(Debug, Clone)]
pub struct Host {
    /// Where it answers.
    pub address: Address,
    /// The same for the network.
    pub socket: SocketAddr,
    /// What it says it is.
    pub says: Says,
    /// The certificate that it shows, over TLS.
    pub certificate: Option<Certificate>,
    /// The controller of the inventory that has this address.
    pub known_as: Option<ControllerId>,
    /// What became of its acceptance.
    pub standing: Standing,
}

/// What a host says of itself to whoever asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Says {
    /// Whether it has a Redfish service root.
    pub redfish: Option<String>,
    /// Its vendor.
    pub vendor: Option<String>,
    /// Its product.
    pub product: Option<String>,
    /// The id of the service.
    pub uuid: Option<String>,
    /// The HTTP status of its answer.
    pub status: Option<u16>,
}

/// How far a host has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It answers; nothing is trusted.
    Found,
    /// It is being spoken to.
    Accepting,
    /// It is in the inventory.
    Accepted {
        /// As this.
        controller: ControllerId,
        /// With these components.
        components: Vec<String>,
    },
    /// It could not be accepted.
    Refused {
        /// The stable code of the reason.
        code: &'static str,
        /// The reason.
        text: String,
    },
}

/// One discovery.
#[derive(Debug, Clone)]
pub struct Discovery {
    /// Its id.
    pub id: Uuid,
    /// The ranges as they were given.
    pub ranges: Vec<String>,
    /// Who asked.
    pub by: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When the last address had answered or been given up.
    pub ended_at: Option<Timestamp>,
    /// Whether somebody ended it before every address was asked.
    pub cancelled: bool,
    /// Questions to be asked.
    pub total: usize,
    /// Questions that were asked.
    pub asked: usize,
    /// What answers, in the order of the addresses.
    pub hosts: Vec<Host>,
}

/// Why a discovery does not begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// Another one is running.
    #[error("the discovery {0} is still running; one runs at a time")]
    Running(Uuid),
    /// The service is stopping.
    #[error("the service is stopping")]
    Stopping,
}

/// Why no discoveries can be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// TLS cannot be set up.
    #[error("TLS could not be set up")]
    Tls(#[from] rustls::Error),
    /// The HTTP client cannot be made.
    #[error("the HTTP client could not be made")]
    Http(#[from] reqwest::Error),
}

/// A cheap handle on discoveries.
#[derive(Debug, Clone)]
pub struct Discoveries {
    inner: Arc<Inner>,
}

/// What discoveries work with.
#[expect(missing_debug_implementations, reason = "parts are handed over, never shown")]
pub struct Parts {
    /// The owner of the inventory.
    pub keeper: Keeper,
    /// Who speaks to hosts that are accepted.
    pub introducer: Arc<dyn Introducer>,
    /// The folder of the files in which what was accepted is kept.
    pub folder: PathBuf,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The timeouts of every controller.
    pub timeouts: Timeouts,
}

struct Inner {
    parts: Parts,
    http: reqwest::Client,
    runs: Mutex<VecDeque<Arc<Mutex<Discovery>>>>,
    /// The discovery that began last, and what ends it.
    latest: Mutex<Option<(Uuid, CancellationToken)>>,
    in_flight: Mutex<InFlight>,
    /// Held while what was accepted is changed.
    record: tokio::sync::Mutex<()>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}

impl Discoveries {
    /// Discoveries; nothing is scanned yet.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(parts: Parts) -> Result<Self, ClientError> {
        Ok(Self {
            inner: Arc::new(Inner {
                http: scan::client()?,
                parts,
                runs: Mutex::default(),
                latest: Mutex::default(),
                in_flight: Mutex::default(),
                record: tokio::sync::Mutex::default(),
                stop: CancellationToken::new(),
                tasks: TaskTracker::new(),
            }),
        })
    }

    /// Lets what was accepted before hold, and the pins that were set over those of the inventory. When what was accepted cannot be read,
    /// the inventory stays incomplete, and nothing is accepted or removed until it can. When the pins cannot be read, no certificate is
    /// taken of controllers that the inventory does not pin itself.
    ///
    /// # Errors
    /// When the inventory is not taken.
    pub async fn restore(
        folder: &std::path::Path,
        keeper: &Keeper,
        timeouts: Timeouts,
    ) -> Result<(), RecordError> {
        match pins::read(folder) {
            Ok(pins) => keeper.set_pins(pins).await,
            Err(error) => {
                let text = format!(
                    "{}; correct it, or put it back from a backup, and pin again or start again: until then every certificate is refused that the inventory does not pin itself",
                    Chain(&error)
                );
                tracing::error!(error = text, "the certificates that were pinned are not known");
                keeper.lose_pins(text).await
            }
        }
        .map_err(RecordError::Replace)?;
        match record::read(folder, timeouts) {
            Ok(part) => {
                let put = keeper.put(Source::Discovered, part).await;
                put.map_err(RecordError::Replace)?;
            }
            Err(error) => {
                let text = format!(
                    "{}; correct it, or put it back from a backup, and start again",
                    Chain(&error)
                );
                tracing::error!(error = text, "what was accepted of discoveries does not hold");
                keeper.failed(Source::Discovered, text);
            }
        }
        Ok(())
    }

    /// Begins to ask who is there. Goes on when the caller is gone.
    ///
    /// # Errors
    /// When another discovery is running.
    pub fn begin(
        &self,
        ranges: Vec<String>,
        targets: Vec<Target>,
        by: String,
    ) -> Result<Discovery, BeginError> {
        let inner = &self.inner;
        if inner.stop.is_cancelled() {
            return Err(BeginError::Stopping);
        }
        let mut runs = lock(&inner.runs);
        let runs_on = |run: &Discovery| run.ended_at.is_none() && !run.cancelled;
        if let Some(running) = runs.iter().find(|run| runs_on(&lock(run))) {
            return Err(BeginError::Running(lock(running).id));
        }
        let now = inner.parts.clock.now();
        let discovery = Discovery {
            id: fresh_id(now),
            ranges,
            by,
            started_at: now,
            ended_at: None,
            cancelled: false,
            total: targets.len(),
            asked: 0,
            hosts: Vec::new(),
        };
        let run = Arc::new(Mutex::new(discovery.clone()));
        if runs.len() >= KEPT_MAX {
            runs.pop_front();
        }
        runs.push_back(Arc::clone(&run));
        let owned = Arc::clone(inner);
        let end = inner.stop.child_token();
        *lock(&inner.latest) = Some((discovery.id, end.clone()));
        inner
            .tasks
            .spawn(async move { scan(&owned, &run, targets, &end).await });
        Ok(discovery)
    }

    /// Ends a discovery: no more is asked, and what answered stays. One that has ended stays as it is. Gives whether that changed anything.
    pub fn cancel(&self, id: Uuid) -> Option<(Discovery, bool)> {
        let run = self.run(id)?;
        let mut discovery = lock(&run);
        let is_changed =
            discovery.ended_at.is_none() && !discovery.cancelled && discovery.asked < discovery.total;
        if is_changed {
            discovery.cancelled = true;
            if let Some((latest, end)) = &*lock(&self.inner.latest)
                && *latest == id
            {
                end.cancel();
            }
        }
        Some((discovery.clone(), is_changed))
    }

    /// The discovery of this id.
    pub fn get(&self, id: Uuid) -> Option<Discovery> {
        self.run(id).map(|run| lock(&run).clone())
    }

    /// The discoveries that are remembered, the latest first.
    pub fn all(&self) -> Vec<Discovery> {
        lock(&self.inner.runs)
            .iter()
            .rev()
            .map(|run| lock(run).clone())
            .collect()
    }

    fn run(&self, id: Uuid) -> Option<Arc<Mutex<Discovery>>> {
        lock(&self.inner.runs)
            .iter()
            .find(|run| lock(run).id == id)
            .cloned()
    }

    /// Stops. What is being asked is given up.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }
}

/// Asks every target, a bounded number at once.
async fn scan(
    inner: &Arc<Inner>,
    run: &Arc<Mutex<Discovery>>,
    targets: Vec<Target>,
    end: &CancellationToken,
) {
    let places = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    let asking = TaskTracker::new();
    for target in targets {
        let place = end.run_until_cancelled(Arc::clone(&places).acquire_owned());
        let Some(Ok(place)) = place.await else { break };
        let (inner, run, end) = (Arc::clone(inner), Arc::clone(run), end.clone());
        asking.spawn(async move {
            let asked = tokio::time::timeout(HOST_TIMEOUT, scan::ask(&inner.http, target));
            let Some(asked) = end.run_until_cancelled(asked).await else {
                return;
            };
            let found = asked.ok().flatten();
            let mut discovery = lock(&run);
            discovery.asked += 1;
            if let Some(mut host) = found.filter(|_| discovery.hosts.len() < HOSTS_MAX) {
                host.known_as = known_as(&inner.parts.keeper, &host.address);
                let at = discovery
                    .hosts
                    .partition_point(|other| other.order() < host.order());
                discovery.hosts.insert(at, host);
            }
            drop((discovery, place));
        });
    }
    asking.close();
    asking.wait().await;
    let mut discovery = lock(run);
    discovery.ended_at = Some(inner.parts.clock.now());
    tracing::info!(discovery = %discovery.id, asked = discovery.asked, found = discovery.hosts.len(), "discovery ended");
}

/// By what hosts are in order, each by another.
type Order = (std::net::IpAddr, u16, &'static str);

impl Host {
    fn order(&self) -> Order {
        (self.socket.ip(), self.socket.port(), self.address.scheme.as_str())
    }

    /// The fingerprint of the certificate that it shows.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.certificate
            .as_ref()
            .map(|certificate| certificate.fingerprint)
    }
}

/// The controller of the inventory that has an address.
fn known_as(keeper: &Keeper, address: &Address) -> Option<ControllerId> {
    let inventory = keeper.inventory();
    let mut controllers = inventory.controllers();
    let known = controllers.find(|known| known.endpoint.address == *address)?;
    Some(known.endpoint.id.clone())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
