//! Installed drivers on disk: `ID/VERSION/` with `driver.toml`, `driver.wasm` and `driver.sig`, and one file with what is decided about
//! them.
//!
//! A version appears and goes by one rename of its folder, and decisions change by one rename of their file, each after what it names is
//! durable. So a process that is killed at any instant leaves every version whole or absent; what was being written or removed lies under
//! a name that begins with a dot, and goes at the next start.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::lineup::{Lineup, Lineups};
use crate::package::{COMPONENT, MANIFEST, Package, SIGNATURE};
use crate::private::{self, FolderError};
use crate::version::Version;

/// The file with what is decided.
const LINEUPS: &str = "lineups.json";
/// The version of that file.
const FORMAT: u32 = 1;
/// The largest such file, in bytes: some canaries of the largest fleet.
const LINEUPS_MAX_BYTES: u64 = 64 << 20;
/// The folder in which a version is made before it gets its name.
const ARRIVING: &str = ".arriving";
/// The name that a version has while it is removed.
const LEAVING: &str = ".leaving";

/// Why the depot could not do it.
#[derive(Debug, thiserror::Error)]
pub enum DepotError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file cannot be read or written.
    #[error("{} cannot be used", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file of decisions is damaged.
    #[error(
        "{} is not what the service writes: remove it, and every driver is back at its embedded or highest version",
        path.display()
    )]
    Lineups {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    format: u32,
    drivers: BTreeMap<String, Lineup>,
}

/// The folder of installed drivers. One process writes to it, that which holds the lock of the database.
#[derive(Debug)]
pub struct Depot {
    folder: PathBuf,
}

impl Depot {
    /// Opens the folder, makes it where it is missing, and removes what a killed process left half done.
    pub fn open(folder: &Path) -> Result<Self, DepotError> {
        private::folder(folder)?;
        let depot = Self {
            folder: folder.to_owned(),
        };
        for entry in list(folder)? {
            let name = entry
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let left = name == ARRIVING || name == LEAVING || name.ends_with(private::UNFINISHED);
            if left {
                remove(&entry)?;
            }
        }
        Ok(depot)
    }

    /// The folders of all versions, in order.
    pub fn versions(&self) -> Result<Vec<PathBuf>, DepotError> {
        let mut found = Vec::new();
        for driver in list(&self.folder)?.into_iter().filter(|path| path.is_dir()) {
            found.extend(
                list(&driver)?
                    .into_iter()
                    .filter(|path| path.join(MANIFEST).is_file()),
            );
        }
        found.sort();
        Ok(found)
    }

    /// The folder of a version.
    pub fn path(&self, id: &str, version: Version) -> PathBuf {
        self.folder.join(id).join(version.to_string())
    }

    /// Keeps a version. When this returns, it is durable.
    pub fn put(&self, id: &str, version: Version, package: &Package) -> Result<(), DepotError> {
        let arriving = self.folder.join(ARRIVING);
        let place = self.path(id, version);
        remove(&arriving)?;
        make(&arriving)?;
        let signature = package.signature.as_deref().map(str::as_bytes);
        let files = [
            (COMPONENT, Some(package.component.as_slice())),
            (SIGNATURE, signature),
            (MANIFEST, Some(package.manifest.as_bytes())),
        ];
        for (name, content) in files {
            if let Some(content) = content {
                let path = arriving.join(name);
                private::write(&path, &[content]).map_err(|source| DepotError::Io { path, source })?;
            }
        }
        let failed = |source| DepotError::Io {
            path: place.clone(),
            source,
        };
        private::sync_parent(&arriving.join(MANIFEST)).map_err(failed)?;
        make(&self.folder.join(id))?;
        private::sync_parent(&self.folder.join(id)).map_err(failed)?;
        fs::rename(&arriving, &place).map_err(failed)?;
        private::sync_parent(&place).map_err(failed)
    }

