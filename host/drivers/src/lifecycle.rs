//! Installing, upgrading, rolling back and removing drivers while they are called.
//!
//! Every change is durable on disk before the registry shows it, and a change that is asked for goes on when nobody waits for it any
//! more. Components are compiled one at a time.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use switchyard_core::ControllerId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::depot::{Depot, DepotError};
use crate::driver::{Driver, DriverName};
use crate::error::{LoadError, sentence};
use crate::lineup::{Lineup, LineupError, Lineups, Stock};
use crate::manifest::{Manifest, ManifestError};
use crate::package::{Package, Source};
use crate::registry::Registry;
use crate::version::Version;

/// The most versions of drivers that are installed.
pub const INSTALLED_MAX: usize = 256;
/// Refused drivers that are remembered.
const REFUSED_MAX: usize = 32;

/// Why a change did not come about.
#[derive(Debug, thiserror::Error)]
pub enum LifecycleError {
    /// The driver is refused.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The decision cannot be taken.
    #[error(transparent)]
    Lineup(#[from] LineupError),
    /// The disk does not do it.
    #[error("the installed drivers cannot be read or written")]
    Depot(#[from] DepotError),
    /// There is no such driver.
    #[error("no driver {0} is loaded: `switchyard drivers list` shows those that are")]
    NotFound(String),
    /// The version is there with other content.
    #[error("{0} is there already with another component or manifest: give the new one another version")]
    Exists(DriverName),
    /// The version belongs to the service.
    #[error(
        "{0} is embedded in the service and cannot be removed: install and promote another version instead"
    )]
    Embedded(DriverName),
    /// The version lies in a folder of the configuration.
    #[error("{driver} lies in {}, which the configuration names: remove it there, and start the service again", folder.display())]
    InFolder {
        /// The driver.
        driver: DriverName,
        /// Its folder.
        folder: PathBuf,
    },
    /// Controllers would be left without a driver.
    #[error(
        "{controllers} controllers are spoken to with {driver}: name another driver for them in the inventory, or install another version of it first"
    )]
    InUse {
        /// The driver.
        driver: DriverName,
        /// How many controllers.
        controllers: usize,
    },
    /// Several versions could be meant.
    #[error("{id} is installed in the versions {versions}: say which one")]
    WhichVersion {
        /// The driver.
        id: String,
        /// The installed versions.
        versions: String,
    },
    /// Another driver is being installed.
    #[error("another driver is being installed: try again when that is done")]
    Busy,
    /// Too much is installed.
    #[error("{INSTALLED_MAX} versions of drivers are installed already: remove some first")]
    Full,
    /// The service is stopping.
    #[error("the change was interrupted, since the service is stopping")]
    Interrupted,
}

impl LifecycleError {
    /// The error with what lies below it, in one sentence.
    pub fn sentence(&self) -> String {
        sentence(self)
    }
}

/// What became of an installation.
#[derive(Debug, Clone)]
pub enum Installed {
    /// The version is new. It is used at once when it is the first of its driver.
    New(Arc<Driver>),
    /// The very same version was there.
    Already(Arc<Driver>),
}

/// The right to install one driver. It is given back when it is dropped.
#[derive(Debug)]
pub struct Place(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// A driver that was refused, for those who look for it later.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Its folder, or what its upload called itself.
    pub what: String,
    /// The stable code.
    pub code: &'static str,
    /// Why, and what to do.
    pub text: String,
    /// When.
    pub at: SystemTime,
}

/// The life cycle of drivers.
#[derive(Debug)]
pub struct Lifecycle {
    registry: Arc<Registry>,
    depot: Depot,
    /// What is decided, as it is on disk. Held while anything changes.
    lineups: Mutex<Lineups>,
    installing: Arc<Semaphore>,
    refused: Mutex<VecDeque<Refused>>,
}

impl Lifecycle {
    /// Loads what is installed. A driver that is refused keeps no other from being loaded. Compiles what is not kept: blocks.
    pub fn open(registry: Arc<Registry>, depot: Depot) -> Result<Arc<Self>, DepotError> {
        let lineups = depot.lineups()?;
        let this = Self {
            lineups: Mutex::new(lineups),
            installing: Arc::new(Semaphore::new(1)),
            refused: Mutex::default(),
            registry,
            depot,
        };
        for path in this.depot.versions()? {
            if let Err(error) = this.load(&path) {
                this.note_refused(path.display().to_string(), &error);
            }
        }
        this.registry.decide_all(&this.lineups());
        this.warn_of_lost_versions();
        Ok(Arc::new(this))
    }

