//! A simulated SMD that knows the BMCs of a simulator.

use bmc_sim::{Sim, bmc_xname, node_xname};
use smd_sim::{Component, Endpoint, Site};

/// What SMD would know of the first `count` BMCs of a simulator with a node each, had it discovered them.
pub fn of(sim: &Sim, count: usize) -> Site {
    let mut site = Site::default();
    for bmc in 0..count {
        add(&mut site, sim, bmc);
    }
    site
}

/// Lets SMD discover another BMC of the simulator.
pub fn add(site: &mut Site, sim: &Sim, bmc: usize) {
    let (id, node) = (bmc_xname(bmc), node_xname(bmc, 0));
    site.add(Component::new(&id, "NodeBMC"));
    site.add(Component {
        nid: Some(bmc as u64 + 1),
        ..Component::new(&node, "Node")
    });
    let endpoint = Endpoint::new(&id, "NodeBMC", &sim.address(bmc).to_string())
        .path(&id, &sim.manager_path(bmc))
        .path(&node, &sim.system_path(bmc, 0));
    site.endpoints.insert(id, endpoint);
}
