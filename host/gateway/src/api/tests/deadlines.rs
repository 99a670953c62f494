//! `taskDeadlineMinutes` of v1 from end to end. How the times run is tested with the rules of power.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use switchyard_core::PowerState;

use super::bench::Bench;

const BMC: &str = "x0c0s0b0";
const NODE: &str = "x0c0s0b0n0";

async fn ask(bench: &Bench, operation: &str, deadline: Value) -> String {
    let body =
        json!({"operation": operation, "taskDeadlineMinutes": deadline, "location": [{"xname": NODE}]});
    let answer = bench.call(Method::POST, "/transitions", body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()["transitionID"].as_str().unwrap().to_owned()
}

async fn until_it_says(bench: &Bench, id: &str, description: &str) {
    let path = format!("/transitions/{id}");
    bench
        .until(description, || async {
            let body = bench.get(&path).await.json();
            (body["tasks"][0]["taskStatusDescription"] == description).then_some(())
        })
        .await;
}

/// A BMC that accepts everything and does nothing.
async fn deaf(state: PowerState) -> Bench {
    let bench = Bench::start(&[BMC]).await;
    bench.hardware.set(BMC, state);
    bench.hardware.hold_changes(BMC);
    bench
}

#[tokio::test]
async fn with_zero_the_last_step_is_not_confirmed_and_nothing_is_forced() {
    for (operation, state, sent, word) in [
        ("on", PowerState::Off, "On", "on"),
        ("off", PowerState::On, "GracefulShutdown", "gracefulshutdown"),
        ("force-off", PowerState::On, "ForceOff", "forceoff"),
    ] {
        let bench = deaf(state).await;
        let id = ask(&bench, operation, json!(0)).await;
        let body = bench.until_status(&id, "completed").await;
        let text = format!("Transition applied, {word}. Not confirming.");
        assert_eq!(
            body["tasks"],
            json!([{"xname": NODE, "taskStatus": "succeeded", "taskStatusDescription": text}])
        );
        assert_eq!(bench.hardware.resets(BMC), [sent], "{operation}");
    }
}

#[tokio::test]
async fn with_zero_earlier_steps_are_confirmed() {
    let bench = deaf(PowerState::On).await;
    let id = ask(&bench, "hard-restart", json!(0)).await;
    until_it_says(&bench, &id, "Confirming successful transition, gracefulshutdown").await;
    assert_eq!(bench.hardware.resets(BMC), ["GracefulShutdown"]);
    bench.hardware.set(BMC, PowerState::Off);
    let body = bench.until_status(&id, "completed").await;
    assert_eq!(
        body["tasks"][0]["taskStatusDescription"],
        "Transition applied, on. Not confirming."
    );
    assert_eq!(bench.hardware.resets(BMC), ["GracefulShutdown", "On"]);
}

#[tokio::test]
async fn below_zero_the_end_is_waited_for_and_none_is_the_default() {
    for deadline in [json!(-1), json!(null), json!(5)] {
        let bench = deaf(PowerState::On).await;
        let id = ask(&bench, "off", deadline).await;
        until_it_says(&bench, &id, "Confirming successful transition, gracefulshutdown").await;
        bench.hardware.set(BMC, PowerState::Off);
        let body = bench.until_status(&id, "completed").await;
        assert_eq!(
            body["tasks"][0]["taskStatusDescription"],
            "Transition confirmed, gracefulshutdown"
        );
        assert_eq!(bench.hardware.resets(BMC), ["GracefulShutdown"]);
    }
}

#[tokio::test]
async fn every_name_of_an_operation_is_taken_and_answered_in_one_way() {
    let bench = Bench::start(&[BMC]).await;
    for (sent, canonical) in [
        ("on", "On"),
        ("OFF", "Off"),
        ("soft-OFF", "Soft-Off"),
        ("Force-Off", "Force-Off"),
        ("soft-restart", "Soft-Restart"),
        ("Hard-Restart", "Hard-Restart"),
        ("init", "Init"),
        ("reinit", "Init"),
        ("ReInit", "Init"),
    ] {
        let body = json!({"operation": sent, "location": [{"xname": "banana"}]}).to_string();
        let answer = bench.call(Method::POST, "/v1/transitions", body).await.json();
        assert_eq!(answer["operation"], canonical);
        let path = format!("/v1/transitions/{}", answer["transitionID"].as_str().unwrap());
        assert_eq!(bench.get(&path).await.json()["operation"], canonical);
    }
    for refused in ["power-cycle", "reset", "nmi", " on", ""] {
        let body = json!({"operation": refused, "location": []}).to_string();
        let answer = bench.call(Method::POST, "/v1/transitions", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(
            answer.json()["detail"],
            format!("invalid Operation type {refused}")
        );
    }
}

#[tokio::test]
async fn names_that_come_twice_are_one_task() {
    let bench = Bench::start(&[BMC]).await;
    let twice = json!({"operation": "on", "location": [{"xname": NODE}, {"xname": NODE}, {"xname": "banana"}, {"xname": "banana"}]});
    let answer = bench
        .call(Method::POST, "/transitions", twice.to_string())
        .await
        .json();
    let id = answer["transitionID"].as_str().unwrap().to_owned();
    let body = bench.until_status(&id, "completed").await;
    assert_eq!(
        (&body["taskCounts"]["total"], &body["taskCounts"]["failed"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(body["tasks"].as_array().unwrap().len(), 2);
}
