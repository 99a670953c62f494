//! What can go wrong, each with what to do about it.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use crate::tally::Tally;

pub(crate) type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("there is no command `{0}`; `cargo xtask help` lists what there is")]
    UnknownCommand(String),
    #[error("unexpected argument `{0}`; `cargo xtask help` lists what there is")]
    UnexpectedWord(String),
    #[error("`{0}` needs a value")]
    OptionWithoutValue(&'static str),
    #[error("`{name}` does not take `{value}`; `cargo xtask help` shows what it takes")]
    OptionValue { name: &'static str, value: String },
    #[error("{0}")]
    Usage(String),

    #[error("neither XDG_CACHE_HOME nor HOME is an absolute path; set one of them")]
    NoCacheFolder,
    #[error("{} cannot be used", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{} is not valid TOML", file.display())]
    Toml { file: PathBuf, source: toml::de::Error },
    #[error("{} does not say `{key}`", file.display())]
    MissingKey { file: PathBuf, key: &'static str },
    #[error("this terminal does not take output")]
    Terminal(#[source] std::io::Error),

    #[error("{name}: `{program}` did not start; is it installed and on the PATH?")]
    StepDidNotStart {
        name: String,
        program: String,
        source: std::io::Error,
    },
    #[error("{name} failed ({status}); its own lines above say why")]
    StepFailed { name: String, status: ExitStatus },
    #[error("{what} is missing; {remedy}")]
    Missing { what: String, remedy: String },
    #[error("the Python packages of {} could not be installed; pip's own lines above say why", .0.display())]
    Peers(PathBuf),

    #[error("{} is stale ({}); run `cargo xtask sqlx` and commit the result", folder.display(), differences.join(", "))]
    StaleQueries {
        folder: PathBuf,
        differences: Vec<String>,
    },
    #[error("{} is stale; run `cargo xtask openapi` and commit the result", .0.display())]
    StaleDocument(PathBuf),
    #[error("not everything passed: {}", .0.join(", "))]
    Checks(Vec<String>),
    #[error("tests failed: {0}")]
    Tests(Tally),
    #[error("no test has `{0}` in its path")]
    NoSuchTest(String),

    #[error("signals cannot be received")]
    Signals(#[source] std::io::Error),
    #[error("{name} ended too early ({status}); its last lines:\n{log}")]
    ProgramEnded {
        name: &'static str,
        status: ExitStatus,
        log: String,
    },
    #[error("{name} was not ready within {seconds} s ({state}); its last lines:\n{log}")]
    NotReady {
        name: &'static str,
        seconds: u64,
        state: String,
        log: String,
    },
    #[error("{name} did not say where it listens, but `{line}`")]
    ReadyLine {
        name: &'static str,
        line: String,
        source: serde_json::Error,
    },
    #[error("the simulator did not take a fault rule: {}", answer.as_deref().unwrap_or("no answer"))]
    Faults { answer: Option<String> },
    #[error("{address} cannot be listened on; stop what uses it, or choose another with --listen")]
    AddressTaken {
        address: std::net::SocketAddr,
        source: std::io::Error,
    },
}

impl Error {
    /// For `map_err` on calls of the file system.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File {
            path: path.to_owned(),
            source,
        }
    }
}

/// Reads a text file; the error names it.
pub(crate) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(Error::file(path))
}

/// Writes a new file that only its owner can read.
pub(crate) fn write_private(path: &Path, content: &str) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(content.as_bytes()))
        .map_err(Error::file(path))
}
