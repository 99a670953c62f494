//! The loaded drivers, by id and version, and which version a controller is spoken to with.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use switchyard_core::{ControllerId, Fact};

use crate::driver::Driver;
use crate::engine::Runtime;
use crate::error::LoadError;
use crate::lineup::{Lineup, Lineups, Stock};
use crate::manifest::Reach;
use crate::package::{MANIFEST, Package, Source};
use crate::policy::Policy;
use crate::version::Version;

/// The folder of a driver, and what became of loading it.
pub type Loaded = (PathBuf, Result<Arc<Driver>, LoadError>);

/// Drivers by id and version. Embedded and third-party drivers take the same path into it. A call keeps the driver that it began with,
/// whatever becomes of the registry meanwhile.
#[derive(Debug)]
pub struct Registry {
    runtime: Arc<Runtime>,
    policy: Policy,
    shelves: RwLock<BTreeMap<String, Shelf>>,
}

/// The versions of one driver.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    /// What is decided about them.
    pub lineup: Lineup,
    versions: BTreeMap<Version, Arc<Driver>>,
    stock: Stock,
}

impl Shelf {
    /// The versions, oldest first.
    pub fn versions(&self) -> impl DoubleEndedIterator<Item = &Arc<Driver>> {
        self.versions.values()
    }

    /// What versions there are.
    pub fn stock(&self) -> &Stock {
        &self.stock
    }

    /// The version for everybody who is not in the canary.
    pub fn standard(&self) -> Option<&Arc<Driver>> {
        self.versions.get(&self.lineup.standard(&self.stock)?)
    }

    /// The version for one controller.
    pub fn version_for(&self, controller: &ControllerId) -> Option<&Arc<Driver>> {
        self.versions
            .get(&self.lineup.version_for(controller, &self.stock)?)
    }

    fn count(&mut self) {
        let embedded = |driver: &&Arc<Driver>| *driver.source() == Source::Embedded;
        self.stock = Stock {
            embedded: self
                .versions
                .values()
                .find(embedded)
                .map(|driver| driver.manifest().version),
            versions: self.versions.keys().copied().collect(),
        };
    }
}

impl Registry {
    /// An empty registry.
    pub fn new(runtime: Arc<Runtime>, policy: Policy) -> Self {
        Self {
            runtime,
            policy,
            shelves: RwLock::default(),
        }
    }

