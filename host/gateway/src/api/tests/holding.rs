//! `/v2/holds`, and what they do to both versions of the API.

use std::time::Duration;

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use switchyard_wire::v2::{Hold, HoldList, Problem};

use super::bench::Bench;

const NODE: &str = "x0c0s0b0n0";

fn at(hours: u64) -> String {
    (jiff::Timestamp::now() + Duration::from_hours(hours)).to_string()
}

async fn place(bench: &Bench, body: Value) -> Hold {
    let answer = bench.post("alice", "/v2/holds", &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test]
async fn a_hold_keeps_off_all_but_the_allowed_until_it_is_released() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let hold = json!({"components": [NODE], "reason": "disk swap", "until": at(2), "allow": ["bob"]});
    let hold = place(&bench, hold).await;
    assert_eq!(
        (hold.by.as_str(), hold.components.as_str(), hold.count),
        ("alice", NODE, 1)
    );
    let off = json!({"operation": "soft-off", "components": [NODE]});
    let refused = bench.post("daemon", "/v2/transitions", &off).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    let problem: Problem = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(problem.problems[0].code, "component.on-hold");
    assert!(problem.problems[0].detail.contains("disk swap"));
    let v1 = bench.switch("off", NODE).await;
    let v1 = bench.until_status(&v1, "completed").await;
    assert_eq!(v1["tasks"][0]["taskStatus"], "failed");
    assert!(v1["tasks"][0]["error"].as_str().unwrap().contains("disk swap"));
    assert_eq!(
        bench.post("bob", "/v2/transitions", &off).await.status,
        StatusCode::ACCEPTED
    );
    let component = bench.get(&format!("/v2/components/{NODE}")).await.json();
    assert_eq!(component["hold"]["reason"], "disk swap");
    let held = bench.get("/v2/components?flag=held").await.json();
    assert_eq!(held["components"].as_array().unwrap().len(), 1);

    let list: HoldList = serde_json::from_slice(&bench.get("/v2/holds").await.body).unwrap();
    assert_eq!(list.holds, std::slice::from_ref(&hold));
    let path = format!("/v2/holds/{}", hold.id);
    assert_eq!(
        bench.call(Method::DELETE, &path, Body::empty()).await.status,
        StatusCode::OK
    );
    let again = bench.call(Method::DELETE, &path, Body::empty()).await;
    assert_eq!(
        (again.status, again.json()["code"].as_str()),
        (StatusCode::NOT_FOUND, Some("hold.not-found"))
    );
    let list: HoldList = serde_json::from_slice(&bench.get("/v2/holds").await.body).unwrap();
    assert!(list.holds.is_empty());
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_hold_is_told_together() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    for until in [
        String::new(),
        "tomorrow".to_owned(),
        at(24 * 31),
        "2020-01-01T00:00:00Z".to_owned(),
    ] {
        let body = json!({"components": ["x9c0s0b0n0"], "until": until});
        let answer = bench.post("alice", "/v2/holds", &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let problem: Problem = serde_json::from_slice(&answer.body).unwrap();
        let codes: Vec<_> = problem.problems.iter().map(|found| found.code.as_str()).collect();
        assert_eq!(
            codes,
            ["component.not-found", "reason.missing", "hold.invalid-until"]
        );
    }
    assert_eq!(bench.get("/v2/holds").await.json(), json!({"holds": []}));
}

#[tokio::test]
async fn work_that_has_begun_goes_on_under_a_hold() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    bench.hardware.deafen("x0c0s0b0");
    let id = bench.switch("soft-off", NODE).await;
    bench
        .until("the task has begun", || async {
            let body = bench.get(&format!("/v2/transitions/{id}")).await.json();
            (body["breakdown"]["verifying"] == 1).then_some(())
        })
        .await;
    let hold = place(
        &bench,
        json!({"components": [NODE], "reason": "mine", "until": at(1)}),
    )
    .await;
    assert_eq!(hold.goes_on.as_deref(), Some(NODE));
}
