//! Putting a backup back.
//!
//! What was open when the backup was made may have been carried out since, and nobody can tell. So nothing of it is sent again: every
//! open task is cancelled, and the next start makes one last reading of those of which something was sent. Whoever still wants it asks
//! anew.

use std::fmt;
use std::path::{Path, PathBuf};

use switchyard_core::{TaskId, Timestamp};
use switchyard_store::{
    CancelAsk, CancelMode, CancelScope, ConfigurationCancel, Configurations as _, Journal as _, NewAudit,
    Store as _,
};
use switchyard_store_sqlite::SqliteStore;

use super::{Error, Files, files};
use crate::api::time::rfc3339;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;

/// Who cancels what was open.
const RESTORE: &str = "restore";
/// Open tasks that are read at once.
const PAGE: u32 = 2_000;

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made.
    pub made_at: Timestamp,
    /// The files that were written beside the database.
    pub files: Vec<PathBuf>,
    /// How many open tasks were cancelled.
    pub cancelled: usize,
}

/// What whoever restores has to know, in lines.
impl fmt::Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cancelled > 0 {
            writeln!(
                f,
                "cancelled {} open tasks, which may have been carried out since; ask anew for what is still wanted",
                self.cancelled
            )?;
        }
        write!(
            f,
            "tokens that were revoked since the backup was made ({}) are valid again: look at them with `switchyardd tokens list` before the start, and revoke them anew",
            rfc3339(self.made_at)
        )
    }
}

/// Makes a backup the installation of this configuration. Nothing that exists is replaced unless `force` is given; the database of a
/// running service never is.
pub async fn restore(config: &Config, backup: &Path, force: bool) -> Result<Restored, Error> {
    let at = &config.store.path;
    let contents = SqliteStore::check_backup(backup).await?;
    let places = Files::of(config);
    let files: Vec<(PathBuf, &[u8])> = contents
        .files
        .iter()
        .map(|file| Ok((places.place(&file.name)?, file.content.as_slice())))
        .collect::<Result<_, Error>>()?;
    let exists = std::iter::once(at).chain(files.iter().map(|(path, _)| path));
    if let Some(path) = exists.into_iter().find(|path| path.exists()).filter(|_| !force) {
        return Err(Error::Exists { path: path.clone() });
    }
    if let Some(folder) = at.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|source| Error::File {
            path: folder.to_owned(),
            step: "made",
            source,
        })?;
    }
    // Cancelled before it is in place: broken off in between, the service would start and send it all again.
    let restoring = SqliteStore::begin_restore(backup, at).await?;
    let store = restoring.open().await?;
    let cancelled = cancel_what_is_open(&store).await;
    store.close().await;
    let cancelled = cancelled?;
    restoring.place().await?;
    let mut written = Vec::with_capacity(files.len());
    for (path, content) in files {
        files::write(&path, content)?;
        written.push(path);
    }
    Ok(Restored {
        made_at: contents.made_at,
        files: written,
        cancelled,
    })
}

async fn cancel_what_is_open(store: &SqliteStore) -> Result<usize, Error> {
    let now = SystemClock.now();
    let (mut after, mut tasks) = (i64::MIN, Vec::new());
    loop {
        let page = store.open_tasks(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.record.place;
        tasks.extend(page.iter().map(|open| open.record.id));
    }
    if !tasks.is_empty() {
        let ask = CancelAsk {
            scope: CancelScope::Tasks(tasks.clone()),
            mode: CancelMode::Now,
            by: RESTORE.to_owned(),
            at: now,
            audit: Some(entry(&tasks, now)),
        };
        store.ask_to_cancel(ask).await?;
    }
    let configurations = cancel_configurations(store, now).await?;
    Ok(tasks.len() + configurations)
}

async fn cancel_configurations(store: &SqliteStore, now: Timestamp) -> Result<usize, Error> {
    let (mut after, mut cancelled, mut asked) = (i64::MIN, 0, None);
    loop {
        let page = store.open_configuration_tasks(after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(cancelled);
        };
        after = last.record.seq;
        cancelled += page.len();
        for open in page {
            let id = open.record.configuration;
            if asked.replace(id) == Some(id) {
                continue;
            }
            let ask = ConfigurationCancel {
                id,
                by: RESTORE.to_owned(),
                at: now,
                audit: None,
            };
            store.cancel_configuration(ask).await?;
        }
    }
}

fn entry(tasks: &[TaskId], at: Timestamp) -> NewAudit {
    NewAudit {
        at,
        who: RESTORE.to_owned(),
        action: switchyard_store::audit::action::TASK_CANCEL.to_owned(),
        target: format!("{} tasks", tasks.len()),
        reason: Some("a backup was restored; what was open in it may have been carried out since".to_owned()),
        origin: None,
        request_id: String::new(),
        detail: serde_json::Value::Null,
    }
}
