//! How much room the disk of the database has.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::config;

const MIB: u64 = 1024 * 1024;

/// Tells how many bytes the disk under a folder has left for this process.
type FreeBytes = Box<dyn Fn(&Path) -> io::Result<u64> + Send + Sync>;

/// The disk of the database.
pub struct Disk {
    folder: PathBuf,
    min_mib: u64,
    warn_mib: u64,
    free: FreeBytes,
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// How much room there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Room {
    /// Enough.
    Enough,
    /// Enough, but not for long; why.
    Short(String),
    /// Too little to accept anything new; why.
    Full(String),
    /// That could not be found out; why.
    Unknown(String),
}

impl Disk {
    /// The disk of the database in this configuration.
    pub fn of(store: &config::Store) -> Self {
        Self::measured_by(store, Box::new(free_bytes))
    }

    /// The same, measured in another way.
    pub fn measured_by(store: &config::Store, free: FreeBytes) -> Self {
        let folder = store
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        Self {
            folder: folder.to_owned(),
            min_mib: store.free_min_mib,
            warn_mib: store.free_warn_mib,
            free,
        }
    }

    /// Looks at it. Blocks.
    pub fn look(&self) -> Room {
        let folder = self.folder.display();
        let free = match (self.free)(&self.folder) {
            Ok(free) => free / MIB,
            Err(error) => {
                return Room::Unknown(format!("The room in {folder} cannot be found out: {error}."));
            }
        };
        if free < self.min_mib {
            Room::Full(format!(
                "{folder} has {free} MiB left, fewer than store.free_min_mib = {}: nothing new is accepted until there is room.",
                self.min_mib
            ))
        } else if free < self.warn_mib {
            Room::Short(format!(
                "{folder} has {free} MiB left, fewer than store.free_warn_mib = {}; from {} on nothing new is accepted.",
                self.warn_mib, self.min_mib
            ))
        } else {
            Room::Enough
        }
    }
}

/// The bytes that the disk under a folder has left for this process.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}
