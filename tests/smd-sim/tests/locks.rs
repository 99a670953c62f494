//! Locks and reservations as a running SMD 2.45 answered, sample by sample.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use serde_json::{Value, json};
use smd_sim::{Site, SmdSim};

/// What there was before the request of a sample.
#[derive(Debug, Clone, Copy)]
enum Before {
    Nothing,
    /// An administrator has locked the first node.
    Locked,
    /// An administrator has disabled reservations of the first node.
    Disabled,
    /// These nodes are reserved for a minute; those in the second list with keys other than the sample's.
    Held(&'static [u32], &'static [u32]),
    /// The first node is locked and reserved by an administrator.
    Administered,
    /// The first node is locked, the second reserved.
    LockedAndHeld,
}

const SAMPLES: [(&str, Before); 39] = [
    ("adminres-create-unlocked", Before::Nothing),
    ("adminres-create", Before::Locked),
    ("adminres-create2", Before::Locked),
    ("adminres-release", Before::Administered),
    ("adminres-remove", Before::Held(&[1], &[])),
    ("adminres-removeall", Before::Held(&[2, 4], &[])),
    ("disable", Before::Nothing),
    ("lock-again", Before::Locked),
    ("lock", Before::Nothing),
    ("repair", Before::Disabled),
    ("status-get-none", Before::Locked),
    ("status-get", Before::Locked),
    ("status-reserved", Before::Held(&[1], &[])),
    ("status", Before::LockedAndHeld),
    ("svcres-check-admin-deputy", Before::Administered),
    ("svcres-check-nokey", Before::Nothing),
    ("svcres-check-unknown", Before::Nothing),
    ("svcres-check-unreserved", Before::Nothing),
    ("svcres-check-wrongkey", Before::Held(&[], &[1])),
    ("svcres-check", Before::Held(&[1], &[])),
    ("svcres-create-already-flexible", Before::Held(&[1], &[])),
    ("svcres-create-already-rigid", Before::Held(&[1], &[])),
    ("svcres-create-badduration", Before::Nothing),
    ("svcres-create-badmodel", Before::Nothing),
    ("svcres-create-badxname", Before::Nothing),
    ("svcres-create-disabled", Before::Disabled),
    ("svcres-create-empty", Before::Held(&[1], &[])),
    ("svcres-create-locked-flexible", Before::Locked),
    ("svcres-create-locked-rigid", Before::Locked),
    ("svcres-create-unknown-flexible", Before::Nothing),
    ("svcres-create-unknown-rigid", Before::Nothing),
    ("svcres-create-zeroduration", Before::Nothing),
    ("svcres-create", Before::Nothing),
    ("svcres-release-again-flexible", Before::Nothing),
    ("svcres-release-again-rigid", Before::Nothing),
    ("svcres-release-wrongkey", Before::Held(&[], &[1])),
    ("svcres-release", Before::Held(&[1, 2, 3], &[])),
    ("svcres-renew-wrongkey-flexible", Before::Held(&[1], &[2])),
    ("svcres-renew", Before::Held(&[1], &[])),
];

fn node(number: u32) -> String {
    format!("x3000c0s{number}b0n0")
}

async fn sim() -> SmdSim {
    let mut site = Site::default();
    for number in 1..=8_u32 {
        let bmc = format!("x3000c0s{number}b0");
        site.add_node(&bmc, &format!("127.1.0.{number}"), u64::from(number));
    }
    SmdSim::start(site).await.unwrap()
}

async fn send(sim: &SmdSim, method: &str, path: &str, body: String) -> (u16, String, Value) {
    let url = format!("{}/{path}", sim.base_url());
    // The tests of one process install it once.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client
        .request(method.parse().unwrap(), url)
        .body(body)
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
    let body = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    (status, content_type, body)
}

