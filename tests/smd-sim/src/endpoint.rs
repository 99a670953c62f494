//! BMCs, and the component endpoints that discovery derives from them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Component, Site};

/// A BMC as SMD has discovered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The xname.
    pub id: String,
    /// What it is, such as `NodeBMC`.
    pub kind: String,
    /// Where it is, with or without a port.
    pub fqdn: String,
    /// Whether it is in service.
    pub enabled: bool,
    /// The user of its login.
    pub user: String,
    /// The password of its login, which SMD shows in clear where it has no Vault.
    pub password: String,
    /// The paths of its resources by xname, where they are not the usual ones.
    pub paths: Vec<(String, String)>,
}

/// What is posted to make SMD discover a BMC.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Posted {
    #[serde(rename = "ID")]
    pub(crate) id: String,
    #[serde(rename = "FQDN", default)]
    pub(crate) fqdn: String,
    #[serde(default)]
    pub(crate) user: String,
    #[serde(default)]
    pub(crate) password: String,
}

impl Endpoint {
    /// An enabled BMC with the login of the simulated BMCs.
    pub fn new(id: &str, kind: &str, fqdn: &str) -> Self {
        Self {
            id: id.to_owned(),
            kind: kind.to_owned(),
            fqdn: fqdn.to_owned(),
            enabled: true,
            user: "root".to_owned(),
            password: "calvin".to_owned(),
            paths: Vec::new(),
        }
    }

    /// The same BMC with a resource at another path than the usual one.
    #[must_use]
    pub fn path(mut self, component: &str, path: &str) -> Self {
        self.paths.push((component.to_owned(), path.to_owned()));
        self
    }

    /// As `Inventory/RedfishEndpoints` shows it.
    pub(crate) fn shown(&self) -> Value {
        json!({
            "ID": self.id,
            "Type": self.kind,
            "Hostname": self.fqdn,
            "Domain": "",
            "FQDN": self.fqdn,
            "Enabled": self.enabled,
            "UUID": "00000000-0000-0000-0000-000000000000",
            "User": self.user,
            "Password": self.password,
            "IPAddress": self.fqdn,
            "RediscoverOnUpdate": true,
            "DiscoveryInfo": {
                "LastDiscoveryAttempt": "2026-11-20T09:40:21.041494Z",
                "LastDiscoveryStatus": "DiscoverOK",
                "RedfishVersion": "1.7.0",
            },
        })
    }

    /// Whether a component is reached through it.
    fn reaches(&self, component: &Component) -> bool {
        component.id == self.id
            || component.id.starts_with(&format!("{}n", self.id))
            || self.paths.iter().any(|(id, _)| *id == component.id)
    }

    fn path_of(&self, component: &Component) -> String {
        let own = self.paths.iter().find(|(id, _)| *id == component.id);
        own.map_or_else(|| usual_path(component), |(_, path)| path.clone())
    }
}

/// Where discovery finds a component that is at its usual place.
fn usual_path(component: &Component) -> String {
    match component.kind.as_str() {
        "Node" => {
            let number = component.id.rsplit('n').next().unwrap_or("0");
            format!("/redfish/v1/Systems/Node{number}")
        }
        "Chassis" | "ComputeModule" | "RouterModule" => "/redfish/v1/Chassis/Enclosure".to_owned(),
        _ => "/redfish/v1/Managers/BMC".to_owned(),
    }
}

/// The component endpoint of a component, where a BMC reaches it.
pub(crate) fn component_endpoint(site: &Site, component: &Component) -> Option<Value> {
    let endpoint = site
        .endpoints
        .values()
        .find(|endpoint| endpoint.reaches(component))?;
    let path = endpoint.path_of(component);
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    let of = shape(&component.kind);
    let mut shown = json!({
        "ID": component.id,
        "Type": component.kind,
        "RedfishType": of.redfish_type,
        "RedfishSubtype": of.subtype,
        "UUID": of.uuid,
        "OdataID": path,
        "RedfishEndpointID": endpoint.id,
        "Enabled": endpoint.enabled,
        "RedfishEndpointFQDN": endpoint.fqdn,
        "RedfishURL": format!("{}{path}", endpoint.fqdn),
        "ComponentEndpointType": of.endpoint_type,
    });
    let values = format!("{}@Redfish.AllowableValues", of.parameter);
    let mut info = json!({
        "Name": name,
        "Actions": {
            of.action: {
                values: of.values,
                "@Redfish.ActionInfo": "",
                "target": format!("{path}/Actions/{}", of.action.trim_start_matches('#')),
            },
        },
    });
    if component.kind == "Node" {
        power(&mut info, &name);
    }
    if let Value::Object(shown) = &mut shown {
        shown.insert(of.info.to_owned(), info);
    }
    Some(shown)
}

/// What discovery finds out about the power of a node.
fn power(info: &mut Value, name: &str) {
    let url = format!("/redfish/v1/Chassis/{name}/Power");
    info["PowerURL"] = json!(url);
    info["PowerControl"] = json!([{
        "@odata.id": format!("{url}#/PowerControl/0"),
        "Name": "Node Power Control",
        "PowerCapacityWatts": 900,
        "PowerConsumedWatts": 350,
        "OEM": { "Cray": {
            "PowerIdleWatts": 200,
            "PowerLimit": { "Min": 350, "Max": 900 },
            "PowerResetWatts": 250,
        } },
    }]);
}

const OF_MANAGER: &str = "00000000-0000-0000-0001-000000000000";
const OF_SYSTEM: &str = "00000000-0000-0000-0002-000000000000";

/// How the endpoint of a kind of component is written.
struct Shape {
    uuid: &'static str,
    redfish_type: &'static str,
    subtype: &'static str,
    endpoint_type: &'static str,
    info: &'static str,
    action: &'static str,
    parameter: &'static str,
    values: &'static [&'static str],
}

fn shape(kind: &str) -> Shape {
    match kind {
        "Node" => Shape {
            uuid: OF_SYSTEM,
            redfish_type: "ComputerSystem",
            subtype: "Physical",
            endpoint_type: "ComponentEndpointComputerSystem",
            info: "RedfishSystemInfo",
            action: "#ComputerSystem.Reset",
            parameter: "ResetType",
            values: &[
                "On",
                "ForceOff",
                "GracefulShutdown",
                "ForceRestart",
                "GracefulRestart",
                "ForceOn",
                "PowerCycle",
                "Nmi",
            ],
        },
        "Chassis" | "ComputeModule" | "RouterModule" => Shape {
            uuid: OF_SYSTEM,
            redfish_type: "Chassis",
            subtype: "Enclosure",
            endpoint_type: "ComponentEndpointChassis",
            info: "RedfishChassisInfo",
            action: "#Chassis.Reset",
            parameter: "ResetType",
            values: &["On", "ForceOff"],
        },
        "CabinetPDUPowerConnector" => Shape {
            uuid: OF_SYSTEM,
            redfish_type: "Outlet",
            subtype: "",
            endpoint_type: "ComponentEndpointOutlet",
            info: "RedfishOutletInfo",
            action: "#Outlet.PowerControl",
            parameter: "PowerState",
            values: &["On", "Off"],
        },
        _ => Shape {
            uuid: OF_MANAGER,
            redfish_type: "Manager",
            subtype: "BMC",
            endpoint_type: "ComponentEndpointManager",
            info: "RedfishManagerInfo",
            action: "#Manager.Reset",
            parameter: "ResetType",
            values: &["ForceRestart", "GracefulRestart"],
        },
    }
}
