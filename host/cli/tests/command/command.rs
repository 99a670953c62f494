//! Runs the command.

use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// How long a command may take in a test.
const COMMAND_TIMEOUT: Duration = Duration::from_mins(1);

/// The time between two presses of Ctrl-C.
const INTERRUPT_EVERY: Duration = Duration::from_millis(200);

/// What a command left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Everything that a person and a script see, with the address of the service made stable.
    pub(crate) fn shown(&self, url: &str) -> String {
        let text = format!(
            "exit {:?}\n--- stdout\n{}--- stderr\n{}",
            self.code.unwrap(),
            self.stdout,
            self.stderr
        );
        text.replace(url, "http://SERVER")
    }
}

/// A command that runs.
pub(crate) struct Running {
    child: Child,
    _home: TempDir,
}

/// Starts the command with this service in its environment and an empty home.
pub(crate) fn start(url: &str, arguments: &[&str]) -> Running {
    start_from(url, arguments, Stdio::null())
}

/// As [`start`], with standard input that is yet to be written.
pub(crate) fn start_with_input(url: &str, arguments: &[&str]) -> Running {
    start_from(url, arguments, Stdio::piped())
}

fn start_from(url: &str, arguments: &[&str], input: Stdio) -> Running {
    let home = tempfile::tempdir().unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_switchyard"))
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .env("SWITCHYARD_SERVER", url)
        // Reading the authorities of the system is most of the work of a short command.
        .env("SSL_CERT_FILE", "/dev/null")
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    Running { child, _home: home }
}

impl Running {
    /// Presses Ctrl-C.
    pub(crate) async fn interrupt(&self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &pid])
                .status()
                .await
                .unwrap()
                .success()
        );
    }

    /// Writes standard input, all of it.
    pub(crate) async fn feed(&mut self, text: &str) {
        let mut input = self.child.stdin.take().unwrap();
        input.write_all(text.as_bytes()).await.unwrap();
    }

    /// The next line on standard output.
    pub(crate) async fn line(&mut self) -> String {
        let stdout = self.child.stdout.as_mut().unwrap();
        let mut line = Vec::new();
        let read = async {
            loop {
                match stdout.read_u8().await.unwrap() {
                    b'\n' => return,
                    byte => line.push(byte),
                }
            }
        };
        tokio::time::timeout(COMMAND_TIMEOUT, read).await.unwrap();
        String::from_utf8(line).unwrap()
    }

    /// Closes the other end of standard output.
    pub(crate) fn stop_reading(&mut self) {
        drop(self.child.stdout.take());
    }

    /// Presses Ctrl-C until the command has ended.
    pub(crate) async fn end_interrupted(mut self) -> Ended {
        let mut again = tokio::time::interval(INTERRUPT_EVERY);
        let ends = async {
            loop {
                tokio::select! {
                    ended = self.child.wait() => return ended.unwrap(),
                    _ = again.tick() => {}
                }
                if let Some(pid) = self.child.id() {
                    drop(
                        Command::new("kill")
                            .args(["-INT", &pid.to_string()])
                            .status()
                            .await,
                    );
                }
            }
        };
        tokio::time::timeout(COMMAND_TIMEOUT, ends).await.unwrap();
        self.end().await
    }

    /// Waits for the end.
    pub(crate) async fn end(self) -> Ended {
        let output = tokio::time::timeout(COMMAND_TIMEOUT, self.child.wait_with_output())
            .await
            .unwrap()
            .unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs the command to its end.
pub(crate) async fn run(url: &str, arguments: &[&str]) -> Ended {
    start(url, arguments).end().await
}
