//! Many BMCs behind one listener, their addresses and their inventory.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bmc_sim::{AddressPlan, InventoryOptions, PowerState, Sim, SimConfig, Tls, Trust};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::client::{Connection, get, power, reset, until};

/// How many clients ask at the same time.
const CLIENTS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_bmcs_answer_and_switch_in_seconds() {
    let sim = std::sync::Arc::new(Sim::start(SimConfig::default().count(2_000)).await.unwrap());
    let started = tokio::time::Instant::now();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let sim = std::sync::Arc::clone(&sim);
        clients.spawn(async move {
            for bmc in (client..sim.count()).step_by(CLIENTS) {
                let mut connection = Connection::open(sim.address(bmc)).await.unwrap();
                let path = sim.system_path(bmc, 0);
                let serial = connection.get(&path).await.unwrap().json()["SerialNumber"].clone();
                assert_eq!(
                    serial,
                    format!("SIM{bmc:08x}-0"),
                    "the local address chooses the BMC"
                );
                let body = serde_json::json!({"ResetType": "ForceOff"});
                let target = format!("{path}/Actions/ComputerSystem.Reset");
                assert_eq!(
                    connection.post(&target, &body).await.unwrap().status.as_u16(),
                    204
                );
                assert_eq!(connection.get(&path).await.unwrap().json()["PowerState"], "Off");
            }
        });
    }
    clients.join_all().await;
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "took {:?}",
        started.elapsed()
    );
    let totals = sim.totals();
    assert_eq!(
        (totals.connections, totals.gets, totals.posts),
        (2_000, 4_000, 2_000)
    );
    assert_eq!((totals.executed, totals.max_in_flight), (2_000, 1));
}

#[tokio::test]
async fn a_shared_listener_serves_the_plan_only() {
    let sim = Sim::start(SimConfig::default().count(17)).await.unwrap();
    assert!(get(&sim, 16, "/redfish/v1").await.is_ok());
    let outside = SocketAddr::from((Ipv4Addr::new(127, 16, 0, 18), sim.address(0).port()));
    let answer = async { Connection::open(outside).await?.get("/redfish/v1").await };
    assert!(answer.await.is_err());
    sim.take_down(3).await;
    assert!(get(&sim, 3, "/redfish/v1").await.is_err());
    sim.bring_up(3).await.unwrap();
    assert!(get(&sim, 3, "/redfish/v1").await.is_ok());
}

#[tokio::test]
async fn ports_can_tell_bmcs_apart() {
    let addresses = AddressPlan::Ports {
        address: Ipv4Addr::LOCALHOST,
    };
    let sim = Sim::start(SimConfig::default().count(3).addresses(addresses))
        .await
        .unwrap();
    assert_ne!(sim.address(0).port(), sim.address(1).port());
    reset(&sim, 1, 0, "ForceOff").await.unwrap();
    assert_eq!(
        [0, 1, 2].map(|bmc| sim.power_state(bmc, 0)),
        [PowerState::On, PowerState::Off, PowerState::On]
    );
    assert_eq!(power(&sim, 2, 0).await, "On");
}

#[tokio::test]
async fn connections_beyond_the_limit_are_dropped() {
    let sim = Sim::start(SimConfig::default().max_connections(1)).await.unwrap();
    let mut first = Connection::open(sim.address(0)).await.unwrap();
    first.get("/redfish/v1").await.unwrap();
    assert!(get(&sim, 0, "/redfish/v1").await.is_err());
    assert!(first.get("/redfish/v1").await.is_ok());
}

#[tokio::test]
async fn dropping_the_simulator_frees_its_port() {
    let config = SimConfig::default().first_address(Ipv4Addr::new(127, 17, 0, 1));
    let sim = Sim::start(config).await.unwrap();
    let address = sim.address(0);
    drop(sim);
    let refused = |result: &std::io::Result<TcpStream>| {
        result
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
    };
    assert!(until(|| TcpStream::connect(address), refused).await.is_err());
}

#[tokio::test]
async fn the_inventory_names_controllers_and_components() {
    let config = SimConfig::default().count(2).nodes(2).tls(Tls::PerBmc);
    let sim = Sim::start(config).await.unwrap();
    let options = InventoryOptions {
        driver: Some("redfish-standard".into()),
        credential: Some("lab".into()),
        chassis: true,
        ..InventoryOptions::default()
    };
    let inventory: toml::Table = sim.inventory(&options).unwrap().parse().unwrap();
    let controllers = inventory["controller"].as_array().unwrap();
    assert_eq!(controllers.len(), 2);
    assert_eq!(controllers[1]["id"].as_str(), Some("x1000c0s1b0"));
    assert_eq!(controllers[1]["address"].as_str(), Some(sim.base_url(1).as_str()));
    let pin = format!("sha256:{}", sim.fingerprint(1).unwrap().unwrap());
    assert_eq!(controllers[1]["tls"]["pin"].as_str(), Some(pin.as_str()));
    let components = inventory["component"].as_array().unwrap();
    let ids: Vec<_> = components
        .iter()
        .map(|component| component["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids[..4],
        ["x1000c0s0b0", "x1000c0s0", "x1000c0s0b0n0", "x1000c0s0b0n1"]
    );
    assert_eq!(components[3]["path"].as_str(), Some("/redfish/v1/Systems/2"));
    assert_eq!(components[3]["parents"][0].as_str(), Some("x1000c0s0"));

    let trust = Trust::Ca("/tmp/a \"b\".pem".into());
    let inventory = sim
        .inventory(&InventoryOptions {
            trust,
            ..InventoryOptions::default()
        })
        .unwrap();
    let inventory: toml::Table = inventory.parse().unwrap();
    assert_eq!(
        inventory["controller"][0]["tls"]["ca"].as_str(),
        Some("/tmp/a \"b\".pem")
    );
    assert!(inventory["controller"][0].get("driver").is_none());
}
