//! `GET /v2/dependencies`, readiness, and a full disk.

use http::{Method, StatusCode};
use serde_json::json;
use switchyard_wire::v2::DependencyList;

use super::bench::Bench;
use crate::dependencies::Dependency;
use crate::inventory::Source;

#[tokio::test]
async fn every_dependency_says_how_it_stands_and_what_that_means() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    bench
        .dependencies
        .handle(Dependency::SecretStore)
        .away("Vault is sealed.");
    let answer = bench.get("/v2/dependencies").await;
    let list: DependencyList = serde_json::from_slice(&answer.body).unwrap();
    let names: Vec<_> = list
        .dependencies
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    assert_eq!(names, ["smd", "secret-store", "jwks", "database", "disk", "bmcs"]);
    let store = &list.dependencies[1];
    assert_eq!(
        (store.state.as_str(), store.reason.as_deref()),
        ("away", Some("Vault is sealed."))
    );
    assert!(
        list.dependencies
            .iter()
            .all(|entry| { !entry.stops.is_empty() && !entry.goes_on.is_empty() && !entry.lasts.is_empty() })
    );
    assert_eq!(list.dependencies[0].state, "not-configured");
    let goes_on = &list.dependencies[0].goes_on;
    assert!(
        goes_on.contains("emergency-off") && !goes_on.contains("force-off"),
        "a force-off asks SMD like everything else: {goes_on}"
    );
    let health = bench.get("/health").await.json();
    assert_eq!(health["Vault"], "not connected");
}

#[tokio::test]
async fn readiness_names_what_is_away_and_stays_ready() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let ready = bench.get("/readiness").await;
    assert_eq!(ready.status, StatusCode::NO_CONTENT);
    assert!(!ready.headers.contains_key("x-switchyard-away"));
    bench
        .dependencies
        .handle(Dependency::Smd)
        .away("It does not answer.");
    bench
        .dependencies
        .handle(Dependency::Jwks)
        .away("It does not answer.");
    let ready = bench.get("/readiness").await;
    assert_eq!(ready.status, StatusCode::NO_CONTENT);
    assert_eq!(ready.headers["x-switchyard-away"], "smd, jwks");
}

#[tokio::test]
async fn a_full_disk_refuses_what_is_new_and_takes_what_ends_work() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    bench.hardware.deafen("x0c0s0b0");
    let id = bench.switch("soft-off", "x0c0s0b0n0").await;
    let room = bench.dependencies.handle(Dependency::Disk);
    room.away("There is no room.");
    let body = json!({"operation": "on", "location": [{"xname": "x0c0s0b0n0"}]});
    let refused = bench
        .call(Method::POST, "/v1/transitions", body.to_string())
        .await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers.contains_key("retry-after"));
    let body = json!({"operation": "on", "components": ["x0c0s0b0n0"]});
    let refused = bench.post("amy", "/v2/transitions", &body).await;
    assert_eq!(refused.json()["code"], "store.disk-full");
    assert_eq!(bench.get("/v1/transitions").await.status, StatusCode::OK);
    let cancelled = bench
        .call(Method::DELETE, &format!("/v1/transitions/{id}"), "")
        .await;
    assert_eq!(cancelled.status, StatusCode::ACCEPTED, "{}", cancelled.text());
    let body = json!({"components": ["x0c0s0b0n0"], "reason": "water in the hall"});
    let taken = bench.post("amy", "/v2/emergency-off", &body).await;
    assert_ne!(taken.status, StatusCode::SERVICE_UNAVAILABLE, "{}", taken.text());
    room.ok();
    let body = json!({"operation": "on", "location": [{"xname": "x0c0s0b0n0"}]});
    let taken = bench
        .call(Method::POST, "/v1/transitions", body.to_string())
        .await;
    assert_eq!(taken.status, StatusCode::OK);
}

#[tokio::test]
async fn health_has_the_words_of_pcs_for_the_secret_store() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let health = async || bench.get("/v1/health").await.json();
    let good = json!({
        "KvStore": "connected, responsive",
        "DistLocking": "connected, responsive",
        "StateManager": "connected, responsive",
        "Vault": "connected, responsive",
        "TaskRunner": "connected, responsive, local mode",
    });
    assert_eq!(health().await, good);
    let vault = bench.dependencies.handle(Dependency::SecretStore);
    assert_eq!(health().await, good, "nobody has asked for a login yet");
    vault.degraded("It is sealed.");
    assert_eq!(health().await["Vault"], "connected, not responsive");
    vault.away("It does not answer.");
    assert_eq!(health().await["Vault"], "not connected");
    vault.ok();
    assert_eq!(health().await, good);
}

#[tokio::test]
async fn readiness_names_what_was_accepted_when_it_cannot_be_read() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    bench
        .keeper
        .failed(Source::Discovered, "discovered.json cannot be read");
    let ready = bench.get("/readiness").await;
    assert_eq!(ready.status, StatusCode::NO_CONTENT);
    assert_eq!(ready.headers["x-switchyard-away"], "discovered");
}
