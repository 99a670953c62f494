//! Every fault effect through the wire.

use std::time::Duration;

use bmc_sim::{Effect, Fault, Outcome, PowerState, Requests, ResetType, Sim, SimConfig};
use http::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Connection, PATIENCE, get, power, read, reset, until};

async fn sim_with(fault: Fault) -> Sim {
    let sim = Sim::start(SimConfig::default().count(2)).await.unwrap();
    sim.add_fault(fault.bmc(0)).unwrap();
    sim
}

#[tokio::test]
async fn ignore_accepts_and_does_nothing() {
    let sim = sim_with(Fault::new(Effect::Ignore).times(1)).await;
    assert_eq!(
        reset(&sim, 0, 0, "ForceOff").await.unwrap().status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        (power(&sim, 0, 0).await.as_str(), sim.executed(0, 0).len()),
        ("On", 0)
    );
    assert_eq!(
        reset(&sim, 0, 0, "ForceOff").await.unwrap().status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        (power(&sim, 0, 0).await.as_str(), sim.executed(0, 0).len()),
        ("Off", 1)
    );
    assert_eq!(sim.faults()[0].hits, 1);
}

#[tokio::test]
async fn refuse_gives_the_words() {
    let fault = Fault::refuse(400, "Base.1.13.GeneralError", "the lid is open");
    let sim = sim_with(fault).await;
    let answer = reset(&sim, 0, 0, "ForceOff").await.unwrap();
    assert_eq!(
        (answer.status, answer.message_id()),
        (StatusCode::BAD_REQUEST, "Base.1.13.GeneralError".into())
    );
    assert_eq!(
        answer.json()["error"]["@Message.ExtendedInfo"][0]["Message"],
        "the lid is open"
    );
    assert_eq!(
        reset(&sim, 1, 0, "ForceOff").await.unwrap().status,
        StatusCode::NO_CONTENT,
        "another BMC"
    );
    assert!(sim.executed(0, 0).is_empty());
}

#[tokio::test]
async fn cuts_differ_in_what_was_executed() {
    for (effect, executed) in [
        (Effect::ExecuteThenCut, 1),
        (Effect::CutBeforeExecuting, 0),
        (Effect::CutAfterHeaders, 0),
        (Effect::CutInAnswer, 1),
    ] {
        let sim = sim_with(Fault::new(effect.clone())).await;
        assert!(reset(&sim, 0, 0, "ForceOff").await.is_err(), "{effect:?}");
        assert_eq!(sim.executed(0, 0).len(), executed, "{effect:?}");
        assert_eq!(power(&sim, 0, 0).await, if executed == 1 { "Off" } else { "On" });
    }
}

#[tokio::test]
async fn a_cut_after_the_headers_does_not_wait_for_the_body() {
    let sim = sim_with(Fault::new(Effect::CutAfterHeaders)).await;
    let mut stream = TcpStream::connect(sim.address(0)).await.unwrap();
    let login = crate::client::basic(bmc_sim::DEFAULT_USER, bmc_sim::DEFAULT_PASSWORD);
    let head = format!(
        "POST /redfish/v1/Systems/1/Actions/ComputerSystem.Reset HTTP/1.1\r\nHost: bmc\r\n\
         Authorization: {login}\r\nContent-Length: 20\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut rest = Vec::new();
    let end = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest))
        .await
        .unwrap();
    assert!(end.is_err() || rest.is_empty());
}

#[tokio::test]
async fn a_read_can_be_cut_in_its_answer() {
    let sim = sim_with(Fault::new(Effect::CutInAnswer).on(Requests::Reads)).await;
    assert!(get(&sim, 0, &sim.system_path(0, 0)).await.is_err());
}

#[tokio::test]
async fn a_hung_bmc_says_nothing_and_frees_the_connection() {
    for (execute, executed) in [(false, 0), (true, 1)] {
        let sim = sim_with(Fault::new(Effect::Hang {
            for_ms: None,
            execute,
        }))
        .await;
        let hung = tokio::time::timeout(Duration::from_millis(100), reset(&sim, 0, 0, "ForceOff")).await;
        assert!(hung.is_err(), "no answer");
        assert_eq!(sim.executed(0, 0).len(), executed);
        sim.clear_faults();
        assert_eq!(
            reset(&sim, 0, 0, "ForceOff").await.unwrap().status,
            StatusCode::NO_CONTENT
        );
    }
    let sim = sim_with(Fault::new(Effect::Hang {
        for_ms: Some(20),
        execute: false,
    }))
    .await;
    assert!(reset(&sim, 0, 0, "ForceOff").await.is_err(), "cut after a while");
}