    /// The runtime.
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// What the operator says of drivers.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Loads embedded drivers, each a manifest with its component, and ends at the first that is refused. Compiles: blocks.
    pub fn load_builtin<'d>(
        &self,
        drivers: impl IntoIterator<Item = (&'d str, &'d [u8])>,
    ) -> Result<(), LoadError> {
        drivers.into_iter().try_for_each(|(manifest, component)| {
            let package = Package {
                manifest: manifest.to_owned(),
                component: component.to_vec(),
                signature: None,
            };
            self.load(&package, Source::Embedded).map(|_| ())
        })
    }

    /// Loads every driver below a folder: one folder each, with `driver.toml`, `driver.wasm` and `driver.sig`. One refused driver keeps
    /// no other from being loaded; the answer tells of each folder. Compiles: blocks.
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

    /// Loads the driver of one folder. Compiles: blocks.
    pub fn load_files(&self, folder: &Path) -> Result<Arc<Driver>, LoadError> {
        self.load(&Package::read(folder)?, Source::Folder(folder.to_owned()))
    }

    /// Loads one driver. Compiles: blocks.
    pub fn load(&self, package: &Package, source: Source) -> Result<Arc<Driver>, LoadError> {
        let driver = self.runtime.admit(package, source, &self.policy)?;
        self.add(&driver)?;
        Ok(driver)
    }

    /// Takes in a loaded driver, unless its version is there.
    pub(crate) fn add(&self, driver: &Arc<Driver>) -> Result<(), LoadError> {
        let mut shelves = self.write();
        let shelf = shelves.entry(driver.manifest().id.clone()).or_default();
        if shelf.versions.contains_key(&driver.manifest().version) {
            return Err(LoadError::Duplicate(driver.name().clone()));
        }
        tracing::info!(driver = %driver.name(), cached = driver.compilation().cached, "driver loaded");
        shelf
            .versions
            .insert(driver.manifest().version, Arc::clone(driver));
        shelf.count();
        Ok(())
    }

    /// Takes a version out. Calls that it has begun end with it.
    pub(crate) fn take_out(&self, id: &str, version: Version) {
        let mut shelves = self.write();
        let Some(shelf) = shelves.get_mut(id) else { return };
        shelf.versions.remove(&version);
        shelf.count();
        if shelf.versions.is_empty() {
            shelves.remove(id);
        }
    }

    /// Decides about the versions of a driver.
    pub(crate) fn decide(&self, id: &str, lineup: Lineup) {
        if let Some(shelf) = self.write().get_mut(id) {
            shelf.lineup = lineup;
        }
    }

    /// Decides about the versions of all drivers.
    pub(crate) fn decide_all(&self, lineups: &Lineups) {
        for (id, lineup) in lineups {
            self.decide(id, lineup.clone());
        }
    }

    /// The versions of a driver.
    pub fn shelf(&self, id: &str) -> Option<Shelf> {
        self.read().get(id).cloned()
    }

    /// The version of a driver that everybody uses who is not in its canary.
    pub fn get(&self, id: &str) -> Option<Arc<Driver>> {
        self.read().get(id)?.standard().cloned()
    }

    /// The version of a driver that this controller is spoken to with.
    pub fn for_controller(&self, id: &str, controller: &ControllerId) -> Option<Arc<Driver>> {
        self.read().get(id)?.version_for(controller).cloned()
    }

    /// One version of a driver.
    pub fn version(&self, id: &str, version: Version) -> Option<Arc<Driver>> {
        self.read().get(id)?.versions.get(&version).cloned()
    }

    /// The ids of all drivers, in order.
    pub fn ids(&self) -> Vec<String> {
        self.read().keys().cloned().collect()
    }

    /// All drivers in the version that everybody uses who is not in a canary, by id.
    pub fn list(&self) -> Vec<Arc<Driver>> {
        let shelves = self.read();
        shelves.values().filter_map(Shelf::standard).cloned().collect()
    }

    /// The driver whose rules fit these facts of a probe best. Of equals the first by id.
    pub fn matching(&self, facts: &[Fact]) -> Option<Arc<Driver>> {
        best(self.read().values().filter_map(Shelf::standard), facts)
    }

    /// The same among the versions for one controller.
    pub fn matching_for(&self, facts: &[Fact], controller: &ControllerId) -> Option<Arc<Driver>> {
        let shelves = self.read();
        best(
            shelves.values().filter_map(|shelf| shelf.version_for(controller)),
            facts,
        )
    }

    /// The same without one driver.
    pub fn matching_but(&self, facts: &[Fact], controller: &ControllerId, but: &str) -> Option<Arc<Driver>> {
        let shelves = self.read();
        let others = shelves.iter().filter(|(id, _)| *id != but);
        best(
            others.filter_map(|(_, shelf)| shelf.version_for(controller)),
            facts,
        )
    }

    /// The drivers that can recognise what answers at an address, those first that know its port, then by id.
    pub fn probers(&self, scheme: &str, port: u16, controller: &ControllerId) -> Vec<Arc<Driver>> {
        let mut probers: Vec<(Reach, Arc<Driver>)> = self
            .read()
            .values()
            .filter_map(|shelf| shelf.version_for(controller))
            .filter_map(|driver| Some((driver.manifest().reach(scheme, port)?, Arc::clone(driver))))
            .collect();
        probers.sort_by_key(|(reach, _)| *reach);
        probers.into_iter().map(|(_, driver)| driver).collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Shelf>> {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Shelf>> {
        self.shelves.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The driver whose rules fit best; of equals the first.
fn best<'d>(
    drivers: impl DoubleEndedIterator<Item = &'d Arc<Driver>>,
    facts: &[Fact],
) -> Option<Arc<Driver>> {
    let fits = drivers
        .rev()
        .filter_map(|driver| Some((driver.manifest().priority(facts)?, driver)));
    fits.max_by_key(|(priority, _)| *priority)
        .map(|(_, driver)| Arc::clone(driver))
}
