//! What the service makes of BMCs that behave, refuse, ignore and lie.

use std::time::Duration;

use bmc_sim::{Delays, Effect, Fault, PowerState, ResetType, Sim, SimConfig, node_xname};
use serde_json::Value;
use switchyard_e2e::{Client, Installation, Service, Settings};

const WITHIN: Duration = Duration::from_mins(1);

/// A service over simulated BMCs.
pub(crate) struct Bench {
    pub(crate) sim: Sim,
    service: Service,
    installation: Installation,
}

impl Bench {
    /// Starts the BMCs with all nodes in one state, then the service, whose patience with them is short.
    pub(crate) async fn start(config: SimConfig, power: PowerState) -> Self {
        let sim = Sim::start(config).await.unwrap();
        sim.set_all_power(power);
        let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
        let login = &sim.config().login;
        let settings = Settings {
            config: "[engine]\npatience_percent = 10\n".to_owned(),
            ..Settings::default()
        };
        let installation = Installation::new(&inventory, &login.user, &login.password, settings);
        let service = installation.start().await;
        Self {
            sim,
            service,
            installation,
        }
    }

    pub(crate) fn client(&self) -> &Client {
        self.service.client()
    }

    /// Kills the service and starts it anew.
    pub(crate) async fn kill_and_start(self) -> Self {
        self.service.kill();
        Self {
            service: self.installation.start().await,
            ..self
        }
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|bmc| node_xname(bmc, 0)).collect()
}

fn task<'a>(body: &'a Value, xname: &str) -> &'a Value {
    body["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|task| task["xname"] == xname)
        .unwrap()
}

#[tokio::test]
async fn nodes_go_off_and_on_over_tls() {
    let config = SimConfig::default()
        .count(4)
        .tls(bmc_sim::Tls::PerBmc)
        .delays(Delays::all(Duration::from_millis(50)));
    let bench = Bench::start(config, PowerState::On).await;
    let (sim, client) = (&bench.sim, bench.client());
    for (operation, reset, state) in [
        ("off", ResetType::GracefulShutdown, PowerState::Off),
        ("on", ResetType::On, PowerState::On),
        ("force-off", ResetType::ForceOff, PowerState::Off),
    ] {
        sim.reset_counters();
        let id = client.transition(operation, &names(4), 5).await.unwrap();
        let body = client.ended(&id, WITHIN).await;
        assert_eq!(body["taskCounts"]["succeeded"], 4, "{body:#}");
        for bmc in 0..4 {
            assert_eq!(sim.power_state(bmc, 0), state);
            let executed: Vec<_> = sim.executed(bmc, 0).iter().map(|done| done.reset_type).collect();
            assert_eq!(executed, [reset]);
            assert!(
                sim.counts(bmc).max_in_flight <= 1,
                "more than one request in flight at one BMC"
            );
        }
    }
    let status = client
        .get(&format!("/v1/power-status?xname={}", node_xname(0, 0)))
        .await
        .unwrap();
    assert_eq!(status.body["status"][0]["powerState"], "off");
    assert!(bench.service.terminate().await.success());
}

