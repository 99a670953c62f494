//! Programs that others wrote, as counterparts.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The folder in which `cargo xtask test` has installed the Python programs of `requirements.txt`.
///
/// # Panics
/// When there is none: a test that needs a peer does not pass without it.
pub fn python_folder() -> PathBuf {
    let folder = std::env::var_os("SWITCHYARD_PEERS_VENV").map(PathBuf::from);
    folder.unwrap_or_else(|| {
        panic!(
            "SWITCHYARD_PEERS_VENV names no folder of test peers; run `cargo xtask test`, which installs them"
        )
    })
}

/// A running peer. It is killed when dropped.
#[derive(Debug)]
pub struct Peer {
    child: Child,
}

impl Peer {
    /// Starts a Python program of the test peers, with its output in a file of `folder`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn python(name: &str, args: &[&str], folder: &Path) -> Self {
        Self::start(&python_folder().join("bin").join(name), name, args, folder)
    }

    /// Starts a program of the system, with its output in a file of `folder`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn program(name: &str, args: &[&str], folder: &Path) -> Self {
        Self::start(Path::new(name), name, args, folder)
    }

    fn start(program: &Path, name: &str, args: &[&str], folder: &Path) -> Self {
        let log = File::create(folder.join(format!("{name}.log")))
            .unwrap_or_else(|error| panic!("no log: {error}"));
        let child = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        Self {
            child: child
                .unwrap_or_else(|error| panic!("{} did not start: {error}; {MISSING}", program.display())),
        }
    }
}

/// How a missing program is told.
const MISSING: &str = "run `cargo xtask test`, which installs it";

/// What a program said that ran to its end.
#[derive(Debug)]
pub struct Said {
    /// Whether it succeeded.
    pub success: bool,
    /// Its standard output and standard error.
    pub text: String,
}

/// Runs a Python program of the test peers in a folder until it ends.
///
/// # Panics
/// When it cannot be started, or does not end in time.
pub async fn run_python(name: &str, args: &[String], folder: &Path, within: Duration) -> Said {
    let mut command = tokio::process::Command::new(python_folder().join("bin").join(name));
    command.args(args).current_dir(folder);
    run(name, command, within).await
}

/// Runs a program of the system until it ends.
///
/// # Panics
/// When it cannot be started, or does not end in time.
pub async fn run_program(name: &str, args: &[&str], within: Duration) -> Said {
    let mut command = tokio::process::Command::new(name);
    command.args(args);
    run(name, command, within).await
}

async fn run(name: &str, mut command: tokio::process::Command, within: Duration) -> Said {
    let run = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(within, run)
        .await
        .unwrap_or_else(|_| panic!("{name} did not end within {within:?}"))
        .unwrap_or_else(|error| panic!("{name} did not start: {error}; {MISSING}"));
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    Said {
        success: output.status.success(),
        text: said.concat(),
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
