//! `DELETE /transitions/{id}`.

use axum::body::Body;
use http::{Method, StatusCode};

use super::bench::Bench;

#[tokio::test]
async fn an_abort_is_signalled_and_then_done() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    bench.hardware.deafen("x0c0s0b0");
    let id = bench.switch("soft-off", "x0c0s0b0n0").await;
    let path = format!("/transitions/{id}");
    bench
        .until("the shutdown was sent", || async {
            let body = bench.get(&path).await.json();
            let text = body["tasks"][0]["taskStatusDescription"].as_str().unwrap();
            (text == "Confirming successful transition, gracefulshutdown").then_some(())
        })
        .await;
    let answer = bench.call(Method::DELETE, &path, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.text(), r#"{"abortStatus":"Accepted - abort initiated"}"#);
    let body = bench.until_status(&id, "aborted").await;
    assert_eq!(body["taskCounts"]["failed"], 1);
    assert_eq!(body["tasks"][0]["error"], "Transition aborted");
    let text = body["tasks"][0]["taskStatusDescription"].as_str().unwrap();
    assert!(text.starts_with("Aborted. Last status - "), "{text}");
    let again = bench.call(Method::DELETE, &path, Body::empty()).await;
    assert_eq!(again.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_finished_transition_cannot_be_aborted() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let id = bench.switch("on", "x0c0s0b0n0").await;
    bench.until_status(&id, "completed").await;
    let answer = bench
        .call(Method::DELETE, &format!("/v1/transitions/{id}"), Body::empty())
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        answer.json()["detail"],
        "Transition is already finished and cannot be aborted."
    );
}
