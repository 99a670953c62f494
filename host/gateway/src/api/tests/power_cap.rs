//! `/power-cap`, beyond what was recorded.

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use switchyard_core::PowerState;

use super::bench::Bench;
use super::hardware::settings::LIMIT;

const BMC: &str = "x0c0s0b0";
const NODE: &str = "x0c0s0b0n0";

async fn patch(bench: &Bench, body: Value) -> Value {
    let answer = bench.call(Method::PATCH, "/power-cap", body.to_string()).await;
    finished(bench, answer.status, answer.json()).await
}

async fn finished(bench: &Bench, status: StatusCode, body: Value) -> Value {
    assert_eq!(status, StatusCode::OK, "{body}");
    let path = format!("/v1/power-cap/{}", body["taskID"].as_str().unwrap());
    bench
        .until("the task is completed", || async {
            let body = bench.get(&path).await.json();
            (body["taskStatus"] == "completed").then_some(body)
        })
        .await
}

fn controls(controls: &[(&str, i64)]) -> Value {
    let controls: Vec<_> = controls
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    json!({"components": [{"xname": NODE, "controls": controls}]})
}

#[tokio::test]
async fn zero_lifts_a_limit() {
    let bench = Bench::start(&[BMC]).await;
    patch(&bench, controls(&[(LIMIT, 500)])).await;
    assert_eq!(bench.hardware.settings.watts(BMC), Some(500.0));
    let lifted = patch(&bench, controls(&[(LIMIT, 0)])).await;
    assert_eq!(bench.hardware.settings.watts(BMC), None);
    let limit = json!({"name": LIMIT, "currentValue": 0, "maximumValue": 900, "minimumValue": 350});
    assert_eq!(lifted["components"][0]["powerCapLimits"], json!([limit]));
}

#[tokio::test]
async fn operations_are_counted_and_those_that_cannot_be_are_left_out() {
    let bench = Bench::start(&[BMC]).await;
    let mixed = patch(&bench, controls(&[("Banana", 400), (LIMIT, 400)])).await;
    let counts = &mixed["taskCounts"];
    assert_eq!(
        (&counts["total"], &counts["failed"], &counts["succeeded"]),
        (&json!(2), &json!(1), &json!(1))
    );
    let component = &mixed["components"][0];
    assert_eq!(component["error"], "Skipping undefined control 'Banana'");
    assert_eq!(component["powerCapLimits"][0]["currentValue"], 400);
    assert_eq!(bench.hardware.settings.watts(BMC), Some(400.0));
    let least = patch(&bench, controls(&[(LIMIT, 1)])).await;
    assert_eq!(
        least["components"][0]["error"],
        "Control (Node Power Control) value (1) is less than minimum (350)"
    );
    assert_eq!(bench.hardware.settings.changes(BMC), 1);
}

#[tokio::test]
async fn a_refusal_of_the_bmc_is_no_success() {
    let bench = Bench::start(&[BMC]).await;
    bench.hardware.settings.refuse(BMC, "The cap is locked.");
    let refused = patch(&bench, controls(&[(LIMIT, 400)])).await;
    assert_eq!(refused["taskCounts"]["failed"], 1);
    assert_eq!(
        refused["components"],
        json!([{"xname": NODE, "error": "400: The cap is locked."}])
    );
}

#[tokio::test]
async fn only_nodes_that_are_no_management_nodes_are_capped() {
    let inventory = super::bench::inventory(&[BMC, "x0c0s1b0"]).replacen(
        "id = \"x0c0s1b0n0\"\n",
        "id = \"x0c0s1b0n0\"\nrole = \"Management\"\n",
        1,
    );
    let bench = Bench::over(&inventory).await;
    let body = json!({"xnames": [NODE, "x0c0s1b0n0", BMC, NODE]}).to_string();
    let answer = bench.call(Method::POST, "/v1/power-cap/snapshot", body).await;
    let read = finished(&bench, answer.status, answer.json()).await;
    assert_eq!(read["type"], "snapshot");
    let counts = &read["taskCounts"];
    assert_eq!(
        (&counts["total"], &counts["un-supported"]),
        (&json!(3), &json!(2))
    );
    let errors: Vec<_> = read["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|component| component["error"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(
        errors,
        [
            "",
            "Power capping Management nodes is not supported",
            "Type, NodeBMC unsupported for power capping"
        ]
    );
}

#[tokio::test]
async fn a_node_that_is_off_says_why_it_has_no_cap() {
    let bench = Bench::start(&[BMC]).await;
    bench.hardware.set(BMC, PowerState::Off);
    let off = patch(&bench, controls(&[(LIMIT, 400)])).await;
    let error = off["components"][0]["error"].as_str().unwrap();
    assert!(error.contains("the node is off"), "{error}");
    assert_eq!(bench.hardware.settings.changes(BMC), 0);
}