    /// Removes a version. It is gone when this returns.
    pub fn take_out(&self, id: &str, version: Version) -> Result<(), DepotError> {
        let (place, leaving) = (self.path(id, version), self.folder.join(LEAVING));
        remove(&leaving)?;
        let failed = |source| DepotError::Io {
            path: place.clone(),
            source,
        };
        match fs::rename(&place, &leaving) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            renamed => renamed.map_err(failed)?,
        }
        private::sync_parent(&place).map_err(failed)?;
        remove(&leaving)?;
        // The folder of the driver goes with its last version.
        drop(fs::remove_dir(self.folder.join(id)));
        Ok(())
    }

    /// What is decided about the drivers.
    pub fn lineups(&self) -> Result<Lineups, DepotError> {
        let path = self.folder.join(LINEUPS);
        let failed = |source| DepotError::Io {
            path: path.clone(),
            source,
        };
        let bytes = match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Lineups::new()),
            Err(error) => return Err(failed(error)),
            Ok(metadata) if metadata.len() > LINEUPS_MAX_BYTES => {
                return Err(failed(io::Error::other(format!(
                    "the file is larger than {LINEUPS_MAX_BYTES} bytes"
                ))));
            }
            Ok(_) => fs::read(&path).map_err(failed)?,
        };
        let decided: Decided = serde_json::from_slice(&bytes).map_err(|source| DepotError::Lineups {
            path: path.clone(),
            source,
        })?;
        Ok(decided.drivers)
    }

    /// Keeps what is decided. When this returns, it is durable.
    pub fn keep_lineups(&self, lineups: &Lineups) -> Result<(), DepotError> {
        let path = self.folder.join(LINEUPS);
        let decided = Decided {
            format: FORMAT,
            drivers: lineups.clone(),
        };
        serde_json::to_vec_pretty(&decided)
            .map_err(io::Error::from)
            .and_then(|text| private::replace(&path, &[&text]))
            .map_err(|source| DepotError::Io { path, source })
    }
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, DepotError> {
    let failed = |source| DepotError::Io {
        path: folder.to_owned(),
        source,
    };
    let entries = fs::read_dir(folder).map_err(failed)?;
    entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect()
}

fn make(folder: &Path) -> Result<(), DepotError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(DepotError::Io {
            path: folder.to_owned(),
            source: error,
        }),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Removes a file or folder that may not be there.
fn remove(path: &Path) -> Result<(), DepotError> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(DepotError::Io {
            path: path.to_owned(),
            source: error,
        }),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lineup::Canary;
    use switchyard_core::ControllerId;

    const VERSION: Version = Version::new(1, 0, 0);

    fn package(signature: Option<&str>) -> Package {
        Package {
            manifest: "id = \"acme\"\n".to_owned(),
            component: b"component".to_vec(),
            signature: signature.map(str::to_owned),
        }
    }

    #[test]
    fn a_version_comes_back_as_it_was_put_and_goes_without_a_trace() {
        let top = tempfile::tempdir().unwrap();
        let depot = Depot::open(top.path()).unwrap();
        for signature in [None, Some("signature")] {
            let package = package(signature);
            depot.put("acme", VERSION, &package).unwrap();
            let [path] = depot.versions().unwrap().try_into().unwrap();
            assert_eq!(path, top.path().join("acme/1.0.0"));
            assert_eq!(Package::read(&path).unwrap(), package);
            depot.take_out("acme", VERSION).unwrap();
            depot.take_out("acme", VERSION).unwrap();
            assert_eq!(fs::read_dir(top.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn what_was_half_done_goes_at_the_next_start() {
        let top = tempfile::tempdir().unwrap();
        let depot = Depot::open(top.path()).unwrap();
        depot.put("acme", VERSION, &package(None)).unwrap();
        for half in [ARRIVING, LEAVING] {
            fs::create_dir(top.path().join(half)).unwrap();
            fs::write(top.path().join(half).join(COMPONENT), "half").unwrap();
        }
        fs::write(top.path().join(format!("{LINEUPS}{}", private::UNFINISHED)), "{").unwrap();
        let depot = Depot::open(top.path()).unwrap();
        assert_eq!(depot.versions().unwrap().len(), 1);
        assert_eq!(fs::read_dir(top.path()).unwrap().count(), 1);
    }

    #[test]
    fn decisions_are_kept_and_a_damaged_file_is_refused_with_the_remedy() {
        let top = tempfile::tempdir().unwrap();
        let depot = Depot::open(top.path()).unwrap();
        assert_eq!(depot.lineups().unwrap(), Lineups::new());
        let lineup = Lineup {
            standard: Some(VERSION),
            former: None,
            canary: Some(Canary {
                version: Version::new(2, 0, 0),
                controllers: [ControllerId::parse("x0c0s0b0").unwrap()].into(),
            }),
        };
        let lineups = Lineups::from([("acme".to_owned(), lineup)]);
        depot.keep_lineups(&lineups).unwrap();
        assert_eq!(Depot::open(top.path()).unwrap().lineups().unwrap(), lineups);
        fs::write(top.path().join(LINEUPS), "{}").unwrap();
        let error = depot.lineups().unwrap_err();
        assert!(error.to_string().contains("remove it"), "{error}");
    }
}
