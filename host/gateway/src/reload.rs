//! Inventory file and configuration are read again while the service runs: the file when it has changed, both on SIGHUP.
//!
//! What is wrong changes nothing. It is logged once, with all its mistakes, and the inventory's state is shown by `GET /v2/inventory`.

mod settings;
mod stamp;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::api::Gate;
use crate::config::{Config, Guards, Row, Sources};
use crate::engine::{Engine, EngineSettings, PollerSettings};
use crate::inventory::{Keeper, PartFile, Source};
use crate::telemetry::{Chain, Level};

use stamp::Stamp;

/// How often the inventory file is looked at.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Where the configuration comes from, and what it said at the start.
#[derive(Debug)]
pub struct Origin {
    /// Where it is read.
    pub sources: Sources,
    /// Every setting.
    pub rows: Vec<Row>,
    /// The level of the log, to be changed.
    pub level: Level,
}

/// What takes over settings.
#[derive(Debug, Clone)]
pub struct Takers {
    /// The engine with its poller and its staggered groups.
    pub engine: Engine,
    /// The limits of the API.
    pub gate: Gate,
    /// What is protected and what has to be confirmed.
    pub guards: Arc<ArcSwap<Guards>>,
}

/// Reads again what may have changed.
#[derive(Debug)]
pub struct Reload {
    origin: Arc<Origin>,
    takers: Takers,
    keeper: Keeper,
    file: PartFile,
    /// What the inventory file looked like when it was last read.
    stamp: Option<Stamp>,
    /// What it looked like when it was last looked at.
    seen: Option<Stamp>,
    /// Whether this process has had a file.
    was_there: bool,
    hangup: Signal,
}

impl Reload {
    /// Begins with a configuration and an inventory that have just been read. `stamp` is that of the inventory file before it was read.
    ///
    /// # Errors
    /// When SIGHUP cannot be received.
    pub fn new(
        config: &Config,
        origin: Origin,
        takers: Takers,
        keeper: Keeper,
        stamp: InventoryStamp,
    ) -> std::io::Result<Self> {
        Ok(Self {
            origin: Arc::new(origin),
            takers,
            keeper,
            file: PartFile::of(config),
            stamp: stamp.0,
            seen: stamp.0,
            was_there: stamp.0.is_some(),
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Watches until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = self.hangup.recv() => {
                    tracing::info!("SIGHUP: inventory and configuration are read again");
                    self.read_configuration().await;
                    self.read_inventory().await;
                }
                () = tokio::time::sleep(LOOK_EVERY) => {
                    // A file that is still being written is left alone until it has looked the same twice.
                    let now = Stamp::of(self.file.path());
                    let before = std::mem::replace(&mut self.seen, now);
                    if now != self.stamp && now == before {
                        self.read_inventory().await;
                    }
                }
            }
        }
    }

    /// Reads the inventory file and lets it hold. One that is wrong is not read again before it changes; one that could not be made known
    /// to the store is.
    async fn read_inventory(&mut self) {
        let file = self.file.clone();
        let stamp = Stamp::of(file.path());
        let read = tokio::task::spawn_blocking(move || file.read());
        let Ok(read) = read.await else { return };
        let outcome = match read {
            // It may be on its way, or its file system may be; a start takes it for gone.
            Ok(None) if self.was_there => {
                self.stamp = stamp;
                Err("it is gone; put it back, or start again without it".to_owned())
            }
            Ok(part) => {
                self.was_there |= part.is_some();
                let part = part.unwrap_or_default();
                self.keeper.put(Source::File, part).await.map_err(|error| {
                    self.stamp = None;
                    Chain(&error).to_string()
                })
            }
            Err(error) => {
                self.stamp = stamp;
                Err(Chain(&error).to_string())
            }
        };
        match outcome {
            Ok(_) => self.stamp = stamp,
            Err(text) => {
                tracing::error!(file = %self.file.path().display(), error = text, "the inventory file is not taken; what it said before holds on");
                self.keeper.failed(Source::File, text);
            }
        }
    }

    async fn read_configuration(&mut self) {
        let origin = Arc::clone(&self.origin);
        let read = tokio::task::spawn_blocking(move || Config::load(&origin.sources));
        let Ok(read) = read.await else { return };
        let loaded = match read {
            Ok(loaded) => loaded,
            Err(error) => {
                tracing::error!(error = %Chain(&error), "the configuration is not taken; what it said before holds on");
                return;
            }
        };
        let config = &loaded.config;
        if let Err(error) = self.origin.level.set(&config.log.level) {
            tracing::error!(error = %Chain(&error), "the level of the log stays as it is");
        }
        let Takers { engine, gate, guards } = &self.takers;
        engine.retune(
            &EngineSettings::from(config),
            &PollerSettings::from(&config.poller),
            &config.stagger,
        );
        gate.retune(&config.limits);
        guards.store(Arc::new(config.guards.clone()));
        settings::tell(&self.origin.rows, &loaded.rows);
    }
}

/// What the inventory file looked like at some time.
#[derive(Debug, Clone, Copy)]
pub struct InventoryStamp(Option<Stamp>);

impl InventoryStamp {
    /// What the file looks like now.
    pub fn of(config: &Config) -> Self {
        Self(Stamp::of(&config.inventory.file))
    }
}
