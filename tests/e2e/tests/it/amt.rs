//! Intel AMT through the real service: digest, WS-Management, the driver, and what becomes of a lost reply.

use std::time::Duration;

use bmc_sim::{
    AmtSwitches, Delays, Effect, Fault, InventoryOptions, PowerState, Protocol, Requests, ResetType, Sim,
    SimConfig, node_xname,
};
use serde_json::Value;
use switchyard_e2e::{Client, Installation, Settings};

/// The deadline of a step, in minutes: what nothing proves is uncertain then.
const DEADLINE: i64 = 1;
/// A change settles for ten seconds at AMT.
const WITHIN: Duration = Duration::from_mins(3);

async fn transition(client: &Client, operation: &str, bmc: usize) -> Value {
    let id = client
        .transition(operation, &[node_xname(bmc, 0)], DEADLINE)
        .await
        .unwrap();
    client.ended(&id, WITHIN).await["tasks"][0].clone()
}

fn resets(sim: &Sim, bmc: usize) -> Vec<ResetType> {
    sim.executed(bmc, 0)
        .iter()
        .map(|entry| entry.reset_type)
        .collect()
}

/// Off, on and a restart, while every nonce is soon worn out.
async fn power_cycle(sim: &Sim, client: &Client) {
    for (operation, reset, state) in [
        ("off", ResetType::GracefulShutdown, PowerState::Off),
        ("on", ResetType::On, PowerState::On),
        ("soft-restart", ResetType::GracefulRestart, PowerState::On),
    ] {
        let before = resets(sim, 0).len();
        let task = transition(client, operation, 0).await;
        assert_eq!(task["taskStatus"], "succeeded", "{operation}: {task}");
        assert_eq!(resets(sim, 0)[before..], [reset], "{operation}");
        assert_eq!(sim.power_state(0, 0), state, "{operation}");
    }
}

/// A restart whose reply is lost is not sent again, and nothing proves it.
async fn lost_reply(sim: &Sim, client: &Client) {
    let lost = Fault::new(Effect::ExecuteThenCut)
        .bmc(1)
        .protocol(Protocol::Amt)
        .on(Requests::Actions)
        .times(1);
    sim.add_fault(lost).unwrap();
    let task = transition(client, "soft-restart", 1).await;
    assert_eq!(resets(sim, 1), [ResetType::GracefulRestart], "{task}");
    assert_eq!(task["taskStatus"], "failed", "{task}");
    assert!(task["error"].as_str().unwrap().contains("uncertain"), "{task}");
}

/// A remote screen keeps the machine on, and the operator is told so.
async fn open_session(sim: &Sim, client: &Client) {
    sim.switch_amt(
        2,
        AmtSwitches {
            remote_screen: true,
            ..AmtSwitches::default()
        },
    );
    let task = transition(client, "force-off", 2).await;
    assert_eq!(task["taskStatus"], "failed", "{task}");
    assert!(
        task["error"].as_str().unwrap().contains("remote screen"),
        "{task}"
    );
    assert_eq!(resets(sim, 2), []);
}

#[tokio::test]
async fn amt_goes_off_on_and_restarts_with_stale_nonces_and_a_lost_reply() {
    let config = SimConfig::default()
        .count(3)
        .amt(0)
        .delays(Delays::all(Duration::from_millis(100)));
    let sim = Sim::start(config).await.unwrap();
    for (bmc, tells_stale) in [(0, false), (1, true)] {
        let worn = AmtSwitches {
            nonce_uses: Some(2),
            tells_stale,
            ..AmtSwitches::default()
        };
        sim.switch_amt(bmc, worn);
    }
    let options = InventoryOptions {
        protocol: Protocol::Amt,
        driver: Some("amt".to_owned()),
        ..InventoryOptions::default()
    };
    let settings = Settings::default();
    let login = &sim.config().login;
    let inventory = sim.inventory(&options).unwrap();
    let installation = Installation::new(&inventory, &login.user, &login.password, settings);
    let service = installation.start().await;
    let client = service.client();
    client.fleet_read(3, WITHIN).await;
    tokio::join!(
        power_cycle(&sim, client),
        lost_reply(&sim, client),
        open_session(&sim, client)
    );
    for bmc in 0..3 {
        let seen = sim.amt(bmc);
        assert_eq!(seen.wrong_logins, 0, "the right password is never a wrong login");
        assert_eq!(seen.stale_nonces > 0, bmc < 2, "{seen:?}");
    }
}
