//! `/v2/configurations`, and what components are set to.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use switchyard_core::PowerState;

use super::bench::{Answer, Bench};
use super::hardware::settings::LIMIT;

const BMC: &str = "x0c0s0b0";
const NODE: &str = "x0c0s0b0n0";

async fn create(bench: &Bench, caller: &str, body: Value) -> Value {
    let answer = bench.post(caller, "/v2/configurations", &body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let body = answer.json();
    let location = format!("/v2/configurations/{}", body["id"].as_str().unwrap());
    assert_eq!(answer.header("location"), Some(location.as_str()));
    body
}

async fn ended(bench: &Bench, id: &Value) -> Value {
    let path = format!("/v2/configurations/{}", id.as_str().unwrap());
    bench
        .until("the configuration has ended", || async {
            let body = bench.get(&path).await.json();
            body["endedAt"].is_string().then_some(body)
        })
        .await
}

/// The outcome of the only member.
async fn set(bench: &Bench, body: Value) -> Value {
    let created = create(bench, "alice", body).await;
    ended(bench, &created["id"]).await["members"][0].clone()
}

fn watts(watts: impl Into<Value>) -> Value {
    json!({"components": [NODE], "limits": [{"name": LIMIT, "watts": watts.into()}]})
}

async fn call(bench: &Bench, method: Method, path: &str, body: Value) -> Answer {
    bench.call(method, path, body.to_string()).await
}

#[tokio::test]
async fn a_limit_is_set_read_back_and_lifted() {
    let bench = Bench::start(&[BMC]).await;
    let read = bench.get(&format!("/v2/components/{NODE}/limits")).await.json();
    assert_eq!(
        (&read["component"], &read["limits"][0]["max"]),
        (&json!(NODE), &json!(900.0))
    );
    let member = set(&bench, watts(500)).await;
    assert_eq!(
        (&member["outcome"], &member["confirmed"]),
        (&json!("verified"), &json!(true))
    );
    assert_eq!(member["before"]["limits"][0]["watts"], Value::Null);
    assert_eq!(member["now"]["limits"][0]["watts"], 500.0);
    assert_eq!(member["attempts"][0]["status"], 200);
    let again = set(&bench, watts(500)).await;
    assert_eq!(
        (&again["outcome"], &again["attempts"]),
        (&json!("already"), &Value::Null)
    );
    let lifted = set(&bench, watts(Value::Null)).await;
    assert_eq!(lifted["outcome"], "verified");
    assert_eq!(bench.hardware.settings.watts(BMC), None);
    assert_eq!(bench.hardware.settings.changes(BMC), 2);
}

#[tokio::test]
async fn a_value_outside_its_range_is_refused_before_anything_is_sent() {
    let bench = Bench::start(&[BMC]).await;
    let member = set(&bench, watts(5000)).await;
    assert_eq!(
        (&member["outcome"], &member["standing"]),
        (&json!("failed"), &json!("failed"))
    );
    assert_eq!(member["failure"]["code"], "limit.out-of-range");
    assert_eq!(
        member["problems"][0]["text"],
        "5000 W is more than the maximum of Node Power Control, 900 W"
    );
    assert_eq!(bench.hardware.settings.changes(BMC), 0);
    bench.hardware.set(BMC, PowerState::Off);
    let off = set(&bench, watts(500)).await;
    assert_eq!(off["failure"]["code"], "setting.not-writable");
    assert!(
        off["failure"]["text"]
            .as_str()
            .unwrap()
            .ends_with("the node is off")
    );
}

#[tokio::test]
async fn a_component_is_set_by_a_path_of_its_own() {
    let bench = Bench::start(&[BMC]).await;
    let requests = [
        (
            Method::PATCH,
            "limits",
            json!({"limits": [{"watts": 600}], "reason": "CHG1"}),
        ),
        (Method::PUT, "boot", json!({"boot": {"source": "pxe"}})),
        (Method::PUT, "indicator", json!({"light": "lit"})),
    ];
    for (method, what, body) in requests {
        let path = format!("/v2/components/{NODE}/{what}");
        let answer = call(&bench, method, &path, body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
        let created = answer.json();
        assert_eq!(created["track"], what);
        let member = ended(&bench, &created["id"]).await["members"][0].clone();
        assert_eq!(member["outcome"], "verified", "{member}");
    }
    let limits = bench.get(&format!("/v2/components/{NODE}/limits")).await.json();
    assert_eq!(limits["limits"][0]["watts"], 600.0);
    let boot = bench.get(&format!("/v2/components/{NODE}/boot")).await.json();
    assert_eq!(
        (&boot["source"], &boot["duration"]),
        (&json!("pxe"), &json!("once"))
    );
    let light = bench
        .get(&format!("/v2/components/{NODE}/indicator"))
        .await
        .json();
    assert_eq!(light["light"], "lit");
    let meters = bench.get(&format!("/v2/components/{NODE}/readings")).await.json();
    assert_eq!(meters["meters"][0]["watts"], 412.5);
}

#[tokio::test]
async fn what_cannot_be_read_says_why() {
    let bench = Bench::start(&[BMC]).await;
    let path = format!("/v2/components/{NODE}/boot");
    bench.hardware.settings.mute(BMC);
    let mute = bench.get(&path).await;
    assert_eq!(
        (mute.status, mute.json()["code"].as_str()),
        (StatusCode::NOT_FOUND, Some("reading.not-offered"))
    );
    bench.hardware.take_away(BMC);
    let away = bench.get(&path).await;
    assert_eq!(
        (away.status, away.json()["code"].as_str()),
        (StatusCode::BAD_GATEWAY, Some("reading.failed"))
    );
    assert_eq!(away.json()["problems"][0]["code"], "bmc.unreachable");
    let left_alone = bench
        .until("the breaker opens", || async {
            let answer = bench.get(&path).await;
            (answer.status == StatusCode::SERVICE_UNAVAILABLE).then_some(answer)
        })
        .await;
    assert_eq!(left_alone.json()["code"], "reading.left-alone");
    assert!(left_alone.header("retry-after").is_some());
    let nobody = bench.get("/v2/components/x9c9s9b9n9/limits").await;
    assert_eq!(nobody.json()["code"], "component.not-found");
}

#[tokio::test]
async fn the_same_joins_and_the_last_writer_takes_the_place() {
    let bench = Bench::start(&[BMC]).await;
    bench.hardware.settings.deafen(BMC, true);
    let active = create(&bench, "alice", watts(500)).await;
    let path = format!("/v2/configurations/{}", active["id"].as_str().unwrap());
    bench
        .until("it is read back", || async {
            let body = bench.get(&path).await.json();
            (body["members"][0]["phase"] == "verifying").then_some(())
        })
        .await;
    let joined = create(&bench, "bob", watts(500)).await;
    assert_eq!(joined["members"][0]["disposition"]["name"], "joins");
    assert_eq!(joined["members"][0]["via"], "joined");
    let waits = create(&bench, "carol", watts(600)).await;
    assert_eq!(waits["members"][0]["disposition"]["name"], "queues");
    let last = create(&bench, "dave", watts(700)).await;
    assert_eq!(
        last["members"][0]["disposition"]["superseded"][0]["configuration"],
        waits["id"]
    );
    let superseded = ended(&bench, &waits["id"]).await;
    assert_eq!(superseded["members"][0]["failure"]["code"], "setting.superseded");
    bench.hardware.settings.deafen(BMC, false);
    let cancelled = bench
        .post("alice", &format!("{path}/cancel"), &json!({}))
        .await
        .json();
    assert_eq!(
        (&cancelled["ending"], &cancelled["goingOn"]),
        (&json!(""), &json!(NODE))
    );
    assert_eq!(ended(&bench, &active["id"]).await["status"], "aborted");
    let path = format!("/v2/configurations/{}/cancel", joined["id"].as_str().unwrap());
    assert_eq!(bench.post("bob", &path, &json!({})).await.json()["ending"], NODE);
    let left = ended(&bench, &joined["id"]).await;
    assert_eq!(left["members"][0]["outcome"], "cancelled-after-send");
    let last = ended(&bench, &last["id"]).await;
    assert_eq!(last["members"][0]["outcome"], "verified");
    assert_eq!(bench.hardware.settings.watts(BMC), Some(700.0));
    let over = bench.post("bob", &path, &json!({})).await;
    assert_eq!(over.status, StatusCode::ACCEPTED);
    assert_eq!(over.json()["askedBefore"], true);
}

#[tokio::test]
async fn a_hold_keeps_off_and_a_dry_run_tells() {
    let bench = Bench::start(&[BMC, "x0c0s1b0"]).await;
    let until = (jiff::Timestamp::now() + std::time::Duration::from_hours(1)).to_string();
    let hold = json!({"components": [NODE], "reason": "a disk", "until": until});
    assert_eq!(
        bench.post("alice", "/v2/holds", &hold).await.status,
        StatusCode::CREATED
    );
    let both = json!({"components": ["x0c0s[0-1]b0n0"], "indicator": "lit"});
    let refused = bench.post("daemon", "/v2/configurations", &both).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    assert_eq!(refused.json()["problems"][0]["code"], "component.on-hold");
    let dry = json!({"components": ["x0c0s[0-1]b0n0"], "indicator": "lit", "dryRun": true});
    let preview = bench.post("daemon", "/v2/configurations", &dry).await;
    assert_eq!(preview.status, StatusCode::OK);
    let members = preview.json()["members"].clone();
    assert_eq!(members[0]["failure"]["code"], "component.on-hold");
    assert_eq!(members[1]["disposition"]["name"], "starts");
    let skip = json!({"components": ["x0c0s[0-1]b0n0"], "indicator": "lit", "onRefused": "skip"});
    let skipped = create(&bench, "daemon", skip).await;
    let skipped = ended(&bench, &skipped["id"]).await;
    assert_eq!(skipped["members"][0]["outcome"], "refused");
    assert_eq!(skipped["members"][1]["outcome"], "verified");
    let read = json!({"components": [NODE], "read": "limits"});
    assert_eq!(set(&bench, read).await["outcome"], "read");
    let audit = bench.get("/v2/audit?action=configuration").await.json();
    let actions: Vec<_> = audit["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["configuration.create", "configuration.refused"]);
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_together() {
    let bench = Bench::start(&[BMC]).await;
    let body = json!({"components": [], "boot": {"source": "moon"}, "startWithinSeconds": 0});
    let answer = bench.post("alice", "/v2/configurations", &body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let problems = answer.json()["problems"].clone();
    let codes: Vec<_> = problems
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        ["setting.invalid", "selection.empty", "request.out-of-range"]
    );
    for body in [
        json!({"components": [NODE], "indicator": "lit", "colour": "green"}),
        json!({"components": [NODE], "limits": [{"watts": 500, "unit": "kW"}]}),
    ] {
        let answer = bench.post("alice", "/v2/configurations", &body).await;
        assert_eq!(answer.json()["code"], "request.malformed", "{body}");
    }
    let list = bench.get("/v2/configurations").await.json();
    assert_eq!(list["configurations"], json!([]));
}

#[tokio::test]
async fn a_key_makes_one_configuration() {
    let bench = Bench::start(&[BMC]).await;
    let send = async || {
        let request = Request::post("/v2/configurations").header("Idempotency-Key", "cap-1");
        let body = Body::from(watts(500).to_string());
        bench.send(request.body(body).unwrap()).await
    };
    let (first, second) = (send().await, send().await);
    assert_eq!(first.json()["id"], second.json()["id"]);
    ended(&bench, &first.json()["id"]).await;
    let list = bench
        .get("/v2/configurations?track=limits&status=ended")
        .await
        .json();
    assert_eq!(list["configurations"].as_array().unwrap().len(), 1);
    let v1 = bench.get("/v1/power-cap").await.json();
    assert_eq!(v1["tasks"][0]["taskID"], first.json()["id"]);
}

#[tokio::test]
async fn begin_and_end_are_in_the_log() {
    let bench = Bench::start(&[BMC]).await;
    set(&bench, watts(500)).await;
    let request = Request::get("/v2/events").header("accept", "application/json");
    let events = bench.send(request.body(Body::empty()).unwrap()).await.json();
    let told: Vec<_> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["data"]["configuration"].is_string())
        .map(|event| event["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        told,
        [
            "configuration.accepted",
            "setting.accepted",
            "setting.intent",
            "setting.answered",
            "setting.ended",
            "configuration.ended"
        ]
    );
}
