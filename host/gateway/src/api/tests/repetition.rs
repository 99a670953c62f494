//! Requests with an `Idempotency-Key`.

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::json;
use switchyard_core::{Timestamp, TransitionId};
use switchyard_store::{KeyClaim, KeyScope};
use tokio::task::JoinSet;
use tower::ServiceExt;
use uuid::Uuid;

use super::bench::{Answer, Bench};
use crate::api::idempotency::fingerprint;
use crate::config::{self, Limits};

const BMC: &str = "x0c0s0b0";
const NODE: &str = "x0c0s0b0n0";

fn body(operation: &str) -> String {
    json!({"operation": operation, "location": [{"xname": NODE}]}).to_string()
}

fn request(method: &str, path: &str, key: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("Idempotency-Key", key)
        .body(Body::from(body.to_owned()))
        .unwrap()
}

async fn post(bench: &Bench, key: &str, body: &str) -> Answer {
    bench.send(request("POST", "/v1/transitions", key, body)).await
}

async fn transitions(bench: &Bench) -> usize {
    let list = bench.get("/v1/transitions").await.json();
    list["transitions"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_repeat_gets_the_same_answer_and_does_nothing() {
    let bench = Bench::start(&[BMC]).await;
    let first = post(&bench, "k1", &body("on")).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    assert_eq!(first.header("idempotency-replayed"), None);
    let unversioned = bench
        .send(request("POST", "/transitions", "\"k1\"", &body("on")))
        .await;
    for again in [post(&bench, "k1", &body("on")).await, unversioned] {
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        for name in ["content-type", "location"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
    }
    let other_key = post(&bench, "k2", &body("on")).await;
    assert_ne!(other_key.body, first.body);
    let mut other_caller = request("POST", "/v1/transitions", "k1", &body("on"));
    other_caller
        .headers_mut()
        .insert("x-switchyard-caller", "bos".parse().unwrap());
    let other_caller = bench.send(other_caller).await;
    assert_eq!(other_caller.header("idempotency-replayed"), None);
    assert_eq!(transitions(&bench).await, 3);
}

#[tokio::test]
async fn a_key_with_another_body_is_refused_in_the_words_of_the_version() {
    let bench = Bench::start(&[BMC]).await;
    post(&bench, "k", &body("on")).await;
    let v1 = post(&bench, "k", &body("off")).await;
    assert_eq!(v1.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut keys: Vec<String> = v1.json().as_object().unwrap().keys().cloned().collect();
    keys.sort();
    assert_eq!(keys, ["detail", "status", "title", "type"]);
    for (text, status, code) in [("a", 405, None), ("b", 422, Some("idempotency.key-reused"))] {
        let v2 = bench.send(request("POST", "/v2/components", "k", text)).await;
        assert_eq!(v2.status.as_u16(), status);
        assert!(code.is_none_or(|code| v2.json()["code"] == code));
    }
    assert_eq!(transitions(&bench).await, 1);
}

#[tokio::test]
async fn ten_at_once_make_one_transition() {
    let bench = Bench::start(&[BMC]).await;
    let mut callers = JoinSet::new();
    for _ in 0..10 {
        let router = bench.router.clone();
        callers.spawn(async move {
            router
                .oneshot(request("POST", "/v1/transitions", "k", &body("off")))
                .await
                .unwrap()
        });
    }
    let mut accepted = 0;
    while let Some(answer) = callers.join_next().await {
        let answer = answer.unwrap();
        match answer.status() {
            StatusCode::OK => accepted += 1,
            status => {
                assert_eq!(status, StatusCode::CONFLICT);
                assert!(answer.headers().contains_key("retry-after"));
            }
        }
    }
    assert!(accepted >= 1);
    assert_eq!(transitions(&bench).await, 1);
}

#[tokio::test]
async fn a_caller_that_hangs_up_is_answered_when_it_comes_back() {
    let bench = Bench::start(&[BMC]).await;
    let mut hung_up = Box::pin(bench.router.clone().oneshot(request(
        "POST",
        "/v1/transitions",
        "k",
        &body("on"),
    )));
    // One look lets the request begin at the most.
    drop(futures_poll(&mut hung_up).await);
    drop(hung_up);
    let answer = bench
        .until("the repeat is answered", || async {
            let answer = post(&bench, "k", &body("on")).await;
            (answer.status == StatusCode::OK).then_some(answer)
        })
        .await;
    assert!(answer.json()["transitionID"].is_string());
    assert_eq!(transitions(&bench).await, 1);
}

async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

/// What a process leaves behind that dies after it has stored the key.
async fn claim(bench: &Bench, key: &str, body: &str) -> Uuid {
    let reservation = crate::engine::fresh_id(bench.engine.clock().now());
    let claim = KeyClaim {
        scope: KeyScope {
            caller: "anonymous".to_owned(),
            key: key.to_owned(),
            method: "POST".to_owned(),
            path: "/transitions".to_owned(),
        },
        fingerprint: fingerprint(None, body.as_bytes()),
        reservation,
        at: bench.engine.clock().now(),
        expires_at: Timestamp::from_millis(i64::MAX),
        per_caller: 10,
        overall: 10,
    };
    bench.engine.store().claim_key(&claim).await.unwrap();
    reservation
}

#[tokio::test]
async fn a_first_try_that_died_before_its_transition_is_made_up_for() {
    let bench = Bench::start(&[BMC]).await;
    let reservation = claim(&bench, "k", &body("on")).await;
    let answer = post(&bench, "k", &body("on")).await;
    assert_eq!(answer.json()["transitionID"], reservation.to_string());
    let again = post(&bench, "k", &body("on")).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(transitions(&bench).await, 1);
}

#[tokio::test]
async fn a_first_try_that_died_after_its_transition_is_not_made_again() {
    let bench = Bench::start(&[BMC]).await;
    let first = post(&bench, "k", &body("off")).await;
    let id: TransitionId = first.json()["transitionID"].as_str().unwrap().parse().unwrap();
    bench.until_status(&id.to_string(), "completed").await;
    // The same transition under a key whose answer was never stored.
    let store = bench.engine.store();
    let mut lost = KeyClaim {
        scope: KeyScope {
            caller: "anonymous".to_owned(),
            key: "k".to_owned(),
            method: "POST".to_owned(),
            path: "/transitions".to_owned(),
        },
        fingerprint: fingerprint(None, body("off").as_bytes()),
        reservation: id.0,
        at: Timestamp::from_millis(i64::MAX - 1),
        expires_at: Timestamp::from_millis(i64::MAX),
        per_caller: 10,
        overall: 10,
    };
    lost.scope.key = "k".to_owned();
    assert_eq!(
        store.claim_key(&lost).await.unwrap(),
        switchyard_store::ClaimAnswer::New
    );
    let again = post(&bench, "k", &body("off")).await;
    assert_eq!(again.header("idempotency-replayed"), None);
    assert_eq!(
        (again.status, &again.body, again.header("location")),
        (first.status, &first.body, first.header("location"))
    );
    assert_eq!(transitions(&bench).await, 1);
}

#[tokio::test]
async fn a_cancel_is_repeated_too() {
    let bench = Bench::start(&[BMC]).await;
    bench.hardware.deafen(BMC);
    let id = bench.switch("soft-off", NODE).await;
    let path = format!("/v1/transitions/{id}");
    let cancel = || bench.send(request("DELETE", &path, "k", ""));
    assert_eq!(cancel().await.status, StatusCode::ACCEPTED);
    bench.until_status(&id, "aborted").await;
    let again = cancel().await;
    assert_eq!(
        (again.status, again.header("idempotency-replayed")),
        (StatusCode::ACCEPTED, Some("true"))
    );
}

#[tokio::test]
async fn refusals_are_kept_and_readings_are_not() {
    let bench = Bench::start(&[BMC]).await;
    for replayed in [None, Some("true")] {
        let refused = post(&bench, "k", "{").await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.header("idempotency-replayed"), replayed);
    }
    for (method, path) in [("POST", "/v1/power-status"), ("GET", "/v1/transitions")] {
        for _ in 0..2 {
            let answer = bench.send(request(method, path, "k", "{}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{method} {path}");
            assert_eq!(answer.header("idempotency-replayed"), None);
        }
    }
}

#[tokio::test]
async fn an_unfit_key_is_refused() {
    let bench = Bench::start(&[BMC]).await;
    for key in ["", "two words", &"k".repeat(256)] {
        let answer = post(&bench, key, &body("on")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{key}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    let long = vec![b' '; crate::api::BODY_MAX_BYTES + 1];
    let mut too_long = request("POST", "/v1/transitions", "k", "");
    *too_long.body_mut() = Body::from(long);
    assert_eq!(bench.send(too_long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(transitions(&bench).await, 0);
}

#[tokio::test]
async fn too_many_keys_are_refused_in_the_way_of_the_version() {
    let few = Limits {
        idempotency_keys_per_caller: 1,
        ..config::defaults().limits
    };
    let bench = Bench::start_within(&[BMC], few).await;
    assert_eq!(post(&bench, "k1", &body("on")).await.status, StatusCode::OK);
    let v1 = post(&bench, "k2", &body("on")).await;
    assert_eq!(v1.status, StatusCode::SERVICE_UNAVAILABLE);
    let v2 = bench.send(request("POST", "/v2/components", "k2", "")).await;
    assert_eq!(v2.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(v2.json()["code"], "idempotency.too-many-keys");
    for answer in [v1, v2] {
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((86_000..=86_400).contains(&wait), "{wait}");
    }
    assert_eq!(post(&bench, "k1", &body("on")).await.status, StatusCode::OK);
}