#[tokio::test]
async fn slow_delays_and_then_executes() {
    let sim = sim_with(Fault::new(Effect::Slow { ms: 60 }).on(Requests::Actions)).await;
    let start = tokio::time::Instant::now();
    assert_eq!(
        reset(&sim, 0, 0, "ForceOff").await.unwrap().status,
        StatusCode::NO_CONTENT
    );
    assert!(start.elapsed() >= Duration::from_millis(60));
    assert!(sim.executed(0, 0)[0].at.0 >= 60);
}

#[tokio::test]
async fn readings_lie_or_are_stale_while_the_truth_is_known() {
    let sim = sim_with(
        Fault::new(Effect::WrongState {
            state: "Reset \"x\"".into(),
        })
        .times(1),
    )
    .await;
    assert_eq!(power(&sim, 0, 0).await, "Reset \"x\"");
    assert_eq!(power(&sim, 0, 0).await, "On");

    let sim = sim_with(Fault::new(Effect::StaleReading { ms: 200 })).await;
    assert_eq!(power(&sim, 0, 0).await, "On");
    reset(&sim, 0, 0, "ForceOff").await.unwrap();
    assert_eq!(sim.power_state(0, 0), PowerState::Off);
    assert_eq!(power(&sim, 0, 0).await, "On", "the cache still says so");
    until(|| power(&sim, 0, 0), |state| state == "Off").await;
}

#[tokio::test]
async fn refusals_of_the_service_itself() {
    let system = "/redfish/v1/Systems/1";
    let sim = sim_with(Fault::new(Effect::Unauthorized).times(1)).await;
    assert_eq!(
        get(&sim, 0, system).await.unwrap().status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(get(&sim, 0, system).await.unwrap().status, StatusCode::OK);
    assert_eq!(sim.counts(0).auth_failures, 0, "the password was right");

    let sim = sim_with(Fault::new(Effect::SessionCap)).await;
    let answer = get(&sim, 0, system).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.message_id().as_str()),
        (503, "IDRAC.2.8.RAC0218")
    );

    let sim = sim_with(Fault::new(Effect::Busy { retry_after: 7 })).await;
    let answer = reset(&sim, 0, 0, "ForceOff").await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "7"));
    assert!(sim.executed(0, 0).is_empty());
}

#[tokio::test]
async fn bodies_can_be_garbage_or_huge() {
    let sim = sim_with(Fault::new(Effect::GarbageBody)).await;
    let answer = get(&sim, 0, "/redfish/v1/Systems/1").await.unwrap();
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (StatusCode::OK, "application/json")
    );
    assert!(serde_json::from_slice::<serde_json::Value>(&answer.body).is_err());

    let sim = sim_with(Fault::new(Effect::HugeBody { bytes: 5_000_001 })).await;
    let answer = get(&sim, 0, "/redfish/v1/Systems/1").await.unwrap();
    assert_eq!(answer.body.len(), 5_000_001);
    assert!(!answer.headers.contains_key("content-length"));
    let answer = get(&sim, 1, "/redfish/v1/Systems/1").await.unwrap();
    assert!(answer.body.len() < 10_000);
}

#[tokio::test]
async fn redirects_lead_to_the_same_origin_or_away() {
    let sim = sim_with(Fault::new(Effect::Redirect { location: None })).await;
    let answer = get(&sim, 0, "/redfish/v1/Systems/1").await.unwrap();
    assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(read(&sim, 0, answer.header("location")).await["PowerState"], "On");

    let away = Effect::Redirect {
        location: Some("http://127.9.9.9:1/".into()),
    };
    let sim = sim_with(Fault::new(away)).await;
    let answer = reset(&sim, 0, 0, "ForceOff").await.unwrap();
    assert_eq!(answer.header("location"), "http://127.9.9.9:1/");
    assert!(sim.executed(0, 0).is_empty());
}

