//! One machine with two controllers, and a look at a BMC.

use std::net::SocketAddr;
use std::time::Duration;

use bmc_sim::{Effect, Fault, InventoryOptions, PowerState, Requests, ResetType, Sim, SimConfig, node_xname};
use serde_json::{Value, json};
use switchyard_e2e::door::Door;
use switchyard_e2e::{Client, Installation, Settings, eventually};

const WITHIN: Duration = Duration::from_mins(1);
const NODE: &str = "x1000c0s0b0n0";
const FIRST: &str = "x1000c0s0b0";
const SECOND: &str = "second";

/// A machine that is reached through a door, and through its BMC's own address as a second controller.
async fn behind_a_door(sim: &Sim) -> (Door, Installation) {
    let inventory = sim.inventory(&InventoryOptions::default()).unwrap();
    let line = |key: &str| {
        let found = inventory.lines().find(|line| line.starts_with(key));
        found.map(|line| format!("{line}\n"))
    };
    let address = line("address = ").unwrap();
    let authority = address
        .split_once("://")
        .unwrap()
        .1
        .trim_end()
        .trim_end_matches('"');
    let bmc: SocketAddr = authority.parse().unwrap();
    let door = Door::open(bmc).await;
    let tls = line("tls = ").unwrap_or_default();
    let through_door = address.replace(authority, &door.address().to_string());
    let path = inventory
        .lines()
        .find(|line| line.starts_with("path = ") && line.contains("Systems"))
        .unwrap();
    let text = format!(
        "[[controller]]\nid = \"{FIRST}\"\n{through_door}{tls}[[controller]]\nid = \"{SECOND}\"\n{address}{tls}\
         [[component]]\nid = \"{NODE}\"\n{path}\nfallback = \"{SECOND}\"\nfallback_{path}\n"
    );
    let login = &sim.config().login;
    let settings = Settings {
        config: "[engine]\nread_timeout_s = 2\nconnect_timeout_s = 1\npatience_percent = 10\n[poller]\ninterval_s = 1\n"
            .to_owned(),
        ..Settings::default()
    };
    let installation = Installation::new(&text, &login.user, &login.password, settings);
    (door, installation)
}

async fn run(client: &Client, operation: &str) -> Value {
    let body = json!({ "operation": operation, "components": [NODE] });
    let created = client.post("/v2/transitions", &body).await.unwrap();
    assert_eq!(created.status, 202, "{:#}", created.body);
    let id = created.body["id"].as_str().unwrap().to_owned();
    let ended = eventually(&format!("{operation} ends"), WITHIN, || async {
        let answer = client.get(&format!("/v2/transitions/{id}")).await?;
        (!answer.body["endedAt"].is_null()).then_some(answer.body)
    })
    .await;
    let task = ended["members"][0]["task"].as_str().unwrap().to_owned();
    client.get(&format!("/v2/tasks/{task}")).await.unwrap().body
}

#[tokio::test]
async fn a_second_controller_takes_over_and_no_restart_is_done_twice() {
    let sim = Sim::start(SimConfig::default().count(1)).await.unwrap();
    sim.set_all_power(PowerState::Off);
    let (door, installation) = behind_a_door(&sim).await;
    let service = installation.start().await;
    let client = service.client();

    let on = run(client, "on").await;
    assert_eq!(on["outcome"]["name"], "verified", "{on:#}");
    assert_eq!(on["attempts"][0]["controller"], FIRST, "{on:#}");

    door.shut();
    let restart = run(client, "reset").await;
    assert_eq!(restart["outcome"]["name"], "verified", "{restart:#}");
    assert_eq!(restart["outcome"]["controller"], SECOND, "{restart:#}");
    assert_eq!(restart["attempts"][0]["controller"], SECOND, "{restart:#}");
    let component = eventually("it is read through its second controller", WITHIN, || async {
        let body = client.get(&format!("/v2/components/{NODE}")).await?.body;
        (body["observedThrough"] == SECOND && body["available"] == true).then_some(body)
    })
    .await;
    assert_eq!(component["state"], "on", "{component:#}");
    let done: Vec<ResetType> = sim
        .executed(0, 0)
        .iter()
        .map(|executed| executed.reset_type)
        .collect();
    assert_eq!(done, [ResetType::On, ResetType::ForceRestart]);
}

