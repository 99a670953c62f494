//! `/v2/endpoints`.

use axum::body::Body;
use http::{Method, StatusCode};
use serde::de::DeserializeOwned;
use switchyard_wire::v2::{Endpoint, EndpointList};

use super::bench::{Answer, Bench};

fn read<T: DeserializeOwned>(answer: &Answer) -> T {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test]
async fn an_endpoint_shows_what_it_switches_and_how_it_is_asked() {
    let bench = Bench::start(&["x0c0s0b0", "x0c0s1b0", "x0c0s2b0"]).await;
    let endpoint: Endpoint = read(&bench.get("/v2/endpoints/x0c0s1b0").await);
    assert_eq!(endpoint.id, "x0c0s1b0");
    assert_eq!(endpoint.address, "http://127.0.0.1:2");
    assert_eq!(
        (endpoint.driver, endpoint.selection.by.as_str()),
        (None, "nobody")
    );
    assert_eq!(endpoint.components, "x0c0s1b0,x0c0s1b0n0");
    assert_eq!(
        (endpoint.breaker.state.as_str(), endpoint.breaker.failures),
        ("closed", 0)
    );
    assert_eq!(endpoint.pace.parallel, 1);
    assert!(endpoint.answered_at.is_some() && endpoint.failure.is_none());

    let mut ids = Vec::new();
    let mut path = "/v2/endpoints?limit=2".to_owned();
    loop {
        let page: EndpointList = read(&bench.get(&path).await);
        ids.extend(page.endpoints.into_iter().map(|endpoint| endpoint.id));
        match page.next {
            Some(next) => path = format!("/v2/endpoints?limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(ids, ["x0c0s0b0", "x0c0s1b0", "x0c0s2b0"]);
    for (method, path) in [
        (Method::GET, "/v2/endpoints/x9"),
        (Method::POST, "/v2/endpoints/x9/try"),
    ] {
        let answer = bench.call(method, path, Body::empty()).await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (StatusCode::NOT_FOUND, Some("endpoint.not-found"))
        );
    }
}

#[tokio::test]
async fn work_waits_for_an_endpoint_that_is_left_alone_and_goes_on_when_a_person_has_it_tried() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    bench.hardware.take_away("x0c0s0b0");
    // Two tasks fail to read it, so that it is left alone sooner.
    let node = bench.switch("force-off", "x0c0s0b0n0").await;
    let manager = bench.switch("soft-restart", "x0c0s0b0").await;
    let path = "/v2/endpoints/x0c0s0b0";
    let open = bench
        .until("the endpoint is left alone", || async {
            let endpoint: Endpoint = read(&bench.get(path).await);
            (endpoint.breaker.state == "open").then_some(endpoint)
        })
        .await;
    assert_eq!(open.breaker.reason.as_deref(), Some("unreachable"));
    assert!(open.breaker.until.is_some() && open.breaker.since.is_some());
    assert_eq!(
        open.failure.map(|failure| failure.text).as_deref(),
        Some("no route to host")
    );
    bench.hardware.bring_back("x0c0s0b0");
    bench
        .call(Method::POST, "/v2/endpoints/x0c0s0b0/try", Body::empty())
        .await;
    bench.until_status(&node, "completed").await;
    bench.until_status(&manager, "in-progress").await;
    let closed: Endpoint = read(&bench.get(path).await);
    assert_eq!(closed.breaker.state, "closed");
}
