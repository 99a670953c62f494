//! The power model through the wire.

use std::time::Duration;

use bmc_sim::{Delays, Outcome, PowerState, Profile, ResetType, RestartView, Sim, SimConfig, Target};
use http::StatusCode;
use serde_json::json;

use crate::client::{Connection, PATIENCE, get, power, read, reset, until};

async fn post(sim: &Sim, path: &str, reset_type: &str) -> u16 {
    let mut connection = Connection::open(sim.address(0)).await.unwrap();
    connection
        .post(path, &json!({"ResetType": reset_type}))
        .await
        .unwrap()
        .status
        .as_u16()
}

#[tokio::test]
async fn off_and_on_execute_once_each_and_in_order() {
    let sim = Sim::start(SimConfig::default().count(2).nodes(2)).await.unwrap();
    for reset_type in ["GracefulShutdown", "On", "ForceOff"] {
        assert_eq!(
            reset(&sim, 1, 1, reset_type).await.unwrap().status,
            StatusCode::NO_CONTENT
        );
    }
    assert_eq!(power(&sim, 1, 1).await, "Off");
    assert_eq!(power(&sim, 1, 0).await, "On");
    assert_eq!(power(&sim, 0, 1).await, "On");
    let executed = sim.executed(1, 1);
    let types: Vec<_> = executed.iter().map(|entry| entry.reset_type).collect();
    assert_eq!(
        types,
        [ResetType::GracefulShutdown, ResetType::On, ResetType::ForceOff]
    );
    assert!(executed.iter().all(|entry| entry.outcome == Outcome::Changed));
    assert!(executed.is_sorted_by_key(|entry| entry.at));
    assert_eq!(
        (sim.counts(1).executed, sim.counts(1).posts, sim.counts(0).posts),
        (3, 3, 0)
    );
    sim.reset_counters();
    assert_eq!((sim.totals().executed, sim.executed_all(1).len()), (0, 0));
}

#[tokio::test]
async fn changes_take_their_time_and_are_seen_on_the_way() {
    let delays = Delays::all(Duration::from_millis(300));
    let sim = Sim::start(SimConfig::default().delays(delays)).await.unwrap();
    reset(&sim, 0, 0, "ForceOff").await.unwrap();
    assert_eq!(power(&sim, 0, 0).await, "PoweringOff");
    until(|| power(&sim, 0, 0), |state| state == "Off").await;
    reset(&sim, 0, 0, "On").await.unwrap();
    assert_eq!(power(&sim, 0, 0).await, "PoweringOn");
    until(|| power(&sim, 0, 0), |state| state == "On").await;
}

#[tokio::test]
async fn a_bmc_without_transitional_states_shows_the_old_one() {
    let profile = Profile {
        transitional_states: false,
        ..Profile::standard()
    };
    let delays = Delays::all(Duration::from_mins(1));
    let sim = Sim::start(SimConfig::default().delays(delays).profile(profile))
        .await
        .unwrap();
    reset(&sim, 0, 0, "ForceOff").await.unwrap();
    assert_eq!(power(&sim, 0, 0).await, "On");
    assert_eq!(sim.power_state(0, 0), PowerState::PoweringOff);
}

#[tokio::test]
async fn each_restart_changes_last_reset_time() {
    let profile = Profile {
        restart_view: RestartView::StaysOn,
        ..Profile::standard()
    };
    let sim = Sim::start(SimConfig::default().profile(profile)).await.unwrap();
    let mut times = Vec::new();
    for reset_type in ["ForceRestart", "GracefulRestart", "PowerCycle", "Nmi"] {
        assert_eq!(
            reset(&sim, 0, 0, reset_type).await.unwrap().status,
            StatusCode::NO_CONTENT
        );
        let system = read(&sim, 0, &sim.system_path(0, 0)).await;
        assert_eq!(system["PowerState"], "On");
        times.push(system["LastResetTime"].as_str().unwrap().to_owned());
    }
    assert_eq!(times[2], times[3], "NMI resets nothing");
    times.dedup();
    assert_eq!(times.len(), 3);
}

