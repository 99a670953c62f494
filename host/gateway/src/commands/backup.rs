//! `switchyardd backup` and `switchyardd restore`.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use switchyard_gateway::backup::{self, Error};
use switchyard_gateway::config::Config;
use switchyard_store::StoreError;
use switchyard_wire::v2::{Backup, BackupRequest, Problem};

use super::{Failed, client};

/// How long the running service may take for a backup.
const WITHIN: Duration = Duration::from_mins(10);
/// The longest answer that is read, in bytes.
const ANSWER_MAX_BYTES: usize = 64 * 1024;
/// The longest token, in bytes.
const TOKEN_MAX_BYTES: u64 = 16 * 1024;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) file: PathBuf,
    pub(super) credentials: bool,
    pub(super) server: Option<String>,
    pub(super) token_file: Option<PathBuf>,
}

/// Copies what stands itself, and asks what runs.
pub(super) fn make(config: &Config, wanted: &Wanted) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let stopped = runtime.block_on(backup::make_stopped(config, &wanted.file, wanted.credentials));
    let bytes = match stopped {
        Ok(made) => made.bytes,
        Err(Error::Store(StoreError::InUse { .. })) => runtime.block_on(ask(config, wanted))?,
        Err(error) => return Err(error.into()),
    };
    println!("made the backup {} ({bytes} bytes)", wanted.file.display());
    Ok(())
}

/// Puts a backup back.
pub(super) fn restore(config: &Config, file: &Path, force: bool) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let restored = runtime.block_on(backup::restore(config, file, force))?;
    println!("restored {}", config.store.path.display());
    for path in &restored.files {
        println!("restored {}", path.display());
    }
    println!("{restored}");
    Ok(())
}

/// Asks the running service, whose database nobody else can open, and moves what it made to its place.
async fn ask(config: &Config, wanted: &Wanted) -> Result<u64, Failed> {
    if wanted.file.exists() {
        return Err(format!("{} exists already", wanted.file.display()).into());
    }
    let server = client::server(config, wanted.server.as_deref());
    let url = format!("{server}/v2/backup");
    let client = client::new(config, wanted.server.as_deref(), WITHIN)?;
    let mut request = client.post(url).json(&BackupRequest {
        credentials: wanted.credentials,
        reason: None,
    });
    if let Some(path) = &wanted.token_file {
        request = request.bearer_auth(token(path)?);
    }
    let unreachable = |error: reqwest::Error| {
        format!(
            "the service runs, and cannot be asked for a backup at {server}; name its URL with --server: {error}"
        )
    };
    let mut response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > ANSWER_MAX_BYTES {
            return Err("the answer of the service is too long".into());
        }
        body.extend_from_slice(&chunk);
    }
    if !status.is_success() {
        let said = serde_json::from_slice::<Problem>(&body).map(|problem| problem.detail);
        let said = said.unwrap_or_else(|_| status.to_string());
        return Err(format!("the service refuses the backup: {said}").into());
    }
    let made: Backup = serde_json::from_slice(&body)?;
    move_to(Path::new(&made.file), &wanted.file)?;
    Ok(made.bytes)
}

fn token(path: &Path) -> Result<String, Failed> {
    let mut text = String::new();
    let file =
        std::fs::File::open(path).map_err(|error| format!("{} cannot be opened: {error}", path.display()))?;
    file.take(TOKEN_MAX_BYTES).read_to_string(&mut text)?;
    Ok(text.trim().to_owned())
}

/// Moves a backup, also to another disk. It stays where it is when that fails.
fn move_to(from: &Path, to: &Path) -> Result<(), Failed> {
    if std::fs::hard_link(from, to).is_err() {
        let failed = |error| {
            format!(
                "the backup {} could not be moved to {}: {error}",
                from.display(),
                to.display()
            )
        };
        std::fs::copy(from, to).map_err(failed)?;
        std::fs::File::open(to)?.sync_all()?;
    }
    std::fs::remove_file(from)?;
    Ok(())
}
