//! What the service does about BMCs that do not answer, or do not let it in.

use std::time::Duration;

use bmc_sim::{Effect, Fault, InventoryOptions, PowerState, Sim, SimConfig, node_xname};
use serde_json::{Value, json};
use switchyard_e2e::{Client, Installation, Settings, eventually};

const WITHIN: Duration = Duration::from_mins(1);
/// How long work on BMCs that answer may take at most, while others do not: far less than one that hangs is waited for.
const AT_FULL_SPEED: Duration = Duration::from_secs(10);

/// The service asks often, and waits for no answer for long.
fn impatient() -> Settings {
    Settings {
        config: "[engine]\nread_timeout_s = 1\nconnect_timeout_s = 1\n[poller]\ninterval_s = 1\n".to_owned(),
        ..Settings::default()
    }
}

/// The ids of the controllers in the order of the BMCs.
fn controllers(inventory: &str) -> Vec<String> {
    let mut lines = inventory.lines();
    let mut ids = Vec::new();
    while let Some(line) = lines.next() {
        if line.trim() == "[[controller]]" {
            let id = lines.by_ref().find_map(|line| line.trim().strip_prefix("id = "));
            ids.push(id.unwrap().trim_matches('"').to_owned());
        }
    }
    ids
}

/// Waits until a breaker has this state, and gives the endpoint.
async fn until_breaker(client: &Client, id: &str, state: &str) -> Value {
    eventually(&format!("the breaker of {id} is {state}"), WITHIN, || async {
        let answer = client.get(&format!("/v2/endpoints/{id}")).await?;
        (answer.body["breaker"]["state"] == state).then_some(answer.body)
    })
    .await
}

async fn try_now(client: &Client, id: &str) {
    let answer = client
        .post(&format!("/v2/endpoints/{id}/try"), &json!({}))
        .await
        .unwrap();
    assert_eq!(answer.status, 200, "{:#}", answer.body);
}

#[tokio::test]
async fn bmcs_that_do_not_answer_are_left_alone_and_hold_nobody_up() {
    const COUNT: usize = 8;
    let sim = Sim::start(SimConfig::default().count(COUNT)).await.unwrap();
    sim.set_all_power(PowerState::On);
    let inventory = sim.inventory(&InventoryOptions::default()).unwrap();
    let ids = controllers(&inventory);
    let login = sim.config().login.clone();
    let installation = Installation::new(&inventory, &login.user, &login.password, impatient());
    let hang = Effect::Hang {
        for_ms: None,
        execute: false,
    };
    sim.add_fault(Fault::new(hang).bmc(0)).unwrap();
    sim.take_down(1).await;
    let service = installation.start().await;
    let client = service.client();
    let hung = until_breaker(client, &ids[0], "open").await;
    assert_eq!(hung["breaker"]["reason"], "unreachable", "{hung:#}");
    let gone = until_breaker(client, &ids[1], "open").await;
    assert!(
        gone["failure"]["text"].is_string() && gone["breaker"]["until"].is_string(),
        "{gone:#}"
    );

    let begun = tokio::time::Instant::now();
    let names: Vec<String> = (0..COUNT).map(|bmc| node_xname(bmc, 0)).collect();
    let id = client.transition("force-off", &names, 5).await.unwrap();
    for bmc in 2..COUNT {
        sim.wait_executed(bmc, 0, 1, AT_FULL_SPEED).await.unwrap();
    }
    assert!(begun.elapsed() < AT_FULL_SPEED, "{:?}", begun.elapsed());
    let view = client.get(&format!("/v2/transitions/{id}")).await.unwrap();
    assert!(view.body["endedAt"].is_null(), "{:#}", view.body);

    sim.clear_faults();
    sim.bring_up(1).await.unwrap();
    for id in &ids[..2] {
        try_now(client, id).await;
        until_breaker(client, id, "closed").await;
    }
    let body = client.ended(&id, WITHIN).await;
    assert_eq!(body["taskCounts"]["succeeded"], COUNT, "{body:#}");
    for bmc in 0..COUNT {
        assert_eq!(sim.power_state(bmc, 0), PowerState::Off);
    }
}

#[tokio::test]
async fn a_wrong_password_reaches_the_bmc_once_and_a_right_one_is_tried_at_once() {
    let config = SimConfig::default().count(1).nodes(4);
    let sim = Sim::start(config).await.unwrap();
    sim.set_all_power(PowerState::On);
    let inventory = sim.inventory(&InventoryOptions::default()).unwrap();
    let ids = controllers(&inventory);
    let login = sim.config().login.clone();
    let installation = Installation::new(&inventory, &login.user, "not the password", impatient());
    let service = installation.start().await;
    let client = service.client();
    let names: Vec<String> = (0..4).map(|node| node_xname(0, node)).collect();
    let endpoint = until_breaker(client, &ids[0], "open").await;
    assert_eq!(endpoint["breaker"]["reason"], "auth", "{endpoint:#}");
    for _ in 0..3 {
        let id = client.transition("force-off", &names, 5).await.unwrap();
        let body = client.ended(&id, WITHIN).await;
        assert_eq!(body["taskCounts"]["failed"], 4, "{body:#}");
    }
    assert_eq!(sim.counts(0).auth_failures, 1, "an account must not be locked");

    // A restart forgets nothing of it.
    service.kill();
    let service = installation.start().await;
    let client = service.client();
    let id = client.transition("force-off", &names, 5).await.unwrap();
    client.ended(&id, WITHIN).await;
    assert_eq!(sim.counts(0).auth_failures, 1, "an account must not be locked");

    let user = &login.user;
    installation.run(
        &["credentials", "set", "default", "--user", user],
        &login.password,
    );
    until_breaker(client, &ids[0], "closed").await;
    let id = client.transition("force-off", &names, 5).await.unwrap();
    let body = client.ended(&id, WITHIN).await;
    assert_eq!(body["taskCounts"]["succeeded"], 4, "{body:#}");
}
