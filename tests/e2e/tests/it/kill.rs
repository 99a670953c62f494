//! The service killed at random instants while transitions run on BMCs that count.

use std::time::Duration;

use bmc_sim::{Delays, Effect, Fault, PowerState, ResetType, Sim, SimConfig, node_xname};
use serde_json::Value;
use switchyard_e2e::{Client, Installation, Settings, long};
use tokio::time::Instant;

const NODES: usize = 24;
const WITHIN: Duration = Duration::from_mins(2);

/// A small generator of its own, so that a failing run can be repeated by its seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn is_restart(reset: ResetType) -> bool {
    matches!(
        reset,
        ResetType::GracefulRestart | ResetType::ForceRestart | ResetType::PowerCycle
    )
}

fn restarts_executed(sim: &Sim, bmc: usize) -> usize {
    sim.executed(bmc, 0)
        .iter()
        .filter(|done| is_restart(done.reset_type))
        .count()
}

/// Whether a task may have restarted its node, as far as the service itself knows. After a restart that the BMC has accepted none may
/// follow; after one that was cut off the next may, once readings have proven that the first was not executed.
fn may_have_restarted(task: &Value, seed: u64) -> bool {
    let attempts: Vec<&Value> = task["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|attempt| {
            matches!(
                attempt["primitive"].as_str(),
                Some("graceful-restart" | "force-restart" | "power-cycle")
            )
        })
        .collect();
    let sent_again = attempts
        .iter()
        .rev()
        .skip(1)
        .any(|attempt| attempt["executed"] == "accepted");
    assert!(
        !sent_again,
        "an accepted restart was followed by another (seed {seed}): {task:#}"
    );
    attempts
        .iter()
        .any(|attempt| attempt["delivery"] != "not-sent" && attempt["executed"] != "no")
}

/// For each node the number of tasks of these transitions that may have restarted it.
async fn restarting_tasks(client: &Client, transitions: &[String], seed: u64) -> Vec<usize> {
    let mut restarting = vec![0; NODES];
    for id in transitions {
        let view = client.get(&format!("/v2/transitions/{id}")).await.unwrap();
        for member in view.body["members"].as_array().unwrap() {
            let Some(task) = member["task"].as_str() else {
                continue;
            };
            let task = client.get(&format!("/v2/tasks/{task}")).await.unwrap().body;
            let node = (0..NODES)
                .find(|bmc| task["component"] == node_xname(*bmc, 0).as_str())
                .unwrap();
            restarting[node] += usize::from(may_have_restarted(&task, seed));
        }
    }
    restarting
}

#[tokio::test]
async fn nothing_accepted_is_lost_and_no_restart_is_executed_twice() {
    let kills = if long() { 300 } else { 6 };
    let seed = std::env::var("SWITCHYARD_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| {
            std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(1, |time| time.subsec_nanos().into())
        });
    let mut chance = Chance(seed);
    let config = SimConfig::default()
        .count(NODES)
        .delays(Delays::all(Duration::from_millis(150)));
    let sim = Sim::start(config).await.unwrap();
    sim.set_all_power(PowerState::On);
    // Now and then a reply is lost after the command was executed.
    sim.add_fault(Fault::new(Effect::ExecuteThenCut).probability(0.1))
        .unwrap();
    let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
    let settings = Settings {
        config: "[engine]\npatience_percent = 10\nchange_timeout_s = 3\n".to_owned(),
        ..Settings::default()
    };
    let login = sim.config().login.clone();
    let installation = Installation::new(&inventory, &login.user, &login.password, settings);
    let mut service = installation.start().await;
    let mut accepted = Vec::new();
    for kill in 0..kills {
        for operation in ["soft-restart", "on", "force-off", "on"] {
            let first = usize::try_from(chance.below(NODES as u64)).unwrap();
            let names: Vec<String> = (0..4).map(|n| node_xname((first + n) % NODES, 0)).collect();
            if let Some(id) = service.client().transition(operation, &names, 1).await {
                accepted.push(id);
            }
        }
        tokio::time::sleep(Duration::from_millis(chance.below(700))).await;
        service.kill();
        let begun = Instant::now();
        service = installation.start().await;
        let back = begun.elapsed();
        assert!(
            back < Duration::from_secs(5),
            "kill {kill}: the service came back after {back:?} (seed {seed})"
        );
    }
    for id in &accepted {
        let body = service.client().ended(id, WITHIN).await;
        let counts = &body["taskCounts"];
        assert_eq!(
            counts["total"], 4,
            "transition {id} lost a task (seed {seed}): {body:#}"
        );
        assert_eq!(
            counts["new"].as_u64().unwrap() + counts["in-progress"].as_u64().unwrap(),
            0
        );
    }
    for (bmc, tasks) in restarting_tasks(service.client(), &accepted, seed)
        .await
        .into_iter()
        .enumerate()
    {
        let executed = restarts_executed(&sim, bmc);
        assert!(
            executed <= tasks,
            "node {bmc}: {executed} restarts executed by {tasks} tasks (seed {seed})"
        );
    }
    drop(service);
}

#[tokio::test]
async fn a_term_in_the_middle_leaves_nothing_uncertain() {
    let config = SimConfig::default()
        .count(NODES)
        .delays(Delays::all(Duration::from_millis(300)));
    let sim = Sim::start(config).await.unwrap();
    sim.set_all_power(PowerState::On);
    sim.add_fault(Fault::new(Effect::Slow { ms: 400 })).unwrap();
    let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
    let login = sim.config().login.clone();
    let installation = Installation::new(&inventory, &login.user, &login.password, Settings::default());
    let service = installation.start().await;
    let names: Vec<String> = (0..NODES).map(|bmc| node_xname(bmc, 0)).collect();
    let id = service
        .client()
        .transition("soft-restart", &names, 5)
        .await
        .unwrap();
    // The first restart is executed; the others are on their way, or wait for their proof.
    sim.wait_executed(0, 0, 1, WITHIN).await.unwrap();
    assert!(service.terminate().await.success());
    let service = installation.start().await;
    let body = service.client().ended(&id, WITHIN).await;
    assert_eq!(
        body["taskCounts"]["succeeded"],
        NODES,
        "{body:#}\n{}",
        installation.log()
    );
    for bmc in 0..NODES {
        assert_eq!(restarts_executed(&sim, bmc), 1);
    }
}
