//! Bodies of v1 hold the keys of PCS's OpenAPI document and no others, of the types that it names.
//!
//! The lists below are of that document, but for two places where a running PCS answers otherwise: a problem has `status`, and an unknown
//! component has null for its transitions.

use std::collections::BTreeSet;

use axum::body::Body;
use http::Method;
use serde_json::{Value, json};

use super::bench::Bench;
use super::hardware::settings::LIMIT;

const BMC: &str = "x0c0s0b0";
const NODE: &str = "x0c0s0b0n0";

/// A body: its keys, those that may be missing with a question mark, each with what it holds.
enum Shape {
    Text,
    /// One of these texts.
    Word(&'static [&'static str]),
    Number,
    List(&'static Shape),
    /// Or null.
    Nullable(&'static Shape),
    Keys(&'static [(&'static str, Shape)]),
}

use Shape::{Keys, List, Nullable, Number, Text, Word};

const OPERATIONS: Shape = Word(&[
    "On",
    "Off",
    "Soft-Off",
    "Soft-Restart",
    "Hard-Restart",
    "Init",
    "Force-Off",
]);
const COUNTS: Shape = Keys(&[
    ("total", Number),
    ("new", Number),
    ("in-progress", Number),
    ("failed", Number),
    ("succeeded", Number),
    ("un-supported", Number),
]);
const TASK: Shape = Keys(&[
    ("xname", Text),
    (
        "taskStatus",
        Word(&["new", "in-progress", "failed", "succeeded", "unsupported"]),
    ),
    ("taskStatusDescription", Text),
    ("error?", Text),
]);
const TRANSITION: Shape = Keys(&[
    ("transitionID", Text),
    ("operation", OPERATIONS),
    ("createTime", Text),
    ("automaticExpirationTime", Text),
    (
        "transitionStatus",
        Word(&["new", "in-progress", "completed", "aborted", "abort-signaled"]),
    ),
    ("taskCounts", COUNTS),
    ("tasks?", List(&TASK)),
]);
const TRANSITIONS: Shape = Keys(&[("transitions", List(&TRANSITION))]);
const TRANSITION_MADE: Shape = Keys(&[("transitionID", Text), ("operation", OPERATIONS)]);
const ABORTED: Shape = Keys(&[("abortStatus", Word(&["Accepted - abort initiated"]))]);
const STATUS: Shape = Keys(&[(
    "status",
    List(&Keys(&[
        ("xname", Text),
        ("powerState", Word(&["on", "off", "undefined", ""])),
        ("managementState", Word(&["available", "unavailable", ""])),
        ("error", Text),
        ("supportedPowerTransitions", Nullable(&List(&OPERATIONS))),
        ("lastUpdated", Text),
    ])),
)]);
const CAP_MADE: Shape = Keys(&[("taskID", Text)]);
const CAP: Shape = Keys(&[
    ("taskID", Text),
    ("type", Word(&["snapshot", "patch"])),
    ("taskCreateTime", Text),
    ("automaticExpirationTime", Text),
    ("taskStatus", Word(&["new", "in-progress", "completed"])),
    ("taskCounts", COUNTS),
    (
        "components?",
        List(&Keys(&[
            ("xname", Text),
            ("error?", Text),
            (
                "limits?",
                Keys(&[
                    ("hostLimitMax?", Number),
                    ("hostLimitMin?", Number),
                    ("powerupPower?", Number),
                ]),
            ),
            (
                "powerCapLimits?",
                List(&Keys(&[
                    ("name", Text),
                    ("currentValue?", Number),
                    ("maximumValue?", Number),
                    ("minimumValue?", Number),
                ])),
            ),
        ])),
    ),
]);
const CAPS: Shape = Keys(&[("tasks", List(&CAP))]);
const HEALTH: Shape = Keys(&[
    ("KvStore", Text),
    ("DistLocking", Text),
    ("StateManager", Text),
    ("Vault", Text),
    ("TaskRunner", Text),
]);
const PROBLEM: Shape = Keys(&[
    ("type", Word(&["about:blank"])),
    ("title", Text),
    ("detail", Text),
    ("status", Number),
]);

