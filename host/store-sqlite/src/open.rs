//! Opening the file: lock, connections, schema.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use switchyard_store::StoreError;

use crate::error::failed;
use crate::event::Log;
use crate::{SqliteStore, lock};

/// Connections that only read.
const READERS: u32 = 4;
/// How long a statement waits for a lock inside SQLite.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a call waits for a connection before it is told that the store is overloaded.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);
/// Rows that a connection reads ahead of its caller.
const ROW_BUFFER: usize = 512;
/// The size to which the write-ahead log is cut after a checkpoint.
const WAL_SIZE_LIMIT_BYTES: &str = "67108864";

static MIGRATIONS: Migrator = sqlx::migrate!();

impl SqliteStore {
    /// Opens the file, creating it for its owner alone when absent, and brings its schema up to date.
    ///
    /// Fails with [`StoreError::InUse`] when another process has the file, and with [`StoreError::TooNew`] when a newer version has
    /// written it. The directory must exist.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let lock = lock::hold(path)?;
        make(path).map_err(|source| StoreError::Engine {
            step: "make the file",
            source: source.into(),
        })?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .row_buffer_size(ROW_BUFFER);
        let writer = options
            .clone()
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("journal_size_limit", WAL_SIZE_LIMIT_BYTES);
        // Where a table is made anew, foreign keys hold again only at the end.
        let migrator = pool(1)
            .connect_with(writer.clone().foreign_keys(false))
            .await
            .map_err(failed("open the file"))?;
        bring_up_to_date(&migrator).await?;
        migrator.close().await;
        let writer = pool(1)
            .connect_with(writer)
            .await
            .map_err(failed("open the file"))?;
        let readers = pool(READERS)
            .connect_with(options.read_only(true))
            .await
            .map_err(failed("open the file for reading"))?;
        let mut reader = readers
            .acquire()
            .await
            .map_err(failed("open the file for reading"))?;
        let log = Log::read(&mut reader).await?;
        drop(reader);
        Ok(Self {
            writer,
            readers,
            log: Arc::new(log),
            _lock: Arc::new(lock),
        })
    }
}

/// Makes a file that is not there yet, so that nobody but its owner can ever read it: SQLite itself would ask the umask. It fills a file
/// that is empty, and gives the same mode to its log.
fn make(path: &Path) -> io::Result<()> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
}

async fn bring_up_to_date(writer: &SqlitePool) -> Result<(), StoreError> {
    let known = MIGRATIONS
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0);
    let found = schema_version(writer)
        .await
        .map_err(failed("read the version of its schema"))?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    MIGRATIONS.run(writer).await.map_err(|source| StoreError::Engine {
        step: "bring its schema up to date",
        source: source.into(),
    })
}

/// The newest migration that the file has seen. The table belongs to the migrator and is not there in a new file, so that these two
/// queries cannot be checked at compile time.
async fn schema_version(writer: &SqlitePool) -> Result<i64, sqlx::Error> {
    let tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '_sqlx_migrations'",
    )
    .fetch_one(writer)
    .await?;
    if tables == 0 {
        return Ok(0);
    }
    sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations")
        .fetch_one(writer)
        .await
}
