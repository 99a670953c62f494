//! Filters in requests and lists, and what the fleet stream says of groups and kinds.

use http::{Request, StatusCode};
use serde_json::{Value, json};
use switchyard_core::{PowerState, Timestamp};
use switchyard_store::{KeyClaim, KeyScope};
use switchyard_wire::v2::{AuditPage, ComponentList, Hold, Plan, Problem, Transition};

use super::bench::{Answer, Bench, inventory};
use crate::api::idempotency::fingerprint;

const BMCS: [&str; 3] = ["x0c0s0b0", "x0c0s1b0", "x0c0s2b0"];
const GROUP: &str = "[[group]]\nname = \"gpu\"\ncomponents = \"x0c0s[1-2]b0n0\"\n";

async fn bench() -> Bench {
    Bench::over(&format!("{}{GROUP}", inventory(&BMCS))).await
}

fn read<T: serde::de::DeserializeOwned>(answer: &Answer, status: StatusCode) -> T {
    assert_eq!(answer.status, status, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.text()))
}

async fn listed(bench: &Bench, filter: &str) -> Vec<String> {
    let path = format!("/v2/components?filter={}", filter.replace(' ', "%20"));
    let list: ComponentList = read(&bench.get(&path).await, StatusCode::OK);
    list.components
        .into_iter()
        .map(|component| component.id)
        .collect()
}

/// Switches a node off and waits until that is seen.
async fn off(bench: &Bench, node: &str) {
    let id = bench.switch("force-off", node).await;
    bench.until_status(&id, "completed").await;
}

fn named(transition: &Transition) -> Vec<&str> {
    let members = transition.members.iter();
    members.map(|member| member.name.as_str()).collect()
}

#[tokio::test]
async fn the_service_lists_what_a_filter_holds_for() {
    let bench = bench().await;
    off(&bench, "x0c0s1b0n0").await;
    assert_eq!(listed(&bench, "power:off").await, ["x0c0s1b0n0"]);
    assert_eq!(listed(&bench, "group:gpu power:on").await, ["x0c0s2b0n0"]);
    assert_eq!(
        listed(&bench, "x0c0s[0-1]* kind:controller").await,
        ["x0c0s0b0", "x0c0s1b0"]
    );
    let both = bench
        .get("/v2/components?filter=n0&select=x0c0s0b0n0,x0c0s0b0&limit=1")
        .await;
    let both: ComponentList = read(&both, StatusCode::OK);
    assert_eq!(
        (both.components.len(), both.components[0].id.as_str()),
        (1, "x0c0s0b0n0")
    );
    let bad: Problem = read(
        &bench.get("/v2/components?filter=pwer:on").await,
        StatusCode::UNPROCESSABLE_ENTITY,
    );
    assert_eq!(bad.problems[0].code, "filter.invalid");
    assert!(bad.detail.contains("did you mean power:?"), "{}", bad.detail);
}

#[tokio::test]
async fn a_request_is_narrowed_when_it_comes_and_says_so() {
    let bench = bench().await;
    off(&bench, "x0c0s1b0n0").await;
    let refused = |answer: &Answer| -> String {
        let problem: Problem = read(answer, StatusCode::UNPROCESSABLE_ENTITY);
        format!("{}: {}", problem.problems[0].code, problem.problems[0].detail)
    };
    let post = async |body: Value| bench.post("alice", "/v2/transitions", &body).await;
    let nothing = post(json!({"operation": "on", "filter": "power:unknown"})).await;
    assert!(refused(&nothing).starts_with("selection.empty: nothing that can be switched matches"));
    let none = post(json!({"operation": "on", "components": ["x0c0s0b0n0"], "filter": "power:off"})).await;
    assert!(refused(&none).starts_with("selection.empty: none of the components named matches"));
    let typo = post(json!({"operation": "on", "components": ["x9c0s0b0n0"], "filter": "power:off"})).await;
    assert!(refused(&typo).starts_with("component."), "{}", refused(&typo));
    let empty = post(json!({"operation": "on", "filter": ""})).await;
    assert!(refused(&empty).starts_with("filter.invalid: the filter is empty"));

    let body = json!({"operation": "on", "filter": "power:off", "reason": "back to work"});
    let switched: Transition = read(&post(body).await, StatusCode::ACCEPTED);
    assert_eq!(named(&switched), ["x0c0s1b0n0"]);
    bench.until_status(&switched.id, "completed").await;
    let narrowed = json!({"operation": "on", "components": ["@gpu", "x0c0s0b0n0"], "filter": "-group:gpu"});
    let switched: Transition = read(&post(narrowed).await, StatusCode::ACCEPTED);
    assert_eq!(named(&switched), ["x0c0s0b0n0"]);
    // A BMC has no power of its own, unless somebody asks for such.
    let whole = json!({"operation": "on", "filter": "power:on"});
    let whole: Transition = read(&post(whole).await, StatusCode::ACCEPTED);
    assert_eq!(named(&whole), ["x0c0s0b0n0", "x0c0s1b0n0", "x0c0s2b0n0"]);
    let bmcs = json!({"operation": "soft-restart", "filter": "kind:controller c0s2", "force": true});
    let bmcs: Transition = read(&post(bmcs).await, StatusCode::ACCEPTED);
    assert_eq!(named(&bmcs), ["x0c0s2b0"]);
    let page: AuditPage = serde_json::from_slice(&bench.get("/v2/audit?limit=10").await.body).unwrap();
    let filters: Vec<_> = page
        .entries
        .iter()
        .filter_map(|entry| entry.detail.get("filter"))
        .collect();
    assert!(filters.contains(&&json!("power:off")), "{filters:?}");
}

