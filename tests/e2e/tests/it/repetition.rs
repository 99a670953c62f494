//! Requests that are sent again: at once by many, after kills, and beside much other work.

use std::collections::HashMap;
use std::time::Duration;

use bmc_sim::{Delays, PowerState, ResetType, Sim, SimConfig, node_xname};
use switchyard_e2e::{Client, Crowd, Installation, Service, Settings, long, transition_body};
use tokio::task::JoinSet;

const WITHIN: Duration = Duration::from_mins(2);
const TRANSITIONS: &str = "/v1/transitions";

async fn start(sim: &Sim, config: &str) -> (Installation, Service) {
    let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
    let login = &sim.config().login;
    let settings = Settings {
        config: format!("[engine]\npatience_percent = 10\nchange_timeout_s = 3\n{config}"),
        ..Settings::default()
    };
    let installation = Installation::new(&inventory, &login.user, &login.password, settings);
    let service = installation.start().await;
    (installation, service)
}

fn executed(sim: &Sim, bmc: usize) -> Vec<ResetType> {
    sim.executed(bmc, 0).iter().map(|done| done.reset_type).collect()
}

#[tokio::test]
async fn ten_callers_with_one_key_are_answered_alike_and_the_bmc_is_asked_once() {
    let sim = Sim::start(SimConfig::default().count(1)).await.unwrap();
    sim.set_all_power(PowerState::On);
    let (_installation, service) = start(&sim, "").await;
    let body = transition_body("soft-restart", &[node_xname(0, 0)], 5);
    let mut callers = JoinSet::new();
    for _ in 0..10 {
        let (client, body) = (service.client().named("slurm"), body.clone());
        callers.spawn(async move {
            client
                .post_until_answered(TRANSITIONS, &body, "restart-1", WITHIN)
                .await
        });
    }
    let answers = callers.join_all().await;
    let first = &answers[0].body;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 200 && answer.body == *first),
        "{answers:#?}"
    );
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    let id = first["transitionID"].as_str().unwrap();
    let ended = service.client().ended(id, WITHIN).await;
    assert_eq!(ended["taskCounts"]["succeeded"], 1, "{ended:#}");
    assert_eq!(executed(&sim, 0), [ResetType::GracefulRestart]);

    let client = service.client().named("slurm");
    let other = transition_body("off", &[node_xname(0, 0)], 5);
    let refused = client
        .post_with_key(TRANSITIONS, &other, "restart-1")
        .await
        .unwrap();
    assert_eq!(refused.status, 422);
    let stranger = service.client().named("bos");
    let stranger = stranger
        .post_with_key(TRANSITIONS, &body, "restart-1")
        .await
        .unwrap();
    assert_ne!(stranger.body["transitionID"], first["transitionID"]);
}

/// The ids of the transitions that came with each key.
async fn transitions_by_key(client: &Client) -> HashMap<String, Vec<String>> {
    let list = client.get(TRANSITIONS).await.unwrap().body;
    let mut by_key: HashMap<String, Vec<String>> = HashMap::new();
    for entry in list["transitions"].as_array().unwrap() {
        let id = entry["transitionID"].as_str().unwrap();
        let view = client.get(&format!("/v2/transitions/{id}")).await.unwrap().body;
        let key = view["requestId"].as_str().unwrap().to_owned();
        by_key.entry(key).or_default().push(id.to_owned());
    }
    by_key
}

#[tokio::test]
async fn a_key_makes_one_transition_whenever_the_service_is_killed() {
    const AT_ONCE: usize = 4;
    let kills: u64 = if long() { 100 } else { 8 };
    let config = SimConfig::default()
        .count(AT_ONCE)
        .delays(Delays::all(Duration::from_millis(20)));
    let sim = Sim::start(config).await.unwrap();
    sim.set_all_power(PowerState::Off);
    let (installation, mut service) = start(&sim, "").await;
    let mut answered = HashMap::new();
    for kill in 0..kills {
        let mut asking = JoinSet::new();
        for node in 0..AT_ONCE {
            let client = service.client().clone();
            let operation = if kill % 2 == 0 { "on" } else { "force-off" };
            let body = transition_body(operation, &[node_xname(node, 0)], 5);
            asking.spawn(async move {
                let key = format!("kill-{kill}-{node}");
                let answer = client.post_until_answered(TRANSITIONS, &body, &key, WITHIN).await;
                (key, answer)
            });
        }
        // From before the key is stored to after the answer is given: a kill in every part of the way.
        tokio::time::sleep(Duration::from_millis(kill * 3 % 25)).await;
        service.kill();
        service = installation.start().await;
        for (key, answer) in asking.join_all().await {
            assert_eq!(answer.status, 200, "{key}: {answer:?}");
            answered.insert(key, answer.body["transitionID"].as_str().unwrap().to_owned());
        }
    }
    let by_key = transitions_by_key(service.client()).await;
    assert_eq!(by_key.len(), answered.len());
    for (key, id) in answered {
        assert_eq!(by_key.get(&key), Some(&vec![id.clone()]), "{key}");
        let ended = service.client().ended(&id, WITHIN).await;
        assert_eq!(ended["taskCounts"]["total"], 1, "{ended:#}");
    }
}

#[tokio::test]
async fn a_crowd_beside_a_bigger_transition_is_accepted_or_told_when_to_come_back() {
    const BIG: usize = 60;
    const CROWD: usize = 40;
    let config = SimConfig::default()
        .count(BIG)
        .delays(Delays::all(Duration::from_millis(20)));
    let sim = Sim::start(config).await.unwrap();
    sim.set_all_power(PowerState::On);
    // So low that some callers are told to wait, and the big one fits.
    let (_installation, service) = start(&sim, "[limits]\nopen_tasks_max = 70\n").await;
    let client = service.client();
    let names: Vec<String> = (0..BIG).map(|bmc| node_xname(bmc, 0)).collect();
    let big = client.transition("off", &names, 5).await.unwrap();
    let crowd = Crowd::run(client, 20, "on", &names[..CROWD], WITHIN).await;
    assert_eq!((crowd.answered.len(), crowd.ended.len()), (CROWD, CROWD));
    client.ended(&big, WITHIN).await;
    for bmc in 0..BIG {
        let state = if bmc < CROWD {
            PowerState::On
        } else {
            PowerState::Off
        };
        assert_eq!(sim.power_state(bmc, 0), state, "node {bmc}");
    }
}