#[tokio::test]
async fn what_has_no_limits_is_told_so_by_control_when_one_is_set() {
    let bench = Bench::start(&[BMC]).await;
    let two = json!([{"name": LIMIT, "value": 400}, {"name": "Other", "value": 400}]);
    let set = patch(&bench, json!({"components": [{"xname": BMC, "controls": two}]})).await;
    assert_eq!(
        set["components"],
        json!([{"xname": BMC, "error": "Skipping undefined control 'Node Power Control'"}])
    );
    let counts = &set["taskCounts"];
    assert_eq!(
        (&counts["total"], &counts["failed"]),
        (&json!(2), &json!(2)),
        "a control is an operation"
    );
}

#[tokio::test]
async fn no_number_of_watts_is_too_large_to_be_out_of_range() {
    let bench = Bench::start(&[BMC]).await;
    for value in [1_000_000_000, i64::from(u32::MAX) + 1, i64::MAX] {
        let set = patch(&bench, controls(&[(LIMIT, value)])).await;
        let error = set["components"][0]["error"].as_str().unwrap();
        assert_eq!(
            error,
            "Control (Node Power Control) value (999999999) is more than maximum (900)"
        );
    }
    assert_eq!(bench.hardware.settings.changes(BMC), 0);
}

#[tokio::test]
async fn a_limit_that_is_not_in_force_shows_what_it_is_set_to() {
    let bench = Bench::start(&[BMC]).await;
    bench.hardware.settings.idle_at(BMC, 500);
    let body = json!({"xnames": [NODE]}).to_string();
    let answer = bench.call(Method::POST, "/power-cap/snapshot", body).await;
    let read = finished(&bench, answer.status, answer.json()).await;
    assert_eq!(read["components"][0]["powerCapLimits"][0]["currentValue"], 500);
}

#[tokio::test]
async fn a_missing_licence_is_told_in_the_words_of_pcs() {
    let bench = Bench::start(&[BMC]).await;
    bench.hardware.settings.ask_for_licence(BMC);
    let body = json!({"xnames": [NODE]}).to_string();
    let answer = bench.call(Method::POST, "/power-cap/snapshot", body).await;
    let read = finished(&bench, answer.status, answer.json()).await;
    let set = patch(&bench, controls(&[(LIMIT, 400)])).await;
    for component in [&read["components"][0], &set["components"][0]] {
        assert_eq!(
            component["error"], "Invalid license for power capping",
            "{component}"
        );
        assert_eq!(component.get("powerCapLimits"), None);
    }
    assert_eq!(set["taskCounts"]["failed"], 1);
    assert_eq!(bench.hardware.settings.changes(BMC), 0);
}

#[tokio::test]
async fn a_task_is_new_until_something_is_begun() {
    let bench = Bench::start(&[BMC]).await;
    let body = controls(&[(LIMIT, 400)]).to_string();
    let created = bench.call(Method::PATCH, "/power-cap", body).await.json();
    let path = format!("/v1/power-cap/{}", created["taskID"].as_str().unwrap());
    bench
        .until("it is read and new or in work", || async {
            let body = bench.get(&path).await.json();
            let (status, counts) = (body["taskStatus"].as_str()?, &body["taskCounts"]);
            assert_eq!(status == "new", counts["new"] == counts["total"], "{body}");
            (counts["total"] == 1).then_some(())
        })
        .await;
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_the_words_of_pcs() {
    let bench = Bench::start(&[BMC]).await;
    let details = [
        (
            controls(&[("", 1)]).to_string(),
            "Invalid control parameters for xnames detected x0c0s0b0n0 ",
        ),
        (
            controls(&[(LIMIT, -1)]).to_string(),
            "Invalid control parameters for xnames detected x0c0s0b0n0 ",
        ),
        (String::new(), "unexpected end of JSON input"),
    ];
    for (body, detail) in details {
        let answer = bench.call(Method::PATCH, "/v1/power-cap", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.json()["detail"], detail);
    }
    let head = bench.call(Method::HEAD, "/v1/power-cap", Body::empty()).await;
    assert_eq!(head.status, StatusCode::METHOD_NOT_ALLOWED);
    let lit = json!({"components": [NODE], "indicator": "lit"});
    let light = bench.post("alice", "/v2/configurations", &lit).await.json();
    let path = format!("/power-cap/{}", light["id"].as_str().unwrap());
    assert_eq!(
        bench.get(&path).await.status,
        StatusCode::NOT_FOUND,
        "it is no power cap"
    );
}