#[tokio::test]
async fn executions_can_be_late_or_twofold() {
    let sim = sim_with(Fault::new(Effect::ExecuteLate { ms: 150 })).await;
    assert_eq!(
        reset(&sim, 0, 0, "ForceOff").await.unwrap().status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        (power(&sim, 0, 0).await.as_str(), sim.counts(0).executed),
        ("On", 0)
    );
    let executed = sim.wait_executed(0, 0, 1, PATIENCE).await.unwrap();
    assert!(executed[0].at.0 >= 150);
    assert_eq!(sim.power_state(0, 0), PowerState::Off);

    let sim = sim_with(Fault::new(Effect::ExecuteTwice)).await;
    reset(&sim, 0, 0, "ForceRestart").await.unwrap();
    let types: Vec<_> = sim.executed(0, 0).iter().map(|entry| entry.reset_type).collect();
    assert_eq!(types, [ResetType::ForceRestart; 2]);
}

#[tokio::test]
async fn an_operating_system_can_ignore_one_shutdown() {
    let sim = sim_with(Fault::new(Effect::OsIgnores).times(1)).await;
    reset(&sim, 0, 0, "GracefulShutdown").await.unwrap();
    reset(&sim, 0, 0, "GracefulShutdown").await.unwrap();
    let outcomes: Vec<_> = sim.executed(0, 0).iter().map(|entry| entry.outcome).collect();
    assert_eq!(outcomes, [Outcome::IgnoredByOs, Outcome::Changed]);
}

#[tokio::test]
async fn an_unreachable_bmc_resets_or_is_silent() {
    let sim = sim_with(Fault::new(Effect::Unreachable { silent: false })).await;
    assert!(get(&sim, 0, "/redfish/v1").await.is_err());
    assert!(get(&sim, 1, "/redfish/v1").await.is_ok());
    assert_eq!(sim.counts(0).connections, 0);

    let sim = sim_with(Fault::new(Effect::Unreachable { silent: true })).await;
    let silent = tokio::time::timeout(Duration::from_millis(100), get(&sim, 0, "/redfish/v1")).await;
    assert!(silent.is_err());
}

#[tokio::test]
async fn a_bmc_taken_down_refuses_connections_and_keeps_its_state() {
    let sim = Sim::start(SimConfig::default().count(2)).await.unwrap();
    reset(&sim, 0, 0, "ForceOff").await.unwrap();
    let mut open = Connection::open(sim.address(0)).await.unwrap();
    open.get("/redfish/v1").await.unwrap();
    sim.take_down(0).await;
    assert!(open.get("/redfish/v1").await.is_err());
    let refused = TcpStream::connect(sim.address(0)).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    assert!(get(&sim, 1, "/redfish/v1").await.is_ok());
    sim.bring_up(0).await.unwrap();
    assert_eq!(power(&sim, 0, 0).await, "Off");
}

#[tokio::test]
async fn faults_choose_by_path_and_method() {
    let sim = Sim::start(SimConfig::default()).await.unwrap();
    sim.add_fault(
        Fault::new(Effect::Busy { retry_after: 1 })
            .method("GET")
            .path("/Chassis"),
    )
    .unwrap();
    let mut connection = Connection::open(sim.address(0)).await.unwrap();
    assert_eq!(
        connection
            .get(&sim.chassis_path(0))
            .await
            .unwrap()
            .status
            .as_u16(),
        503
    );
    assert_eq!(
        connection
            .get(&sim.system_path(0, 0))
            .await
            .unwrap()
            .status
            .as_u16(),
        200
    );
    let target = format!("{}/Actions/Chassis.Reset", sim.chassis_path(0));
    assert_eq!(
        connection
            .post(&target, &json!({"ResetType": "On"}))
            .await
            .unwrap()
            .status
            .as_u16(),
        204
    );
    let head = connection
        .send(Method::HEAD, &sim.chassis_path(0), bytes::Bytes::new())
        .await
        .unwrap();
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert!(sim.add_fault(Fault::refuse(204, "x", "y")).is_err());
}
