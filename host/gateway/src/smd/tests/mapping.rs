//! From SMD's answers to the inventory.

use smd_sim::{Component, Endpoint, Group, Members, Partition, PowerMap};
use switchyard_core::Kind;

use super::bench::{client, defaults, site};
use crate::inventory::{self, Part};
use crate::smd::part::{self, Mapped};
use crate::smd::snapshot::Snapshot;

/// A cabinet with a chassis, a blade with two nodes, and a PDU that feeds one of them.
fn cabinet() -> smd_sim::Site {
    let mut site = site(&["x1000c0s0b0"]);
    site.add(Component::new("x1000c0s0b0n1", "Node"));
    site.add(Component::new("x1000c0", "Chassis"));
    site.add(Component::new("x1000c0b0", "ChassisBMC"));
    site.add(Component::new("x1000c0s0", "ComputeModule"));
    site.add(Component::new("x1000m0", "CabinetPDUController"));
    site.add(Component::new("x1000m0p0v1", "CabinetPDUPowerConnector"));
    site.add(Component::new("x1000c0s0e0", "NodeEnclosure"));
    let chassis = Endpoint::new("x1000c0b0", "ChassisBMC", "x1000c0b0")
        .path("x1000c0", "/redfish/v1/Chassis/Enclosure")
        .path("x1000c0s0", "/redfish/v1/Chassis/Blade0");
    let pdu = Endpoint::new("x1000m0", "CabinetPDUController", "x1000m0-rts:8083").path(
        "x1000m0p0v1",
        "/redfish/v1/PowerEquipment/RackPDUs/1/Outlets/BA35",
    );
    for endpoint in [chassis, pdu] {
        site.endpoints.insert(endpoint.id.clone(), endpoint);
    }
    let map = PowerMap {
        id: "x1000c0s0b0n0".to_owned(),
        powered_by: vec!["x1000m0p0v1".to_owned(), "x1000m0p0v2".to_owned()],
    };
    site.power_maps.insert(map.id.clone(), map);
    site
}

async fn mapped(site: smd_sim::Site) -> Mapped {
    let smd = smd_sim::SmdSim::start(site).await.unwrap();
    let (snapshot, logins) = Snapshot::read(&client(&smd), false).await.unwrap();
    assert!(logins.is_empty());
    part::of(&snapshot, &defaults())
}

fn component<'a>(part: &'a Part, id: &str) -> &'a inventory::Component {
    let found = part
        .components
        .iter()
        .find(|component| component.id.as_str() == id);
    found.unwrap_or_else(|| panic!("there is no {id}"))
}

