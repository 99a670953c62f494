//! The simulated BMCs of the demonstration, and what the service is told about them.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::http;
use super::programs::Programs;
use crate::error::{Error, Result};
use crate::workspace::Workspace;

const NAME: &str = "bmc-sim";
const READY_TIMEOUT: Duration = Duration::from_secs(20);
const SLOTS: usize = 8;
const CHASSIS: usize = 8;
const FIRST_CABINET: usize = 1000;

/// The running simulator: one BMC with one node for each slot.
#[derive(Debug)]
pub(super) struct Fleet {
    nodes: usize,
    ready: Ready,
}

/// What the simulator says when it is ready, in one line.
#[derive(Debug, Deserialize)]
struct Ready {
    /// BMC `i` listens at this address plus `i`.
    first_address: Ipv4Addr,
    port: u16,
    /// Where fault rules are set.
    control: SocketAddr,
    user: String,
    password: String,
}

impl Fleet {
    pub(super) fn start(workspace: &Workspace, programs: &mut Programs, nodes: usize) -> Result<Self> {
        let count = nodes.to_string();
        let args = ["--count", &count, "--control-port", "0", "--exit-with-parent"];
        let line = programs.start_announcing(NAME, &workspace.program(NAME), args, READY_TIMEOUT)?;
        let ready = serde_json::from_str(&line).map_err(|source| Error::ReadyLine {
            name: NAME,
            line,
            source,
        })?;
        Ok(Self { nodes, ready })
    }

    pub(super) fn user(&self) -> &str {
        &self.ready.user
    }

    pub(super) fn password(&self) -> &str {
        &self.ready.password
    }

    /// The inventory: a controller and a component for each slot.
    pub(super) fn inventory(&self) -> Value {
        let first = u32::from(self.ready.first_address);
        let address = |index: usize| Ipv4Addr::from(first + u32::try_from(index).unwrap_or_default());
        let controllers = (0..self.nodes).map(|index| {
            json!({ "id": controller(index), "address": format!("http://{}:{}", address(index), self.ready.port) })
        });
        let components =
            (0..self.nodes).map(|index| json!({ "id": node(index), "controller": controller(index) }));
        json!({
            "controllers": controllers.collect::<Vec<_>>(),
            "components": components.collect::<Vec<_>>(),
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

/// The xname of a BMC: cabinets of eight chassis with eight slots, from x1000 on.
fn controller(index: usize) -> String {
    let (slot, rest) = (index % SLOTS, index / SLOTS);
    format!("x{}c{}s{slot}b0", FIRST_CABINET + rest / CHASSIS, rest % CHASSIS)
}

fn node(index: usize) -> String {
    format!("{}n0", controller(index))
}

/// The nodes of the first chassis, folded.
pub(super) fn first_chassis(nodes: usize) -> String {
    match nodes.min(SLOTS) {
        1 => node(0),
        slots => format!("x{FIRST_CABINET}c0s[0-{}]b0n0", slots - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::{first_chassis, node};

    #[test]
    fn sixty_four_nodes_fill_one_cabinet() {
        assert_eq!(
            [node(0), node(8), node(63), node(64)],
            ["x1000c0s0b0n0", "x1000c1s0b0n0", "x1000c7s7b0n0", "x1001c0s0b0n0"]
        );
    }

    #[test]
    fn the_first_chassis_is_no_larger_than_the_fleet() {
        assert_eq!(first_chassis(64), "x1000c0s[0-7]b0n0");
        assert_eq!(first_chassis(2), "x1000c0s[0-1]b0n0");
        assert_eq!(first_chassis(1), "x1000c0s0b0n0");
    }
}
