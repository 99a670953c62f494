//! The recorded answers of a running SMD 2.45, asked of the simulated one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use serde_json::Value;
use smd_sim::{Component, Endpoint, Group, Members, Partition, PowerMap, Site, SmdSim};

/// Requests that need a site without what they make.
const BEFORE: [&str; 7] = [
    "smd-groups-empty",
    "smd-group-post",
    "smd-partition-post",
    "smd-powermaps-empty",
    "smd-powermaps-post",
    "smd-subscription-post",
    "smd-put-component-post",
];

/// A recorded exchange.
struct Sample {
    name: String,
    method: String,
    path: String,
    body: Value,
    status: u64,
    content_type: Value,
    answer: Value,
}

fn sample(name: &str) -> Sample {
    let file = format!("{}/tests/samples/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(file).unwrap();
    let recorded: Value = serde_json::from_str(&text).unwrap();
    let request = &recorded["request"];
    Sample {
        name: name.to_owned(),
        method: request["method"].as_str().unwrap().to_owned(),
        path: request["path"].as_str().unwrap().to_owned(),
        body: request["body"].clone(),
        status: recorded["status"].as_u64().unwrap(),
        content_type: recorded["content_type"].clone(),
        answer: recorded["body"].clone(),
    }
}

fn samples() -> Vec<Sample> {
    let folder = format!("{}/tests/samples", env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .filter(|name| !name.starts_with("lock-"))
        .collect();
    names.sort();
    names.iter().map(|name| sample(name)).collect()
}

/// The site of the recording: 64 BMCs with a node each.
fn site() -> Site {
    let mut site = Site::default();
    let all = sample("smd-components-query-all");
    let components: Vec<Component> = serde_json::from_value(all.answer["Components"].clone()).unwrap();
    for component in components {
        site.add(component);
    }
    let bmc = Endpoint::new("x3000c0s1b0", "NodeBMC", "127.1.0.1:9443");
    site.endpoints.insert(bmc.id.clone(), bmc);
    site
}

/// What the recording had made before it asked for it.
fn fill(site: &mut Site) {
    let node = |slot: u32| format!("x3000c0s{slot}b0n0");
    let blue = Group {
        description: "blue nodes".to_owned(),
        tags: vec!["t1".to_owned()],
        ..Group::new("blue", vec![node(1), node(2)])
    };
    site.groups.insert("blue".to_owned(), blue);
    let partition = Partition {
        name: "p1".to_owned(),
        description: "partition 1".to_owned(),
        tags: Vec::new(),
        members: Members { ids: vec![node(1)] },
    };
    site.partitions.insert("p1".to_owned(), partition);
    let map = PowerMap {
        id: node(1),
        powered_by: vec!["x3000m0p0v1".to_owned(), "x3000m0p0v2".to_owned()],
    };
    site.power_maps.insert(map.id.clone(), map);
    let subscription = serde_json::json!({
        "ID": 1, "Subscriber": "lab@x1", "States": ["On", "Off"], "Url": "http://127.0.0.1:9/scn",
    });
    site.subscriptions
        .push(serde_json::from_value(subscription).unwrap());
}

/// What one sample needs besides.
fn prepare(site: &mut Site, name: &str) {
    match name {
        "smd-component-delete" => site.add(Component::new("x9999c0s1b0n0", "Node")),
        "smd-group-exclusive-conflict" => {
            let red = Group {
                exclusive_group: Some("colour".to_owned()),
                ..Group::new("red", vec!["x3000c0s3b0n0".to_owned()])
            };
            site.groups.insert("red".to_owned(), red);
        }
        _ => {}
    }
}

/// The same list in another order is the same list.
fn ordered(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(ordered).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, ordered(value)))
            .collect(),
        other => other,
    }
}

async fn replay(http: &reqwest::Client, sample: Sample) {
    let mut site = site();
    if !BEFORE.contains(&sample.name.as_str()) {
        fill(&mut site);
    }
    prepare(&mut site, &sample.name);
    let smd = SmdSim::start(site).await.unwrap();
    let url = format!("{}/{}", smd.base_url(), sample.path);
    let mut request = http.request(sample.method.parse().unwrap(), url);
    match &sample.body {
        Value::Null => {}
        Value::String(text) => request = request.body(text.clone()),
        body => request = request.json(body),
    }
    let answer = request.send().await.unwrap();
    let name = &sample.name;
    assert_eq!(u64::from(answer.status().as_u16()), sample.status, "{name}");
    let content_type = answer
        .headers()
        .get("content-type")
        .map_or(Value::Null, |value| value.to_str().unwrap().into());
    assert_eq!(content_type, sample.content_type, "{name}");
    let text = answer.text().await.unwrap();
    let body = match serde_json::from_str(&text) {
        Ok(body) => body,
        Err(_) if text.is_empty() => Value::Null,
        Err(_) => Value::String(text),
    };
    assert_eq!(ordered(body), ordered(sample.answer), "{name}");
    smd.stop().await;
}

#[tokio::test]
async fn every_recorded_answer_is_given() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let samples = samples();
    assert!(samples.len() > 60);
    for sample in samples {
        replay(&http, sample).await;
    }
}

#[tokio::test]
async fn nothing_but_loopback_is_served() {
    let address: SocketAddr = "0.0.0.0:0".parse().unwrap();
    assert!(SmdSim::start_at(Site::default(), address).await.is_err());
}
