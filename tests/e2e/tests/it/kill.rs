//! The service killed at random instants while transitions run on BMCs that count.

use std::time::Duration;

use bmc_sim::{Delays, Effect, Fault, PowerState, ResetType, Sim, SimConfig, node_xname};
use switchyard_e2e::{Installation, Settings, long};
use tokio::time::Instant;

const NODES: usize = 24;
const WITHIN: Duration = Duration::from_secs(120);

/// A small generator of its own, so that a failing run can be repeated by its seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn is_restart(reset: ResetType) -> bool {
    matches!(reset, ResetType::GracefulRestart | ResetType::ForceRestart | ResetType::PowerCycle)
}

#[tokio::test]
async fn nothing_accepted_is_lost_and_no_restart_is_executed_twice() {
    let kills = if long() { 300 } else { 6 };
    let seed = std::env::var("SWITCHYARD_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |time| time.subsec_nanos().into())
    });
    let mut chance = Chance(seed);
    let config = SimConfig::default().count(NODES).delays(Delays::all(Duration::from_millis(150)));
    let sim = Sim::start(config).await.unwrap();
    sim.set_all_power(PowerState::On);
    // Now and then a reply is lost after the command was executed.
    sim.add_fault(Fault::new(Effect::ExecuteThenCut).probability(0.1)).unwrap();
    let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
    let settings = Settings {
        config: "[engine]\npatience_percent = 10\nchange_timeout_s = 3\n".to_owned(),
        ..Settings::default()
    };
    let login = sim.config().login.clone();
    let installation = Installation::new(&inventory, &login.user, &login.password, settings);
    let mut service = installation.start().await;
    let mut accepted = Vec::new();
    let mut restarts = vec![0_usize; NODES];
    for kill in 0..kills {
        for operation in ["soft-restart", "on", "force-off", "on"] {
            let first = usize::try_from(chance.below(NODES as u64)).unwrap();
            let nodes: Vec<usize> = (0..4).map(|n| (first + n) % NODES).collect();
            let names: Vec<String> = nodes.iter().map(|bmc| node_xname(*bmc, 0)).collect();
            if let Some(id) = service.client().transition(operation, &names, 1).await {
                accepted.push(id);
                if operation == "soft-restart" {
                    nodes.iter().for_each(|bmc| restarts[*bmc] += 1);
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(chance.below(700))).await;
        service.kill();
        let begun = Instant::now();
        service = installation.start().await;
        let back = begun.elapsed();
        assert!(back < Duration::from_secs(5), "kill {kill}: the service came back after {back:?} (seed {seed})");
    }
    for id in &accepted {
        let body = service.client().ended(id, WITHIN).await;
        let counts = &body["taskCounts"];
        assert_eq!(counts["total"], 4, "transition {id} lost a task (seed {seed}): {body:#}");
        assert_eq!(counts["new"].as_u64().unwrap() + counts["in-progress"].as_u64().unwrap(), 0);
    }
    for (bmc, asked) in restarts.iter().enumerate() {
        let executed = sim.executed(bmc, 0).iter().filter(|done| is_restart(done.reset_type)).count();
        assert!(executed <= *asked, "node {bmc}: {executed} restarts executed, {asked} asked for (seed {seed})");
    }
    drop(service);
}

#[tokio::test]
async fn a_term_in_the_middle_leaves_nothing_uncertain() {
    let config = SimConfig::default().count(NODES).delays(Delays::all(Duration::from_millis(300)));
    let sim = Sim::start(config).await.unwrap();
    sim.set_all_power(PowerState::On);
    sim.add_fault(Fault::new(Effect::Slow { ms: 400 })).unwrap();
    let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
    let login = sim.config().login.clone();
    let installation = Installation::new(&inventory, &login.user, &login.password, Settings::default());
    let service = installation.start().await;
    let names: Vec<String> = (0..NODES).map(|bmc| node_xname(bmc, 0)).collect();
    let id = service.client().transition("soft-restart", &names, 5).await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(service.terminate().await.success());
    let service = installation.start().await;
    let body = service.client().ended(&id, WITHIN).await;
    assert_eq!(body["taskCounts"]["succeeded"], NODES, "{body:#}\n{}", installation.log());
    for bmc in 0..NODES {
        assert_eq!(sim.executed(bmc, 0).iter().filter(|done| is_restart(done.reset_type)).count(), 1);
    }
}
