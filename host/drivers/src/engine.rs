//! The WebAssembly engine with its ticker, and loading.

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Instant;

use wasmtime::component::Component;
use wasmtime::{Config, Engine};

use crate::aot::{AotCache, Compilation};
use crate::bindings::Exports;
use crate::digest::ComponentDigest;
use crate::driver::{Driver, Origin};
use crate::error::{Error, LoadError};
use crate::gate;
use crate::grants::Grants;
use crate::limits::{ASYNC_STACK_BYTES, CPU_TICK, LIVE_ACTIONS, LIVE_POLLS, WASM_STACK_BYTES};
use crate::linker::link;
use crate::manifest::Manifest;
use crate::package::{Checked, Package, Provenance, Source};
use crate::policy::Policy;
use crate::seats::{Live, Seats};

/// How many instances may be alive.
#[derive(Debug, Clone, Copy)]
pub struct RuntimeConfig {
    /// For polls.
    pub live_polls: usize,
    /// For actions.
    pub live_actions: usize,
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self {
            live_polls: LIVE_POLLS,
            live_actions: LIVE_ACTIONS,
        }
    }
}

/// The runtime: compiles drivers, counts their time, and bounds how many of their instances are alive.
pub struct Runtime {
    engine: Engine,
    aot: Option<AotCache>,
    seats: Seats,
    _ticker: Ticker,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("live", &self.live())
            .finish_non_exhaustive()
    }
}

impl Runtime {
    /// Sets the engine up and starts the thread that ticks. Nothing that is compiled is kept.
    pub fn new(config: RuntimeConfig) -> Result<Arc<Self>, Error> {
        Self::of(config, None)
    }

    /// The same; what is compiled is kept.
    pub fn caching(config: RuntimeConfig, aot: AotCache) -> Result<Arc<Self>, Error> {
        Self::of(config, Some(aot))
    }

    fn of(config: RuntimeConfig, aot: Option<AotCache>) -> Result<Arc<Self>, Error> {
        let engine =
            Engine::new(&engine_config()).map_err(|error| Error::Engine(error.into_boxed_dyn_error()))?;
        let ticker = Ticker::start(&engine).map_err(Error::Ticker)?;
        let seats = Seats::new(Live {
            polls: config.live_polls,
            actions: config.live_actions,
        });
        Ok(Arc::new(Self {
            engine,
            aot,
            seats,
            _ticker: ticker,
        }))
    }

    /// Loads a driver: manifest, digests, signature, gate, compilation, linking against what manifest and operator both grant.
    /// Compilation takes CPU time, tens of milliseconds for a small component and seconds for a large one: blocks.
    pub fn admit(
        self: &Arc<Self>,
        package: &Package,
        source: Source,
        policy: &Policy,
    ) -> Result<Arc<Driver>, LoadError> {
        let checked = package.check(&source, policy)?;
        let grants = policy.grants_of(&checked.manifest.id);
        self.build(&package.component, checked, source, grants)
    }

    /// Loads a driver of which nobody asks who made it, for tools and tests: see [`Runtime::load_off_thread`] where tasks run.
    pub fn load(
        self: &Arc<Self>,
        component: &[u8],
        manifest: Manifest,
        grants: &Grants,
    ) -> Result<Arc<Driver>, LoadError> {
        let digest = ComponentDigest::of(component);
        if manifest.sha256.is_some_and(|pinned| pinned != digest) {
            return Err(LoadError::Digest {
                driver: manifest.id,
                found: digest,
            });
        }
        let checked = Checked {
            manifest,
            digest,
            provenance: Provenance::Unsigned,
        };
        self.build(component, checked, Source::Installed, grants)
    }

    fn build(
        self: &Arc<Self>,
        component: &[u8],
        checked: Checked,
        source: Source,
        grants: &Grants,
    ) -> Result<Arc<Driver>, LoadError> {
        let Checked {
            manifest,
            digest,
            provenance,
        } = checked;
        let name = manifest.id.clone();
        let granted = manifest.wants.and(grants);
        let shape = gate::check(component, &granted).map_err(|source| LoadError::Gate {
            driver: name.clone(),
            source,
        })?;
        if shape.contract != manifest.contract {
            return Err(LoadError::Contract {
                driver: name,
                named: manifest.contract,
                built: shape.contract,
            });
        }
        let (compiled, compilation) = self.compile(component).map_err(|error| LoadError::Compile {
            driver: name.clone(),
            source: error.into_boxed_dyn_error(),
        })?;
        let exports = link(&self.engine, &compiled, shape.contract, &granted)
            .and_then(|linker| linker.instantiate_pre(&compiled))
            .and_then(|pre| Exports::of(shape.contract, pre))
            .map_err(|error| LoadError::Link {
                driver: name,
                source: error.into_boxed_dyn_error(),
            })?;
        let origin = Origin {
            source,
            provenance,
            digest,
            shape,
            compilation,
        };
        Ok(Arc::new(Driver::new(Arc::clone(self), manifest, origin, exports)))
    }

    fn compile(&self, component: &[u8]) -> wasmtime::Result<(Component, Compilation)> {
        if let Some(aot) = &self.aot {
            return aot.component(&self.engine, component);
        }
        let begun = Instant::now();
        let compiled = Component::from_binary(&self.engine, component)?;
        let compilation = Compilation {
            cached: false,
            took: begun.elapsed(),
        };
        Ok((compiled, compilation))
    }

    /// [`Runtime::load`] on a thread for blocking work.
    pub async fn load_off_thread(
        self: &Arc<Self>,
        component: Vec<u8>,
        manifest: Manifest,
        grants: Grants,
    ) -> Result<Arc<Driver>, LoadError> {
        let runtime = Arc::clone(self);
        tokio::task::spawn_blocking(move || runtime.load(&component, manifest, &grants))
            .await
            .unwrap_or(Err(LoadError::Interrupted))
    }

    /// How many instances are alive now.
    pub fn live(&self) -> Live {
        self.seats.live()
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn seats(&self) -> &Seats {
        &self.seats
    }
}

fn engine_config() -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.max_wasm_stack(WASM_STACK_BYTES);
    config.async_stack_size(ASYNC_STACK_BYTES);
    config.parallel_compilation(true);
    config
}

/// A thread that advances the engine's epoch every [`CPU_TICK`], until the runtime goes.
struct Ticker {
    stop: Option<mpsc::SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    fn start(engine: &Engine) -> std::io::Result<Self> {
        let engine = engine.weak();
        let (stop, stopped) = mpsc::sync_channel::<()>(0);
        let thread = std::thread::Builder::new()
            .name("driver-ticks".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(CPU_TICK) == Err(mpsc::RecvTimeoutError::Timeout) {
                    let Some(engine) = engine.upgrade() else { return };
                    engine.increment_epoch();
                }
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that counts the CPU time of drivers ended badly");
        }
    }
}
