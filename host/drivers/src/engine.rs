//! The WebAssembly engine with its ticker, and loading.

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use sha2::{Digest, Sha256};
use wasmtime::component::Component;
use wasmtime::{Config, Engine};

use crate::bindings::v0_1::Exports;
use crate::driver::Driver;
use crate::error::{Error, LoadError};
use crate::gate;
use crate::grants::Grants;
use crate::limits::{ASYNC_STACK_BYTES, CPU_TICK, LIVE_ACTIONS, LIVE_POLLS, WASM_STACK_BYTES};
use crate::linker::link;
use crate::manifest::Manifest;
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
    /// Sets the engine up and starts the thread that ticks.
    pub fn new(config: RuntimeConfig) -> Result<Arc<Self>, Error> {
        let engine =
            Engine::new(&engine_config()).map_err(|error| Error::Engine(error.into_boxed_dyn_error()))?;
        let ticker = Ticker::start(&engine).map_err(Error::Ticker)?;
        let seats = Seats::new(Live {
            polls: config.live_polls,
            actions: config.live_actions,
        });
        Ok(Arc::new(Self {
            engine,
            seats,
            _ticker: ticker,
        }))
    }

    /// Loads a driver: digest, gate, compilation, linking against what manifest and operator both grant. Compilation takes CPU time
    /// (tens of milliseconds for a small component, seconds for a large one): call [`Runtime::load_off_thread`] where tasks run.
    pub fn load(
        self: &Arc<Self>,
        component: &[u8],
        manifest: Manifest,
        grants: &Grants,
    ) -> Result<Arc<Driver>, LoadError> {
        let name = manifest.id.clone();
        check_digest(component, &manifest)?;
        let granted = manifest.wants.and(grants);
        gate::check(component, &granted).map_err(|source| LoadError::Gate {
            driver: name.clone(),
            source,
        })?;
        let compiled =
            Component::from_binary(&self.engine, component).map_err(|error| LoadError::Compile {
                driver: name.clone(),
                source: error.into_boxed_dyn_error(),
            })?;
        let exports = link(&self.engine, &compiled, &granted)
            .and_then(|linker| linker.instantiate_pre(&compiled))
            .and_then(Exports::of)
            .map_err(|error| LoadError::Link {
                driver: name,
                source: error.into_boxed_dyn_error(),
            })?;
        Ok(Arc::new(Driver::new(Arc::clone(self), manifest, exports)))
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

fn check_digest(component: &[u8], manifest: &Manifest) -> Result<(), LoadError> {
    let Some(expected) = manifest.sha256 else {
        return Ok(());
    };
    let found = Sha256::digest(component);
    if found.as_slice() == expected {
        return Ok(());
    }
    let found = found
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    Err(LoadError::Digest {
        driver: manifest.id.clone(),
        found,
    })
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
