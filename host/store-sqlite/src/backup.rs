//! Backups: a copy of the file as it was at one moment, with other files of the installation inside.
//!
//! A backup is a database too. It holds what the original held and two tables more, which a restore takes out.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use switchyard_core::Timestamp;
use switchyard_store::StoreError;

use crate::error::failed;
use crate::{SqliteStore, lock};

/// The form of backups that this version writes, and the newest that it reads.
const FORM: i64 = 1;
/// What SQLite keeps beside a file.
const LOGS: [&str; 3] = ["-wal", "-shm", "-journal"];
/// How many leases a restore skips, so that none that was given after the backup is given again.
const EPOCHS_SKIPPED: i64 = 1_000_000;

/// A file of the installation that goes with the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupFile {
    /// What it is called in the backup, such as `drivers/choices.json`.
    pub name: String,
    /// What it holds.
    pub content: Vec<u8>,
}

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupContents {
    /// When it was made.
    pub made_at: Timestamp,
    /// The files in it.
    pub files: Vec<BackupFile>,
}

impl SqliteStore {
    /// Copies the database as it is now, with these files, into a file that must not exist. Writers go on meanwhile.
    pub async fn back_up(&self, to: &Path, files: &[BackupFile], now: Timestamp) -> Result<(), StoreError> {
        let mut reader = self.readers.acquire().await.map_err(failed("begin a backup"))?;
        copy(&mut reader, to, files, now).await
    }

    /// The same of a database that no process has open. Its schema stays as it is.
    pub async fn back_up_stopped(
        path: &Path,
        to: &Path,
        files: &[BackupFile],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let _lock = lock::hold(path)?;
        let mut source = SqliteConnectOptions::new()
            .filename(path)
            .connect()
            .await
            .map_err(failed("open the file"))?;
        copy(&mut source, to, files, now).await?;
        source.close().await.map_err(failed("close the file"))
    }

    /// Checks a backup, and says what is in it.
    pub async fn check_backup(backup: &Path) -> Result<BackupContents, StoreError> {
        let mut connection = SqliteConnectOptions::new()
            .filename(backup)
            .read_only(true)
            .connect()
            .await
            .map_err(failed("open the backup"))?;
        let contents = checked(&mut connection).await?;
        connection.close().await.map_err(failed("close the backup"))?;
        Ok(contents)
    }

    /// Makes a backup the database at `path`, and gives the files that were in it.
    ///
    /// Leases that were given since the backup are void, and so are places in the event log. A database that is there already is
    /// replaced: whoever calls this has asked. Fails with [`StoreError::InUse`] when a process has it open.
    pub async fn restore(backup: &Path, path: &Path) -> Result<BackupContents, StoreError> {
        Self::begin_restore(backup, path).await?.place().await
    }

    /// The same up to the moment in which the former database is replaced, for whoever has something to change before.
    pub async fn begin_restore(backup: &Path, path: &Path) -> Result<Restoring, StoreError> {
        let lock = lock::hold(path)?;
        let restoring = Restoring {
            path: path.to_owned(),
            copy: beside(path, ".restoring"),
            contents: Self::check_backup(backup).await?,
            _lock: lock,
        };
        restoring
            .clear()
            .map_err(engine("remove what an earlier restore left"))?;
        copy_file(backup, &restoring.copy).map_err(engine("copy the backup"))?;
        take_over(&restoring.copy).await?;
        Ok(restoring)
    }
}

/// A backup that is about to be a database, beside the one that it replaces. Nothing is left of it when it is dropped instead.
#[derive(Debug)]
pub struct Restoring {
    path: PathBuf,
    copy: PathBuf,
    contents: BackupContents,
    _lock: File,
}

impl Restoring {
    /// Opens it, to be changed. It must be closed before it is put in place.
    pub async fn open(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(&self.copy).await
    }

    /// Puts it in the place of the former database, and gives the files that were in the backup.
    pub async fn place(mut self) -> Result<BackupContents, StoreError> {
        settle(&self.copy).await?;
        // The log of the file that was there belongs to that file.
        for end in LOGS {
            remove(&beside(&self.path, end)).map_err(engine("remove the log of the former file"))?;
        }
        std::fs::rename(&self.copy, &self.path).map_err(engine("put the restored file in place"))?;
        sync_folder(&self.path).map_err(engine("put the restored file in place"))?;
        Ok(BackupContents {
            made_at: self.contents.made_at,
            files: std::mem::take(&mut self.contents.files),
        })
    }

    /// Removes the copy with all that SQLite put beside it.
    fn clear(&self) -> io::Result<()> {
        remove(&self.copy)?;
        for end in LOGS {
            remove(&beside(&self.copy, end))?;
        }
        Ok(())
    }
}

impl Drop for Restoring {
    fn drop(&mut self) {
        // The failure that counts is the first one; the next restore removes what is left.
        drop(self.clear());
        drop(remove(&beside(&self.copy, lock::END)));
    }
}

async fn copy(
    source: &mut SqliteConnection,
    to: &Path,
    files: &[BackupFile],
    now: Timestamp,
) -> Result<(), StoreError> {
    if to.exists() {
        let exists = io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{} exists already", to.display()),
        );
        return Err(engine("write a backup")(exists));
    }
    let part = beside(to, ".part");
    remove(&part).map_err(engine("remove what an earlier backup left"))?;
    let written = copy_to_part(source, &part, files, now).await;
    let placed = match written {
        Ok(()) => place(&part, to).map_err(engine("put the backup in place")),
        Err(error) => Err(error),
    };
    if placed.is_err() {
        // The failure that counts is the first one.
        drop(remove(&part));
    }
    placed
}

