//! The loaded drivers, by id.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use switchyard_core::Fact;

use crate::driver::Driver;
use crate::engine::Runtime;
use crate::error::LoadError;
use crate::gate::GateError;
use crate::grants::Grants;
use crate::limits::{COMPONENT_MAX_BYTES, MANIFEST_MAX_BYTES};
use crate::manifest::{Manifest, ManifestError};

/// The manifest's file name.
const MANIFEST: &str = "driver.toml";
/// The component's file name, beside the manifest.
const COMPONENT: &str = "driver.wasm";

/// The folder of a driver, and what became of loading it.
pub type Loaded = (PathBuf, Result<Arc<Driver>, LoadError>);

/// Drivers by id. Built-in and third-party drivers take the same path into it.
#[derive(Debug)]
pub struct Registry {
    runtime: Arc<Runtime>,
    grants: Grants,
    drivers: RwLock<BTreeMap<String, Arc<Driver>>>,
}

impl Registry {
    /// An empty registry whose drivers get at most `grants`.
    pub fn new(runtime: Arc<Runtime>, grants: Grants) -> Self {
        Self {
            runtime,
            grants,
            drivers: RwLock::default(),
        }
    }

    /// The runtime.
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// Loads embedded drivers, each a manifest with its component, and ends at the first that is refused. Compiles: blocks.
    pub fn load_builtin<'d>(
        &self,
        drivers: impl IntoIterator<Item = (&'d str, &'d [u8])>,
    ) -> Result<(), LoadError> {
        drivers
            .into_iter()
            .try_for_each(|(manifest, component)| self.load(manifest, component).map(|_| ()))
    }

    /// Loads every driver below a folder: one folder each, with `driver.toml` and `driver.wasm`. One refused driver keeps no other
    /// from being loaded; the answer tells of each folder. Compiles: blocks.
    pub fn load_folder(&self, folder: &Path) -> Result<Vec<Loaded>, LoadError> {
        let read = |source| LoadError::Read {
            path: folder.to_owned(),
            source,
        };
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).map_err(read)? {
            let path = entry.map_err(read)?.path();
            if path.join(MANIFEST).is_file() {
                found.push(path);
            }
        }
        found.sort();
        Ok(found
            .into_iter()
            .map(|path| (path.clone(), self.load_files(&path)))
            .collect())
    }

    /// Loads one driver. Compiles: blocks.
    pub fn load(&self, manifest: &str, component: &[u8]) -> Result<Arc<Driver>, LoadError> {
        let manifest = Manifest::parse(manifest)?;
        if self.get(&manifest.id).is_some() {
            return Err(LoadError::Duplicate(manifest.id));
        }
        let driver = self.runtime.load(component, manifest, &self.grants)?;
        let id = driver.manifest().id.clone();
        let mut drivers = self.drivers.write().unwrap_or_else(PoisonError::into_inner);
        if drivers.contains_key(&id) {
            return Err(LoadError::Duplicate(id));
        }
        tracing::info!(driver = %driver.name(), "driver loaded");
        drivers.insert(id, Arc::clone(&driver));
        Ok(driver)
    }

    /// The driver of this id.
    pub fn get(&self, id: &str) -> Option<Arc<Driver>> {
        self.drivers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned()
    }

    /// All drivers, by id.
    pub fn list(&self) -> Vec<Arc<Driver>> {
        self.drivers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// The driver whose rules fit these facts of a probe best. Of equals the first by id.
    pub fn matching(&self, facts: &[Fact]) -> Option<Arc<Driver>> {
        let fits = self
            .list()
            .into_iter()
            .rev()
            .filter_map(|driver| Some((driver.manifest().priority(facts)?, driver)));
        fits.max_by_key(|(priority, _)| *priority)
            .map(|(_, driver)| driver)
    }

    /// Loads the driver of one folder with `driver.toml` and `driver.wasm`. Compiles: blocks.
    pub fn load_files(&self, folder: &Path) -> Result<Arc<Driver>, LoadError> {
        let manifest = read_bounded(&folder.join(MANIFEST), MANIFEST_MAX_BYTES)?;
        let manifest = String::from_utf8(manifest).map_err(|_| ManifestError::Value {
            key: "file",
            value: folder.display().to_string(),
            rule: "the manifest must be UTF-8",
        })?;
        let path = folder.join(COMPONENT);
        let component = read_bounded(&path, COMPONENT_MAX_BYTES)?;
        if component.len() > COMPONENT_MAX_BYTES {
            return Err(LoadError::Gate {
                driver: path.display().to_string(),
                source: GateError::TooLarge(component.len()),
            });
        }
        self.load(&manifest, &component)
    }
}

/// Reads a file up to one byte more than `max`, which the check of its size then sees.
fn read_bounded(path: &Path, max: usize) -> Result<Vec<u8>, LoadError> {
    let read = |source| LoadError::Read {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)
        .map_err(read)?
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(read)?;
    Ok(bytes)
}
