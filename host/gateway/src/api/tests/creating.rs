//! `POST /v2/transitions` and `POST /v2/emergency-off`: everything that can stand in the way, and what comes of what is accepted.

use http::StatusCode;
use serde_json::{Value, json};
use switchyard_core::PowerState;
use switchyard_wire::v2::{AuditPage, Problem, Transition, TransitionList};

use super::bench::{Answer, Bench, inventory};

const TRANSITIONS: &str = "/v2/transitions";
const NODE: &str = "x0c0s0b0n0";

async fn ask(bench: &Bench, caller: &str, body: Value) -> Answer {
    bench.post(caller, TRANSITIONS, &body).await
}

fn accepted(answer: &Answer) -> Transition {
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

/// The codes of a problem, sorted.
fn codes(answer: &Answer, status: StatusCode) -> Vec<String> {
    assert_eq!(answer.status, status, "{}", answer.text());
    let problem: Problem = serde_json::from_slice(&answer.body).unwrap();
    let mut codes: Vec<_> = problem.problems.into_iter().map(|found| found.code).collect();
    codes.sort();
    codes
}

/// Whether nothing was ever stored.
async fn is_untouched(bench: &Bench) -> bool {
    let list: TransitionList = serde_json::from_slice(&bench.get(TRANSITIONS).await.body).unwrap();
    list.transitions.is_empty()
}

#[tokio::test]
async fn a_request_is_accepted_with_what_becomes_of_each_component() {
    let bench = Bench::start(&["x0c0s0b0", "x0c0s1b0"]).await;
    bench.hardware.deafen("x0c0s0b0");
    let first = ask(
        &bench,
        "alice",
        json!({"operation": "soft-off", "components": [NODE], "reason": "CHG1"}),
    )
    .await;
    let first_body = accepted(&first);
    assert_eq!(
        first.header("location"),
        Some(format!("/v2/transitions/{}", first_body.id).as_str())
    );
    assert_eq!(
        (first_body.requested_by.as_str(), first_body.reason.as_deref()),
        ("alice", Some("CHG1"))
    );
    bench
        .until("the shutdown was sent", || async {
            let shown: Transition =
                serde_json::from_slice(&bench.get(&format!("{TRANSITIONS}/{}", first_body.id)).await.body)
                    .unwrap();
            (shown.breakdown.verifying == 1).then_some(())
        })
        .await;
    let body = json!({"operation": "on", "components": ["x0c0s[0-1]b0n0"]});
    let second = accepted(&ask(&bench, "bob", body).await);
    let dispositions: Vec<_> = second
        .members
        .iter()
        .map(|member| member.disposition.clone().unwrap())
        .collect();
    assert_eq!(dispositions[0].name, "queues");
    assert_eq!(dispositions[0].behind, first_body.members[0].task);
    assert_eq!(dispositions[1].name, "starts");
    assert_eq!(second.members[0].waiting_for.as_ref().unwrap().what, "turn");
    let third = accepted(&ask(&bench, "carol", json!({"operation": "on", "components": [NODE]})).await);
    let joined = &third.members[0];
    assert_eq!(joined.disposition.as_ref().unwrap().name, "joins");
    assert_eq!(
        (joined.via.as_deref(), &joined.task),
        (Some("joined"), &second.members[0].task)
    );
    let fourth = accepted(
        &ask(
            &bench,
            "dan",
            json!({"operation": "soft-off", "components": [NODE]}),
        )
        .await,
    );
    let contrary = fourth.members[0].disposition.clone().unwrap();
    assert_eq!(contrary.superseded.len(), 1, "{contrary:?}");
    assert_eq!(contrary.superseded[0].transition, second.id);
}

#[tokio::test]
async fn all_problems_are_told_together_and_nothing_is_done() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let wrong = ask(
        &bench,
        "alice",
        json!({"operation": "onn", "components": ["x0c0s[0-", "x0c0s0b0n0"], "startWithinSeconds": 0}),
    )
    .await;
    assert_eq!(
        codes(&wrong, StatusCode::UNPROCESSABLE_ENTITY),
        ["operation.unknown", "request.out-of-range", "selection.invalid"]
    );
    let members = json!({
        "operation": "soft-off",
        "components": ["x0c0s0b0n0", "x0c0s0b0", "x9c0s[0-1]b0n0", "x0c0s0e0"],
        "startWithinSeconds": 0,
    });
    let wrong = ask(&bench, "alice", members).await;
    assert_eq!(
        codes(&wrong, StatusCode::UNPROCESSABLE_ENTITY),
        [
            "component.no-power-control",
            "component.not-found",
            "component.protected",
            "request.out-of-range"
        ]
    );
    let problem = wrong.json();
    let missing = problem["problems"].as_array().unwrap();
    let missing = missing
        .iter()
        .find(|found| found["code"] == "component.not-found")
        .unwrap();
    assert_eq!(
        (&missing["components"], &missing["count"]),
        (&json!("x9c0s[0-1]b0n0"), &json!(2))
    );
    for empty in [
        json!({"operation": "on"}),
        json!({"operation": "on", "components": []}),
    ] {
        assert_eq!(
            codes(
                &ask(&bench, "alice", empty).await,
                StatusCode::UNPROCESSABLE_ENTITY
            ),
            ["selection.empty"]
        );
    }
    assert!(is_untouched(&bench).await);
}

