//! The service from configuration to clean stop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::serve::ListenerExt as _;
use sd_notify::NotifyState;
use switchyard_store::{AccessTokens, Journal, Lease, Outbox, ReservationStore, Store, StoreError};
use switchyard_store_sqlite::SqliteStore;
use switchyard_transport::{Credentials, LegacyTls, Transport, TransportConfig};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access::{self, Access, Mode};
use crate::api::{self, ApiState, Gate, Streams};
use crate::backup::Backups;
use crate::bmc::{Bounds, DrivenHardware};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::dependencies::{Dependencies, Dependency};
use crate::discovery::{self, ClientError, Discoveries, RecordError};
use crate::document;
use crate::drivers::{self, Drivers};
use crate::engine::{
    Engine, EngineSettings, Hardware, LeaseGuard, Parts, PollerSettings, ReplaceError, Reservations,
    StartError, Unreserved,
};
use crate::inventory::{Keeper, Part, PartFile, Source};
use crate::reload::{self, Reload, Takers};
use crate::request_line::{LongLines, ShortLinesListener};
use crate::smd::reservations::{self, SmdReservations};
use crate::smd::{self, Smd};
use crate::telemetry::metrics::BmcRequests;
use crate::telemetry::{Chain, Metrics};
use crate::tls::{Certificate, CertificateError, TlsListener};
use crate::watch::{self, Disk, Watch};
use crate::webhooks::{self, Settings, SettingsError, Webhooks};

/// The name under which a single process keeps its lease.
const REPLICA: &str = "single";
/// How long open connections of clients are waited for at the stop.
const CLIENTS_WITHIN: Duration = Duration::from_secs(5);

