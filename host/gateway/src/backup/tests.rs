use std::os::unix::fs::PermissionsExt as _;

use switchyard_store::{Store as _, StoreError};

use super::*;
use crate::config;

struct Bench {
    folder: tempfile::TempDir,
    config: Config,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config::defaults();
        config.store.path = folder.path().join("switchyard.db");
        config.drivers.store = folder.path().join("drivers");
        config.smd.cache_file = folder.path().join("smd-cache.json");
        config.credentials.file = folder.path().join("credentials");
        config.backup.folder = Some(folder.path().join("backups"));
        std::fs::create_dir_all(config.drivers.store.join("redfish/1.0.0")).unwrap();
        std::fs::write(config.drivers.store.join("choices.json"), "{}").unwrap();
        std::fs::write(config.drivers.store.join("redfish/1.0.0/driver.wasm"), "wasm").unwrap();
        std::fs::write(config.drivers.store.join(".half.new"), "half").unwrap();
        std::fs::write(&config.smd.cache_file, "[]").unwrap();
        std::fs::write(&config.credentials.file, "sealed").unwrap();
        Self { folder, config }
    }

    async fn backups(&self) -> Backups {
        let store = SqliteStore::open(&self.config.store.path).await.unwrap();
        Backups::new(&self.config, Arc::new(store))
    }
}

#[tokio::test]
async fn an_installation_comes_back_as_it_was_and_nothing_is_replaced_unasked() {
    let bench = Bench::new();
    let backups = bench.backups().await;
    let without = backups.make(false).await.unwrap();
    let with = backups.make(true).await.unwrap();
    assert_eq!((without.files, with.files), (3, 4));
    assert_eq!(
        std::fs::metadata(&with.path).unwrap().permissions().mode() & 0o777,
        0o600
    );

    let installed = Bench::new();
    let mut other = installed.config.clone();
    let in_use = restore(&bench.config, &with.path, true).await.unwrap_err();
    assert!(
        matches!(in_use, Error::Store(StoreError::InUse { .. })),
        "{in_use}"
    );
    let exists = restore(&other, &with.path, false).await.unwrap_err();
    assert!(exists.to_string().contains("exists already"), "{exists}");
    let empty = tempfile::tempdir().unwrap();
    other.store.path = empty.path().join("deep/switchyard.db");
    other.drivers.store = empty.path().join("drivers");
    other.smd.cache_file = empty.path().join("smd-cache.json");
    other.credentials.file = empty.path().join("credentials");
    let restored = restore(&other, &with.path, false).await.unwrap();
    assert_eq!((restored.files.len(), restored.cancelled), (4, 0));
    assert_eq!(
        std::fs::read_to_string(other.drivers.store.join("redfish/1.0.0/driver.wasm")).unwrap(),
        "wasm"
    );
    assert_eq!(
        std::fs::read_to_string(&other.credentials.file).unwrap(),
        "sealed"
    );
    SqliteStore::open(&other.store.path)
        .await
        .unwrap()
        .ping()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_restore_that_cannot_cancel_what_was_open_replaces_nothing() {
    let bench = Bench::new();
    let backup = bench.backups().await.make(false).await.unwrap().path;
    let other = Bench::new();
    let path = &other.config.store.path;
    std::fs::write(path, "the former database").unwrap();
    // The copy cannot be opened: its lock is no file.
    std::fs::create_dir(format!("{}.restoring.lock", path.display())).unwrap();
    restore(&other.config, &backup, true).await.unwrap_err();
    assert_eq!(std::fs::read_to_string(path).unwrap(), "the former database");
}

#[test]
fn a_restore_tells_what_holds_again() {
    let restored = |cancelled| Restored {
        made_at: switchyard_core::Timestamp::from_millis(0),
        files: Vec::new(),
        cancelled,
    };
    let text = restored(2).to_string();
    assert!(text.starts_with("cancelled 2 open tasks"), "{text}");
    let text = restored(0).to_string();
    assert!(
        text.starts_with("tokens that were revoked since the backup was made (1970-01-01T00:00:00"),
        "{text}"
    );
}

#[tokio::test]
async fn the_folder_takes_so_many_and_there_is_one_to_be_named() {
    let mut bench = Bench::new();
    let folder = bench.folder.path().join("backups");
    std::fs::create_dir_all(&folder).unwrap();
    for number in 0..BACKUPS_MAX {
        std::fs::write(folder.join(format!("switchyard-{number}.backup")), "").unwrap();
    }
    let backups = bench.backups().await;
    assert!(matches!(backups.make(false).await, Err(Error::FolderFull { .. })));
    drop(backups);
    bench.config.backup.folder = None;
    assert!(matches!(
        bench.backups().await.make(false).await,
        Err(Error::NoFolder)
    ));
}

#[tokio::test]
async fn what_a_backup_left_that_was_cut_off_is_removed_and_nothing_else() {
    let bench = Bench::new();
    let folder = bench.folder.path().join("backups");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["switchyard-1.backup.part", "switchyard-1.backup", "mine.part"] {
        std::fs::write(folder.join(name), "").unwrap();
    }
    bench.backups().await.make(false).await.unwrap();
    let there = |name: &str| folder.join(name).exists();
    assert!(!there("switchyard-1.backup.part"));
    assert!(there("switchyard-1.backup") && there("mine.part"));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
}

#[test]
fn names_lead_to_their_places_and_nowhere_else() {
    let files = Files::of(&config::defaults());
    assert_eq!(
        files.place("credentials").unwrap(),
        Path::new("/etc/switchyard/credentials")
    );
    assert!(files.place("drivers/a/b").unwrap().ends_with("drivers/a/b"));
    for name in [
        "drivers/../../etc/passwd",
        "drivers//etc/passwd",
        "drivers/",
        "drivers",
        "key",
        "/etc/passwd",
        "",
    ] {
        let placed = files.place(name);
        let inside = placed
            .as_ref()
            .is_ok_and(|path| path.starts_with("/var/lib/switchyard/drivers"));
        assert!(
            placed.is_err() || (inside && !name.contains("..")),
            "{name}: {placed:?}"
        );
    }
}
