//! Power limits, boot override and indicator, set on simulated BMCs by the real service.

use std::time::Duration;

use bmc_sim::{
    Effect, Fault, InventoryOptions, Light, LimitPlace, PowerState, Profile, SettingsProfile, Sim, SimConfig,
    node_xname,
};
use serde_json::{Value, json};
use switchyard_e2e::{Client, Installation, Service, Settings, eventually};

const NODES: usize = 32;
const WITHIN: Duration = Duration::from_mins(2);
const LIMIT: f64 = 500.0;
/// The simulated BMC's name for the limit of a whole machine.
const NAME: &str = "Server Power Control";

async fn start(config: SimConfig, options: &InventoryOptions) -> (Sim, Installation, Service) {
    let sim = Sim::start(config).await.unwrap();
    let inventory = sim.inventory(options).unwrap();
    let login = sim.config().login.clone();
    let installation = Installation::new(&inventory, &login.user, &login.password, Settings::default());
    let service = installation.start().await;
    (sim, installation, service)
}

async fn configure(client: &Client, body: &Value) -> String {
    let answer = client.post("/v2/configurations", body).await.unwrap();
    assert_eq!(answer.status, 202, "{:#}", answer.body);
    answer.body["id"].as_str().unwrap().to_owned()
}

async fn ended(client: &Client, id: &str) -> Value {
    eventually(&format!("configuration {id} ended"), WITHIN, || async {
        let answer = client.get(&format!("/v2/configurations/{id}")).await?;
        answer.body["endedAt"].is_string().then_some(answer.body)
    })
    .await
}

/// The only member of a configuration that has ended.
async fn set(client: &Client, body: Value) -> Value {
    let id = configure(client, &body).await;
    ended(client, &id).await["members"][0].clone()
}

#[tokio::test]
async fn limits_of_many_nodes_are_set_although_the_service_is_killed() {
    let config = SimConfig::default().count(NODES);
    let (sim, installation, service) = start(config, &InventoryOptions::default()).await;
    sim.set_all_power(PowerState::On);
    sim.add_fault(Fault::new(Effect::Slow { ms: 50 })).unwrap();
    let names: Vec<String> = (0..NODES).map(|bmc| node_xname(bmc, 0)).collect();
    let body = json!({"components": names, "limits": [{"name": NAME, "watts": LIMIT}], "reason": "a test"});
    let id = configure(service.client(), &body).await;
    let is_set = |bmc: usize| sim.settings(bmc, 0).limit == Some(LIMIT);
    eventually("a first limit is set", WITHIN, || async {
        (0..NODES).any(is_set).then_some(())
    })
    .await;
    service.kill();
    let service = installation.start().await;
    let done = ended(service.client(), &id).await;
    assert_eq!(
        done["counts"]["succeeded"],
        NODES,
        "{done:#}\n{}",
        installation.log()
    );
    for (bmc, name) in names.iter().enumerate() {
        assert!(is_set(bmc), "{name}: {:?}", sim.settings(bmc, 0));
        assert!(sim.settings(bmc, 0).changes <= 3, "{name}");
    }
    let read = format!("/v2/components/{}/limits", names[NODES - 1]);
    let read = service.client().get(&read).await.unwrap().body;
    let limits = read["limits"].as_array().unwrap();
    let limit = limits.iter().find(|limit| limit["name"] == NAME).unwrap();
    assert_eq!(limit["watts"], LIMIT, "{read:#}");
    let caps = service.client().get("/v1/power-cap").await.unwrap().body;
    assert_eq!(
        (&caps["tasks"][0]["taskID"], &caps["tasks"][0]["taskStatus"]),
        (&json!(id), &json!("completed"))
    );
}

#[tokio::test]
async fn boot_and_light_are_set_and_read_back() {
    let (sim, _installation, service) = start(SimConfig::default(), &InventoryOptions::default()).await;
    let client = service.client();
    let node = node_xname(0, 0);
    let boot = set(client, json!({"components": [node], "boot": {"source": "pxe"}})).await;
    assert_eq!(boot["outcome"], "verified", "{boot:#}");
    let found = sim.settings(0, 0).boot;
    assert_eq!((found.target.as_str(), found.enabled.as_str()), ("Pxe", "Once"));
    let light = set(client, json!({"components": [node], "indicator": "lit"})).await;
    assert_eq!(light["outcome"], "verified", "{light:#}");
    assert_eq!(sim.settings(0, 0).light, Light::Lit);
    let again = set(client, json!({"components": [node], "indicator": "lit"})).await;
    assert_eq!(again["outcome"], "already");
    let high = set(
        client,
        json!({"components": [node], "limits": [{"name": NAME, "watts": 90_000}]}),
    )
    .await;
    assert_eq!(high["failure"]["code"], "limit.out-of-range", "{high:#}");
    assert_eq!(sim.settings(0, 0).limit, None);
    let draws = format!("/v2/components/{node}/readings");
    let draws = client.get(&draws).await.unwrap();
    assert!(draws.body["meters"][0]["watts"].is_number(), "{:#}", draws.body);
}

/// A Cray EX node shows its controls only while it is on.
#[tokio::test]
async fn a_node_that_is_off_says_why_it_takes_no_limit() {
    let profile = Profile {
        settings: SettingsProfile {
            limits: LimitPlace::Deep,
            ..SettingsProfile::standard()
        },
        ..Profile::standard()
    };
    let config = SimConfig::default()
        .profile(profile)
        .initial_power(PowerState::Off);
    let options = InventoryOptions {
        driver: Some("redfish-cray".to_owned()),
        ..InventoryOptions::default()
    };
    let (sim, _installation, service) = start(config, &options).await;
    let client = service.client();
    let wish =
        json!({"components": [node_xname(0, 0)], "limits": [{"name": "Node Power Limit", "watts": LIMIT}]});
    let off = set(client, wish.clone()).await;
    assert_eq!(off["failure"]["code"], "setting.not-writable", "{off:#}");
    assert!(
        off["failure"]["text"].as_str().unwrap().contains("is off"),
        "{off:#}"
    );
    sim.set_all_power(PowerState::On);
    let on = set(client, wish).await;
    assert_eq!(on["outcome"], "verified", "{on:#}");
    assert_eq!(sim.settings(0, 0).limit, Some(LIMIT));
}