#[tokio::test]
async fn a_body_with_an_unknown_key_names_it() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let answer = ask(&bench, "alice", json!({"operation": "on", "component": NODE})).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let problem = answer.json();
    assert_eq!(problem["code"], "request.malformed");
    assert!(
        problem["detail"].as_str().unwrap().contains("component"),
        "{problem}"
    );
    assert!(is_untouched(&bench).await);
}

#[tokio::test]
async fn what_the_state_forbids_is_a_conflict_and_skip_leaves_it_out() {
    let bench = Bench::start(&["x0c0s0b0", "x0c0s1b0"]).await;
    bench.hardware.deafen("x0c0s0b0");
    accepted(
        &ask(
            &bench,
            "alice",
            json!({"operation": "soft-off", "components": [NODE]}),
        )
        .await,
    );
    let both = |more: Value| {
        let mut body = json!({"operation": "soft-restart", "components": ["x0c0s[0-1]b0n0"]});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let refused = ask(&bench, "bob", both(json!({}))).await;
    assert_eq!(codes(&refused, StatusCode::CONFLICT), ["component.would-be-off"]);
    let busy = json!({"operation": "on", "components": [NODE], "ifBusy": "reject"});
    assert_eq!(
        codes(&ask(&bench, "bob", busy).await, StatusCode::CONFLICT),
        ["component.busy"]
    );
    let skipped = accepted(&ask(&bench, "bob", both(json!({"onRefused": "skip"}))).await);
    assert_eq!(skipped.members[0].outcome.as_deref(), Some("refused"));
    assert_eq!(skipped.members[0].disposition.as_ref().unwrap().name, "refused");
    assert!(skipped.members[1].task.is_some());
}

#[tokio::test]
async fn protected_components_take_force_on_v2_and_nothing_on_v1() {
    let managed = inventory(&["x0c0s0b0"]) + "role = \"management\"\n";
    let bench = Bench::over(&managed).await;
    let both =
        |force: bool| json!({"operation": "soft-restart", "components": ["x0c0s0b0", NODE], "force": force});
    let refused = ask(&bench, "alice", both(false)).await;
    assert_eq!(
        codes(&refused, StatusCode::UNPROCESSABLE_ENTITY),
        ["component.protected", "component.protected"]
    );
    assert!(is_untouched(&bench).await);
    let audit: AuditPage = serde_json::from_slice(&bench.get("/v2/audit").await.body).unwrap();
    assert_eq!(audit.entries[0].action, "transition.refused");
    let v1 = bench.switch("off", NODE).await;
    bench.until_status(&v1, "completed").await;
    accepted(&ask(&bench, "alice", both(true)).await);
}

#[tokio::test]
async fn what_is_known_not_to_be_supported_is_refused_at_once() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let body = json!({"operation": "on", "components": ["x0c0s0b0"], "force": true});
    let refused = ask(&bench, "alice", body).await;
    assert_eq!(
        codes(&refused, StatusCode::UNPROCESSABLE_ENTITY),
        ["component.unsupported"]
    );
}

