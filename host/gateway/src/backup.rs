//! Backups of a whole installation: the database with the files beside it, made while the service runs or stands, and put back.

mod files;
mod restore;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use switchyard_core::Timestamp;
use switchyard_store::StoreError;
use switchyard_store_sqlite::SqliteStore;

use crate::clock::{Clock, SystemClock};
use crate::config::Config;

pub use files::{FILE_MAX_BYTES, FILES_MAX_BYTES, Files};
pub use restore::{Restored, restore};

/// What the names of backups begin with that the running service makes.
const PREFIX: &str = "switchyard-";
/// What they end with.
const SUFFIX: &str = ".backup";
/// What the name of one ends with that is not complete.
const CUT_OFF: &str = ".backup.part";
/// The most backups in the folder of the running service.
pub const BACKUPS_MAX: usize = 100;

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration names no folder.
    #[error("backup.folder is not configured, so that the running service has no place for backups")]
    NoFolder,
    /// Another backup is being made.
    #[error("another backup is being made")]
    Busy,
    /// The folder is full of backups.
    #[error("{} holds {BACKUPS_MAX} backups already; move some away", .folder.display())]
    FolderFull {
        /// The folder.
        folder: PathBuf,
    },
    /// The database cannot be copied or restored.
    #[error("the database could not be copied")]
    Store(#[from] StoreError),
    /// A file cannot be read or written.
    #[error("{} could not be {step}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was being done.
        step: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is too large for a backup.
    #[error("{} is too large for a backup, which takes {FILE_MAX_BYTES} bytes in one file and {FILES_MAX_BYTES} in all", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A file in the backup has a name that leads nowhere.
    #[error("the backup holds a file with the bad name {0:?}")]
    BadName(String),
    /// There is something where the backup would go.
    #[error("{} exists already; give --force to replace it by the backup", .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The file.
    pub path: PathBuf,
    /// Its length, in bytes.
    pub bytes: u64,
    /// When it was made.
    pub at: Timestamp,
    /// How many files are in it beside the database.
    pub files: usize,
}

/// Makes backups of the running service, one at a time.
#[derive(Clone)]
pub struct Backups {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<SqliteStore>,
    files: Files,
    folder: Option<PathBuf>,
    turn: tokio::sync::Mutex<()>,
}

impl fmt::Debug for Backups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backups")
            .field("folder", &self.inner.folder)
            .finish_non_exhaustive()
    }
}

impl Backups {
    /// Backups of this store and the files of its installation.
    pub fn new(config: &Config, store: Arc<SqliteStore>) -> Self {
        Self {
            inner: Arc::new(Inner {
                store,
                files: Files::of(config),
                folder: config.backup.folder.clone(),
                turn: tokio::sync::Mutex::default(),
            }),
        }
    }

    /// Makes a backup in the folder of the configuration. The credential file is in it when asked for; its key never is.
    pub async fn make(&self, credentials: bool) -> Result<Made, Error> {
        let folder = self.inner.folder.clone().ok_or(Error::NoFolder)?;
        let Ok(_turn) = self.inner.turn.try_lock() else {
            return Err(Error::Busy);
        };
        let files = self.inner.files.clone();
        let wanted = folder.clone();
        let read = tokio::task::spawn_blocking(move || {
            prepare(&wanted)?;
            files.read(credentials)
        });
        let files = read.await.map_err(broke_off(&folder))??;
        let now = SystemClock.now();
        let path = folder.join(format!("{PREFIX}{}{SUFFIX}", now.as_millis()));
        self.inner.store.back_up(&path, &files, now).await?;
        let made = made(path, now, files.len())?;
        tracing::info!(file = %made.path.display(), bytes = made.bytes, files = made.files, "backup made");
        Ok(made)
    }
}

/// Makes a backup of an installation that stands. Fails with [`StoreError::InUse`] when it runs.
pub async fn make_stopped(config: &Config, to: &Path, credentials: bool) -> Result<Made, Error> {
    let files = Files::of(config).read(credentials)?;
    let now = SystemClock.now();
    SqliteStore::back_up_stopped(&config.store.path, to, &files, now).await?;
    made(to.to_owned(), now, files.len())
}

/// Makes the folder, and sees to it that there is a place in it. What a backup has left that was cut off is removed: no other is being
/// made now.
fn prepare(folder: &Path) -> Result<(), Error> {
    let failed = |source| Error::File {
        path: folder.to_owned(),
        step: "made or read",
        source,
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut backups = 0;
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && name.ends_with(CUT_OFF) {
            std::fs::remove_file(entry.path()).map_err(failed)?;
            tracing::warn!(file = %entry.path().display(), "removed what a backup left that was cut off");
        }
        backups += usize::from(name.starts_with(PREFIX) && name.ends_with(SUFFIX));
    }
    if backups >= BACKUPS_MAX {
        return Err(Error::FolderFull {
            folder: folder.to_owned(),
        });
    }
    Ok(())
}

fn made(path: PathBuf, at: Timestamp, files: usize) -> Result<Made, Error> {
    let bytes = std::fs::metadata(&path).map(|metadata| metadata.len());
    let bytes = bytes.map_err(|source| Error::File {
        path: path.clone(),
        step: "found again",
        source,
    })?;
    Ok(Made {
        path,
        bytes,
        at,
        files,
    })
}

fn broke_off(folder: &Path) -> impl FnOnce(tokio::task::JoinError) -> Error {
    let path = folder.to_owned();
    move |error| Error::File {
        path,
        step: "read to its end",
        source: io::Error::other(error),
    }
}