    fn load(&self, path: &std::path::Path) -> Result<(), LoadError> {
        let package = Package::read(path)?;
        let manifest = Manifest::parse(&package.manifest)?;
        if path != self.depot.path(&manifest.id, manifest.version) {
            return Err(LoadError::Manifest(ManifestError::Value {
                key: "id",
                value: format!("{}@{}", manifest.id, manifest.version),
                rule: "an installed driver lies in the folder of its id and version",
            }));
        }
        self.registry.load(&package, Source::Installed).map(|_| ())
    }

    fn warn_of_lost_versions(&self) {
        for (id, lineup) in self.lineups().iter() {
            let stock = self
                .registry
                .shelf(id)
                .map(|shelf| shelf.stock().clone())
                .unwrap_or_default();
            let canary = lineup.canary.as_ref().map(|canary| canary.version);
            for version in lineup.standard.into_iter().chain(canary) {
                if !stock.versions.contains(&version) {
                    tracing::error!(driver = %id, %version, "the version in use is not loaded; another one takes its place");
                }
            }
        }
    }

    /// The loaded drivers.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The drivers that were refused lately, the newest last.
    pub fn refused(&self) -> Vec<Refused> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.iter().cloned().collect()
    }

    /// Remembers a driver that was refused.
    pub fn note_refused(&self, what: String, error: &LoadError) {
        let text = error.sentence();
        tracing::error!(driver = %what, error = %text, "driver refused");
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.retain(|known| known.what != what);
        if refused.len() == REFUSED_MAX {
            refused.pop_front();
        }
        refused.push_back(Refused {
            what,
            code: error.code(),
            text,
            at: SystemTime::now(),
        });
    }

    /// The place for one installation. There is one, so that one component is held and compiled at a time.
    pub fn place(&self) -> Result<Place, LifecycleError> {
        Arc::clone(&self.installing)
            .try_acquire_owned()
            .map(Place)
            .map_err(|_| LifecycleError::Busy)
    }

    /// Installs a version. It is checked, compiled and durable when this returns, and used at once when it is the first of its driver.
    /// Goes on when the caller does not wait.
    pub async fn install(
        self: &Arc<Self>,
        place: Place,
        package: Package,
    ) -> Result<Installed, LifecycleError> {
        self.off_thread(move |this| {
            let _place = place;
            let installed = this.install_now(&package);
            if let Err(LifecycleError::Load(error)) = &installed {
                this.note_refused(name_of(&package), error);
            }
            installed
        })
        .await
    }

    fn install_now(&self, package: &Package) -> Result<Installed, LifecycleError> {
        let manifest = Manifest::parse(&package.manifest).map_err(LoadError::from)?;
        if let Some(known) = self.registry.version(&manifest.id, manifest.version) {
            return same(known, package);
        }
        let driver = self
            .registry
            .runtime()
            .admit(package, Source::Installed, self.registry.policy())?;
        let mut lineups = self.lineups();
        if self.depot.versions()?.len() >= INSTALLED_MAX {
            return Err(LifecycleError::Full);
        }
        self.keep_standard(&mut lineups, &manifest.id)?;
        // A version that was refused at the start still lies there.
        self.depot.take_out(&manifest.id, manifest.version)?;
        self.depot.put(&manifest.id, manifest.version, package)?;
        self.registry.add(&driver)?;
        Ok(Installed::New(driver))
    }

    /// Decides for the version that is used now, where nothing is decided and a further one would take its place.
    fn keep_standard(&self, lineups: &mut Lineups, id: &str) -> Result<(), DepotError> {
        let Some(shelf) = self.registry.shelf(id) else {
            return Ok(());
        };
        if shelf.stock().embedded.is_some() || shelf.lineup.standard.is_some() {
            return Ok(());
        }
        let lineup = Lineup {
            standard: shelf.lineup.standard(shelf.stock()),
            ..shelf.lineup
        };
        self.keep(lineups, id, lineup)
    }

    /// Lets controllers try a version, besides those that try it already.
    pub async fn upgrade(
        self: &Arc<Self>,
        id: &str,
        version: Version,
        controllers: BTreeSet<ControllerId>,
    ) -> Result<Lineup, LifecycleError> {
        self.decide(id, move |lineup, stock| {
            lineup.upgrade(version, controllers, stock)
        })
        .await
    }

    /// Makes a version the one for all.
    pub async fn promote(self: &Arc<Self>, id: &str, version: Version) -> Result<Lineup, LifecycleError> {
        self.decide(id, move |lineup, stock| lineup.promote(version, stock))
            .await
    }

    /// Ends the canary; without one, goes back to the version before the last promotion.
    pub async fn roll_back(self: &Arc<Self>, id: &str) -> Result<Lineup, LifecycleError> {
        self.decide(id, crate::lineup::Lineup::roll_back).await
    }

    async fn decide(
        self: &Arc<Self>,
        id: &str,
        decide: impl FnOnce(&Lineup, &Stock) -> Result<Lineup, LineupError> + Send + 'static,
    ) -> Result<Lineup, LifecycleError> {
        let id = id.to_owned();
        self.off_thread(move |this| {
            let mut lineups = this.lineups();
            let shelf = this
                .registry
                .shelf(&id)
                .ok_or_else(|| LifecycleError::NotFound(id.clone()))?;
            let lineup = decide(&shelf.lineup, shelf.stock())?;
            this.keep(&mut lineups, &id, lineup.clone())?;
            Ok(lineup)
        })
        .await
    }

    /// Stores a decision, then shows it.
    fn keep(&self, lineups: &mut Lineups, id: &str, lineup: Lineup) -> Result<(), DepotError> {
        let mut after = lineups.clone();
        if lineup == Lineup::default() {
            after.remove(id);
        } else {
            after.insert(id.to_owned(), lineup.clone());
        }
        self.depot.keep_lineups(&after)?;
        *lineups = after;
        self.registry.decide(id, lineup);
        Ok(())
    }

    /// Removes an installed version that is not in use. `users` counts the controllers that would be left without any driver when a
    /// driver goes with its last version.
    pub async fn remove(
        self: &Arc<Self>,
        id: &str,
        version: Option<Version>,
        users: impl FnOnce() -> usize + Send + 'static,
    ) -> Result<DriverName, LifecycleError> {
        let id = id.to_owned();
        self.off_thread(move |this| {
            let mut lineups = this.lineups();
            let shelf = this
                .registry
                .shelf(&id)
                .ok_or_else(|| LifecycleError::NotFound(id.clone()))?;
            let version = match version {
                Some(version) => version,
                None => only_installed(&id, shelf.versions())?,
            };
            let lineup = shelf.lineup.without(version, shelf.stock())?;
            let driver = this
                .registry
                .version(&id, version)
                .ok_or(LineupError::NotInstalled(version))?;
            let name = driver.name().clone();
            match driver.source() {
                Source::Installed => {}
                Source::Embedded => return Err(LifecycleError::Embedded(name)),
                Source::Folder(folder) => {
                    let folder = folder.clone();
                    return Err(LifecycleError::InFolder { driver: name, folder });
                }
            }
            let controllers = if shelf.stock().versions.len() == 1 {
                users()
            } else {
                0
            };
            if controllers > 0 {
                return Err(LifecycleError::InUse {
                    driver: name,
                    controllers,
                });
            }
            this.keep(&mut lineups, &id, lineup)?;
            this.depot.take_out(&id, version)?;
            this.registry.take_out(&id, version);
            Ok(name)
        })
        .await
    }

    fn lineups(&self) -> MutexGuard<'_, Lineups> {
        self.lineups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs what blocks on a thread for it, to its end.
    async fn off_thread<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, LifecycleError> + Send + 'static,
    ) -> Result<T, LifecycleError> {
        let this = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&this))
            .await
            .unwrap_or(Err(LifecycleError::Interrupted))
    }
}

