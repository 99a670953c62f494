//! Backups of a database that is written, and what becomes of them.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use switchyard_core::Timestamp;
use switchyard_store::{AuditFilter, Gap, Journal, NewAudit, NewEvent, Store, StoreError};
use switchyard_store_sqlite::{BackupFile, SqliteStore};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::from_millis(5_000);

fn entry(who: &str) -> NewAudit {
    NewAudit {
        at: NOW,
        who: who.to_owned(),
        action: "test".to_owned(),
        target: String::new(),
        reason: None,
        origin: None,
        request_id: "r".to_owned(),
        detail: serde_json::Value::Null,
    }
}

fn choices() -> BackupFile {
    BackupFile {
        name: "drivers/choices.json".to_owned(),
        content: b"{}".to_vec(),
    }
}

struct Bench {
    folder: TempDir,
    store: SqliteStore,
}

impl Bench {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = SqliteStore::open(&folder.path().join("switchyard.db"))
            .await
            .unwrap();
        Self { folder, store }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

async fn callers(store: &SqliteStore) -> usize {
    let page = store.audits(&AuditFilter::default(), 1_000).await.unwrap();
    page.len()
}

#[tokio::test]
async fn a_backup_is_the_database_of_one_moment_while_others_write() {
    let bench = Bench::new().await;
    let writer = bench.store.clone();
    let writing = tokio::spawn(async move {
        for _ in 0..200 {
            writer.audit(entry("amy")).await.unwrap();
        }
    });
    while callers(&bench.store).await < 20 {
        tokio::task::yield_now().await;
    }
    let backup = bench.path("backup");
    bench.store.back_up(&backup, &[choices()], NOW).await.unwrap();
    writing.await.unwrap();
    assert_eq!(
        std::fs::metadata(&backup).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let contents = SqliteStore::check_backup(&backup).await.unwrap();
    assert_eq!((contents.made_at, contents.files), (NOW, vec![choices()]));
    assert!(!bench.path("backup.part").exists());
    let again = bench.store.back_up(&backup, &[], NOW).await.unwrap_err();
    assert!(matches!(again, StoreError::Engine { .. }), "{again}");

    let restored = bench.path("restored.db");
    SqliteStore::restore(&backup, &restored).await.unwrap();
    let restored = SqliteStore::open(&restored).await.unwrap();
    let found = callers(&restored).await;
    assert!((20..=200).contains(&found), "{found}");
}

#[tokio::test]
async fn a_restore_voids_leases_and_places_of_the_log() {
    let bench = Bench::new().await;
    let event = NewEvent {
        at: NOW,
        kind: "test".to_owned(),
        component: None,
        task: None,
        transition: None,
        data: serde_json::Value::Null,
    };
    let lease = bench.store.begin("one", NOW).await.unwrap();
    bench
        .store
        .apply(&lease, &[switchyard_store::Change::Event(event)])
        .await
        .unwrap();
    let place = bench.store.events_after(None, 10).await.unwrap().end;
    bench
        .store
        .back_up(&bench.path("backup"), &[], NOW)
        .await
        .unwrap();
    let later = bench.store.begin("one", NOW).await.unwrap();
    bench.store.clone().close().await;
    let path = bench.path("switchyard.db");
    let in_use = SqliteStore::restore(&bench.path("backup"), &path).await;
    assert!(matches!(in_use, Err(StoreError::InUse { .. })));
    let Bench { folder, store } = bench;
    drop(store);
    SqliteStore::restore(&folder.path().join("backup"), &path)
        .await
        .unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    let lease = store.begin("one", NOW).await.unwrap();
    assert!(lease.epoch > later.epoch + 1, "{} {}", lease.epoch, later.epoch);
    let page = store.events_after(Some(&place), 10).await.unwrap();
    assert_eq!(page.gap, Some(Gap::Unknown));
}

#[tokio::test]
async fn what_is_no_backup_is_refused_and_nothing_is_replaced() {
    let bench = Bench::new().await;
    bench.store.audit(entry("amy")).await.unwrap();
    let backup = bench.path("backup");
    bench.store.back_up(&backup, &[], NOW).await.unwrap();
    let other = bench.path("other.db");
    SqliteStore::restore(&backup, &other).await.unwrap();
    let mut bytes = std::fs::read(&backup).unwrap();
    let middle = bytes.len() / 2;
    bytes.truncate(middle);
    std::fs::write(&backup, &bytes).unwrap();
    SqliteStore::restore(&backup, &other).await.unwrap_err();
    SqliteStore::restore(&bench.path("other.db"), &bench.path("third.db"))
        .await
        .unwrap_err();
    std::fs::write(&backup, b"hello").unwrap();
    SqliteStore::check_backup(&backup).await.unwrap_err();
    assert!(!bench.path("third.db").exists() && !bench.path("other.db.restoring").exists());
    let store = SqliteStore::open(&other).await.unwrap();
    assert_eq!(callers(&store).await, 1);
}

#[tokio::test]
async fn a_stopped_database_is_copied_by_whoever_asks() {
    let bench = Bench::new().await;
    bench.store.audit(entry("amy")).await.unwrap();
    let (path, backup) = (bench.path("switchyard.db"), bench.path("backup"));
    let in_use = SqliteStore::back_up_stopped(&path, &backup, &[], NOW).await;
    assert!(matches!(in_use, Err(StoreError::InUse { .. })));
    let Bench {
        folder: _folder,
        store,
    } = bench;
    store.clone().close().await;
    drop(store);
    SqliteStore::back_up_stopped(&path, &backup, &[], NOW)
        .await
        .unwrap();
    SqliteStore::check_backup(&backup).await.unwrap();
}

#[tokio::test]
async fn a_restored_database_can_be_changed_before_it_is_in_place() {
    let bench = Bench::new().await;
    let backup = bench.path("backup");
    bench.store.back_up(&backup, &[choices()], NOW).await.unwrap();
    let path = bench.path("other.db");
    let beside = |path: &std::path::Path| {
        let names = std::fs::read_dir(path.parent().unwrap()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name.starts_with("other.db")).collect();
        names.sort_unstable();
        names
    };
    // One that is given up leaves nothing.
    let restoring = SqliteStore::begin_restore(&backup, &path).await.unwrap();
    let store = restoring.open().await.unwrap();
    store.audit(entry("bob")).await.unwrap();
    assert!(!path.exists());
    store.close().await;
    drop(restoring);
    assert_eq!(beside(&path), ["other.db.lock"]);

    let restoring = SqliteStore::begin_restore(&backup, &path).await.unwrap();
    let store = restoring.open().await.unwrap();
    store.audit(entry("amy")).await.unwrap();
    store.close().await;
    let contents = restoring.place().await.unwrap();
    assert_eq!(contents.files, [choices()]);
    assert_eq!(beside(&path), ["other.db", "other.db.lock"]);
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(callers(&store).await, 1);
}
