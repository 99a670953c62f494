//! Requests recorded from a running PCS, with its answers, replayed: status, content type and body must be the same, ids and times
//! apart, except where `docs/pcs-differences.md` says otherwise. The files are in `tests/samples`; every one of them is replayed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use axum::body::Body;
use http::Method;
use serde_json::Value;
use switchyard_core::PowerState;

use super::bench::{Answer, Bench};

/// The page that lists what differs.
const DIFFERENCES: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/pcs-differences.md"
));
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
/// Recorded sequences: a POST, then GETs until the end, and what the BMCs saw.
const SEQUENCE: &str = "pcs-t-";

struct Sample {
    method: Option<Method>,
    path: String,
    sent: Option<String>,
    recorded: Value,
}

impl Sample {
    fn of(recorded: Value) -> Self {
        let request = &recorded["request"];
        let sent = match &request["body"] {
            Value::Null => None,
            Value::String(raw) => Some(raw.clone()),
            json => Some(json.to_string()),
        };
        let path = request["path"].as_str().unwrap_or_default();
        Self {
            method: request["method"].as_str().map(|method| method.parse().unwrap()),
            path: format!("/{}", path.trim_start_matches('/')),
            sent,
            recorded,
        }
    }
}

/// One line of the table of differences.
struct Difference {
    sample: String,
    place: String,
    pcs: Value,
    here: Value,
}

fn differences() -> Vec<Difference> {
    let cells = |line: &str| -> Option<Vec<String>> {
        let cells = line.strip_prefix("| `pcs-")?.split(" | ").take(4);
        let cells: Vec<_> = cells
            .map(|cell| cell.trim().trim_matches('`').to_owned())
            .collect();
        (cells.len() == 4).then_some(cells)
    };
    let json = |text: &str| serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let found: Vec<_> = DIFFERENCES
        .lines()
        .filter_map(cells)
        .map(|cells| Difference {
            sample: format!("pcs-{}", cells[0]),
            place: cells[1].clone(),
            pcs: json(&cells[2]),
            here: json(&cells[3]),
        })
        .collect();
    assert!(found.len() > 5, "the table is not read");
    found
}

/// The samples, of which each is taken once.
struct Samples {
    left: RefCell<BTreeMap<String, Sample>>,
    differences: Vec<Difference>,
}

impl Samples {
    fn read() -> Self {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples"));
        let left: BTreeMap<_, _> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("pcs-"))
            .map(|path| {
                let recorded = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
                let name = path.file_stem().unwrap().to_str().unwrap();
                (name.to_owned(), Sample::of(recorded))
            })
            .collect();
        assert_eq!(left.len(), 82);
        Self {
            left: RefCell::new(left),
            differences: differences(),
        }
    }

    fn take(&self, name: &str) -> Sample {
        let taken = self.left.borrow_mut().remove(name);
        taken.unwrap_or_else(|| panic!("there is no sample {name}"))
    }

    fn names(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let left = self.left.borrow();
        left.keys().filter(|name| wanted(name)).cloned().collect()
    }

    /// The fleet of the recorded service.
    async fn fleet(&self) -> Bench {
        let all = {
            let left = self.left.borrow();
            left["pcs-power-status-post-empty"].recorded["body"]["status"].clone()
        };
        let all = all.as_array().unwrap();
        let bmcs: Vec<String> = all
            .iter()
            .filter_map(|entry| entry["xname"].as_str().filter(|xname| !xname.contains('n')))
            .map(str::to_owned)
            .collect();
        assert_eq!(bmcs.len() * 2, all.len());
        let bmcs: Vec<&str> = bmcs.iter().map(String::as_str).collect();
        Bench::start(&bmcs).await
    }

    /// Sends a request as it was recorded and compares the answer.
    async fn replay(&self, bench: &Bench, name: &str) -> Answer {
        let sample = self.take(name);
        let body = sample.sent.clone().map_or_else(Body::empty, Body::from);
        let answer = bench
            .call(sample.method.clone().unwrap(), &sample.path, body)
            .await;
        self.compare(name, &sample, &answer);
        answer
    }

    /// Compares an answer with the recorded one, in which the listed differences are made.
    fn compare(&self, name: &str, sample: &Sample, answer: &Answer) {
        let recorded = &sample.recorded;
        let text = answer.text();
        assert_eq!(
            Value::from(answer.status.as_u16()),
            recorded["status"],
            "{name}: {text}"
        );
        if let Some(content_type) = recorded.get("content_type") {
            assert_eq!(answer.header("content-type"), content_type.as_str(), "{name}");
        }
        let mut wanted = recorded["body"].clone();
        for listed in self.differences.iter().filter(|listed| listed.sample == name) {
            let place = wanted.pointer_mut(&listed.place);
            let place = place.unwrap_or_else(|| panic!("{name} has no {}", listed.place));
            assert_eq!(*place, listed.pcs, "{name}: the table is wrong about PCS");
            assert_ne!(listed.pcs, listed.here, "{name}: this is no difference");
            *place = listed.here.clone();
        }
        assert_eq!(comparable(body_of(answer)), comparable(wanted), "{name}");
    }
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