#[tokio::test]
async fn the_whole_fleet_takes_a_confirmation() {
    let bmcs: Vec<String> = (0..5).map(|slot| format!("x0c0s{slot}b0")).collect();
    let bmcs: Vec<&str> = bmcs.iter().map(String::as_str).collect();
    let bench = Bench::start(&bmcs).await;
    let all = |confirm: bool| {
        json!({"operation": "soft-restart", "components": ["x0c0s[0-4]b0", "x0c0s[0-4]b0n0"], "force": true,
            "confirm": confirm})
    };
    let refused = ask(&bench, "alice", all(false)).await;
    assert_eq!(
        codes(&refused, StatusCode::UNPROCESSABLE_ENTITY),
        ["selection.unconfirmed"]
    );
    assert!(is_untouched(&bench).await);
    assert_eq!(accepted(&ask(&bench, "alice", all(true)).await).counts.total, 10);
}

#[tokio::test]
async fn to_and_fro_is_noticed_with_both_names() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    bench.hardware.deafen("x0c0s0b0");
    let mut last = None;
    for (turn, operation) in ["soft-off", "on", "soft-off", "on", "soft-off"]
        .into_iter()
        .enumerate()
    {
        let caller = if turn % 2 == 0 { "alice" } else { "bob" };
        let body = json!({"operation": operation, "components": [NODE]});
        last = Some(accepted(&ask(&bench, caller, body).await));
    }
    let notices = last.unwrap().notices;
    assert_eq!(notices.len(), 1);
    assert_eq!(
        (notices[0].code.as_str(), notices[0].components.as_str()),
        ("flip-flop", NODE)
    );
    assert_eq!(notices[0].callers, ["bob", "alice"]);
    let component = bench.get(&format!("/v2/components/{NODE}")).await.json();
    assert_eq!(component["flipFlop"]["by"], json!(["bob", "alice"]));
}

#[tokio::test]
async fn an_emergency_takes_a_reason_and_the_right_number() {
    let bench = Bench::start(&["x0c0s0b0", "x0c0s1b0"]).await;
    let off = |body: Value| {
        let bench = &bench;
        async move { bench.post("alice", "/v2/emergency-off", &body).await }
    };
    let wrong = off(json!({"components": ["x0c0s[0-1]b0n0"], "expect": 3})).await;
    assert_eq!(
        codes(&wrong, StatusCode::UNPROCESSABLE_ENTITY),
        ["reason.missing", "selection.expect-mismatch"]
    );
    assert!(is_untouched(&bench).await);
    let body = json!({"components": ["x0c0s[0-1]b0n0"], "expect": 2, "reason": "smoke in row 3"});
    let cut = accepted(&off(body).await);
    assert_eq!((cut.operation.as_str(), cut.counts.total), ("force-off", 2));
    bench
        .until("the power is cut", || async {
            let shown: Transition =
                serde_json::from_slice(&bench.get(&format!("{TRANSITIONS}/{}", cut.id)).await.body).unwrap();
            shown.ended_at.is_some().then_some(())
        })
        .await;
    let row = bench.engine.fleet().get(NODE).unwrap().seen();
    assert_eq!(row.state, PowerState::Off);
    let audit: AuditPage =
        serde_json::from_slice(&bench.get("/v2/audit?action=emergency").await.body).unwrap();
    let entry = &audit.entries[0];
    assert_eq!(
        (entry.who.as_str(), entry.target.as_str()),
        ("alice", "x0c0s[0-1]b0n0")
    );
    assert_eq!(entry.reason.as_deref(), Some("smoke in row 3"));
}
