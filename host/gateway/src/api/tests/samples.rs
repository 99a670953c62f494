//! Requests recorded from a running PCS, with its answers, replayed: status, content type and body must be the same, ids and times
//! apart. The files are in `tests/samples`; one that belongs to none of the groups below fails a test.

use std::collections::BTreeMap;
use std::path::PathBuf;

use axum::body::Body;
use http::Method;
use serde_json::Value;

use super::bench::{Answer, Bench};

/// What belongs to the state of the recorded service and is replayed by a test of its own.
const LISTS: [&str; 2] = ["pcs-transitions-empty-list", "pcs-transitions-list-1"];
/// The transitions that the recorded list holds.
const LISTED: [&str; 6] = [
    "pcs-transition-on-alreadyon",
    "pcs-transition-badxname",
    "pcs-transition-emptyloc",
    "pcs-transition-noloc",
    "pcs-transition-unknownxname",
    "pcs-transition-unsupportedtype",
];
/// What was recorded of power caps is replayed in its order.
const POWER_CAPS: &str = "pcs-cap-";
/// Recorded sequences: a POST, then GETs until the end.
const SEQUENCE: &str = "pcs-t-";

struct Sample {
    method: Method,
    path: String,
    sent: Body,
    recorded: Value,
}

fn samples() -> BTreeMap<String, Sample> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples"));
    let samples: BTreeMap<_, _> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let recorded = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                sample(recorded),
            )
        })
        .collect();
    assert!(samples.len() > 50, "only {} samples", samples.len());
    samples
}

fn sample(recorded: Value) -> Sample {
    let request = &recorded["request"];
    let sent = match &request["body"] {
        Value::Null => Body::empty(),
        Value::String(raw) => Body::from(raw.clone()),
        json => Body::from(json.to_string()),
    };
    Sample {
        method: request["method"].as_str().unwrap().parse().unwrap(),
        path: format!("/{}", request["path"].as_str().unwrap().trim_start_matches('/')),
        sent,
        recorded,
    }
}

/// The fleet of the recorded service.
async fn recorded_fleet(samples: &BTreeMap<String, Sample>) -> Bench {
    let all = samples["pcs-power-status-post-empty"].recorded["body"]["status"]
        .as_array()
        .unwrap();
    let bmcs: Vec<_> = all
        .iter()
        .filter_map(|entry| entry["xname"].as_str().filter(|xname| !xname.contains('n')))
        .collect();
    assert_eq!(bmcs.len() * 2, all.len());
    Bench::start(&bmcs).await
}

/// Hides ids and times, and brings what has no order into one.
fn comparable(mut body: Value) -> Value {
    fn walk(value: &mut Value) {
        match value {
            Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| match name.as_str() {
                "lastUpdated" | "createTime" | "taskCreateTime" | "automaticExpirationTime"
                    if *value != "" =>
                {
                    let time: Result<jiff::Timestamp, _> = value.as_str().unwrap().parse();
                    assert!(time.is_ok() && value.as_str().unwrap().ends_with('Z'), "{value}");
                    *value = Value::from("a time");
                }
                "transitionID" | "taskID" => {
                    uuid::Uuid::try_parse(value.as_str().unwrap()).unwrap();
                    *value = Value::from("an id");
                }
                _ => walk(value),
            }),
            Value::Array(items) => {
                items.iter_mut().for_each(walk);
                if items.iter().all(Value::is_object) {
                    items.sort_by_key(|item| (item["xname"].to_string(), item.to_string()));
                }
            }
            _ => {}
        }
    }
    walk(&mut body);
    body
}

fn body_of(answer: &Answer) -> Value {
    match answer.header("content-type") {
        None => {
            assert_eq!(answer.text(), "");
            Value::Null
        }
        Some(json) if json.ends_with("json") => answer.json(),
        Some(_) => Value::from(answer.text()),
    }
}

