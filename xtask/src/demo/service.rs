//! The service of the demonstration: its files, its start, and how it is known to be ready.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::fleet::Fleet;
use super::http;
use super::programs::{Event, Programs};
use crate::error::{Error, Result, write_private};
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
        write_private(
            &config,
            &configuration(address, &program.with_file_name("driver-cache")),
        )?;
        let key = credentials(&program, &config)
            .arg("init-key")
            .stdin(Stdio::null())
            .status();
        conclude(&program, key)?;
        let password = File::open(&fleet.password_file).map_err(Error::file(&fleet.password_file))?;
        let login = credentials(&program, &config)
            .args(["set", "default", "--user", Fleet::USER])
            .stdin(password)
            .status();
        conclude(&program, login)?;
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
            let known = http::get(self.address, "/v1/power-status").map_or(0, |(_, body)| known_nodes(&body));
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

/// How many nodes are known to be on or off. BMCs are in the list too, and do not count.
fn known_nodes(body: &str) -> usize {
    let document: Value = serde_json::from_str(body).unwrap_or_default();
    let components = document["status"].as_array().map_or(&[][..], Vec::as_slice);
    let is_node = |component: &Value| {
        component["xname"]
            .as_str()
            .is_some_and(|xname| xname.ends_with("n0"))
    };
    let is_known = |component: &Value| matches!(component["powerState"].as_str(), Some("on" | "off"));
    components
        .iter()
        .filter(|component| is_node(component) && is_known(component))
        .count()
}

/// Relative paths start at the folder of the configuration.
fn configuration(address: SocketAddr, compiled: &Path) -> String {
    format!(
        "\
[listen]
address = \"{address}\"

[store]
path = \"switchyard.db\"

[inventory]
file = \"{}\"

[credentials]
file = \"credentials\"
key_file = \"credentials.key\"

# Compiled drivers outlive a demonstration, so that the next one begins at once.
[drivers]
cache = \"{}\"
",
        Fleet::INVENTORY,
        compiled.display()
    )
}

/// The subcommand that manages logins. A password goes over standard input, as it should on every machine.
fn credentials(program: &Path, config: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .arg("--config")
        .arg(config)
        .arg("credentials")
        .stdout(Stdio::null());
    command
}

fn conclude(program: &Path, status: std::io::Result<ExitStatus>) -> Result<()> {
    let name = "credentials".to_owned();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::StepFailed { name, status }),
        Err(source) => Err(Error::StepDidNotStart {
            name,
            program: program.display().to_string(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn nodes_that_are_on_or_off_are_known() {
        let body = r#"{"status": [
            {"xname": "x1000c0s0b0n0", "powerState": "on"},
            {"xname": "x1000c0s1b0n0", "powerState": "off"},
            {"xname": "x1000c0s2b0n0", "powerState": "undefined"},
            {"xname": "x1000c0s0b0", "powerState": "on"}
        ]}"#;
        assert_eq!(super::known_nodes(body), 2);
        assert_eq!(super::known_nodes("not json"), 0);
    }
}
