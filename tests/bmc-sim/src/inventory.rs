//! The fleet as a Switchyard inventory.

use std::fmt::Write as _;

use crate::bmc::Target;
use crate::fault::Protocol;
use crate::fleet::Fleet;
use crate::sim::{Error, Shared};

/// What an inventory says besides addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryOptions {
    /// What the gateway speaks to the BMCs. Over IPMI the fleet must have that, and BMCs have one node.
    pub protocol: Protocol,
    /// Driver id; absent leaves the choice to the gateway.
    pub driver: Option<String>,
    /// Name of the credential; absent means the gateway's default.
    pub credential: Option<String>,
    /// How certificates are checked; without effect when the fleet speaks HTTP.
    pub trust: Trust,
    /// Whether the BMCs are listed as components themselves.
    pub controllers: bool,
    /// Whether the chassis are listed as components, as parents of their nodes.
    pub chassis: bool,
}

impl Default for InventoryOptions {
    fn default() -> Self {
        Self {
            protocol: Protocol::Redfish,
            driver: None,
            credential: None,
            trust: Trust::Pin,
            controllers: true,
            chassis: false,
        }
    }
}

/// How certificates are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// By SHA-256 fingerprint. In fleets with a certificate per BMC this makes all of them now.
    Pin,
    /// By the fleet's authority, which the gateway finds in this file.
    Ca(String),
    /// Not at all.
    Unverified,
}

/// The xname of BMC `index`: 64 slots to a cabinet, 8 to a chassis, from x1000 on.
pub fn bmc_xname(index: usize) -> String {
    format!("{}b0", slot_xname(index))
}

/// The xname of a node of BMC `index`.
pub fn node_xname(index: usize, system: usize) -> String {
    format!("{}n{system}", bmc_xname(index))
}

fn slot_xname(index: usize) -> String {
    format!("x{}c{}s{}", 1000 + index / 64, index % 64 / 8, index % 8)
}

/// Writes the inventory.
pub(crate) fn write(shared: &Shared, options: &InventoryOptions) -> Result<String, Error> {
    let fleet = &shared.fleet;
    let mut out = String::with_capacity(fleet.bmcs.len() * 400);
    for bmc in &fleet.bmcs {
        let id = bmc_xname(bmc.index);
        line(&mut out, "[[controller]]");
        entry(&mut out, "id", &id);
        let address = match (options.protocol, fleet.ipmi_address(bmc.index)) {
            (Protocol::Ipmi, Some(address)) => format!("ipmi://{address}"),
            (Protocol::Amt, _) => amt_url(fleet, bmc.index),
            _ => fleet.base_url(bmc.index),
        };
        entry(&mut out, "address", &address);
        if options.protocol == Protocol::Amt {
            entry(&mut out, "auth", "digest");
        }
        if let Some(driver) = &options.driver {
            entry(&mut out, "driver", driver);
        }
        if let Some(credential) = &options.credential {
            entry(&mut out, "credential", credential);
        }
        let is_http = options.protocol == Protocol::Redfish;
        let has_tls = options.protocol != Protocol::Ipmi && fleet.authority.is_some();
        match (&options.trust, has_tls) {
            (_, false) => {}
            (Trust::Pin, true) => {
                let pin = shared.fingerprint(bmc.index)?.unwrap_or_default();
                line(&mut out, &format!("tls = {{ pin = \"sha256:{pin}\" }}"));
            }
            (Trust::Ca(path), true) => line(&mut out, &format!("tls = {{ ca = {} }}", quoted(path))),
            (Trust::Unverified, true) => line(&mut out, "tls = { verify = \"none\" }"),
        }
        out.push('\n');
        let path = |target| is_http.then(|| bmc.tree.path(target));
        if options.controllers && options.protocol != Protocol::Amt {
            component(&mut out, &id, "controller", &id, path(Target::Manager), None);
        }
        let slot = slot_xname(bmc.index);
        let has_chassis = options.chassis && is_http;
        if has_chassis {
            component(&mut out, &slot, "chassis", &id, path(Target::Chassis), None);
        }
        let parent = has_chassis.then_some(slot.as_str());
        let systems = if is_http { fleet.config.nodes_per_bmc } else { 1 };
        for system in 0..systems {
            let name = node_xname(bmc.index, system);
            component(&mut out, &name, "node", &id, path(Target::System(system)), parent);
        }
    }
    Ok(out)
}

fn amt_url(fleet: &Fleet, bmc: usize) -> String {
    let scheme = if fleet.authority.is_some() {
        "https"
    } else {
        "http"
    };
    fleet
        .amt_address(bmc)
        .map_or_else(|| fleet.base_url(bmc), |address| format!("{scheme}://{address}"))
}

fn component(
    out: &mut String,
    id: &str,
    kind: &str,
    controller: &str,
    path: Option<String>,
    parent: Option<&str>,
) {
    line(out, "[[component]]");
    entry(out, "id", id);
    entry(out, "kind", kind);
    entry(out, "controller", controller);
    if let Some(path) = path {
        entry(out, "path", &path);
    }
    if let Some(parent) = parent {
        line(out, &format!("parents = [{}]", quoted(parent)));
    }
    out.push('\n');
}

fn entry(out: &mut String, key: &str, value: &str) {
    // Writing to a String cannot fail.
    writeln!(out, "{key} = {}", quoted(value)).ok();
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// A JSON string is a TOML basic string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xnames_fill_cabinets_in_order() {
        assert_eq!(
            [0, 7, 8, 63, 64, 9_999].map(bmc_xname),
            [
                "x1000c0s0b0",
                "x1000c0s7b0",
                "x1000c1s0b0",
                "x1000c7s7b0",
                "x1001c0s0b0",
                "x1156c1s7b0",
            ]
        );
        assert_eq!(node_xname(0, 3), "x1000c0s0b0n3");
    }
}