#[tokio::test]
async fn a_plan_keeps_what_the_filter_held_for() {
    let bench = bench().await;
    let body = json!({"operation": "off", "filter": "power:on group:gpu"});
    let plan: Plan = read(
        &bench.post("alice", "/v2/plans", &body).await,
        StatusCode::CREATED,
    );
    assert_eq!(plan.request.filter.as_deref(), Some("power:on group:gpu"));
    assert_eq!((plan.resolved, plan.expect), (2, 2));
    off(&bench, "x0c0s1b0n0").await;
    let also = json!({"plan": plan.id, "expect": 2, "filter": "power:on"});
    let also: Problem = read(
        &bench.post("alice", "/v2/transitions", &also).await,
        StatusCode::UNPROCESSABLE_ENTITY,
    );
    assert_eq!(also.problems[0].code, "plan.mismatch");
    let execute = json!({"plan": plan.id, "expect": 2});
    let executed = bench.post("alice", "/v2/transitions", &execute).await;
    let executed: Transition = read(&executed, StatusCode::ACCEPTED);
    assert_eq!(named(&executed), ["x0c0s1b0n0", "x0c0s2b0n0"]);
}

#[tokio::test]
async fn holds_and_cancels_are_narrowed_too() {
    let bench = bench().await;
    let until = (jiff::Timestamp::now() + std::time::Duration::from_hours(1)).to_string();
    let hold = json!({"filter": "group:gpu", "reason": "inspection", "until": until});
    let hold: Hold = read(
        &bench.post("alice", "/v2/holds", &hold).await,
        StatusCode::CREATED,
    );
    assert_eq!((hold.components.as_str(), hold.count), ("x0c0s[1-2]b0n0", 2));
    assert_eq!(listed(&bench, "flag:held").await, ["x0c0s1b0n0", "x0c0s2b0n0"]);
    bench.hardware.hold_readings(&["x0c0s0b0"]);
    let id = bench.switch("force-off", "x0c0s0b0n0").await;
    let cancel = json!({"filter": format!("transition:{id} is:busy")});
    let cancelled = bench.post("alice", "/v2/components/cancel", &cancel).await;
    assert_eq!(cancelled.status, StatusCode::ACCEPTED, "{}", cancelled.text());
    assert_eq!(cancelled.json()["ending"][0]["component"], "x0c0s0b0n0");
    bench.hardware.give_readings("x0c0s0b0");
}

#[tokio::test]
async fn what_failed_last_is_found_until_something_succeeds() {
    let bench = bench().await;
    assert_eq!(listed(&bench, "flag:failed").await, [""; 0]);
    bench.hardware.take_away("x0c0s0b0");
    let body = json!({"operation": "force-off", "components": ["x0c0s0b0n0"], "startWithinSeconds": 1});
    let failing: Transition = read(
        &bench.post("alice", "/v2/transitions", &body).await,
        StatusCode::ACCEPTED,
    );
    bench.until_status(&failing.id, "completed").await;
    bench
        .until("it is flagged", || async {
            (listed(&bench, "flag:failed").await == ["x0c0s0b0n0"]).then_some(())
        })
        .await;
    assert_eq!(bench.engine.store().failed_components().await.unwrap().len(), 1);
    bench.hardware.bring_back("x0c0s0b0");
    bench.hardware.set("x0c0s0b0", PowerState::Off);
    let again = json!({"operation": "force-off", "filter": "flag:failed"});
    let again = bench.post("alice", "/v2/transitions", &again).await;
    let again: Transition = read(&again, StatusCode::ACCEPTED);
    bench.until_status(&again.id, "completed").await;
    bench
        .until("it is flagged no more", || async {
            listed(&bench, "flag:failed").await.is_empty().then_some(())
        })
        .await;
    assert_eq!(bench.engine.store().failed_components().await.unwrap(), []);
}

#[tokio::test]
async fn a_repeat_is_answered_although_the_filter_holds_for_nothing_by_then() {
    let bench = bench().await;
    let body = json!({"operation": "force-off", "filter": "power:on c0s1"});
    let first = bench.post("alice", "/v2/transitions", &body).await;
    let first: Transition = read(&first, StatusCode::ACCEPTED);
    bench.until_status(&first.id, "completed").await;
    // What a process leaves behind that dies before it has stored the answer.
    let body = body.to_string();
    let lost = KeyClaim {
        scope: KeyScope {
            caller: "alice".to_owned(),
            key: "k".to_owned(),
            method: "POST".to_owned(),
            path: "/v2/transitions".to_owned(),
        },
        fingerprint: fingerprint(None, body.as_bytes()),
        reservation: first.id.parse().unwrap(),
        at: bench.engine.clock().now(),
        expires_at: Timestamp::from_millis(i64::MAX),
        per_caller: 10,
        overall: 10,
    };
    bench.engine.store().claim_key(&lost).await.unwrap();
    let request = Request::post("/v2/transitions")
        .header("X-Switchyard-Caller", "alice")
        .header("Idempotency-Key", "k");
    let again = bench.send(request.body(body.into()).unwrap()).await;
    let again: Transition = read(&again, StatusCode::ACCEPTED);
    assert_eq!(again.id, first.id);
}