#[tokio::test]
async fn a_cabinet_is_taken_over() {
    let Mapped { part, remarks } = mapped(cabinet()).await;
    assert_eq!(remarks, Vec::<String>::new());
    let shown: Vec<String> = part
        .components
        .iter()
        .map(|component| {
            let parents: Vec<&str> = component
                .parents
                .iter()
                .map(switchyard_core::ComponentId::as_str)
                .collect();
            format!(
                "{} {:?} {} {} [{}]",
                component.id,
                component.kind,
                component.controller.as_ref().map_or("-", |id| id.as_str()),
                component.path.as_deref().unwrap_or("-"),
                parents.join(" ")
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    x1000c0 Chassis x1000c0b0 /redfish/v1/Chassis/Enclosure []
    x1000c0b0 Controller x1000c0b0 /redfish/v1/Managers/BMC []
    x1000c0s0 Module x1000c0b0 /redfish/v1/Chassis/Blade0 []
    x1000c0s0b0 Controller x1000c0s0b0 /redfish/v1/Managers/BMC []
    x1000c0s0b0n0 Node x1000c0s0b0 /redfish/v1/Systems/Node0 [x1000c0s0 x1000m0p0v1 x1000m0p0v2]
    x1000c0s0b0n1 Node x1000c0s0b0 /redfish/v1/Systems/Node1 []
    x1000m0p0v1 Outlet x1000m0 /redfish/v1/PowerEquipment/RackPDUs/1/Outlets/BA35 []
    ");
    let addresses: Vec<String> = part
        .controllers
        .iter()
        .map(|controller| controller.endpoint.address.to_string())
        .collect();
    assert_eq!(
        addresses,
        [
            "https://x1000c0b0:443",
            "https://127.1.0.1:9443",
            "https://x1000m0-rts:8083"
        ]
    );
    let node = component(&part, "x1000c0s0b0n0");
    assert_eq!(node.kind, Kind::Node);
    assert_eq!(node.facts.nid, Some(1));
    assert_eq!(node.facts.role.as_deref(), Some("Compute"));
    assert_eq!(node.facts.class.as_deref(), Some("River"));
    assert!(!node.facts.disabled);
}

#[tokio::test]
async fn groups_partitions_and_roles_are_groups() {
    let mut site = site(&["x0c0s0b0", "x0c0s1b0"]);
    let blue = Group::new("blue", vec!["x0c0s1b0n0".to_owned(), "x0c0s0b0n0".to_owned()]);
    site.groups.insert(blue.label.clone(), blue);
    let partition = Partition {
        name: "P1".to_owned(),
        description: String::new(),
        tags: Vec::new(),
        members: Members {
            ids: vec!["x0c0s0b0n0".to_owned()],
        },
    };
    site.partitions.insert(partition.name.clone(), partition);
    let part = mapped(site).await.part;
    let shown: Vec<String> = part
        .groups
        .iter()
        .map(|group| {
            let members: Vec<&str> = group
                .members
                .iter()
                .map(switchyard_core::ComponentId::as_str)
                .collect();
            format!("@{}: {}", group.name, members.join(" "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "@blue: x0c0s0b0n0 x0c0s1b0n0",
            "@partition.p1: x0c0s0b0n0",
            "@role.compute: x0c0s0b0n0 x0c0s1b0n0",
        ]
    );
}

#[tokio::test]
async fn what_is_out_of_service_is_shown_as_such() {
    let mut site = site(&["x0c0s0b0", "x0c0s1b0", "x0c0s2b0"]);
    site.components.get_mut("x0c0s0b0n0").unwrap().enabled = false;
    site.endpoints.get_mut("x0c0s1b0").unwrap().enabled = false;
    let part = mapped(site).await.part;
    assert!(component(&part, "x0c0s0b0n0").facts.disabled);
    assert!(!component(&part, "x0c0s0b0").facts.disabled);
    assert!(component(&part, "x0c0s1b0n0").facts.disabled);
    assert!(!component(&part, "x0c0s2b0n0").facts.disabled);
}

#[tokio::test]
async fn what_cannot_be_used_is_remarked_and_the_rest_holds() {
    let mut site = site(&["x0c0s0b0", "x0c0s1b0", "x0c0s2b0"]);
    site.endpoints.get_mut("x0c0s0b0").unwrap().fqdn = String::new();
    site.endpoints.get_mut("x0c0s1b0").unwrap().fqdn = "127.1.0.3:9443".to_owned();
    let Mapped { part, remarks } = mapped(site).await;
    insta::assert_snapshot!(remarks.join("\n"), @r#"
    SMD's endpoint x0c0s0b0 has no FQDN: give it one, or define the controller in the inventory file
    SMD's endpoints x0c0s1b0 and x0c0s2b0 have the same address https://127.1.0.3:9443
    SMD reaches x0c0s0b0 through the endpoint "x0c0s0b0", which cannot be used
    SMD reaches x0c0s0b0n0 through the endpoint "x0c0s0b0", which cannot be used
    SMD reaches x0c0s2b0 through the endpoint "x0c0s2b0", which cannot be used
    SMD reaches x0c0s2b0n0 through the endpoint "x0c0s2b0", which cannot be used
    "#);
    assert_eq!(component(&part, "x0c0s0b0n0").controller, None);
    assert!(component(&part, "x0c0s1b0n0").controller.is_some());
}

#[tokio::test]
async fn logins_are_read_only_where_that_is_allowed() {
    let smd = smd_sim::SmdSim::start(site(&["x0c0s0b0"])).await.unwrap();
    let (snapshot, logins) = Snapshot::read(&client(&smd), true).await.unwrap();
    let login = logins.values().next().unwrap();
    assert_eq!(
        (login.user.as_str(), login.password().expose()),
        ("root", "calvin")
    );
    assert!(!serde_json::to_string(&snapshot).unwrap().contains("calvin"));
}
