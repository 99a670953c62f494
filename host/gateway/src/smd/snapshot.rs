//! Everything that is read of SMD, whole or not at all.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use switchyard_core::ControllerId;
use switchyard_transport::{Login, Secret};

use super::call::Call;
use super::client::Client;
use super::error::Error;
use super::schema::{
    Component, ComponentArray, ComponentEndpointArray, Group, Partition, PowerMap, RedfishEndpoint,
    RedfishEndpointArray,
};

/// The longest list of ids in a URL, in bytes, so that no proxy in between finds it too long.
const IDS_MAX_BYTES: usize = 6_000;
/// The state of a place where nothing stands.
const EMPTY: &str = "Empty";

/// The types whose power is switched, as SMD spells them.
const SWITCHED: [&str; 11] = [
    "Node",
    "ComputeModule",
    "RouterModule",
    "Chassis",
    "ChassisBMC",
    "NodeBMC",
    "RouterBMC",
    "CabinetPDUPowerConnector",
    "MgmtSwitch",
    "MgmtHLSwitch",
    "CDUMgmtSwitch",
];

/// What SMD said at one time. Everything is in order, so that two of them can be compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Snapshot {
    /// The components that can be switched and are there.
    pub(super) components: Vec<Component>,
    /// How they are reached.
    pub(super) reaches: Vec<Reach>,
    /// The BMCs.
    pub(super) endpoints: Vec<Bmc>,
    pub(super) power_maps: Vec<PowerMap>,
    pub(super) groups: Vec<Group>,
    pub(super) partitions: Vec<Partition>,
}

/// How a component is reached by Redfish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reach {
    pub(super) id: String,
    /// The BMC.
    pub(super) endpoint: String,
    /// The path of the resource.
    pub(super) path: String,
    pub(super) enabled: bool,
    /// What its action for power takes, as discovery found it.
    pub(super) values: Vec<String>,
}

/// A BMC, without its login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bmc {
    pub(super) id: String,
    pub(super) fqdn: String,
    pub(super) enabled: bool,
}

/// The logins of BMCs as SMD shows them.
pub(super) type Logins = HashMap<ControllerId, Arc<Login>>;

impl Snapshot {
    /// Reads everything; one answer that is no success, or cannot be understood, and nothing was read. Logins are kept only where
    /// `with_logins` says so.
    pub(super) async fn read(client: &Client, with_logins: bool) -> Result<(Self, Logins), Error> {
        let everything = json!({ "ComponentIDs": ["all"] });
        let ComponentArray { components } = client.post(Call::Components, &everything).await?;
        let mut components: Vec<Component> = components.into_iter().filter(is_switched).collect();
        components.sort_by(|a, b| a.id.cmp(&b.id));
        let RedfishEndpointArray { endpoints } = client.get(Call::RedfishEndpoints, "").await?;
        let logins = if with_logins {
            logins(&endpoints)
        } else {
            Logins::new()
        };
        let mut endpoints: Vec<Bmc> = endpoints.into_iter().map(Bmc::from).collect();
        endpoints.sort_by(|a, b| a.id.cmp(&b.id));
        let reaches = reaches(client, &components).await?;
        let mut power_maps: Vec<PowerMap> = client.get(Call::PowerMaps, "").await?;
        power_maps.sort_by(|a, b| a.id.cmp(&b.id));
        let mut groups: Vec<Group> = client.get(Call::Groups, "").await?;
        groups.sort_by(|a, b| a.label.cmp(&b.label));
        let mut partitions: Vec<Partition> = client.get(Call::Partitions, "").await?;
        partitions.sort_by(|a, b| a.name.cmp(&b.name));
        let snapshot = Self {
            components,
            reaches,
            endpoints,
            power_maps,
            groups,
            partitions,
        };
        Ok((snapshot, logins))
    }
}

impl From<RedfishEndpoint> for Bmc {
    fn from(endpoint: RedfishEndpoint) -> Self {
        Self {
            id: endpoint.id,
            fqdn: endpoint.fqdn,
            enabled: endpoint.enabled.unwrap_or(true),
        }
    }
}

fn is_switched(component: &Component) -> bool {
    component.state != EMPTY && SWITCHED.contains(&component.kind.as_str())
}

fn logins(endpoints: &[RedfishEndpoint]) -> Logins {
    endpoints
        .iter()
        .filter(|endpoint| !endpoint.user.is_empty())
        .filter_map(|endpoint| {
            let id = ControllerId::parse(&endpoint.id).ok()?;
            let password = Secret::new(endpoint.password.clone());
            Some((id, Arc::new(Login::new(endpoint.user.clone(), password))))
        })
        .collect()
}

async fn reaches(client: &Client, components: &[Component]) -> Result<Vec<Reach>, Error> {
    let mut reaches = Vec::with_capacity(components.len());
    for query in queries(components) {
        let ComponentEndpointArray { endpoints } = client.get(Call::ComponentEndpoints, &query).await?;
        reaches.extend(endpoints.into_iter().map(|endpoint| Reach {
            values: endpoint.allowable_values(),
            enabled: endpoint.enabled.unwrap_or(true),
            id: endpoint.id,
            endpoint: endpoint.endpoint,
            path: endpoint.path,
        }));
    }
    reaches.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(reaches)
}

/// The queries that name every component once, each no longer than a URL may be.
fn queries(components: &[Component]) -> Vec<String> {
    let mut queries: Vec<String> = Vec::new();
    for component in components {
        // An id that would need escapes is no xname, and none of SMD's.
        if !component.id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            continue;
        }
        match queries.last_mut() {
            Some(query) if query.len() + component.id.len() < IDS_MAX_BYTES => {
                query.push_str("&id=");
                query.push_str(&component.id);
            }
            _ => queries.push(format!("?id={}", component.id)),
        }
    }
    queries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(id: &str, kind: &str, state: &str) -> Component {
        serde_json::from_value(json!({ "ID": id, "Type": kind, "State": state })).unwrap()
    }

    #[test]
    fn urls_stay_short_and_name_everything_once() {
        let components: Vec<_> = (0..2_000)
            .map(|n| component(&format!("x1000c7s{n}b0n0"), "Node", "On"))
            .collect();
        let queries = queries(&components);
        assert!(queries.iter().all(|query| query.len() <= IDS_MAX_BYTES + 24));
        let named: Vec<&str> = queries
            .iter()
            .flat_map(|query| query.trim_start_matches('?').split('&'))
            .map(|pair| pair.trim_start_matches("id="))
            .collect();
        let ids: Vec<&str> = components.iter().map(|component| component.id.as_str()).collect();
        assert_eq!(named, ids);
    }

    #[test]
    fn nothing_is_asked_about_nothing() {
        assert!(queries(&[]).is_empty());
    }

    #[test]
    fn what_is_not_switched_or_not_there_is_left_out() {
        assert!(is_switched(&component("x0c0s0b0n0", "Node", "Off")));
        assert!(is_switched(&component(
            "x0m0p0v1",
            "CabinetPDUPowerConnector",
            "On"
        )));
        assert!(!is_switched(&component("x0c0s0b0n0", "Node", "Empty")));
        assert!(!is_switched(&component("x0c0s0e0", "NodeEnclosure", "On")));
    }
}
