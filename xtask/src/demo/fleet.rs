//! The simulated BMCs of the demonstration.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::http;
use super::programs::Programs;
use crate::error::{Error, Result, write_private};
use crate::workspace::Workspace;

const NAME: &str = "bmc-sim";
const READY_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the hardware takes: long enough to be watched, short enough not to be waited for.
const DELAYS: &[&str] = &[
    "--on-delay-ms=2000",
    "--graceful-off-delay-ms=3000",
    "--force-off-delay-ms=500",
    "--restart-delay-ms=4000",
    "--boot-delay-ms=5000",
];
/// Slots of a chassis and chassis of a cabinet, as the simulator names its nodes.
const SLOTS: usize = 8;
const CHASSIS: usize = 8;

/// The running simulator: one BMC with one node for each slot, over TLS with a pinned certificate.
#[derive(Debug)]
pub(super) struct Fleet {
    nodes: usize,
    ready: Ready,
    /// The one password of all BMCs.
    pub(super) password_file: PathBuf,
}

/// What the simulator says when it is ready, in one line.
#[derive(Debug, Deserialize)]
struct Ready {
    /// Where fault rules are set.
    control: SocketAddr,
}

impl Fleet {
    /// The inventory that the simulator writes, in the folder of the demonstration.
    pub(super) const INVENTORY: &str = "inventory.toml";
    /// User of every BMC.
    pub(super) const USER: &str = "demo";

    pub(super) fn start(
        workspace: &Workspace,
        programs: &mut Programs,
        folder: &Path,
        nodes: usize,
    ) -> Result<Self> {
        let inventory = folder.join(Self::INVENTORY);
        let password_file = folder.join("bmc-password");
        write_private(&password_file, "demonstration\n")?;
        let args = [
            format!("--count={nodes}"),
            "--tls=shared".to_owned(),
            format!("--inventory={}", inventory.display()),
            format!("--user={}", Self::USER),
            format!("--password-file={}", password_file.display()),
            "--exit-with-parent".to_owned(),
        ];
        let args = args.iter().map(String::as_str).chain(DELAYS.iter().copied());
        let line = programs.start_announcing(NAME, &workspace.program(NAME), args, READY_TIMEOUT)?;
        add_group(&inventory, nodes).map_err(Error::file(&inventory))?;
        let ready = serde_json::from_str(&line);
        let ready = ready.map_err(|source| Error::ReadyLine {
            name: NAME,
            line,
            source,
        })?;
        Ok(Self {
            nodes,
            ready,
            password_file,
        })
    }

    /// Gives some BMCs of every sixteen a fault: one refuses, one ignores the first command, one is slow, one is gone.
    pub(super) fn break_some(&self) -> Result<()> {
        let every_sixteenth = |offset: usize| (offset..self.nodes).step_by(16).collect::<Vec<_>>();
        let refuse = json!({
            "kind": "refuse", "status": 400, "message_id": "Base.1.18.ActionNotSupported",
            "message": "The action is not supported while the system is in firmware update mode.",
        });
        let rules = [
            json!({ "effect": refuse, "bmcs": every_sixteenth(3) }),
            json!({ "effect": { "kind": "ignore" }, "remaining": 1, "each_bmc": true, "bmcs": every_sixteenth(6) }),
            json!({ "effect": { "kind": "slow", "ms": 1500 }, "bmcs": every_sixteenth(9) }),
            json!({ "effect": { "kind": "unreachable" }, "bmcs": every_sixteenth(12) }),
        ];
        for rule in rules {
            match http::post(self.ready.control, "/faults", &rule) {
                Some((200..=299, _)) => {}
                answer => {
                    return Err(Error::Faults {
                        answer: answer.map(|(status, body)| format!("{status} {body}")),
                    });
                }
            }
        }
        Ok(())
    }
}

/// The nodes of the first chassis, folded.
pub(super) fn first_chassis(nodes: usize) -> String {
    slots(0, nodes.min(SLOTS))
}

/// The nodes of the first cabinet, chassis by chassis.
fn first_cabinet(nodes: usize) -> String {
    let nodes = nodes.min(CHASSIS * SLOTS);
    let chassis = (0..nodes).step_by(SLOTS).enumerate();
    let sets = chassis.map(|(chassis, first)| slots(chassis, SLOTS.min(nodes - first)));
    sets.collect::<Vec<_>>().join(",")
}

fn slots(chassis: usize, slots: usize) -> String {
    match slots {
        1 => format!("x1000c{chassis}s0b0n0"),
        slots => format!("x1000c{chassis}s[0-{}]b0n0", slots - 1),
    }
}

/// Lets the inventory know the first cabinet as a group.
fn add_group(inventory: &Path, nodes: usize) -> std::io::Result<()> {
    let mut file = OpenOptions::new().append(true).open(inventory)?;
    let set = first_cabinet(nodes);
    writeln!(file, "\n[[group]]\nname = \"rack\"\ncomponents = \"{set}\"")
}

#[cfg(test)]
mod tests {
    use super::{first_cabinet, first_chassis};

    #[test]
    fn the_first_chassis_is_no_larger_than_the_fleet() {
        assert_eq!(first_chassis(64), "x1000c0s[0-7]b0n0");
        assert_eq!(first_chassis(2), "x1000c0s[0-1]b0n0");
        assert_eq!(first_chassis(1), "x1000c0s0b0n0");
    }

    #[test]
    fn the_first_cabinet_is_told_chassis_by_chassis() {
        assert_eq!(first_cabinet(1), "x1000c0s0b0n0");
        assert_eq!(first_cabinet(10), "x1000c0s[0-7]b0n0,x1000c1s[0-1]b0n0");
        let whole = first_cabinet(1_000);
        assert_eq!(whole.split(',').count(), 8);
        assert!(whole.ends_with("x1000c7s[0-7]b0n0"), "{whole}");
    }
}