async fn post(sim: &SmdSim, path: &str, body: Value) -> Value {
    let (status, _, answer) = send(sim, "POST", &format!("hsm/v2/locks/{path}"), body.to_string()).await;
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

/// Makes what a sample begins with, and gives the keys that stand for those of the sample.
async fn before(sim: &SmdSim, before: Before) -> Vec<Value> {
    let rigid = |numbers: &[u32]| {
        let ids: Vec<String> = numbers.iter().map(|number| node(*number)).collect();
        json!({ "ComponentIDs": ids, "ProcessingModel": "rigid", "ReservationDuration": 1 })
    };
    let held = |answer: Value| answer["Success"].as_array().unwrap().clone();
    match before {
        Before::Nothing => Vec::new(),
        Before::Locked => {
            post(sim, "lock", rigid(&[1])).await;
            Vec::new()
        }
        Before::Disabled => {
            post(sim, "disable", rigid(&[1])).await;
            Vec::new()
        }
        Before::Held(known, others) => {
            if !others.is_empty() {
                post(sim, "service/reservations", rigid(others)).await;
            }
            if known.is_empty() {
                return Vec::new();
            }
            held(post(sim, "service/reservations", rigid(known)).await)
        }
        Before::Administered => {
            post(sim, "lock", rigid(&[1])).await;
            held(post(sim, "reservations", rigid(&[1])).await)
        }
        Before::LockedAndHeld => {
            post(sim, "lock", rigid(&[1])).await;
            held(post(sim, "service/reservations", rigid(&[2])).await)
        }
    }
}

/// Puts the keys that hold now into a request.
fn with_keys(body: &mut Value, held: &[Value]) {
    for (list, kind) in [("DeputyKeys", "DeputyKey"), ("ReservationKeys", "ReservationKey")] {
        for keyed in body[list].as_array_mut().into_iter().flatten() {
            let known = held.iter().find(|held| held["ID"] == keyed["ID"]);
            if let Some(known) = known {
                keyed["Key"] = known[kind].clone();
            }
        }
    }
}

/// Without what differs from run to run: keys, times and the order of lists.
fn comparable(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let changes = matches!(
                    name.as_str(),
                    "DeputyKey" | "ReservationKey" | "CreationTime" | "ExpirationTime"
                );
                (
                    name.clone(),
                    if changes {
                        json!("differs")
                    } else {
                        comparable(value)
                    },
                )
            })
            .collect(),
        Value::Array(values) => {
            let mut values: Vec<Value> = values.iter().map(comparable).collect();
            values.sort_by_key(ToString::to_string);
            Value::Array(values)
        }
        other => other.clone(),
    }
}

fn sample(name: &str) -> Value {
    let path = format!("{}/tests/samples/lock-{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[tokio::test]
async fn every_sample_is_answered_as_recorded() {
    for (name, begins) in SAMPLES {
        let sim = sim().await;
        let held = before(&sim, begins).await;
        let sample = sample(name);
        let request = &sample["request"];
        let mut body = request["body"].clone();
        with_keys(&mut body, &held);
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let (method, path) = (
            request["method"].as_str().unwrap(),
            request["path"].as_str().unwrap(),
        );
        let (status, content_type, answer) = send(&sim, method, path, body).await;
        assert_eq!(u64::from(status), sample["status"], "{name}: {answer}");
        assert_eq!(content_type, sample["content_type"].as_str().unwrap(), "{name}");
        assert_eq!(comparable(&answer), comparable(&sample["body"]), "{name}");
        sim.stop().await;
    }
}

#[tokio::test]
async fn what_is_no_json_is_an_error_of_the_server() {
    let sim = sim().await;
    let sample = sample("svcres-create-notjson");
    let body = sample["request"]["body"].as_str().unwrap().to_owned();
    let (status, _, answer) = send(&sim, "POST", "hsm/v2/locks/service/reservations", body).await;
    assert_eq!((status, answer), (500, sample["body"].clone()));
}

/// A renewal that wants all or none gets none for one wrong key.
#[tokio::test]
async fn one_wrong_key_renews_nothing_when_all_are_wanted() {
    let sim = sim().await;
    let held = before(&sim, Before::Held(&[1], &[2])).await;
    let sample = sample("svcres-renew-wrongkey-rigid");
    let mut body = sample["request"]["body"].clone();
    with_keys(&mut body, &held);
    let path = sample["request"]["path"].as_str().unwrap();
    let (status, _, answer) = send(&sim, "POST", path, body.to_string()).await;
    assert_eq!((status, answer), (400, sample["body"].clone()));
}

#[tokio::test]
async fn an_empty_list_reserves_everything() {
    let sim = sim().await;
    let body = json!({ "ComponentIDs": [], "ProcessingModel": "flexible", "ReservationDuration": 1 });
    let answer = post(&sim, "service/reservations", body).await;
    assert_eq!(answer["Success"].as_array().unwrap().len(), 16);
    assert_eq!(sim.site().locks.reserved().len(), 16);
}

#[tokio::test]
async fn what_has_expired_stands_in_the_way_until_the_next_clean_up() {
    let sim = sim().await;
    let held = before(&sim, Before::Held(&[1], &[])).await;
    sim.site().locks.run_faster(200);
    let check = json!({ "DeputyKeys": [{ "ID": node(1), "Key": held[0]["DeputyKey"] }] });
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    let mut expired_and_valid = false;
    loop {
        let answer = post(&sim, "service/reservations/check", check.clone()).await;
        let Some(valid) = answer["Success"].as_array().unwrap().first().cloned() else {
            break;
        };
        assert_eq!(valid["ExpirationTime"], held[0]["ExpirationTime"]);
        let status = post(&sim, "status", json!({ "ComponentIDs": [node(1)] })).await;
        if status["Components"][0]["Reserved"] != true {
            // The clean-up fell between the two questions, and is final.
            let answer = post(&sim, "service/reservations/check", check.clone()).await;
            assert_eq!(answer["Success"], json!([]));
            break;
        }
        expired_and_valid = true;
        assert!(tokio::time::Instant::now() < deadline, "it is never cleaned up");
    }
    assert!(expired_and_valid);
    assert!(sim.site().locks.reserved().is_empty());
}
