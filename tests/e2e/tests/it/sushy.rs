//! An independent Redfish implementation: the `sushy-emulator` of `OpenStack` with its fake driver.

use std::fmt::Write as _;
use std::time::Duration;

use switchyard_e2e::{Client, Installation, Peer, Settings, eventually, free_address};

const NODES: usize = 4;
const WITHIN: Duration = Duration::from_mins(1);

fn uuid(node: usize) -> String {
    format!("00000000-0000-4000-8000-00000000000{node}")
}

fn name(node: usize) -> String {
    format!("sushy-node-{node}")
}

fn emulator_config(port: u16) -> String {
    let systems: Vec<String> = (0..NODES)
        .map(|node| {
            format!(
                "{{'uuid': '{}', 'name': '{}', 'power_state': 'Off', 'fake_power_delay': 1, 'nics': []}}",
                uuid(node),
                name(node)
            )
        })
        .collect();
    format!(
        "SUSHY_EMULATOR_LISTEN_IP = '127.0.0.1'\nSUSHY_EMULATOR_LISTEN_PORT = {port}\nSUSHY_EMULATOR_FAKE_DRIVER = True\n\
         SUSHY_EMULATOR_FAKE_SYSTEMS = [{}]\n",
        systems.join(", ")
    )
}

fn inventory(base: &str) -> String {
    let mut text = format!("[[controller]]\nid = \"sushy\"\naddress = \"{base}\"\n");
    for node in 0..NODES {
        let (id, uuid) = (name(node), uuid(node));
        write!(
            text,
            "[[component]]\nid = \"{id}\"\nkind = \"node\"\ncontroller = \"sushy\"\npath = \"/redfish/v1/Systems/{uuid}\"\n"
        )
        .unwrap();
    }
    text
}

async fn power_state(emulator: &Client, node: usize) -> Option<String> {
    let answer = emulator
        .get(&format!("/redfish/v1/Systems/{}", uuid(node)))
        .await?;
    answer.body["PowerState"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn its_nodes_go_on_and_off() {
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let config = folder.path().join("sushy.conf");
    std::fs::write(&config, emulator_config(address.port())).unwrap();
    let _peer = Peer::python(
        "sushy-emulator",
        &["--config", config.to_str().unwrap()],
        folder.path(),
    );
    let emulator = Client::new(format!("http://{address}"));
    eventually("sushy-emulator answers", WITHIN, || async {
        power_state(&emulator, 0).await
    })
    .await;

    let settings = Settings {
        config: "[engine]\npatience_percent = 20\n".to_owned(),
        ..Settings::default()
    };
    let installation = Installation::new(
        &inventory(&format!("http://{address}")),
        "admin",
        "password",
        settings,
    );
    let service = installation.start().await;
    let client = service.client();
    let names: Vec<String> = (0..NODES).map(name).collect();
    for (operation, state) in [("on", "On"), ("off", "Off"), ("on", "On"), ("force-off", "Off")] {
        let id = client.transition(operation, &names, 5).await.unwrap();
        let body = client.ended(&id, WITHIN).await;
        assert_eq!(
            body["taskCounts"]["succeeded"],
            NODES,
            "{operation}: {body:#}\n{}",
            installation.log()
        );
        for node in 0..NODES {
            assert_eq!(
                power_state(&emulator, node).await.as_deref(),
                Some(state),
                "{operation}: node {node}"
            );
        }
    }
}
