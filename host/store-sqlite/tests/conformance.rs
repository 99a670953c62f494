//! The suite that every engine passes, over a file in a directory of its own.

#![expect(clippy::unwrap_used, reason = "a test")]

use async_trait::async_trait;
use switchyard_store::conformance::Harness;
use switchyard_store_sqlite::SqliteStore;
use tempfile::TempDir;

struct File(TempDir);

impl File {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }
}

#[async_trait]
impl Harness for File {
    type Engine = SqliteStore;

    async fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.0.path().join("switchyard.db"))
            .await
            .unwrap()
    }

    async fn kill(&self, engine: SqliteStore) {
        drop(engine);
    }
}

switchyard_store::conformance!(File::new());
