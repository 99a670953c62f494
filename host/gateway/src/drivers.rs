//! The drivers of the service: what is loaded, installed and chosen.

pub mod signing;

use std::path::Path;
use std::sync::Arc;

use switchyard_drivers::{
    AotCache, Choices, Depot, DepotError, FolderError, Lifecycle, LoadError, Registry, Runtime, RuntimeConfig,
};
use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// The file of choices, beside the installed drivers.
const CHOICES: &str = "choices.json";

/// Why the drivers could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The runtime cannot be set up.
    #[error("the driver runtime could not be set up")]
    Runtime(#[source] switchyard_drivers::Error),
    /// The folder of compiled drivers cannot be used.
    #[error("compiled drivers cannot be kept")]
    Cache(#[source] FolderError),
    /// The folder of installed drivers cannot be used.
    #[error("the installed drivers cannot be used")]
    Depot(#[source] DepotError),
    /// An embedded driver or the folder of the configuration cannot be loaded.
    #[error("the drivers could not be loaded")]
    Load(#[source] LoadError),
}

/// A cheap handle on the drivers.
#[derive(Debug, Clone)]
pub struct Drivers {
    lifecycle: Arc<Lifecycle>,
    choices: Arc<Choices>,
}

impl Drivers {
    /// Loads the embedded drivers, those of the folder, and what is installed. Compiles what is not kept: blocks.
    pub fn open(config: &Config) -> Result<Self, StartError> {
        let live = RuntimeConfig {
            live_polls: config.poller.in_flight,
            ..RuntimeConfig::default()
        };
        let cache = AotCache::open(&config.drivers.cache).map_err(StartError::Cache)?;
        let runtime = Runtime::caching(live, cache).map_err(StartError::Runtime)?;
        let registry = Arc::new(Registry::new(runtime, config.drivers.policy.clone()));
        let builtin = switchyard_builtin_drivers::drivers();
        registry
            .load_builtin(builtin.iter().map(|driver| (driver.manifest, driver.component)))
            .map_err(StartError::Load)?;
        if let Some(how) = switchyard_builtin_drivers::missing() {
            tracing::warn!("no driver is embedded: {how}");
        }
        let refused = match &config.drivers.folder {
            Some(folder) => load_folder(&registry, folder)?,
            None => Vec::new(),
        };
        let drivers = Self::over(registry, &config.drivers.store)?;
        for (path, error) in refused {
            drivers.lifecycle.note_refused(path, &error);
        }
        Ok(drivers)
    }

    /// The drivers of a registry, with what is installed in a folder.
    pub fn over(registry: Arc<Registry>, store: &Path) -> Result<Self, StartError> {
        let depot = Depot::open(store).map_err(StartError::Depot)?;
        let lifecycle = Lifecycle::open(Arc::clone(&registry), depot).map_err(StartError::Depot)?;
        let choices = Choices::open(registry, Some(store.join(CHOICES)));
        Ok(Self { lifecycle, choices })
    }

    /// The loaded drivers.
    pub fn registry(&self) -> &Arc<Registry> {
        self.lifecycle.registry()
    }

    /// Installing, upgrading and removing.
    pub fn lifecycle(&self) -> &Arc<Lifecycle> {
        &self.lifecycle
    }

    /// What was chosen for controllers whose inventory names no driver.
    pub fn choices(&self) -> &Arc<Choices> {
        &self.choices
    }

    /// Keeps choices on disk until `stop`.
    pub async fn keep_choices(self, stop: CancellationToken) {
        self.choices.keep(stop).await;
    }
}

type Refused = (String, LoadError);

fn load_folder(registry: &Registry, folder: &Path) -> Result<Vec<Refused>, StartError> {
    let loaded = registry.load_folder(folder).map_err(StartError::Load)?;
    Ok(loaded
        .into_iter()
        .filter_map(|(path, loaded)| Some((path.display().to_string(), loaded.err()?)))
        .collect())
}
