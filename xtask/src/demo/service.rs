//! The service of the demonstration: its files, its start, and how it is known to be ready.

use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::fleet::Fleet;
use super::http;
use super::programs::{Event, Programs};
use crate::error::{Error, Result};
use crate::workspace::Workspace;

const NAME: &str = "switchyardd";
const READY_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two looks at the service. Ctrl-C and the end of a program are noticed at once.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Service {
    address: SocketAddr,
}

impl Service {
    /// Writes configuration, inventory and credentials into `folder` and starts the service on them.
    pub(super) fn start(
        workspace: &Workspace,
        programs: &mut Programs,
        folder: &Path,
        address: SocketAddr,
        fleet: &Fleet,
    ) -> Result<Self> {
        let program = workspace.program(NAME);
        let config = folder.join("switchyard.toml");
        write_private(&folder.join("inventory.json"), &fleet.inventory().to_string())?;
        write_private(&config, &configuration(address))?;
        store_credentials(&program, &config, fleet)?;
        programs.start(NAME, &program, ["--config".as_ref(), config.as_os_str()])?;
        Ok(Self { address })
    }

    /// Waits until `/readiness` says 204. Returns false when interrupted meanwhile.
    pub(super) fn wait_until_ready(&self, programs: &mut Programs) -> Result<bool> {
        let deadline = Instant::now() + READY_TIMEOUT;
        loop {
            let answer = http::get(self.address, "/readiness").map(|(status, _)| status);
            if answer == Some(204) {
                return Ok(true);
            }
            if Instant::now() > deadline {
                let state = answer.map_or("no answer".to_owned(), |status| {
                    format!("/readiness says {status}")
                });
                let log = programs.log_tail(NAME);
                return Err(Error::NotReady {
                    name: NAME,
                    seconds: READY_TIMEOUT.as_secs(),
                    state,
                    log,
                });
            }
            if !pause(programs)? {
                return Ok(false);
            }
        }
    }

    /// Waits until the power state of all nodes is known, or as long as `patience` lasts, and returns of how many it
    /// is. Returns nothing when interrupted meanwhile.
    pub(super) fn wait_until_read(
        &self,
        programs: &mut Programs,
        nodes: usize,
        patience: Duration,
    ) -> Result<Option<usize>> {
        let deadline = Instant::now() + patience;
        loop {
            let known =
                http::get(self.address, "/v1/power-status").map_or(0, |(_, body)| known_states(&body));
            if known >= nodes || Instant::now() > deadline {
                return Ok(Some(known));
            }
            if !pause(programs)? {
                return Ok(None);
            }
        }
    }
}

/// Lets a moment pass. Returns false when interrupted; the end of a program is an error.
fn pause(programs: &mut Programs) -> Result<bool> {
    match programs.next_event(Some(Instant::now() + LOOK_INTERVAL)) {
        None => Ok(true),
        Some(Event::Interrupted) => Ok(false),
        Some(Event::Ended(name)) => Err(programs.ended(name)),
    }
}

fn known_states(body: &str) -> usize {
    let document: Value = serde_json::from_str(body).unwrap_or_default();
    let components = document["status"].as_array().map_or(&[][..], Vec::as_slice);
    components
        .iter()
        .filter(|component| matches!(component["powerState"].as_str(), Some("on" | "off")))
        .count()
}

/// Relative paths are meant from the folder of the configuration.
fn configuration(address: SocketAddr) -> String {
    format!(
        "\
listen = \"{address}\"
data_dir = \"data\"

[inventory]
file = \"inventory.json\"

[credentials]
file = \"credentials\"
key_file = \"credentials.key\"
"
    )
}

/// The password goes over standard input, as it should on every machine.
fn store_credentials(program: &Path, config: &Path, fleet: &Fleet) -> Result<()> {
    let failed = |source| Error::StepDidNotStart {
        name: "credentials".to_owned(),
        program: program.display().to_string(),
        source,
    };
    let mut child = Command::new(program)
        .arg("--config")
        .arg(config)
        .args([
            "credentials",
            "set",
            "--default",
            "--user",
            fleet.user(),
            "--password-stdin",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        writeln!(stdin, "{}", fleet.password()).map_err(failed)?;
    }
    let status = child.wait().map_err(failed)?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::StepFailed {
            name: "credentials".to_owned(),
            status,
        })
    }
}

fn write_private(path: &PathBuf, content: &str) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(content.as_bytes()))
        .map_err(Error::file(path))
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_on_and_off_are_known_states() {
        let body =
            r#"{"status": [{"powerState": "on"}, {"powerState": "off"}, {"powerState": "undefined"}]}"#;
        assert_eq!(super::known_states(body), 2);
        assert_eq!(super::known_states("not json"), 0);
    }
}
