//! What the service and one caller may have.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::json;

use super::bench::{Answer, Bench};
use crate::config::{self, Limits};

const BMC: &str = "x0c0s0b0";
const NODE: &str = "x0c0s0b0n0";

fn limits() -> Limits {
    config::defaults().limits
}

fn seconds(answer: &Answer) -> u64 {
    answer.header("retry-after").unwrap().parse().unwrap()
}

async fn get_as(bench: &Bench, caller: &str, path: &str) -> Answer {
    let request = Request::get(path).header("X-Switchyard-Caller", caller);
    bench.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_caller_that_asks_too_fast_on_v2_is_told_when_to_come_back() {
    let few = Limits {
        requests_per_second: 1,
        burst: 3,
        ..limits()
    };
    let bench = Bench::start_within(&[BMC], few).await;
    let path = format!("/v2/components/{NODE}");
    for _ in 0..3 {
        assert_eq!(get_as(&bench, "slurm", &path).await.status, StatusCode::OK);
    }
    let refused = get_as(&bench, "slurm", &path).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.json()["code"], "caller.too-many-requests");
    assert_eq!(seconds(&refused), 1);
    assert_eq!(get_as(&bench, "bos", &path).await.status, StatusCode::OK);
    for _ in 0..10 {
        let v1 = get_as(&bench, "slurm", "/v1/transitions").await;
        assert_eq!(v1.status, StatusCode::OK, "v1 has no limit per caller");
    }
    let change = Request::post("/v2/components").header("X-Switchyard-Caller", "slurm");
    let change = bench.send(change.body(Body::empty()).unwrap()).await;
    assert_eq!(
        change.status,
        StatusCode::METHOD_NOT_ALLOWED,
        "changes have a bucket of their own"
    );
}

#[tokio::test]
async fn too_many_open_tasks_refuse_everything_but_force_off() {
    let few = Limits {
        open_tasks_max: 1,
        ..limits()
    };
    let bench = Bench::start_within(&[BMC, "x0c0s1b0"], few).await;
    bench.hardware.deafen(BMC);
    let first = bench.switch("soft-off", NODE).await;
    let ask = |operation: &str| {
        let body = json!({"operation": operation, "location": [{"xname": "x0c0s1b0n0"}]}).to_string();
        bench.call(Method::POST, "/v1/transitions", body)
    };
    let refused = ask("off").await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(seconds(&refused) > 0);
    assert_eq!(
        refused.json()["detail"],
        "1 tasks are waiting or running, 1 at the most; nothing was accepted"
    );
    assert_eq!(ask("force-off").await.status, StatusCode::OK);
    let abort = bench
        .call(Method::DELETE, &format!("/transitions/{first}"), Body::empty())
        .await;
    assert_eq!(abort.status, StatusCode::ACCEPTED, "cancelling makes room");
}

#[tokio::test]
async fn too_many_requests_in_flight_are_503_but_the_service_says_how_it_stands() {
    let few = Limits {
        requests_in_flight: 1,
        ..limits()
    };
    let bench = Bench::start_within(&[BMC], few).await;
    // The body never comes, so that this request stays in flight.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = bench.router.clone();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = "POST /v1/transitions HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut socket, head.as_bytes())
        .await
        .unwrap();
    bench
        .until("the request is in flight", || async {
            (bench.gate.in_flight().available_permits() == 0).then_some(())
        })
        .await;
    let refused = bench.get("/v2/components").await;
    assert_eq!(refused.json()["code"], "service.busy");
    assert_eq!(seconds(&refused), 1);
    for path in ["/v1/readiness", "/health", "/liveness", "/metrics"] {
        assert!(bench.get(path).await.status.is_success(), "{path}");
    }
    drop(socket);
    bench
        .until("the service is free again", || async {
            (bench.get("/v2/components").await.status == StatusCode::OK).then_some(())
        })
        .await;
    server.abort();
}

#[tokio::test]
async fn a_stopping_service_takes_no_changes() {
    let bench = Bench::start(&[BMC]).await;
    bench.engine.stop().await;
    for path in ["/v1/transitions", "/v2/transitions"] {
        let answer = bench.call(Method::POST, path, "{}").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(seconds(&answer) > 0);
    }
    assert_eq!(bench.get("/v1/transitions").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_caller_is_what_it_claims_to_be() {
    let bench = Bench::start(&[BMC]).await;
    let ask = |caller: &str| {
        let body = json!({"operation": "on", "location": [{"xname": NODE}]}).to_string();
        let request = Request::post("/transitions").header("X-Switchyard-Caller", caller);
        bench.send(request.body(Body::from(body)).unwrap())
    };
    let id = ask("slurm@head1").await.json()["transitionID"]
        .as_str()
        .unwrap()
        .to_owned();
    let transition = bench.get(&format!("/v2/transitions/{id}")).await.json();
    assert_eq!(transition["requestedBy"], "slurm@head1");
    let refused = ask(&"a".repeat(129)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(
        refused.text().contains("x-switchyard-caller"),
        "{}",
        refused.text()
    );
}
