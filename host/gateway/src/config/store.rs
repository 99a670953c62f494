//! `[store]` and `[backup]`.

use std::path::PathBuf;

use super::layers::Layers;

/// Room below which nothing new is accepted, in MiB, unless the configuration says otherwise.
const FREE_MIN_MIB: u64 = 256;
/// Room below which a warning is given, in MiB, unless the configuration says otherwise.
const FREE_WARN_MIB: u64 = 1_024;
/// The most room that either may ask for, in MiB.
const FREE_MAX_MIB: u64 = 1_048_576;

/// Where tasks are kept.
#[derive(Debug, Clone)]
pub struct Store {
    /// The database file.
    pub path: PathBuf,
    /// Room on its disk below which nothing new is accepted, in MiB.
    pub free_min_mib: u64,
    /// Room on its disk below which a warning is given, in MiB.
    pub free_warn_mib: u64,
}

/// Where backups go.
#[derive(Debug, Clone)]
pub struct Backup {
    /// The folder into which the running service writes backups; without one it writes none.
    pub folder: Option<PathBuf>,
}

pub(super) fn read(layers: &mut Layers<'_>) -> Store {
    let store = Store {
        path: layers.path("store.path", "/var/lib/switchyard/switchyard.db"),
        free_min_mib: layers.number("store.free_min_mib", FREE_MIN_MIB, 0..=FREE_MAX_MIB),
        free_warn_mib: layers.number("store.free_warn_mib", FREE_WARN_MIB, 0..=FREE_MAX_MIB),
    };
    if store.free_warn_mib < store.free_min_mib {
        layers.complain(
            "store.free_warn_mib",
            "must not be less than store.free_min_mib: a warning that comes after the refusal warns nobody",
        );
    }
    store
}

pub(super) fn backup(layers: &mut Layers<'_>) -> Backup {
    Backup {
        folder: layers.optional_path("backup.folder"),
    }
}