/// What the package calls itself, as far as that can be read.
fn name_of(package: &Package) -> String {
    Manifest::parse(&package.manifest).map_or_else(
        |_| "an upload".to_owned(),
        |manifest| format!("{}@{}", manifest.id, manifest.version),
    )
}

/// Whether the package is what is loaded under its name.
fn same(known: Arc<Driver>, package: &Package) -> Result<Installed, LifecycleError> {
    if known.is_made_of(package) {
        Ok(Installed::Already(known))
    } else {
        Err(LifecycleError::Exists(known.name().clone()))
    }
}

fn only_installed<'d>(
    id: &str,
    versions: impl Iterator<Item = &'d Arc<Driver>>,
) -> Result<Version, LifecycleError> {
    let versions: Vec<&Arc<Driver>> = versions.collect();
    let installed: Vec<&&Arc<Driver>> = versions
        .iter()
        .filter(|driver| *driver.source() == Source::Installed)
        .collect();
    match (installed.as_slice(), versions.as_slice()) {
        ([only], _) => Ok(only.manifest().version),
        ([], [first, ..]) => Ok(first.manifest().version),
        ([], []) => Err(LifecycleError::NotFound(id.to_owned())),
        (several, _) => Err(LifecycleError::WhichVersion {
            id: id.to_owned(),
            versions: several
                .iter()
                .map(|driver| driver.manifest().version.to_string())
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}
