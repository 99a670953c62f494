//! One installation of the service in a folder of its own, started and killed as often as a test likes.

use std::fs::File;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::client::Client;
use crate::program;

/// How long the service may take to become ready. The first start of an installation compiles every embedded driver.
const READY_WITHIN: Duration = Duration::from_mins(3);
/// How long the service may take to stop after SIGTERM.
const STOP_WITHIN: Duration = Duration::from_secs(90);

/// What a test sets besides the defaults.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// More lines of the configuration file.
    pub config: String,
    /// The certificate authority that the service is known by, in PEM form, where it speaks TLS.
    pub authority: Option<String>,
    /// Environment of the service.
    pub env: Vec<(String, String)>,
}

/// The files of an installation. They are deleted when it is dropped.
#[derive(Debug)]
pub struct Installation {
    folder: tempfile::TempDir,
    listen: SocketAddr,
    settings: Settings,
}

impl Installation {
    /// Writes configuration, inventory and credentials.
    ///
    /// # Panics
    /// When a file cannot be written or the service refuses the credentials.
    pub fn new(inventory: &str, user: &str, password: &str, settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        let listen = free_address();
        let this = Self {
            folder,
            listen,
            settings,
        };
        this.write("inventory.toml", inventory);
        let config = format!(
            "[listen]\naddress = \"{listen}\"\n[store]\npath = \"switchyard.db\"\n[inventory]\nfile = \"inventory.toml\"\n\
             [credentials]\nfile = \"credentials\"\nkey_file = \"credentials.key\"\n{}\n",
            this.settings.config
        );
        this.write("switchyard.toml", &config);
        this.run(&["credentials", "init-key"], "");
        this.run(&["credentials", "set", "default", "--user", user], password);
        this
    }

    /// Where the files lie.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the service has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder().join("log")).unwrap_or_default()
    }

    /// Writes one of the files, in place of the one that is there.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.folder().join(name);
        std::fs::write(&path, text)
            .unwrap_or_else(|error| panic!("{} could not be written: {error}", path.display()));
    }

    fn command(&self) -> Command {
        let program = program::path("switchyardd");
        // The installations of all tests share what is compiled, or each would begin with seconds of compiling.
        let compiled = program.with_file_name("driver-cache");
        let mut command = Command::new(program);
        command
            .env("SWITCHYARD__DRIVERS__CACHE", compiled)
            .arg("--config")
            .arg(self.folder().join("switchyard.toml"))
            .envs(self.settings.env.clone());
        command
    }

    /// Runs a subcommand of the service to its end.
    ///
    /// # Panics
    /// When it fails; the message holds what it said.
    pub fn run(&self, args: &[&str], input: &str) -> String {
        let mut child = self
            .command()
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("switchyardd {args:?} did not start: {error}"));
        if let Some(mut stdin) = child.stdin.take() {
            drop(stdin.write_all(input.as_bytes()));
        }
        let output = child
            .wait_with_output()
            .unwrap_or_else(|error| panic!("switchyardd {args:?}: {error}"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "switchyardd {args:?} failed: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// A client of the service, whether or not it runs.
    pub fn client(&self) -> Client {
        match &self.settings.authority {
            Some(authority) => Client::new(format!("https://{}", self.listen)).trusting(authority),
            None => Client::new(format!("http://{}", self.listen)),
        }
    }

    /// Runs a subcommand of the service that has to fail, and gives what it said.
    ///
    /// # Panics
    /// When it succeeds.
    pub fn fails(&self, args: &[&str]) -> String {
        let output = self.command().args(args).stdin(Stdio::null()).output();
        let output = output.unwrap_or_else(|error| panic!("switchyardd {args:?}: {error}"));
        assert!(!output.status.success(), "switchyardd {args:?} succeeded");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Starts the service and waits until it is ready.
    ///
    /// # Panics
    /// When it is not ready in time; the message holds the end of its log.
    pub async fn start(&self) -> Service {
        let log = self.folder().join("log");
        let open = || File::options().create(true).append(true).open(&log);
        let file = open().unwrap_or_else(|error| panic!("{} could not be opened: {error}", log.display()));
        let child = self
            .command()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("switchyardd did not start: {error}"));
        let mut service = Service {
            child,
            client: self.client(),
            log,
        };
        service.wait_until_ready().await;
        service
    }
}

/// A running service. It is killed when dropped.
#[derive(Debug)]
pub struct Service {
    child: Child,
    client: Client,
    log: PathBuf,
}

impl Service {
    /// A client of it.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal by name, such as `HUP`.
    ///
    /// # Panics
    /// When that cannot be sent.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.pid().to_string()])
            .status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "SIG{name} could not be sent"
        );
    }

    async fn wait_until_ready(&mut self) {
        let deadline = tokio::time::Instant::now() + READY_WITHIN;
        loop {
            if self
                .client
                .get("/readiness")
                .await
                .is_some_and(|answer| answer.status == 204)
            {
                return;
            }
            let ended = self.child.try_wait().ok().flatten();
            let late = tokio::time::Instant::now() > deadline;
            assert!(
                ended.is_none() && !late,
                "the service is not ready ({ended:?}):\n{}",
                self.log_tail()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(30).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Ends the service as a power cut would.
    pub fn kill(mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// # Panics
    /// When the service does not end in time.
    pub async fn terminate(mut self) -> ExitStatus {
        let sent = Command::new("kill")
            .args(["-TERM", &self.pid().to_string()])
            .status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "SIGTERM could not be sent"
        );
        let child = &mut self.child;
        let deadline = tokio::time::Instant::now() + STOP_WITHIN;
        loop {
            if let Ok(Some(status)) = child.try_wait() {
                return status;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "the service did not stop within {STOP_WITHIN:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A loopback address that nobody listened on a moment ago.
///
/// # Panics
/// When there is none.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("no free port: {error}"));
    listener
        .local_addr()
        .unwrap_or_else(|error| panic!("no free port: {error}"))
}