#[tokio::test]
async fn a_restart_is_proven_by_evidence() {
    let bench = Bench::start(SimConfig::default().count(1), PowerState::On).await;
    let client = bench.client();
    let id = client.transition("soft-restart", &names(1), 5).await.unwrap();
    let body = client.ended(&id, WITHIN).await;
    assert_eq!(
        task(&body, &node_xname(0, 0))["taskStatusDescription"],
        "Transition confirmed, gracefulrestart"
    );
    let view = client.get(&format!("/v2/transitions/{id}")).await.unwrap();
    let task_id = view.body["members"][0]["task"].as_str().unwrap().to_owned();
    let view = client.get(&format!("/v2/tasks/{task_id}")).await.unwrap();
    assert_eq!(view.body["outcome"]["name"], "verified", "{:#}", view.body);
    assert_eq!(view.body["attempts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refusal_is_a_failed_task_with_the_bmcs_words_at_once() {
    let bench = Bench::start(SimConfig::default().count(1), PowerState::Off).await;
    let (sim, client) = (&bench.sim, bench.client());
    let words = "The action is not supported while the system is in firmware update mode.";
    sim.add_fault(Fault::refuse(400, "Base.1.18.ActionNotSupported", words))
        .unwrap();
    let begun = tokio::time::Instant::now();
    let id = client.transition("on", &names(1), 5).await.unwrap();
    let body = client.ended(&id, WITHIN).await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    let task = task(&body, &node_xname(0, 0));
    assert_eq!(task["taskStatus"], "failed");
    assert!(task["error"].as_str().unwrap().contains(words), "{task:#}");
}

#[tokio::test]
async fn an_ignored_command_is_asked_again_for_on_and_off_and_not_for_restarts() {
    let bench = Bench::start(SimConfig::default().count(3), PowerState::On).await;
    let (sim, client) = (&bench.sim, bench.client());
    sim.set_power(0, 0, PowerState::Off);
    sim.add_fault(Fault::new(Effect::Ignore).times_each(1)).unwrap();
    let on = client.transition("on", &[node_xname(0, 0)], 5).await.unwrap();
    let off = client
        .transition("force-off", &[node_xname(1, 0)], 5)
        .await
        .unwrap();
    let restart = client
        .transition("soft-restart", &[node_xname(2, 0)], 1)
        .await
        .unwrap();
    for (id, bmc) in [(on, 0), (off, 1)] {
        let body = client.ended(&id, WITHIN).await;
        assert_eq!(body["taskCounts"]["succeeded"], 1, "{body:#}");
        assert_eq!(sim.counts(bmc).posts, 2);
    }
    let body = client.ended(&restart, Duration::from_secs(90)).await;
    assert_eq!(task(&body, &node_xname(2, 0))["taskStatus"], "failed", "{body:#}");
    assert_eq!(sim.counts(2).posts, 1);
    assert!(sim.executed(2, 0).is_empty());
}

#[tokio::test]
async fn already_off_in_an_error_counts_only_after_a_reading_says_so() {
    let bench = Bench::start(SimConfig::default().count(2), PowerState::Off).await;
    let (sim, client) = (&bench.sim, bench.client());
    // The node and the BMC of each have been read, so that no reading but the task's own meets the lie.
    client.fleet_read(4, WITHIN).await;
    let already = Fault::refuse(409, "IDRAC.2.7.PSU501", "The server is already powered OFF.");
    sim.add_fault(already).unwrap();
    sim.set_power(1, 0, PowerState::On);
    // The reading before the command lies, so that the command is sent; the one after the refusal tells the truth.
    sim.add_fault(
        Fault::new(Effect::WrongState {
            state: "On".to_owned(),
        })
        .bmc(0)
        .times(1),
    )
    .unwrap();
    let id = client.transition("force-off", &names(2), 5).await.unwrap();
    let body = client.ended(&id, WITHIN).await;
    assert_eq!(
        task(&body, &node_xname(0, 0))["taskStatus"],
        "succeeded",
        "{body:#}"
    );
    assert_eq!(task(&body, &node_xname(1, 0))["taskStatus"], "failed", "{body:#}");
    assert_eq!(sim.totals().posts, 2);
}

#[tokio::test]
async fn off_forces_after_the_grace_and_soft_off_does_not() {
    let bench = Bench::start(
        SimConfig::default().count(2).os_ignores_shutdown(),
        PowerState::On,
    )
    .await;
    let (sim, client) = (&bench.sim, bench.client());
    let off = client.transition("off", &[node_xname(0, 0)], 1).await.unwrap();
    let soft = client
        .transition("soft-off", &[node_xname(1, 0)], 1)
        .await
        .unwrap();
    let body = client.ended(&off, Duration::from_secs(90)).await;
    assert_eq!(
        task(&body, &node_xname(0, 0))["taskStatusDescription"],
        "Transition confirmed, forceoff",
        "{body:#}"
    );
    let body = client.ended(&soft, Duration::from_secs(90)).await;
    let text = &task(&body, &node_xname(1, 0))["error"];
    assert_eq!(
        text, "Timeout waiting for transition, gracefulshutdown.",
        "{body:#}"
    );
    assert_eq!(sim.power_state(1, 0), PowerState::On);
}

#[tokio::test]
async fn a_cancelled_transition_sends_nothing_more() {
    let bench = Bench::start(
        SimConfig::default().count(2).os_ignores_shutdown(),
        PowerState::On,
    )
    .await;
    let (sim, client) = (&bench.sim, bench.client());
    let id = client.transition("off", &names(2), 1).await.unwrap();
    sim.wait_executed(0, 0, 1, WITHIN).await.unwrap();
    let answer = client.delete(&format!("/v1/transitions/{id}")).await.unwrap();
    assert_eq!(answer.status, 202);
    assert_eq!(answer.body["abortStatus"], "Accepted - abort initiated");
    let body = client.ended(&id, WITHIN).await;
    assert_eq!(body["transitionStatus"], "aborted");
    assert_eq!(task(&body, &node_xname(0, 0))["error"], "Transition aborted");
    assert!(sim.totals().posts <= 2);
    assert_eq!(sim.power_state(0, 0), PowerState::On);
}