#[tokio::test]
async fn an_operating_system_may_ignore_the_request_to_shut_down() {
    let sim = Sim::start(SimConfig::default().os_ignores_shutdown())
        .await
        .unwrap();
    reset(&sim, 0, 0, "GracefulShutdown").await.unwrap();
    assert_eq!(power(&sim, 0, 0).await, "On");
    assert_eq!(sim.executed(0, 0)[0].outcome, Outcome::IgnoredByOs);
    reset(&sim, 0, 0, "ForceOff").await.unwrap();
    assert_eq!(power(&sim, 0, 0).await, "Off");
}

#[tokio::test]
async fn a_chassis_takes_its_systems_along_and_keeps_them_off() {
    let sim = Sim::start(SimConfig::default().nodes(2)).await.unwrap();
    let target = format!("{}/Actions/Chassis.Reset", sim.chassis_path(0));
    assert_eq!(post(&sim, &target, "ForceOff").await, 204);
    assert_eq!([power(&sim, 0, 0).await, power(&sim, 0, 1).await], ["Off", "Off"]);
    let refused = reset(&sim, 0, 0, "On").await.unwrap();
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(String::from_utf8_lossy(&refused.body).contains("Chassis 1 is powered off"));
    assert_eq!(post(&sim, &target, "On").await, 204);
    assert_eq!(power(&sim, 0, 0).await, "Off", "a chassis starts no system");
    assert_eq!(
        reset(&sim, 0, 0, "On").await.unwrap().status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(sim.executed_of(0, Target::Chassis).len(), 2);
    assert_eq!(sim.executed(0, 0).len(), 1);
}

#[tokio::test]
async fn a_manager_goes_away_and_comes_back() {
    let delays = Delays {
        manager_reset: Duration::from_millis(300),
        ..Delays::default()
    };
    let sim = Sim::start(SimConfig::default().delays(delays)).await.unwrap();
    let manager = sim.manager_path(0);
    let before = read(&sim, 0, &manager).await["LastResetTime"].clone();
    let mut kept = Connection::open(sim.address(0)).await.unwrap();
    kept.get(&manager).await.unwrap();
    assert_eq!(
        post(
            &sim,
            &format!("{manager}/Actions/Manager.Reset"),
            "GracefulRestart"
        )
        .await,
        204
    );
    assert!(kept.get(&manager).await.is_err(), "an open connection is cut");
    assert!(get(&sim, 0, &manager).await.is_err(), "a new connection is reset");
    let back = until(|| get(&sim, 0, &manager), Result::is_ok)
        .await
        .unwrap()
        .json();
    assert_ne!(back["LastResetTime"], before);
    assert_eq!(sim.executed_of(0, Target::Manager).len(), 1);
    assert_eq!(sim.power_state(0, 0), PowerState::On, "nodes do not notice");
}

#[tokio::test]
async fn a_person_may_press_the_button() {
    let sim = Sim::start(SimConfig::default()).await.unwrap();
    sim.press_button(0, 0);
    assert_eq!(power(&sim, 0, 0).await, "Off");
    sim.set_power(0, 0, PowerState::On);
    assert_eq!(power(&sim, 0, 0).await, "On");
    sim.set_all_power(PowerState::Off);
    assert_eq!(power(&sim, 0, 0).await, "Off");
    assert!(sim.executed_all(0).is_empty());
}

#[tokio::test]
async fn a_test_can_wait_for_an_execution() {
    let sim = Sim::start(SimConfig::default()).await.unwrap();
    let (waited, answer) = tokio::join!(sim.wait_executed(0, 0, 1, PATIENCE), reset(&sim, 0, 0, "On"));
    assert_eq!(
        (waited.unwrap().len(), answer.unwrap().status),
        (1, StatusCode::NO_CONTENT)
    );
    let error = sim.wait_executed(0, 0, 2, Duration::ZERO).await.unwrap_err();
    assert!(error.to_string().contains("executed 1 resets"), "{error}");
}
