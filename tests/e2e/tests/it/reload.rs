//! Inventory and configuration change while the service works.

use std::time::Duration;

use bmc_sim::{InventoryOptions, PowerState, Sim, SimConfig, node_xname};
use serde_json::{Value, json};
use switchyard_e2e::{Client, Installation, Settings, eventually};

const WITHIN: Duration = Duration::from_mins(1);
const BMCS: usize = 8;

/// Cuts the inventory of the simulator into that of its first BMCs.
fn first(inventory: &str, bmcs: usize) -> String {
    let tables: Vec<&str> = inventory.split("\n[[").collect();
    let is_of_others = |table: &&&str| (bmcs..BMCS).any(|bmc| table.contains(&controller(bmc)));
    let kept = tables.iter().filter(|table| !is_of_others(table)).copied();
    kept.collect::<Vec<_>>().join("\n[[")
}

fn controller(bmc: usize) -> String {
    let node = node_xname(bmc, 0);
    let (controller, _) = node.rsplit_once('n').unwrap();
    controller.to_owned()
}

async fn source(client: &Client) -> Value {
    client.get("/v2/inventory").await.unwrap().body["sources"][0].clone()
}

async fn until_components(client: &Client, count: usize) {
    eventually(&format!("there are {count} components"), WITHIN, || async {
        let answer = client.get("/v2/inventory").await?;
        (answer.body["components"] == count).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_inventory_changes_under_load_and_a_mistake_changes_nothing() {
    let sim = Sim::start(SimConfig::default().count(BMCS)).await.unwrap();
    sim.set_all_power(PowerState::On);
    let whole = sim.inventory(&InventoryOptions::default()).unwrap();
    let half = first(&whole, BMCS / 2);
    let login = sim.config().login.clone();
    let settings = Settings {
        config: "[poller]\ninterval_s = 1\n[log]\nlevel = \"info\"\n".to_owned(),
        ..Settings::default()
    };
    let installation = Installation::new(&half, &login.user, &login.password, settings);
    let service = installation.start().await;
    let client = service.client();
    let few = client.get("/v2/inventory").await.unwrap().body["components"]
        .as_u64()
        .unwrap();
    let few = usize::try_from(few).unwrap();

    // Work goes on all the while at the BMCs that stay.
    let staying: Vec<String> = (0..BMCS / 2).map(|bmc| node_xname(bmc, 0)).collect();
    let working = {
        let (client, names) = (client.clone(), staying.clone());
        tokio::spawn(async move {
            for round in 0..6 {
                let operation = if round % 2 == 0 { "force-off" } else { "on" };
                let id = client.transition(operation, &names, 5).await.unwrap();
                let body = client.ended(&id, WITHIN).await;
                assert_eq!(body["taskCounts"]["succeeded"], names.len(), "{body:#}");
            }
        })
    };
    let group = "\n[[group]]\nname = \"late\"\ncomponents = \"";
    let late: Vec<String> = (BMCS / 2..BMCS).map(|bmc| node_xname(bmc, 0)).collect();
    installation.write("inventory.toml", &format!("{whole}{group}{}\"\n", late.join(",")));
    until_components(client, few * 2).await;
    let body = json!({ "operation": "force-off", "components": ["@late"] });
    let answer = client.post("/v2/transitions", &body).await.unwrap();
    assert_eq!(answer.status, 202, "{:#}", answer.body);
    for bmc in BMCS / 2..BMCS {
        sim.wait_executed(bmc, 0, 1, WITHIN).await.unwrap();
    }
    let body = json!({ "operation": "force-off", "components": ["@later"] });
    let answer = client.post("/v2/transitions", &body).await.unwrap();
    assert_eq!(answer.status, 422, "{:#}", answer.body);
    assert!(
        answer.body.to_string().contains("did you mean @late?"),
        "{:#}",
        answer.body
    );

    installation.write(
        "inventory.toml",
        &format!("{whole}\n[[controller]]\nid = 7\naddres = \"x\"\n"),
    );
    eventually("the mistakes are shown", WITHIN, || async {
        let error = source(client).await["error"].as_str()?.to_owned();
        (error.contains("must be a text") && error.contains("did you mean `address`?")).then_some(())
    })
    .await;
    until_components(client, few * 2).await;
    installation.write("inventory.toml", &half);
    until_components(client, few).await;
    assert_eq!(source(client).await["error"], Value::Null);
    working.await.unwrap();
    let gone = client.get(&format!("/v2/components/{}", late[0])).await.unwrap();
    assert_eq!(gone.status, 404, "{:#}", gone.body);
    let mistakes = installation
        .log()
        .matches("the inventory file is not taken")
        .count();
    assert_eq!(mistakes, 1, "a mistake is told once");
    let events = client
        .page("/v2/events?kind=inventory.changed")
        .await
        .unwrap()
        .body;
    assert!(events.to_string().contains("inventory.changed"), "{events:#}");
}

#[tokio::test]
async fn sighup_reads_the_configuration_again() {
    let sim = Sim::start(SimConfig::default().count(1)).await.unwrap();
    sim.set_all_power(PowerState::On);
    let inventory = sim.inventory(&InventoryOptions::default()).unwrap();
    let login = sim.config().login.clone();
    let settings = Settings {
        config: "[protect]\nv1 = false\n".to_owned(),
        ..Settings::default()
    };
    let installation = Installation::new(&inventory, &login.user, &login.password, settings);
    let service = installation.start().await;
    let file = installation.folder().join("switchyard.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    let told = |what: &'static str| {
        let installation = &installation;
        eventually(what, WITHIN, move || async move {
            installation.log().contains(what).then_some(())
        })
    };
    let after = before.replace("v1 = false", "v1 = true") + "[log]\nlevel = \"debug\"\nformat = \"json\"\n";
    std::fs::write(&file, after).unwrap();
    service.signal("HUP");
    told("these settings are others now, which takes a restart").await;
    let log = installation.log();
    assert!(
        log.contains("\"settings\":\"log.format\"") && log.contains("\"setting\":\"protect.v1\""),
        "{log}"
    );
    told("\"level\":\"DEBUG\"").await;
    std::fs::write(&file, "[nonsense]\n").unwrap();
    service.signal("HUP");
    told("the configuration is not taken").await;
    assert_eq!(service.client().get("/readiness").await.unwrap().status, 204);
}
