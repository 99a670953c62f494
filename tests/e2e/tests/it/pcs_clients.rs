//! The clients of PCS against the service: each sends what it sends, at the paths where it sends it, and looks at the answer as it does.

use std::collections::BTreeSet;
use std::time::Duration;

use bmc_sim::{PowerState, SimConfig, bmc_xname, node_xname};
use serde::Deserialize;
use serde_json::{Value, json};
use switchyard_e2e::{Client, eventually};

use crate::behaviour::Bench;

const WITHIN: Duration = Duration::from_mins(1);
const NODES: usize = 3;

/// What a client was answered.
struct Answer {
    status: u16,
    location: Option<String>,
    content_type: String,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        assert_eq!(self.content_type, "application/json");
        self.json()
    }
}

/// A client with the base address that it is given.
struct Caller {
    base: String,
    http: reqwest::Client,
}

impl Caller {
    fn at(client: &Client, prefix: &str) -> Self {
        Self {
            base: format!("{}{prefix}", client.base()),
            http: reqwest::Client::builder().timeout(WITHIN).build().unwrap(),
        }
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let url = format!("{}{path}", self.base);
        let mut request = self.http.request(method.parse().unwrap(), url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let header = |name| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        Answer {
            status: response.status().as_u16(),
            location: header("location"),
            content_type: header("content-type").unwrap_or_default(),
            text: response.text().await.unwrap(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None).await
    }

    async fn until(&self, path: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        eventually(what, WITHIN, || async {
            let body = self.get(path).await.ok();
            is(&body).then_some(body)
        })
        .await
    }
}

fn names() -> Vec<String> {
    (0..NODES).map(|bmc| node_xname(bmc, 0)).collect()
}

fn locations() -> Vec<Value> {
    names().iter().map(|xname| json!({ "xname": xname })).collect()
}

async fn bench(power: PowerState) -> Bench {
    let bench = Bench::start(SimConfig::default().count(NODES), power).await;
    bench.client().fleet_read(2 * NODES, WITHIN).await;
    bench
}

fn has_ended(body: &Value) -> bool {
    matches!(body["transitionStatus"].as_str(), Some("completed" | "aborted"))
}

fn succeeded(body: &Value) -> u64 {
    body["taskCounts"]["succeeded"].as_u64().unwrap()
}

/// `cray power`: behind the gateway of CSM, at `apis/power-control/v1`.
#[tokio::test]
async fn craycli_switches_caps_and_shows() {
    let bench = bench(PowerState::Off).await;
    let cray = Caller::at(bench.client(), "/apis/power-control/v1");
    let body = json!({"location": locations(), "operation": "on"});
    let created = cray.ask("POST", "/transitions", Some(body)).await;
    let id = created.ok()["transitionID"].as_str().unwrap().to_owned();
    assert_eq!(created.location, Some(format!("../transitions/{id}")));
    let path = format!("/transitions/{id}");
    let ended = cray.until(&path, "the nodes are on", has_ended).await;
    assert_eq!(succeeded(&ended), NODES as u64, "{ended:#}");
    let listed = cray.get("/transitions").await.ok();
    assert_eq!(listed["transitions"][0]["transitionID"], id.as_str());
    assert!(listed["transitions"][0].get("tasks").is_none());
    let names = names();
    let query = format!(
        "/power-status?powerStateFilter=on&managementStateFilter=available&xname={}&xname={}",
        names[0], names[1]
    );
    let status = cray.get(&query).await.ok();
    assert_eq!(status["status"].as_array().unwrap().len(), 2);
    let read = cray
        .ask("POST", "/power-cap/snapshot", Some(json!({"xnames": names})))
        .await
        .ok();
    let done = |body: &Value| body["taskStatus"] == "completed";
    let path = format!("/power-cap/{}", read["taskID"].as_str().unwrap());
    let read = cray.until(&path, "the limits are read", done).await;
    let limit = read["components"][0]["powerCapLimits"][0].clone();
    let controls = json!([{"name": limit["name"], "value": 500}]);
    let body = json!({"components": [{"xname": names[0], "controls": controls}]});
    let set = cray.ask("PATCH", "/power-cap", Some(body)).await.ok();
    let path = format!("/power-cap/{}", set["taskID"].as_str().unwrap());
    let set = cray.until(&path, "the limit is set", done).await;
    assert_eq!(
        set["components"][0]["powerCapLimits"][0]["currentValue"], 500,
        "{set:#}"
    );
    assert_eq!(
        cray.get("/power-cap").await.ok()["tasks"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let refused = cray.ask("DELETE", &format!("/transitions/{id}"), None).await;
    assert_eq!(
        (refused.status, refused.content_type.as_str()),
        (400, "application/problem+json")
    );
    assert!(
        refused.json()["detail"]
            .as_str()
            .unwrap()
            .contains("already finished"),
        "it shows the detail"
    );
}

/// `ochami pcs`: at the service itself, without a version.
#[tokio::test]
async fn ochami_switches_watches_and_aborts() {
    let bench = Bench::start(
        SimConfig::default().count(NODES).os_ignores_shutdown(),
        PowerState::On,
    )
    .await;
    let ochami = Caller::at(bench.client(), "");
    for (path, status) in [("/liveness", 204), ("/readiness", 204)] {
        assert_eq!(ochami.get(path).await.status, status);
    }
    let health = ochami.get("/health").await.ok();
    assert_eq!(health["KvStore"], "connected, responsive");
    let body = json!({"operation": "reinit", "taskDeadlineMinutes": null, "location": []});
    assert_eq!(
        ochami.ask("POST", "/transitions", Some(body)).await.ok()["operation"],
        "Init"
    );
    let body = json!({"operation": "soft-off", "taskDeadlineMinutes": null, "location": locations()});
    let id = ochami.ask("POST", "/transitions", Some(body)).await.ok();
    let path = format!("/transitions/{}", id["transitionID"].as_str().unwrap());
    // The bars of `monitor`.
    let bars = |body: &Value| {
        let counts = &body["taskCounts"];
        let bars = ["new", "in-progress", "succeeded", "failed"].map(|bar| counts[bar].as_u64().unwrap());
        assert_eq!(bars.iter().sum::<u64>(), counts["total"].as_u64().unwrap());
        bars[1] == NODES as u64
    };
    ochami.until(&path, "all are in progress", bars).await;
    let aborted = ochami.ask("DELETE", &path, None).await;
    assert_eq!(
        (aborted.status, aborted.text.as_str()),
        (202, r#"{"abortStatus":"Accepted - abort initiated"}"#)
    );
    let ended = ochami.until(&path, "it is aborted", has_ended).await;
    assert_eq!(ended["transitionStatus"], "aborted");
    let shown = ochami
        .get(&format!("/power-status?xname={}", node_xname(0, 0)))
        .await
        .ok();
    assert_eq!(shown["status"][0]["xname"], node_xname(0, 0).as_str());
}

/// BOS: fire and forget, then the states of all nodes in one POST.
#[tokio::test]
async fn bos_fires_and_reads_states() {
    let bench = bench(PowerState::On).await;
    let bos = Caller::at(bench.client(), "");
    for (operation, state) in [("Soft-Off", "off"), ("On", "on"), ("Force-Off", "off")] {
        let body = json!({"location": locations(), "operation": operation, "taskDeadlineMinutes": 1});
        bos.ask("POST", "/transitions", Some(body)).await.ok();
        eventually(&format!("the nodes are {state}"), WITHIN, || async {
            let body = json!({"xname": names()});
            let status = bos.ask("POST", "/power-status", Some(body)).await.ok();
            let entries = status["status"].as_array().unwrap().clone();
            assert_eq!(entries.len(), NODES);
            // It takes an error for the state, and holds a node back whose state is missing.
            assert!(entries.iter().all(|entry| entry["error"] == ""), "{entries:?}");
            let state_of = |entry: &Value| entry["powerState"].as_str().unwrap().to_lowercase();
            entries.iter().all(|entry| state_of(entry) == state).then_some(())
        })
        .await;
    }
}

/// SAT: a deadline without end, and one `xname` for each node in one GET.
#[tokio::test]
async fn sat_waits_without_end_and_names_ten_thousand_nodes_in_one_get() {
    let bench = bench(PowerState::On).await;
    let sat = Caller::at(bench.client(), "/apis/power-control/v1");
    let body = json!({"operation": "off", "taskDeadlineMinutes": -1, "location": locations()});
    let id = sat.ask("POST", "/transitions", Some(body)).await.ok();
    let path = format!("/transitions/{}", id["transitionID"].as_str().unwrap());
    let ended = sat.until(&path, "the nodes are off", has_ended).await;
    assert_eq!(succeeded(&ended), NODES as u64);
    let mut asked = names();
    asked.extend((0..10_000).map(|node| {
        format!(
            "x{}c{}s{}b0n{}",
            2000 + node / 256,
            node / 32 % 8,
            node / 4 % 8,
            node % 4
        )
    }));
    let query: Vec<String> = asked.iter().map(|name| format!("xname={name}")).collect();
    let query = query.join("&");
    assert!(query.len() > 190_000, "{} bytes", query.len());
    // Its HTTP library sends what it is given; that of these tests ends at the length of a URI.
    let began = tokio::time::Instant::now();
    let (status, body) = long_get(
        bench.client(),
        &format!("/apis/power-control/v1/power-status?{query}"),
    )
    .await;
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "it took {:?}",
        began.elapsed()
    );
    assert_eq!(status, 200);
    let entries = body["status"].as_array().unwrap();
    let answered: BTreeSet<_> = entries
        .iter()
        .map(|entry| entry["xname"].as_str().unwrap())
        .collect();
    assert_eq!(
        (entries.len(), answered),
        (asked.len(), asked.iter().map(String::as_str).collect())
    );
    let off = entries
        .iter()
        .filter(|entry| entry["powerState"] == "off")
        .count();
    assert_eq!(off, NODES);
}

/// Sends a GET whose line is longer than a URI of this HTTP library.
async fn long_get(client: &Client, target: &str) -> (u16, Value) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = client.base().trim_start_matches("http://");
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

/// The CAPMC shim: holds the reservation itself, and waits until nothing is new.
#[tokio::test]
async fn the_shim_of_capmc_waits_until_nothing_is_new() {
    let bench = bench(PowerState::On).await;
    let capmc = Caller::at(bench.client(), "/v1");
    let key = "5bd5ea2a-cb08-4b0f-9e69-2ee67d4c6f34";
    let location: Vec<Value> = names()
        .iter()
        .map(|xname| json!({"xname": xname, "deputyKey": key}))
        .collect();
    let body = json!({"operation": "off", "location": location});
    let id = capmc.ask("POST", "/transitions", Some(body)).await.ok();
    let path = format!("/transitions/{}", id["transitionID"].as_str().unwrap());
    let begun = |body: &Value| body["transitionStatus"] != "new" && body["taskCounts"]["new"] == 0;
    let begun = capmc.until(&path, "nothing is new", begun).await;
    assert_eq!(begun["tasks"].as_array().unwrap().len(), NODES);
    let ended = capmc.until(&path, "the nodes are off", has_ended).await;
    assert_eq!(succeeded(&ended), NODES as u64, "{ended:#}");
    let status = capmc
        .ask("POST", "/power-status", Some(json!({"xname": names()})))
        .await
        .ok();
    assert!(
        status["status"]
            .as_array()
            .unwrap()
            .iter()
            .all(|entry| entry["powerState"] == "off")
    );
}

/// What csm-rs reads answers into: enums that know no other word, and fields that must be there.
mod csm_rs {
    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "it is read for its form alone")]
    #[expect(clippy::struct_field_names, reason = "the names are PCS's")]
    pub(super) struct Transition {
        #[serde(rename = "transitionID")]
        pub(super) id: String,
        pub(super) operation: Operation,
        pub(super) create_time: String,
        pub(super) automatic_expiration_time: String,
        pub(super) transition_status: Status,
        pub(super) task_counts: Counts,
        pub(super) tasks: Vec<Task>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    #[expect(dead_code, reason = "it is read for its form alone")]
    pub(super) struct Counts {
        pub(super) total: usize,
        pub(super) new: usize,
        pub(super) in_progress: usize,
        pub(super) failed: usize,
        pub(super) succeeded: usize,
        pub(super) un_supported: usize,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "it is read for its form alone")]
    #[expect(clippy::struct_field_names, reason = "the names are PCS's")]
    pub(super) struct Task {
        pub(super) xname: String,
        pub(super) task_status: TaskStatus,
        pub(super) task_status_description: String,
        pub(super) error: Option<String>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub(super) enum Status {
        New,
        InProgress,
        Completed,
        Aborted,
        AbortSignaled,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub(super) enum TaskStatus {
        New,
        InProgress,
        Failed,
        Succeeded,
        Unsupported,
    }

    #[derive(Debug, Deserialize)]
    pub(super) enum Operation {
        On,
        Off,
        #[serde(rename = "Soft-Restart")]
        SoftRestart,
        #[serde(rename = "Hard-Restart")]
        HardRestart,
        Init,
        #[serde(rename = "Force-Off")]
        ForceOff,
        #[serde(rename = "Soft-Off")]
        SoftOff,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "it is read for its form alone")]
    pub(super) struct PowerStatus {
        pub(super) xname: String,
        pub(super) power_state: PowerState,
        pub(super) management_state: ManagementState,
        pub(super) error: Option<String>,
        pub(super) supported_power_transitions: Vec<Operation>,
        pub(super) last_updated: String,
    }

    #[derive(Debug, Deserialize, PartialEq, Eq)]
    #[serde(rename_all = "lowercase")]
    pub(super) enum PowerState {
        On,
        Off,
        Undefined,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    pub(super) enum ManagementState {
        Available,
        Unavailable,
    }
}

/// csm-rs, which manta is made of: at `power-control/v1` below its base address.
#[tokio::test]
async fn csm_rs_parses_everything_into_closed_types() {
    let bench = bench(PowerState::On).await;
    let csm = Caller::at(bench.client(), "/power-control/v1");
    for operation in ["on", "off", "force-off", "init", "hard-restart", "soft-restart"] {
        let body = json!({"operation": operation, "taskDeadlineMinutes": 1, "location": locations()});
        let id = csm.ask("POST", "/transitions", Some(body)).await.ok();
        let path = format!("/transitions/{}", id["transitionID"].as_str().unwrap());
        let ended = csm.until(&path, operation, has_ended).await;
        let transition = csm_rs::Transition::deserialize(&ended).unwrap();
        assert_eq!(transition.tasks.len(), NODES);
        assert_eq!(succeeded(&ended), NODES as u64, "{ended:#}");
    }
    let mut asked = names();
    asked.extend((0..NODES).map(bmc_xname));
    let status = csm
        .ask("POST", "/power-status", Some(json!({"xname": asked})))
        .await
        .ok();
    for entry in status["status"].as_array().unwrap() {
        let entry = csm_rs::PowerStatus::deserialize(entry).unwrap();
        assert_eq!(entry.power_state, csm_rs::PowerState::On, "{entry:?}");
        assert!(!entry.supported_power_transitions.is_empty(), "{entry:?}");
    }
    assert!(csm.get("/transitions").await.ok()["transitions"].is_array());
    assert!(csm.get("/power-cap").await.ok()["tasks"].is_array());
}