#[tokio::test]
async fn a_reset_whose_answer_is_lost_goes_nowhere_else() {
    let sim = Sim::start(SimConfig::default().count(1)).await.unwrap();
    sim.set_all_power(PowerState::On);
    let (door, installation) = behind_a_door(&sim).await;
    let service = installation.start().await;
    let client = service.client();
    eventually("it is read", WITHIN, || async {
        let body = client.get(&format!("/v2/components/{NODE}")).await?.body;
        (body["available"] == true).then_some(())
    })
    .await;
    // The request is executed, and is still on its way when the door is shut.
    let hang = Effect::Hang {
        for_ms: None,
        execute: true,
    };
    sim.add_fault(Fault::new(hang).bmc(0).on(Requests::Actions))
        .unwrap();
    let body = json!({ "operation": "reset", "components": [NODE], "deadlineMinutes": 1 });
    let created = client.post("/v2/transitions", &body).await.unwrap();
    sim.wait_executed(0, 0, 1, WITHIN).await.unwrap();
    door.shut();
    let id = created.body["id"].as_str().unwrap().to_owned();
    let ended = eventually("the reset ends", Duration::from_mins(3), || async {
        let answer = client.get(&format!("/v2/transitions/{id}")).await?;
        (!answer.body["endedAt"].is_null()).then_some(answer.body)
    })
    .await;
    let task = ended["members"][0]["task"].as_str().unwrap();
    let task = client.get(&format!("/v2/tasks/{task}")).await.unwrap().body;
    assert_eq!(task["outcome"]["name"], "uncertain", "{task:#}");
    assert_eq!(sim.executed(0, 0).len(), 1, "the second controller was not asked");
}

#[tokio::test]
async fn a_look_at_a_bmc_needs_no_password_and_changes_nothing() {
    let sim = Sim::start(SimConfig::default().count(1)).await.unwrap();
    let inventory = sim.inventory(&InventoryOptions::default()).unwrap();
    let login = &sim.config().login;
    let installation = Installation::new(&inventory, &login.user, &login.password, Settings::default());
    let service = installation.start().await;
    let client = service.client();
    let at = |path: &str| format!("/v2/components/{}/bmc{path}", node_xname(0, 0));
    let root = client.get(&at("/redfish/v1/")).await.unwrap();
    assert_eq!(root.status, 200, "{:#}", root.body);
    assert_eq!(
        root.body["@odata.id"].as_str().unwrap().trim_end_matches('/'),
        "/redfish/v1"
    );
    for (path, status, code) in [
        ("/redfish/v1/nothing-here", 404, "resource.not-found"),
        ("/cgi-bin/reset", 400, "resource.refused-path"),
        ("/redfish/v1/%2e%2e/%2e%2e/etc", 400, "resource.refused-path"),
        ("/http://example.org/", 400, "resource.refused-path"),
    ] {
        let answer = client.get(&at(path)).await.unwrap();
        assert_eq!(
            (answer.status, answer.body["code"].as_str()),
            (status, Some(code)),
            "{path}"
        );
    }
    let reset = at("/redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset");
    let refused = client
        .post(&reset, &json!({ "ResetType": "ForceOff" }))
        .await
        .unwrap();
    assert_eq!(refused.status, 405, "{:#}", refused.body);
    assert_eq!(sim.executed(0, 0).len(), 0);
    let audit = client.get("/v2/audit").await.unwrap().body;
    let text = audit.to_string();
    assert!(
        text.contains("bmc.read") && text.contains("/redfish/v1/nothing-here"),
        "{audit:#}"
    );
    assert!(!installation.log().contains(&login.password));
}