fn assert_same(name: &str, recorded: &Value, answer: &Answer) {
    assert_eq!(
        Value::from(answer.status.as_u16()),
        recorded["status"],
        "{name}: {}",
        answer.text()
    );
    if let Some(content_type) = recorded.get("content_type") {
        assert_eq!(answer.header("content-type"), content_type.as_str(), "{name}");
    }
    let mut wanted = comparable(recorded["body"].clone());
    if name == "pcs-health" {
        // The recorded service ran without a vault; the credentials of this one are its own and there.
        wanted["Vault"] = Value::from("connected, responsive");
    }
    assert_eq!(comparable(body_of(answer)), wanted, "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn single_requests_are_answered_as_pcs_does() {
    let samples = samples();
    let bench = recorded_fleet(&samples).await;
    let mut replayed = 0;
    for (name, sample) in samples {
        if LISTS.contains(&name.as_str()) || name.starts_with(SEQUENCE) || name.starts_with(POWER_CAPS) {
            continue;
        }
        let answer = bench.call(sample.method, &sample.path, sample.sent).await;
        assert_same(&name, &sample.recorded, &answer);
        replayed += 1;
    }
    assert!(replayed > 35, "only {replayed} samples replayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn transitions_are_listed_as_pcs_does() {
    let mut samples = samples();
    let bench = recorded_fleet(&samples).await;
    let [empty, full] = LISTS.map(|name| samples.remove(name).unwrap().recorded);
    assert_same(LISTS[0], &empty, &bench.get("/v1/transitions").await);
    for name in LISTED {
        let sample = samples.remove(name).unwrap();
        let created = bench.call(sample.method, &sample.path, sample.sent).await;
        let id = created.json()["transitionID"].as_str().unwrap().to_owned();
        assert_eq!(
            created.header("location").unwrap(),
            format!("../transitions/{id}")
        );
        bench.until_status(&id, "completed").await;
    }
    assert_same(LISTS[1], &full, &bench.get("/transitions").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn transitions_end_as_those_of_pcs() {
    let mut samples = samples();
    let bench = recorded_fleet(&samples).await;
    let sequences = samples.split_off(SEQUENCE);
    let created = |name: &&String| name.starts_with(SEQUENCE) && name.ends_with("-0create");
    let names: Vec<_> = sequences
        .keys()
        .filter(created)
        .map(|name| name.trim_end_matches("-0create").to_owned())
        .collect();
    assert_eq!(names.len(), 4, "{names:?}");
    let mut sequences = sequences;
    for name in names {
        let (_, last) = sequences
            .iter()
            .rfind(|(other, _)| other.starts_with(&format!("{name}-")))
            .unwrap();
        let wanted = last.recorded.clone();
        let create = sequences.remove(&format!("{name}-0create")).unwrap();
        let answer = bench.call(create.method, &create.path, create.sent).await;
        assert_same(&name, &create.recorded, &answer);
        let id = answer.json()["transitionID"].as_str().unwrap().to_owned();
        bench.until_status(&id, "completed").await;
        assert_same(&name, &wanted, &bench.get(&format!("/transitions/{id}")).await);
    }
}

/// The tasks about power limits in the order in which they were recorded, each with what it came to where that was recorded.
const POWER_CAP_TASKS: [(&str, Option<&str>); 9] = [
    ("snapshot-create", Some("get-done")),
    ("patch-create", Some("patch-done")),
    ("patch-outofrange-create", Some("patch-outofrange-done")),
    ("patch-unknowncontrol-create", Some("patch-unknowncontrol-done")),
    ("snapshot2-create", Some("snapshot2-done")),
    ("snapshot-unknown-create", Some("snapshot-unknown-done")),
    ("snapshot-bad", None),
    ("patch-empty", None),
    ("patch-bad", None),
];

#[tokio::test(flavor = "multi_thread")]
async fn power_caps_end_as_those_of_pcs() {
    let mut samples = samples();
    let bench = recorded_fleet(&samples).await;
    let mut take = |name: &str| samples.remove(&format!("{POWER_CAPS}{name}")).unwrap();
    for name in ["list-empty", "badid", "unknown", "snapshot-empty"] {
        let sample = take(name);
        let answer = bench.call(sample.method, &sample.path, sample.sent).await;
        assert_same(name, &sample.recorded, &answer);
    }
    for (create, done) in POWER_CAP_TASKS {
        let sample = take(create);
        let answer = bench.call(sample.method, &sample.path, sample.sent).await;
        assert_same(create, &sample.recorded, &answer);
        let id = answer.json()["taskID"].as_str().unwrap().to_owned();
        assert_eq!(answer.header("location").unwrap(), format!("../power-cap/{id}"));
        let path = format!("/power-cap/{id}");
        bench
            .until("the task is completed", || async {
                let body = bench.get(&path).await.json();
                (body["taskStatus"] == "completed").then_some(())
            })
            .await;
        if let Some(done) = done {
            assert_same(done, &take(done).recorded, &bench.get(&path).await);
        }
    }
    // Asked early, PCS had answered with the same.
    take("get-early");
    assert_same("list", &take("list").recorded, &bench.get("/v1/power-cap").await);
    let left: Vec<_> = samples
        .keys()
        .filter(|name| name.starts_with(POWER_CAPS))
        .collect();
    assert!(left.is_empty(), "{left:?} are not replayed");
}