#[test]
fn every_listed_difference_is_about_a_sample() {
    let samples = Samples::read();
    for listed in &samples.differences {
        assert!(
            samples.left.borrow().contains_key(&listed.sample),
            "{}",
            listed.sample
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn single_requests_are_answered_as_pcs_does() {
    let samples = Samples::read();
    let bench = samples.fleet().await;
    let single =
        |name: &str| !LISTS.contains(&name) && !name.starts_with(SEQUENCE) && !name.starts_with(POWER_CAPS);
    let names = samples.names(single);
    assert_eq!(names.len(), 40, "{names:?}");
    for name in names {
        samples.replay(&bench, &name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn transitions_are_listed_as_pcs_does() {
    let samples = Samples::read();
    let bench = samples.fleet().await;
    samples.replay(&bench, LISTS[0]).await;
    for name in LISTED {
        let created = samples.replay(&bench, name).await;
        let id = created.json()["transitionID"].as_str().unwrap().to_owned();
        assert_eq!(
            created.header("location").unwrap(),
            format!("../transitions/{id}")
        );
        bench.until_status(&id, "completed").await;
    }
    samples.replay(&bench, LISTS[1]).await;
}

/// A recorded transition, step by step.
struct Sequence<'a> {
    samples: &'a Samples,
    bench: &'a Bench,
    name: &'static str,
    path: String,
}

impl<'a> Sequence<'a> {
    async fn begin(samples: &'a Samples, bench: &'a Bench, name: &'static str) -> Self {
        let created = samples.replay(bench, &format!("pcs-t-{name}-0create")).await;
        let id = created.json()["transitionID"].as_str().unwrap().to_owned();
        let path = format!("/transitions/{id}");
        Self {
            samples,
            bench,
            name,
            path,
        }
    }

    /// Waits until as many tasks say this, then compares with the recorded poll.
    async fn poll(&self, poll: &str, says: &str, tasks: usize) {
        self.bench
            .until(&format!("{tasks} tasks of {} say {says}", self.name), || async {
                let body = self.bench.get(&self.path).await.json();
                let said = body["tasks"].as_array()?.iter();
                let count = said.filter(|task| task["taskStatusDescription"] == says).count();
                (count == tasks).then_some(())
            })
            .await;
        let name = format!("pcs-t-{}-{poll}", self.name);
        let sample = self.samples.take(&name);
        self.samples
            .compare(&name, &sample, &self.bench.get(&self.path).await);
    }

    /// Compares what BMCs were sent and where that left them. How many connections and readings it took is no part of it.
    fn bmcs(&self) {
        let name = format!("pcs-t-{}-bmclog", self.name);
        let log = self.samples.take(&name).recorded;
        for (bmc, saw) in log["body"].as_object().unwrap() {
            let resets = saw["resets"].as_array().unwrap().iter();
            let resets: Vec<_> = resets.map(|reset| reset["type"].as_str().unwrap()).collect();
            assert_eq!(self.bench.hardware.resets(bmc), resets, "{name}");
            let power = format!("{:?}", self.bench.hardware.power(bmc));
            assert_eq!(saw["power"], power.as_str(), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn transitions_pass_through_the_phases_of_pcs() {
    const GATHERING: &str = "Gathering data";
    const SHUTTING: &str = "Confirming successful transition, gracefulshutdown";
    const SHUT: &str = "Transition confirmed, gracefulshutdown";
    let samples = Samples::read();
    let bench = samples.fleet().await;
    let hardware = &bench.hardware;

    hardware.hold_readings(&["x3000c0s9b0"]);
    let already = Sequence::begin(&samples, &bench, "on-already-on").await;
    already.poll("1get", GATHERING, 1).await;
    hardware.give_readings("x3000c0s9b0");
    already
        .poll("2get", "Component already in desired state", 1)
        .await;
    already.bmcs();

    for bmc in ["x3000c0s2b0", "x3000c0s3b0", "x3000c0s7b0", "x3000c0s20b0"] {
        hardware.hold_readings(&[bmc]);
        hardware.hold_changes(bmc);
    }
    let off = Sequence::begin(&samples, &bench, "off").await;
    off.poll("1get", GATHERING, 2).await;
    let restart = Sequence::begin(&samples, &bench, "hardrestart").await;
    restart.poll("1get", GATHERING, 1).await;
    let mixed = Sequence::begin(&samples, &bench, "mixed-bad-unknown-unsupported").await;
    mixed.poll("1get", GATHERING, 1).await;

    for bmc in ["x3000c0s2b0", "x3000c0s3b0", "x3000c0s7b0", "x3000c0s20b0"] {
        hardware.give_readings(bmc);
    }
    off.poll("2get", SHUTTING, 2).await;
    restart.poll("2get", SHUTTING, 1).await;
    mixed.poll("2get", SHUTTING, 1).await;

    for bmc in ["x3000c0s2b0", "x3000c0s3b0", "x3000c0s7b0", "x3000c0s20b0"] {
        hardware.set(bmc, PowerState::Off);
    }
    restart
        .poll("3get", "Confirming successful transition, on", 1)
        .await;
    hardware.set("x3000c0s7b0", PowerState::On);
    off.poll("3get", SHUT, 2).await;
    restart.poll("4get", "Transition confirmed, on", 1).await;
    mixed.poll("3get", SHUT, 1).await;
    restart.bmcs();
    mixed.bmcs();
    let left = samples.names(|name| name.starts_with(SEQUENCE));
    assert!(left.is_empty(), "{left:?} are not replayed");
}

/// The tasks about power limits in the order in which they were recorded, each with what it came to where that was recorded.
const POWER_CAP_TASKS: [(&str, &[&str]); 9] = [
    // Asked early, PCS had ended already.
    ("snapshot-create", &["get-early", "get-done"]),
    ("patch-create", &["patch-done"]),
    ("patch-outofrange-create", &["patch-outofrange-done"]),
    ("patch-unknowncontrol-create", &["patch-unknowncontrol-done"]),
    ("snapshot2-create", &["snapshot2-done"]),
    ("snapshot-unknown-create", &["snapshot-unknown-done"]),
    ("snapshot-bad", &[]),
    ("patch-empty", &[]),
    ("patch-bad", &[]),
];

#[tokio::test(flavor = "multi_thread")]
async fn power_caps_end_as_those_of_pcs() {
    let samples = Samples::read();
    let bench = samples.fleet().await;
    let name = |name: &str| format!("{POWER_CAPS}{name}");
    for single in ["list-empty", "badid", "unknown", "snapshot-empty"] {
        samples.replay(&bench, &name(single)).await;
    }
    for (create, done) in POWER_CAP_TASKS {
        let answer = samples.replay(&bench, &name(create)).await;
        let id = answer.json()["taskID"].as_str().unwrap().to_owned();
        assert_eq!(answer.header("location").unwrap(), format!("../power-cap/{id}"));
        let path = format!("/power-cap/{id}");
        bench
            .until("the task is completed", || async {
                let body = bench.get(&path).await.json();
                (body["taskStatus"] == "completed").then_some(())
            })
            .await;
        for done in done {
            let sample = samples.take(&name(done));
            samples.compare(done, &sample, &bench.get(&path).await);
        }
    }
    samples.replay(&bench, &name("list")).await;
    let left = samples.names(|name| name.starts_with(POWER_CAPS));
    assert!(left.is_empty(), "{left:?} are not replayed");
}