fn check(shape: &Shape, body: &Value, place: &str) {
    let fits = match shape {
        Text => body.is_string(),
        Number => body.is_u64() || body.is_i64(),
        Word(words) => body.as_str().is_some_and(|word| words.contains(&word)),
        Nullable(inner) => {
            if !body.is_null() {
                check(inner, body, place);
            }
            true
        }
        List(inner) => {
            let items = body.as_array();
            for item in items.into_iter().flatten() {
                check(inner, item, &format!("{place}[]"));
            }
            items.is_some()
        }
        Keys(keys) => {
            let known: BTreeSet<_> = keys.iter().map(|(key, _)| key.trim_end_matches('?')).collect();
            let found = body.as_object().unwrap_or_else(|| panic!("{place}: {body}"));
            for key in found.keys() {
                assert!(
                    known.contains(key.as_str()),
                    "{place}: PCS has no key {key:?}: {body}"
                );
            }
            for (key, inner) in *keys {
                match found.get(key.trim_end_matches('?')) {
                    Some(value) => check(inner, value, &format!("{place}.{key}")),
                    None => assert!(key.ends_with('?'), "{place}: {key:?} is missing: {body}"),
                }
            }
            true
        }
    };
    assert!(fits, "{place}: {body}");
}

#[tokio::test]
async fn every_answer_of_v1_is_closed() {
    let bench = Bench::start(&[BMC, "x0c0s1b0"]).await;
    bench.hardware.deafen("x0c0s1b0");
    let ask = async |method: Method, path: &str, body: Value, shape: &Shape| {
        let sent = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        let answer = bench.call(method.clone(), path, sent).await;
        let found = answer.json();
        check(shape, &found, &format!("{method} {path}"));
        found
    };
    let names = json!([{"xname": NODE}, {"xname": "x0c0s1b0n0"}, {"xname": "banana"}, {"xname": "x0c0s0e0"}]);
    let made = json!({"operation": "soft-off", "location": names});
    let made = ask(Method::POST, "/v1/transitions", made, &TRANSITION_MADE).await;
    let transition = format!("/v1/transitions/{}", made["transitionID"].as_str().unwrap());
    ask(Method::GET, &transition, Value::Null, &TRANSITION).await;
    ask(Method::GET, "/transitions", Value::Null, &TRANSITIONS).await;
    ask(Method::DELETE, &transition, Value::Null, &ABORTED).await;
    bench
        .until_status(made["transitionID"].as_str().unwrap(), "aborted")
        .await;
    ask(Method::GET, &transition, Value::Null, &TRANSITION).await;
    ask(Method::GET, "/power-status", Value::Null, &STATUS).await;
    let unknown = json!({"xname": [NODE, "x9c0s0b0n0", "x0c0s0e0"]});
    ask(Method::POST, "/v1/power-status", unknown, &STATUS).await;
    let xnames = json!({"xnames": [NODE, BMC, "banana", "x9c0s0b0n0"]});
    let read = ask(Method::POST, "/power-cap/snapshot", xnames, &CAP_MADE).await;
    let controls = json!([{"name": LIMIT, "value": 400}, {"name": "Other", "value": 1}]);
    let set =
        json!({"components": [{"xname": NODE, "controls": controls}, {"xname": BMC, "controls": controls}]});
    let set = ask(Method::PATCH, "/v1/power-cap", set, &CAP_MADE).await;
    for made in [read, set] {
        let path = format!("/power-cap/{}", made["taskID"].as_str().unwrap());
        ask(Method::GET, &path, Value::Null, &CAP).await;
        bench
            .until("the task is completed", || async {
                let body = bench.get(&path).await.json();
                (body["taskStatus"] == "completed").then_some(())
            })
            .await;
        ask(Method::GET, &path, Value::Null, &CAP).await;
    }
    ask(Method::GET, "/power-cap", Value::Null, &CAPS).await;
    ask(Method::GET, "/health", Value::Null, &HEALTH).await;
    for (method, path) in [
        (Method::GET, "/v1/transitions/banana"),
        (
            Method::DELETE,
            "/transitions/00000000-0000-0000-0000-000000000000",
        ),
        (Method::POST, "/transitions"),
        (Method::POST, "/power-status"),
        (Method::GET, "/power-status?xname=banana"),
        (Method::POST, "/power-cap/snapshot"),
        (Method::PATCH, "/power-cap"),
        (Method::GET, "/power-cap/00000000-0000-0000-0000-000000000000"),
    ] {
        ask(method, path, Value::Null, &PROBLEM).await;
    }
}