/// Why the service could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The inventory is wrong.
    #[error("the inventory cannot be used")]
    Inventory(#[source] document::Error),
    /// The database cannot be used.
    #[error("the store cannot be used")]
    Store(#[source] StoreError),
    /// SMD cannot be set up.
    #[error("SMD cannot be used")]
    Smd(#[source] smd::OpenError),
    /// TLS for legacy controllers cannot be set up.
    #[error("TLS for legacy controllers could not be set up")]
    LegacyTls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The drivers cannot be set up.
    #[error("the drivers could not be set up")]
    Drivers(#[source] drivers::StartError),
    /// The folder of the database cannot be made.
    #[error("the folder {} cannot be made", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// What was accepted of discoveries cannot be used.
    #[error("what was accepted of discoveries cannot be used")]
    Discovered(#[source] RecordError),
    /// Discoveries cannot be made.
    #[error("the client for discoveries could not be set up")]
    Discoveries(#[source] ClientError),
    /// The inventory could not be taken over.
    #[error("the inventory could not be taken over")]
    Replace(#[source] ReplaceError),
    /// The engine could not start.
    #[error("the engine could not start")]
    Engine(#[source] StartError),
    /// Webhooks are set up wrong.
    #[error("the webhooks cannot be used")]
    WebhookSettings(#[source] SettingsError),
    /// Webhooks could not start.
    #[error("the webhooks could not start")]
    Webhooks(#[source] webhooks::StartError),
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on; stop what listens there, or set listen.address")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Access is set up wrong.
    #[error("access cannot be set up")]
    AccessSettings(#[source] access::SettingsError),
    /// Nobody could be let in.
    #[error("nobody could be let in")]
    Access(#[source] access::StartError),
    /// The certificate of the service cannot be used.
    #[error("TLS cannot be served")]
    Certificate(#[source] CertificateError),
    /// Serving ended by itself.
    #[error("serving the API ended")]
    Serve(#[source] std::io::Error),
    /// A signal cannot be listened for.
    #[error("signals cannot be received")]
    Signal(#[source] std::io::Error),
}

/// Runs the service until `stop` is cancelled, then stops it cleanly.
#[expect(
    clippy::too_many_lines,
    reason = "the order of beginnings and ends is read in one place"
)]
pub async fn run(
    config: &Config,
    origin: reload::Origin,
    credentials: Arc<dyn Credentials>,
    dependencies: Dependencies,
    metrics: Metrics,
    stop: CancellationToken,
) -> Result<(), Error> {
    // A port in use is known before anything else is touched; nobody is answered before the engine is ready.
    let address = config.listen.address;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| Error::Listen { address, source })?;
    let certificate = open_certificate(config).await?;
    let store = Arc::new(open_store(&config.store.path).await?);
    let access = start_access(config, &store, &dependencies).await?;
    let limits = TransportConfig {
        legacy_tls: legacy_tls()?,
        meter: Some(Arc::new(BmcRequests)),
        ..TransportConfig::default()
    };
    let smd = open_smd(config, &dependencies).await?;
    let credentials = match &smd {
        Some(smd) => smd.credentials(credentials),
        None => credentials,
    };
    let transport = Transport::new(limits, credentials);
    let webhooks = start_webhooks(config, &store).await?;
    let drivers = open_drivers(config).await?;
    let stamp = reload::InventoryStamp::of(config);
    let keeper = start_keeper(config, smd.as_ref()).await?;
    let hardware = hardware(config, &keeper, &transport, &drivers);
    let (engine, reservations) =
        start_engine(config, smd.as_ref(), &keeper, &store, Arc::clone(&hardware)).await?;
    keeper.attach(engine.clone()).await.map_err(Error::Replace)?;
    let discoveries = Discoveries::new(discovery::Parts {
        keeper: keeper.clone(),
        introducer: hardware,
        folder: state_folder(config),
        clock: Arc::new(SystemClock),
        timeouts: config.engine.timeouts(),
    })
    .map_err(Error::Discoveries)?;
    let (tasks, ended) = (TaskTracker::new(), CancellationToken::new());
    if let Some(smd) = &smd {
        smd.follow(Arc::new(keeper.clone()), &engine);
    }
    tasks.spawn(drivers.clone().keep_choices(ended.clone()));
    let watch = Watch::new(engine.clone(), Disk::of(&config.store), &dependencies);
    watch.look().await;
    tasks.spawn(watch.run(look_every(), || notify(&[NotifyState::Watchdog]), ended.clone()));
    tracing::info!(%address, components = engine.fleet().rows().len(), "ready");
    notify(&[NotifyState::Ready]);

    let gate = Gate::new(&config.limits);
    gate.expire_keys(&engine);
    let guards = Arc::new(ArcSwap::from_pointee(config.guards.clone()));
    let takers = Takers {
        engine: engine.clone(),
        gate: gate.clone(),
        guards: Arc::clone(&guards),
    };
    let reload = Reload::new(config, origin, takers, keeper.clone(), stamp).map_err(Error::Signal)?;
    tasks.spawn(reload.run(ended.clone()));
    let streams = Streams::default();
    let long_lines = LongLines::new(api::power_status_paths(&config.pcs.prefixes));
    let state = ApiState {
        engine: engine.clone(),
        access: access.clone(),
        gate: gate.clone(),
        webhooks: webhooks.clone(),
        drivers,
        backups: Backups::new(config, Arc::clone(&store)),
        metrics: metrics_text(metrics, engine.clone(), webhooks.clone(), smd.clone()),
        smd: smd.clone(),
        dependencies,
        guards,
        keeper,
        discoveries: discoveries.clone(),
        streams: streams.clone(),
        pcs: config.pcs.clone(),
        long_lines: long_lines.clone(),
    };
    let mut serving = serve(
        api::router(state),
        (listener, long_lines),
        certificate,
        &tasks,
        &stop,
    )?;
    let outcome = tokio::select! {
        served = &mut serving => Some(served),
        () = stop.cancelled() => None,
    };
    tracing::info!("stopping: requests in flight end, nothing new is begun");
    notify(&[NotifyState::Stopping]);
    streams.stop().await;
    discoveries.stop().await;
    if let Some(smd) = &smd {
        smd.stop().await;
    }
    engine.stop().await;
    if let Some(reservations) = &reservations {
        reservations.stop().await;
    }
    gate.stop().await;
    let served = match outcome {
        Some(served) => served,
        None => tokio::time::timeout(CLIENTS_WITHIN, serving)
            .await
            .unwrap_or(Ok(())),
    };
    access.stop().await;
    webhooks.stop().await;
    transport.shutdown().await;
    ended.cancel();
    tasks.close();
    tasks.wait().await;
    tracing::info!("stopped");
    served.map_err(Error::Serve)
}

/// What is served, until the service stops.
type Serving = Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>>;

/// Serves with TLS where there is a certificate. Request lines that are too long for the HTTP library are shortened before it sees them.
fn serve(
    router: axum::Router,
    (listener, long_lines): (TcpListener, LongLines),
    certificate: Option<Certificate>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<Serving, Error> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stopped = stop.clone().cancelled_owned();
    // The tap does nothing: behind it the address of the peer is known.
    let Some(certificate) = certificate else {
        let listener = ShortLinesListener::new(listener, long_lines).tap_io(|_| ());
        let serving = axum::serve(listener, service).with_graceful_shutdown(stopped);
        return Ok(Box::pin(serving.into_future()));
    };
    let keeping = certificate.clone().keep(stop.clone());
    tasks.spawn(keeping.map_err(Error::Certificate)?);
    let listener = TlsListener::start(listener, certificate, tasks, stop.clone()).map_err(Error::Serve)?;
    let listener = ShortLinesListener::new(listener, long_lines).tap_io(|_| ());
    let serving = axum::serve(listener, service).with_graceful_shutdown(stopped);
    Ok(Box::pin(serving.into_future()))
}

/// Reads the certificate off the threads that serve.
async fn open_certificate(config: &Config) -> Result<Option<Certificate>, Error> {
    let Some(files) = config.tls.clone() else {
        return Ok(None);
    };
    match tokio::task::spawn_blocking(move || Certificate::read(files)).await {
        Ok(read) => read.map(Some).map_err(Error::Certificate),
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

async fn start_access(
    config: &Config,
    store: &Arc<SqliteStore>,
    dependencies: &Dependencies,
) -> Result<Access, Error> {
    let settings = access::Settings::read(&config.access, config.tls.is_some());
    let access = Access::start(access::Parts {
        settings: settings.map_err(Error::AccessSettings)?,
        store: Arc::clone(store) as Arc<dyn AccessTokens>,
        clock: Arc::new(SystemClock),
        dependencies: dependencies.clone(),
    })
    .await
    .map_err(Error::Access)?;
    match access.mode() {
        Mode::Tokens => {}
        Mode::None => tracing::warn!(
            "nobody is asked for a token: whoever reaches {} can switch everything; set access.mode to tokens",
            config.listen.address
        ),
        Mode::Mesh => tracing::warn!(
            "nobody is asked for a token, and the mesh in front of {} is trusted: whoever gets past it can switch everything",
            config.listen.address
        ),
    }
    Ok(access)
}

async fn open_store(path: &Path) -> Result<SqliteStore, Error> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|source| Error::Folder {
            path: folder.to_owned(),
            source,
        })?;
    }
    SqliteStore::open(path).await.map_err(Error::Store)
}

/// Starts before the engine, so that a webhook that is new misses nothing.
async fn start_webhooks(config: &Config, store: &Arc<SqliteStore>) -> Result<Webhooks, Error> {
    Webhooks::start(webhooks::Parts {
        settings: Settings::read(config).map_err(Error::WebhookSettings)?,
        outbox: Arc::clone(store) as Arc<dyn Outbox>,
        store: Arc::clone(store) as Arc<dyn Store>,
        clock: Arc::new(SystemClock),
    })
    .await
    .map_err(Error::Webhooks)
}

/// Takes up what is known of SMD, before the engine takes up the tasks of its components.
async fn open_smd(config: &Config, dependencies: &Dependencies) -> Result<Option<Smd>, Error> {
    let handle = || dependencies.handle(Dependency::Smd);
    Smd::open(config, Arc::new(SystemClock), handle)
        .await
        .map_err(Error::Smd)
}

/// Reads what there is to switch.
async fn start_keeper(config: &Config, smd: Option<&Smd>) -> Result<Keeper, Error> {
    let mut expected = vec![Source::File, Source::Discovered];
    if config.smd.url.is_some() {
        expected.push(Source::Smd);
    }
    let keeper = Keeper::new(expected, Arc::new(SystemClock));
    let file = PartFile::of(config);
    let part = file.read().map_err(Error::Inventory)?.unwrap_or_else(|| {
        tracing::info!(file = %file.path().display(), "there is no inventory file; SMD says what there is");
        Part::default()
    });
    keeper.put(Source::File, part).await.map_err(Error::Replace)?;
    Discoveries::restore(&state_folder(config), &keeper, config.engine.timeouts())
        .await
        .map_err(Error::Discovered)?;
    if let Some((smd, read_at)) = smd.and_then(|smd| Some((smd, smd.standing().read_at?))) {
        keeper
            .put(Source::Smd, smd.part())
            .await
            .map_err(Error::Replace)?;
        keeper.dated(Source::Smd, read_at);
    }
    Ok(keeper)
}

/// Where the service keeps what is not in the database.
fn state_folder(config: &Config) -> PathBuf {
    config.store.path.parent().unwrap_or(Path::new("")).to_owned()
}

/// BMCs behind drivers.
fn hardware(
    config: &Config,
    keeper: &Keeper,
    transport: &Arc<Transport>,
    drivers: &Drivers,
) -> Arc<DrivenHardware> {
    let bounds = Bounds {
        read: config.engine.read_timeout,
        change: config.engine.change_timeout,
        patience_percent: config.engine.patience_percent,
    };
    let inventory = keeper.inventory();
    Arc::new(DrivenHardware::new(
        &inventory,
        transport,
        drivers,
        bounds,
        Arc::new(SystemClock),
    ))
}

async fn start_engine(
    config: &Config,
    smd: Option<&Smd>,
    keeper: &Keeper,
    store: &Arc<SqliteStore>,
    hardware: Arc<DrivenHardware>,
) -> Result<(Engine, Option<SmdReservations>), Error> {
    let inventory = keeper.inventory();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let guard = Arc::new(LeaseGuard::default());
    let lease = store.begin(REPLICA, clock.now()).await.map_err(Error::Store)?;
    let reservations = start_reservations(config, smd, store, &lease, &clock).await?;
    let parts = Parts {
        store: Arc::clone(store) as Arc<dyn Store>,
        journal: Arc::clone(store) as Arc<dyn Journal>,
        hardware: hardware as Arc<dyn Hardware>,
        inventory,
        clock,
        lease,
        guard,
        settings: EngineSettings::from(config),
        poller: PollerSettings::from(&config.poller),
        reservations: match &reservations {
            Some(reservations) => Arc::new(reservations.clone()) as Arc<dyn Reservations>,
            None => Arc::new(Unreserved),
        },
        stagger: config.stagger.clone(),
    };
    let engine = Engine::start(parts).await.map_err(Error::Engine)?;
    Ok((engine, reservations))
}

/// Takes up the reservations in SMD, where there is one and they are wanted.
async fn start_reservations(
    config: &Config,
    smd: Option<&Smd>,
    store: &Arc<SqliteStore>,
    lease: &Lease,
    clock: &Arc<dyn Clock>,
) -> Result<Option<SmdReservations>, Error> {
    let Some(smd) = smd.filter(|_| config.reservations.enabled) else {
        return Ok(None);
    };
    let (knows, stands, locks) = (smd.clone(), smd.clone(), smd.clone());
    let reservations = SmdReservations::start(reservations::Parts {
        client: smd.client().clone(),
        store: Arc::clone(store) as Arc<dyn ReservationStore>,
        lease: lease.clone(),
        clock: Arc::clone(clock),
        knows: Arc::new(move |component| knows.knows(component)),
        is_away: Arc::new(move || stands.is_away()),
        locked: Arc::new(move |component| locks.locked(component)),
    });
    reservations.await.map(Some).map_err(Error::Store)
}

/// What reaches controllers that rustls does not, where the build has it.
#[cfg(feature = "legacy-tls")]
fn legacy_tls() -> Result<Option<Arc<dyn LegacyTls>>, Error> {
    let openssl =
        switchyard_transport_legacy::OpenSsl::new().map_err(|error| Error::LegacyTls(Box::new(error)))?;
    Ok(Some(Arc::new(openssl)))
}

#[cfg(not(feature = "legacy-tls"))]
#[expect(clippy::unnecessary_wraps, reason = "the signature of the build that has it")]
fn legacy_tls() -> Result<Option<Arc<dyn LegacyTls>>, Error> {
    Ok(None)
}

/// Loads the drivers off the threads that serve.
async fn open_drivers(config: &Config) -> Result<Drivers, Error> {
    let config = config.clone();
    match tokio::task::spawn_blocking(move || Drivers::open(&config)).await {
        Ok(opened) => opened.map_err(Error::Drivers),
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

fn metrics_text(
    handle: Metrics,
    engine: Engine,
    webhooks: Webhooks,
    smd: Option<Smd>,
) -> Arc<dyn Fn() -> String + Send + Sync> {
    Arc::new(move || {
        let depth = engine.queue_depth();
        crate::telemetry::metrics::queue(depth.waiting, depth.active, depth.oldest);
        webhooks.measure();
        if let Some(smd) = &smd {
            smd.measure();
        }
        handle.render()
    })
}

/// How often the service looks at itself: at least thrice in the time after which systemd's watchdog ends it.
fn look_every() -> Duration {
    sd_notify::watchdog_enabled().map_or(watch::LOOK_EVERY, |within| (within / 3).min(watch::LOOK_EVERY))
}

/// Tells systemd, when it started the service (`Type=notify`).
fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(error = %Chain(&error), "systemd could not be told");
    }
}
