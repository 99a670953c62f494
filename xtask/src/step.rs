//! Running one command as a step: a banner before, the time it took after.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use crate::error::{Error, Result};
use crate::workspace::Workspace;

/// One named command line, run in the repository's root.
#[derive(Debug)]
pub(crate) struct Step {
    name: String,
    command: Command,
}

impl Step {
    pub(crate) fn new(workspace: &Workspace, name: impl Into<String>, program: impl AsRef<Path>) -> Self {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&workspace.root).stdin(Stdio::null());
        for (key, _) in std::env::vars_os() {
            if key.to_str().is_some_and(describes_xtask) {
                command.env_remove(key);
            }
        }
        Self {
            name: name.into(),
            command,
        }
    }

    /// A step that runs the cargo that started this program.
    pub(crate) fn cargo(workspace: &Workspace, name: impl Into<String>) -> Self {
        Self::new(workspace, name, cargo())
    }

    pub(crate) fn args<S: AsRef<std::ffi::OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    /// An option with its value.
    pub(crate) fn option(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(name).arg(value);
        self
    }

    pub(crate) fn env(mut self, key: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    pub(crate) fn without_env(mut self, key: &str) -> Self {
        self.command.env_remove(key);
        self
    }

    /// Runs where `cargo xtask` was called instead of in the root, so that relative paths mean what was meant.
    pub(crate) fn in_caller_folder(mut self) -> Self {
        self.command.current_dir(".");
        self
    }

    /// Runs to the end with the terminal's own output; a failure is an error that names the step.
    pub(crate) fn run(mut self) -> Result<()> {
        let started = self.announce();
        let status = self
            .command
            .status()
            .map_err(|source| self.did_not_start(source))?;
        self.conclude(started, status)
    }

    /// Runs to the end, passing standard output on line by line and showing each line to `see` as well.
    /// Returns whether the command succeeded.
    pub(crate) fn run_watching(mut self, mut see: impl FnMut(&str)) -> Result<bool> {
        let started = self.announce();
        let mut child = self
            .command
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|source| self.did_not_start(source))?;
        if let Some(stdout) = child.stdout.take() {
            let mut terminal = std::io::stdout().lock();
            for line in BufReader::new(stdout).split(b'\n') {
                let line = line.map_err(|source| self.did_not_start(source))?;
                terminal
                    .write_all(&line)
                    .and_then(|()| terminal.write_all(b"\n"))
                    .map_err(Error::Terminal)?;
                see(&String::from_utf8_lossy(&line));
            }
        }
        let status = child.wait().map_err(|source| self.did_not_start(source))?;
        Ok(self.conclude(started, status).is_ok())
    }

    /// Runs quietly and returns standard output; standard error goes to the terminal.
    pub(crate) fn capture(mut self) -> Result<String> {
        self.command.stderr(Stdio::inherit());
        let output = self
            .command
            .output()
            .map_err(|source| self.did_not_start(source))?;
        if !output.status.success() {
            return Err(self.failed(output.status));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs without any output and tells whether the command exists and succeeded.
    pub(crate) fn succeeds(mut self) -> bool {
        self.command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    fn announce(&self) -> Instant {
        let program = Path::new(self.command.get_program())
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let words = self.command.get_args().map(|word| word.to_string_lossy());
        let words: Vec<_> = std::iter::once(program).chain(words).collect();
        let line: Vec<_> = words.iter().filter_map(|word| word.lines().next()).collect();
        let line = line.join(" ");
        eprintln!("== {}: {line}", self.name);
        Instant::now()
    }

    fn conclude(&self, started: Instant, status: ExitStatus) -> Result<()> {
        let seconds = started.elapsed().as_secs_f32();
        if status.success() {
            eprintln!("== {}: done in {seconds:.1} s", self.name);
            return Ok(());
        }
        eprintln!("== {}: FAILED after {seconds:.1} s", self.name);
        Err(self.failed(status))
    }

    fn failed(&self, status: ExitStatus) -> Error {
        Error::StepFailed {
            name: self.name.clone(),
            status,
        }
    }

    fn did_not_start(&self, source: std::io::Error) -> Error {
        let program = self.command.get_program().to_string_lossy().into_owned();
        Error::StepDidNotStart {
            name: self.name.clone(),
            program,
            source,
        }
    }
}

/// The cargo to call: the one that runs this program, so that the toolchain is the same.
pub(crate) fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Variables that `cargo run` sets about this package. Another cargo, or a program under test, must not take them for its own.
fn describes_xtask(key: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
        .iter()
        .any(|prefix| key.starts_with(prefix))
}
