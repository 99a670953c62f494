//! One process per file.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use switchyard_store::StoreError;

/// What the name of a lock ends with.
pub(crate) const END: &str = ".lock";

/// Locks `<path>.lock`. The kernel releases the lock when the file is dropped or the process dies, however it dies.
pub(crate) fn hold(path: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(lock_path(path))
        .map_err(|source| StoreError::Engine {
            step: "open its lock file",
            source: source.into(),
        })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse {
            path: path.display().to_string(),
        }),
        Err(TryLockError::Error(source)) => Err(StoreError::Engine {
            step: "take its lock",
            source: source.into(),
        }),
    }
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(END);
    PathBuf::from(name)
}