async fn copy_to_part(
    source: &mut SqliteConnection,
    part: &Path,
    files: &[BackupFile],
    now: Timestamp,
) -> Result<(), StoreError> {
    // Made first, so that nobody else can ever read it. SQLite fills a file that is empty.
    drop(new_file(part).map_err(engine("make the file of a backup"))?);
    let name = part.to_string_lossy().into_owned();
    sqlx::query("VACUUM INTO ?1")
        .bind(name)
        .execute(&mut *source)
        .await
        .map_err(failed("copy the database into a backup"))?;
    let mut backup = SqliteConnectOptions::new()
        .filename(part)
        .connect()
        .await
        .map_err(failed("open the backup"))?;
    add_files(&mut backup, files, now).await?;
    checked(&mut backup).await?;
    backup.close().await.map_err(failed("close the backup"))?;
    File::open(part)
        .and_then(|file| file.sync_all())
        .map_err(engine("make the backup durable"))
}

async fn add_files(
    backup: &mut SqliteConnection,
    files: &[BackupFile],
    now: Timestamp,
) -> Result<(), StoreError> {
    let step = "write files into a backup";
    let mut tx = backup.begin().await.map_err(failed(step))?;
    for statement in [
        "CREATE TABLE backup (form INTEGER NOT NULL, made_at INTEGER NOT NULL) STRICT",
        "CREATE TABLE backup_file (name TEXT PRIMARY KEY NOT NULL, content BLOB NOT NULL) STRICT",
    ] {
        sqlx::query(statement)
            .execute(&mut *tx)
            .await
            .map_err(failed(step))?;
    }
    sqlx::query("INSERT INTO backup (form, made_at) VALUES (?1, ?2)")
        .bind(FORM)
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await
        .map_err(failed(step))?;
    for file in files {
        sqlx::query("INSERT INTO backup_file (name, content) VALUES (?1, ?2)")
            .bind(&file.name)
            .bind(&file.content)
            .execute(&mut *tx)
            .await
            .map_err(failed(step))?;
    }
    tx.commit().await.map_err(failed(step))
}

/// Whether a backup is whole, and what is in it.
async fn checked(backup: &mut SqliteConnection) -> Result<BackupContents, StoreError> {
    let damaged = |why: String| StoreError::Inconsistent {
        what: "backup",
        which: why,
        source: "it is damaged, or no backup".into(),
    };
    let (form, made_at): (i64, i64) = sqlx::query_as("SELECT form, made_at FROM backup")
        .fetch_one(&mut *backup)
        .await
        .map_err(|error| damaged(error.to_string()))?;
    if form > FORM {
        return Err(StoreError::TooNew {
            found: form,
            known: FORM,
        });
    }
    let words: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut *backup)
        .await
        .map_err(|error| damaged(error.to_string()))?;
    if words != "ok" {
        return Err(damaged(words));
    }
    let files: Vec<(String, Vec<u8>)> = sqlx::query_as("SELECT name, content FROM backup_file ORDER BY name")
        .fetch_all(&mut *backup)
        .await
        .map_err(|error| damaged(error.to_string()))?;
    Ok(BackupContents {
        made_at: Timestamp::from_millis(made_at),
        files: files
            .into_iter()
            .map(|(name, content)| BackupFile { name, content })
            .collect(),
    })
}

/// Makes the copy of a backup a database that may go on: without the files, with leases and places that nobody has had.
async fn take_over(restoring: &Path) -> Result<(), StoreError> {
    let step = "prepare the restored file";
    let mut restored = SqliteConnectOptions::new()
        .filename(restoring)
        .connect()
        .await
        .map_err(failed(step))?;
    let mut tx = restored.begin().await.map_err(failed(step))?;
    sqlx::query("UPDATE lease SET epoch = epoch + ?1")
        .bind(EPOCHS_SKIPPED)
        .execute(&mut *tx)
        .await
        .map_err(failed(step))?;
    for statement in [
        "UPDATE event_log SET name = lower(hex(randomblob(4)))",
        "DROP TABLE backup_file",
        "DROP TABLE backup",
    ] {
        sqlx::query(statement)
            .execute(&mut *tx)
            .await
            .map_err(failed(step))?;
    }
    tx.commit().await.map_err(failed(step))?;
    restored.close().await.map_err(failed(step))
}

/// Sees to it that everything is in the file itself, durably, and nothing in a log beside it, which would stay behind.
async fn settle(restoring: &Path) -> Result<(), StoreError> {
    let step = "settle the restored file";
    let mut restored = SqliteConnectOptions::new()
        .filename(restoring)
        .connect()
        .await
        .map_err(failed(step))?;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode = DELETE")
        .fetch_one(&mut restored)
        .await
        .map_err(failed(step))?;
    if mode != "delete" {
        let open = io::Error::other(format!("its log is still in use ({mode})"));
        return Err(engine(step)(open));
    }
    restored.close().await.map_err(failed(step))?;
    File::open(restoring)
        .and_then(|file| file.sync_all())
        .map_err(engine(step))
}

fn engine(step: &'static str) -> impl FnOnce(io::Error) -> StoreError {
    move |source| StoreError::Engine {
        step,
        source: source.into(),
    }
}

/// A file for its owner alone, which must not exist yet.
fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut copy = new_file(to)?;
    io::copy(&mut File::open(from)?, &mut copy)?;
    copy.sync_all()
}

/// Gives a finished file its name, and never takes another's.
fn place(part: &Path, to: &Path) -> io::Result<()> {
    std::fs::hard_link(part, to)?;
    std::fs::remove_file(part)?;
    sync_folder(to)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
