//! `POST /v2/components/{id}/diagnose`.

use http::StatusCode;
use serde_json::json;
use switchyard_wire::v2::{AuditPage, Diagnosis, StepOutcome};

use super::bench::Bench;

const NODE: &str = "x0c0s0b0n0";

async fn diagnose(bench: &Bench, component: &str) -> Diagnosis {
    let path = format!("/v2/components/{component}/diagnose");
    let answer = bench.post("alice", &path, &json!(null)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

fn outcomes(diagnosis: &Diagnosis) -> Vec<(&str, StepOutcome)> {
    let steps = diagnosis.steps.iter();
    steps.map(|step| (step.step.as_str(), step.outcome)).collect()
}

#[tokio::test]
async fn every_step_is_told_and_the_look_is_in_the_audit() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let found = diagnose(&bench, NODE).await;
    assert!(found.ok, "{found:?}");
    assert_eq!(
        (found.component.as_str(), found.controller.as_deref()),
        (NODE, Some("x0c0s0b0"))
    );
    assert_eq!(found.address.as_deref(), Some("http://127.0.0.1:1"));
    // Nothing but the readings is real here.
    assert_eq!(
        outcomes(&found),
        [
            ("breaker", StepOutcome::Ok),
            ("name", StepOutcome::Skipped),
            ("connect", StepOutcome::Skipped),
            ("tls", StepOutcome::Skipped),
            ("login", StepOutcome::Ok),
            ("driver", StepOutcome::Skipped),
            ("read", StepOutcome::Ok),
        ]
    );
    assert!(found.steps[6].text.starts_with("the power is on"), "{found:?}");
    let page: AuditPage = serde_json::from_slice(&bench.get("/v2/audit").await.body).unwrap();
    let last = &page.entries[0];
    assert_eq!(
        (last.action.as_str(), last.target.as_str(), last.who.as_str()),
        ("bmc.diagnose", NODE, "alice")
    );
}

#[tokio::test]
async fn a_silent_controller_is_tried_and_the_failure_told_with_what_to_do() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    bench.hardware.take_away("x0c0s0b0");
    let found = diagnose(&bench, NODE).await;
    assert!(!found.ok);
    let failed = found
        .steps
        .iter()
        .find(|step| step.outcome == StepOutcome::Failed)
        .unwrap();
    assert_eq!(failed.code.as_deref(), Some("bmc.unreachable"));
    assert!(
        failed.hint.is_some() && failed.text.contains("no route"),
        "{failed:?}"
    );
    bench.hardware.bring_back("x0c0s0b0");
    let found = diagnose(&bench, NODE).await;
    assert!(found.ok, "{found:?}");
    assert_eq!(found.last_failure.unwrap().code, "bmc.unreachable");
}

#[tokio::test]
async fn what_nothing_switches_and_what_is_not_there_say_so() {
    let inventory = format!(
        "{}[[component]]\nid = \"n1\"\nkind = \"node\"\n",
        super::bench::inventory(&["x0c0s0b0"])
    );
    let bench = Bench::over(&inventory).await;
    let found = diagnose(&bench, "n1").await;
    assert_eq!((found.ok, found.controller.as_deref()), (false, None));
    assert_eq!(outcomes(&found), [("controller", StepOutcome::Failed)]);
    assert!(found.steps[0].hint.is_some());
    let nobody = bench
        .post("alice", "/v2/components/n2/diagnose", &json!(null))
        .await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    assert_eq!(nobody.json()["code"], "component.not-found");
}
