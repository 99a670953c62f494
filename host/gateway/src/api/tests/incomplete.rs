//! v1 while the inventory has not been read in full: nothing is said of what may be in the rest of it.

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::bench::{Answer, Bench};
use crate::inventory::{Inventory, Source};

const NODE: &str = "x0c0s0b0n0";
const ELSEWHERE: &str = "x9c0s0b0n0";

/// A service whose SMD has not been read yet.
async fn start() -> Bench {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let inventory = Inventory::clone(&bench.keeper.inventory());
    let inventory = inventory.awaiting(vec![Source::Smd]).into();
    bench.engine.replace_inventory(inventory).await.unwrap();
    bench
}

async fn ask(bench: &Bench, method: Method, path: &str, body: Value) -> Answer {
    bench.call(method, path, Body::from(body.to_string())).await
}

fn assert_not_read(answer: &Answer, what: &str) {
    assert_eq!(
        answer.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        answer.text()
    );
    assert_eq!(answer.header("retry-after"), Some("10"));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.contains("has not been read in full yet (still to come: smd)"),
        "{detail}"
    );
    assert!(detail.contains(what), "{detail}");
}

async fn power_cap_tasks(bench: &Bench) -> Value {
    bench.get("/v1/power-cap").await.json()["tasks"].clone()
}

#[tokio::test]
async fn a_transition_with_an_unknown_name_waits_for_the_inventory_and_known_names_go_on() {
    let bench = start().await;
    let location =
        |names: &[&str]| -> Vec<Value> { names.iter().map(|name| json!({"xname": name})).collect() };
    let body = json!({"operation": "off", "location": location(&[NODE, ELSEWHERE, "nid000007"])});
    let answer = ask(&bench, Method::POST, "/v1/transitions", body).await;
    assert_not_read(
        &answer,
        "whether it holds x9c0s0b0n0, nid000007; nothing was done",
    );
    let list = bench.get("/v1/transitions").await.json();
    assert_eq!(list["transitions"], json!([]));
    let body = json!({"operation": "off", "location": location(&[NODE])});
    let answer = ask(&bench, Method::POST, "/transitions", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

#[tokio::test]
async fn limits_of_an_unknown_name_wait_for_the_inventory_and_known_names_go_on() {
    let bench = start().await;
    let controls = json!([{"name": "Node Power Limit", "value": 500}]);
    let components = |names: &[&str]| -> Vec<Value> {
        let component = |name| json!({"xname": name, "controls": controls});
        names.iter().map(component).collect()
    };
    let body = json!({"components": components(&[NODE, ELSEWHERE])});
    let answer = ask(&bench, Method::PATCH, "/v1/power-cap", body).await;
    assert_not_read(&answer, ELSEWHERE);
    let body = json!({"xnames": [NODE, ELSEWHERE]});
    let answer = ask(&bench, Method::POST, "/v1/power-cap/snapshot", body).await;
    assert_not_read(&answer, ELSEWHERE);
    assert_eq!(power_cap_tasks(&bench).await, json!([]));
    let body = json!({"components": components(&[NODE])});
    let answer = ask(&bench, Method::PATCH, "/power-cap", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let answer = ask(
        &bench,
        Method::POST,
        "/power-cap/snapshot",
        json!({"xnames": [NODE]}),
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

#[tokio::test]
async fn the_power_of_all_or_of_an_unknown_name_waits_for_the_inventory() {
    let bench = start().await;
    for (query, body, what) in [
        ("", json!({}), "not all components are known"),
        (
            "?powerStateFilter=on",
            json!({"powerStateFilter": "on"}),
            "not all components",
        ),
        (
            "?xname=x9c0s0b0n0",
            json!({"xname": [NODE, ELSEWHERE]}),
            ELSEWHERE,
        ),
        ("?xname=nid000007", json!({"xname": ["nid000007"]}), "nid000007"),
    ] {
        let path = format!("/v1/power-status{query}");
        assert_not_read(&bench.get(&path).await, what);
        assert_not_read(&ask(&bench, Method::POST, "/power-status", body).await, what);
    }
    let known = bench.get(&format!("/power-status?xname={NODE}")).await;
    assert_eq!(known.status, StatusCode::OK, "{}", known.text());
    assert_eq!(known.json()["status"][0]["xname"], NODE);
    let known = ask(&bench, Method::POST, "/v1/power-status", json!({"xname": [NODE]})).await;
    assert_eq!(known.status, StatusCode::OK, "{}", known.text());
}
