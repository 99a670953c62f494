//! The files beside the database that belong to an installation, and what they are called in a backup.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Component, Path, PathBuf};

use switchyard_store_sqlite::BackupFile;

use super::Error;
use crate::config::Config;
use crate::discovery;
use crate::whole_file;

/// The largest file that a backup takes, in bytes.
pub const FILE_MAX_BYTES: u64 = 64 << 20;
/// The most that a backup takes in all files beside the database, in bytes.
pub const FILES_MAX_BYTES: u64 = 512 << 20;

/// The folder of installed drivers, their line-ups and choices.
const DRIVERS: &str = "drivers";
/// What was last read from SMD.
const SMD: &str = "smd-cache";
/// What was found and accepted by discovery.
const DISCOVERED: &str = "discovered";
/// The certificates that were pinned anew.
const PINS: &str = "pins";
/// The encrypted credential file.
const CREDENTIALS: &str = "credentials";

/// Where the files of an installation are. The configuration and the inventory belong to their author and are not among them.
#[derive(Debug, Clone)]
pub struct Files {
    drivers: PathBuf,
    smd: PathBuf,
    discovered: PathBuf,
    pins: PathBuf,
    credentials: PathBuf,
}

impl Files {
    /// The files of this configuration.
    pub fn of(config: &Config) -> Self {
        let beside = config.store.path.parent().unwrap_or(Path::new(""));
        Self {
            drivers: config.drivers.store.clone(),
            smd: config.smd.cache_file.clone(),
            discovered: beside.join(discovery::DISCOVERED_FILE),
            pins: beside.join(discovery::PINS_FILE),
            credentials: config.credentials.file.clone(),
        }
    }

    /// Reads those that are there. The key of the credentials is never among them. Blocks.
    pub(super) fn read(&self, credentials: bool) -> Result<Vec<BackupFile>, Error> {
        let mut found = Vec::new();
        read_folder(&self.drivers, DRIVERS, &mut found)?;
        for (path, name) in [
            (&self.smd, SMD),
            (&self.discovered, DISCOVERED),
            (&self.pins, PINS),
        ] {
            found.extend(read_file(path, name)?);
        }
        if credentials {
            found.extend(read_file(&self.credentials, CREDENTIALS)?);
        }
        let total: u64 = found.iter().map(|file| file.content.len() as u64).sum();
        if total > FILES_MAX_BYTES {
            return Err(Error::TooLarge {
                path: self.drivers.clone(),
            });
        }
        Ok(found)
    }

    /// Where a file of a backup belongs.
    pub(super) fn place(&self, name: &str) -> Result<PathBuf, Error> {
        let bad = || Error::BadName(name.to_owned());
        match name.split_once('/') {
            None if name == SMD => Ok(self.smd.clone()),
            None if name == DISCOVERED => Ok(self.discovered.clone()),
            None if name == PINS => Ok(self.pins.clone()),
            None if name == CREDENTIALS => Ok(self.credentials.clone()),
            Some((DRIVERS, below)) => {
                let below = Path::new(below);
                let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
                let is_below = below.components().next().is_some() && below.components().all(plain);
                is_below.then(|| self.drivers.join(below)).ok_or_else(bad)
            }
            _ => Err(bad()),
        }
    }
}

/// Every file of a folder and of those below, but for what is being written.
fn read_folder(folder: &Path, name: &str, found: &mut Vec<BackupFile>) -> Result<(), Error> {
    let failed = |source| Error::File {
        path: folder.to_owned(),
        step: "read",
        source,
    };
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let file_name = entry.file_name().to_string_lossy().into_owned();
        if file_name.starts_with('.') {
            continue;
        }
        let name = format!("{name}/{file_name}");
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            read_folder(&entry.path(), &name, found)?;
        } else if kind.is_file() {
            found.extend(read_file(&entry.path(), &name)?);
        }
    }
    Ok(())
}

fn read_file(path: &Path, name: &str) -> Result<Option<BackupFile>, Error> {
    let failed = |source| Error::File {
        path: path.to_owned(),
        step: "read",
        source,
    };
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed)?,
    };
    let mut content = Vec::new();
    file.take(FILE_MAX_BYTES + 1)
        .read_to_end(&mut content)
        .map_err(failed)?;
    if content.len() as u64 > FILE_MAX_BYTES {
        return Err(Error::TooLarge {
            path: path.to_owned(),
        });
    }
    Ok(Some(BackupFile {
        name: name.to_owned(),
        content,
    }))
}

/// Writes a file whole, for its owner alone.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    let failed = |source| Error::File {
        path: path.to_owned(),
        step: "written",
        source,
    };
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(whole_file::folder(path))
        .map_err(failed)?;
    whole_file::replace(path, content).map_err(failed)
}
