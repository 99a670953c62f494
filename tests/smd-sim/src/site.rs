//! What the simulated SMD knows.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Component, Endpoint, Group, Locks, Partition, PowerMap, Subscription};

/// What SMD knows of a site.
#[derive(Debug, Default)]
pub struct Site {
    /// The components by xname.
    pub components: BTreeMap<String, Component>,
    /// The BMCs by xname. The component endpoints are derived from them and from the components.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// The power maps by component.
    pub power_maps: BTreeMap<String, PowerMap>,
    /// The groups by label.
    pub groups: BTreeMap<String, Group>,
    /// The partitions by name.
    pub partitions: BTreeMap<String, Partition>,
    /// The subscriptions in order of their ids.
    pub subscriptions: Vec<Subscription>,
    /// Locks and reservations.
    pub locks: Locks,
    /// Components for whose sake a whole bulk change of states is refused.
    pub stateless: BTreeSet<String>,
}

impl Site {
    /// The xname of the BMC with this number in a large site: 64 in a chassis, eight chassis in a cabinet.
    pub fn bmc(index: u32) -> String {
        let (cabinet, chassis, slot) = (index / 512, index / 64 % 8, index % 64);
        format!("x{}c{chassis}s{slot}b0", 3000 + cabinet)
    }

    /// Adds a BMC at `fqdn`, which may carry a port, with one node: SMD has discovered both.
    pub fn add_node(&mut self, bmc: &str, fqdn: &str, nid: u64) {
        let node = format!("{bmc}n0");
        self.add(Component::new(bmc, "NodeBMC"));
        self.add(Component {
            nid: Some(nid),
            ..Component::new(&node, "Node")
        });
        self.endpoints
            .insert(bmc.to_owned(), Endpoint::new(bmc, "NodeBMC", fqdn));
    }

    /// Adds a component, or replaces it.
    pub fn add(&mut self, component: Component) {
        self.components.insert(component.id.clone(), component);
    }

    /// Forgets a BMC with everything that is reached through it.
    pub fn remove_endpoint(&mut self, bmc: &str) {
        self.endpoints.remove(bmc);
        self.components.retain(|id, _| !id.starts_with(bmc));
    }

    /// The state of a component.
    pub fn state(&self, id: &str) -> Option<&str> {
        self.components.get(id).map(|component| component.state.as_str())
    }

    /// Changes the state of a component.
    pub fn set_state(&mut self, id: &str, state: &str) {
        if let Some(component) = self.components.get_mut(id) {
            state.clone_into(&mut component.state);
        }
    }

    pub(crate) fn groups_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a str> {
        self.groups
            .values()
            .filter(move |group| group.members.ids.iter().any(|member| member == id))
            .map(|group| group.label.as_str())
    }

    pub(crate) fn partition_of(&self, id: &str) -> Option<&str> {
        self.partitions
            .values()
            .find(|partition| partition.members.ids.iter().any(|member| member == id))
            .map(|partition| partition.name.as_str())
    }
}
