//! Cancel, pause, resume and retry, of transitions, tasks and components; and the resolution of what is uncertain.

use http::StatusCode;
use serde_json::{Value, json};
use switchyard_core::PowerState;
use switchyard_wire::v2::{Cancelled, FailureGroups, Paused, Problem, Retried, Task, Transition};

use super::bench::{Answer, Bench};

const NODE: &str = "x0c0s0b0n0";

fn read<T: serde::de::DeserializeOwned>(answer: &Answer, status: StatusCode) -> T {
    assert_eq!(answer.status, status, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.text()))
}

async fn ask(bench: &Bench, caller: &str, operation: &str) -> Transition {
    let body = json!({"operation": operation, "components": [NODE]});
    read(
        &bench.post(caller, "/v2/transitions", &body).await,
        StatusCode::ACCEPTED,
    )
}

async fn show(bench: &Bench, id: &str) -> Transition {
    read(&bench.get(&format!("/v2/transitions/{id}")).await, StatusCode::OK)
}

async fn until(bench: &Bench, id: &str, what: impl Fn(&Transition) -> bool) -> Transition {
    bench
        .until("the transition is as wanted", || async {
            let shown = show(bench, id).await;
            what(&shown).then_some(shown)
        })
        .await
}

/// A line with a shutdown that never comes about, and an `on` behind it.
async fn busy_line(bench: &Bench) -> (Transition, Transition) {
    bench.hardware.deafen("x0c0s0b0");
    let first = ask(bench, "alice", "soft-off").await;
    until(bench, &first.id, |shown| shown.breakdown.verifying == 1).await;
    let second = ask(bench, "bob", "on").await;
    (first, second)
}

#[tokio::test]
async fn a_cancel_ends_what_is_alone_and_leaves_what_is_shared() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let (first, second) = busy_line(&bench).await;
    let third = ask(&bench, "carol", "on").await;
    let path = format!("/v2/transitions/{}/cancel", second.id);
    let left: Cancelled = read(&bench.post("bob", &path, &json!({})).await, StatusCode::ACCEPTED);
    assert!(left.ending.is_empty(), "{left:?}");
    assert_eq!(left.going_on.len(), 1);
    assert_eq!(left.going_on[0].wanted_by[0].requested_by, "carol");
    let gone = until(&bench, &second.id, |shown| shown.ended_at.is_some()).await;
    assert_eq!(
        (gone.members[0].outcome.as_deref(), gone.members[0].departed),
        (Some("cancelled"), true)
    );
    assert_eq!(show(&bench, &third.id).await.breakdown.queued, 1);
    let path = format!("/v2/transitions/{}/cancel", third.id);
    let ended: Cancelled = read(
        &bench.post("carol", &path, &json!({"reason": "over"})).await,
        StatusCode::ACCEPTED,
    );
    assert_eq!(ended.ending.len(), 1);
    until(&bench, &third.id, |shown| shown.breakdown.cancelled == 1).await;
    let late = bench
        .post(
            "bob",
            &format!("/v2/transitions/{}/cancel", second.id),
            &json!({}),
        )
        .await;
    assert!(
        matches!(late.status, StatusCode::CONFLICT | StatusCode::ACCEPTED),
        "{}",
        late.text()
    );
    assert_eq!(show(&bench, &first.id).await.breakdown.verifying, 1);
    let audit = bench
        .get("/v2/audit?action=transition.cancel&who=carol")
        .await
        .json();
    assert_eq!(audit["entries"][0]["reason"], "over");
    assert_eq!(audit["entries"][0]["target"], third.id.as_str());
}

#[tokio::test]
async fn a_part_of_a_transition_is_cancelled_by_its_components() {
    let bench = Bench::start(&["x0c0s0b0", "x0c0s1b0"]).await;
    bench.hardware.deafen("x0c0s0b0");
    bench.hardware.deafen("x0c0s1b0");
    let body = json!({"operation": "soft-off", "components": ["x0c0s[0-1]b0n0"]});
    let both: Transition = read(
        &bench.post("alice", "/v2/transitions", &body).await,
        StatusCode::ACCEPTED,
    );
    let path = format!("/v2/transitions/{}/cancel", both.id);
    let stranger = bench
        .post("alice", &path, &json!({"components": ["x0c0s0b0"]}))
        .await;
    let problem: Problem = read(&stranger, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem.problems[0].code, "selection.not-in-transition");
    let one = bench.post("alice", &path, &json!({"components": [NODE]})).await;
    let one: Cancelled = read(&one, StatusCode::ACCEPTED);
    assert_eq!(one.ending[0].component, NODE);
    let shown = until(&bench, &both.id, |shown| shown.breakdown.cancelled == 1).await;
    assert_eq!(shown.ended_at, None);
}

#[tokio::test]
async fn what_waits_is_paused_and_gets_in_line_again() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let (_, second) = busy_line(&bench).await;
    let pause = |verb: &str| format!("/v2/transitions/{}/{verb}", second.id);
    let paused: Paused = read(
        &bench.post("bob", &pause("pause"), &json!({})).await,
        StatusCode::OK,
    );
    assert_eq!((paused.changed, paused.tasks[0].result.as_str()), (1, "paused"));
    let shown = until(&bench, &second.id, |shown| {
        shown.members[0]
            .waiting_for
            .as_ref()
            .is_some_and(|wait| wait.what == "resume")
    })
    .await;
    assert!(shown.members[0].paused);
    assert_eq!(shown.breakdown.paused, 1);
    let v1 = bench.get(&format!("/v1/transitions/{}", second.id)).await.json();
    assert_eq!(
        v1["tasks"][0]["taskStatusDescription"],
        "Waiting: somebody to resume it"
    );
    let resumed: Paused = read(
        &bench.post("bob", &pause("resume"), &json!({})).await,
        StatusCode::OK,
    );
    assert_eq!(resumed.tasks[0].result, "resumed");
    until(&bench, &second.id, |shown| shown.breakdown.queued == 1).await;
    ask(&bench, "carol", "on").await;
    let shared: Paused = read(
        &bench.post("bob", &pause("pause"), &json!({})).await,
        StatusCode::OK,
    );
    assert_eq!(
        (shared.changed, shared.tasks[0].result.as_str()),
        (0, "unchanged")
    );
    let task = second.members[0].task.as_deref().unwrap();
    let alone: Paused = read(
        &bench
            .post("bob", &format!("/v2/tasks/{task}/pause"), &json!({}))
            .await,
        StatusCode::OK,
    );
    assert_eq!(alone.changed, 1);
    let shown: Task = read(&bench.get(&format!("/v2/tasks/{task}")).await, StatusCode::OK);
    assert!(shown.paused);
    let who: Vec<_> = shown
        .requests
        .iter()
        .map(|request| request.requested_by.as_str())
        .collect();
    assert_eq!(who, ["bob", "carol"]);
    let resumed: Paused = read(
        &bench
            .post("bob", &format!("/v2/tasks/{task}/resume"), &json!({}))
            .await,
        StatusCode::OK,
    );
    assert_eq!(resumed.changed, 1);
}

#[tokio::test]
async fn everything_in_line_for_components_is_cancelled() {
    let bench = Bench::start(&["x0c0s0b0", "x0c0s1b0"]).await;
    let (first, second) = busy_line(&bench).await;
    let body = json!({"components": ["x0c0s[0-1]b0n0"]});
    let cancelled: Cancelled = read(
        &bench.post("carol", "/v2/components/cancel", &body).await,
        StatusCode::ACCEPTED,
    );
    assert_eq!(cancelled.ending.len(), 2);
    until(&bench, &first.id, |shown| shown.ended_at.is_some()).await;
    let shown = until(&bench, &second.id, |shown| shown.ended_at.is_some()).await;
    assert_eq!(shown.breakdown.cancelled, 1);
    let task = second.members[0].task.as_deref().unwrap();
    let late = bench
        .post("carol", &format!("/v2/tasks/{task}/cancel"), &json!({}))
        .await;
    assert_eq!(
        (late.status, late.json()["code"].as_str()),
        (StatusCode::CONFLICT, Some("task.ended"))
    );
    let nothing: Cancelled = read(
        &bench.post("carol", "/v2/components/cancel", &body).await,
        StatusCode::ACCEPTED,
    );
    assert!(nothing.ending.is_empty());
}

#[tokio::test]
async fn failed_parts_are_tried_again_by_group() {
    let bench = Bench::start(&["x0c0s0b0", "x0c0s1b0", "x0c0s2b0"]).await;
    bench.hardware.set("x0c0s0b0", PowerState::Off);
    bench.hardware.set("x0c0s1b0", PowerState::Off);
    let body = json!({"operation": "hard-restart", "components": ["x0c0s[0-2]b0n0"]});
    let first: Transition = read(
        &bench.post("alice", "/v2/transitions", &body).await,
        StatusCode::ACCEPTED,
    );
    let ended = until(&bench, &first.id, |shown| shown.ended_at.is_some()).await;
    assert_eq!((ended.breakdown.failed, ended.breakdown.verified), (2, 1));
    let path = format!("/v2/transitions/{}", first.id);
    let groups: FailureGroups = read(&bench.get(&format!("{path}/failures")).await, StatusCode::OK);
    assert_eq!(groups.groups.len(), 1, "{groups:?}");
    let group = &groups.groups[0];
    assert_eq!(
        (group.code.as_str(), group.components.as_str()),
        ("task.wrong-state", "x0c0s[0-1]b0n0")
    );
    assert_eq!((group.count, group.ended, group.retryable), (2, 2, 2));
    let unknown = bench
        .post("alice", &format!("{path}/retry"), &json!({"group": "nosuch"}))
        .await;
    assert_eq!(
        (unknown.status, unknown.json()["code"].as_str()),
        (StatusCode::NOT_FOUND, Some("group.not-found"))
    );
    bench.hardware.set("x0c0s0b0", PowerState::On);
    let body = json!({"group": group.fingerprint, "components": [NODE]});
    let one: Retried = read(
        &bench.post("alice", &format!("{path}/retry"), &body).await,
        StatusCode::ACCEPTED,
    );
    assert_eq!(one.transition.retry_of.as_deref(), Some(first.id.as_str()));
    assert_eq!(one.transition.members.len(), 1);
    until(&bench, &one.transition.id, |shown| shown.breakdown.verified == 1).await;
    let rest: Retried = read(
        &bench.post("alice", &format!("{path}/retry"), &json!({})).await,
        StatusCode::ACCEPTED,
    );
    assert_eq!(rest.left_out[0].why, "succeeded");
    assert_eq!(rest.left_out[0].components, "x0c0s2b0n0");
    let nothing = bench
        .post(
            "alice",
            &format!("/v2/transitions/{}/retry", one.transition.id),
            &json!({}),
        )
        .await;
    let nothing: Problem = read(&nothing, StatusCode::CONFLICT);
    assert_eq!(nothing.code, "transition.nothing-to-retry");
    let failed = ended.members[1].task.as_deref().unwrap();
    let task: Retried = read(
        &bench
            .post("alice", &format!("/v2/tasks/{failed}/retry"), &json!({}))
            .await,
        StatusCode::ACCEPTED,
    );
    assert_eq!(task.transition.members[0].name, "x0c0s1b0n0");
    let done = ended.members[2].task.as_deref().unwrap();
    let done = bench
        .post("alice", &format!("/v2/tasks/{done}/retry"), &json!({}))
        .await;
    assert_eq!(done.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_is_not_uncertain_is_not_resolved() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let resolve = |body: Value| {
        let bench = &bench;
        async move { bench.post("alice", "/v2/components/resolve", &body).await }
    };
    let resolved = resolve(json!({"components": [NODE], "verdict": "not-done"})).await;
    assert_eq!(resolved.status, StatusCode::OK, "{}", resolved.text());
    assert_eq!(
        resolved.json(),
        json!({"count": 0, "components": "", "unchanged": NODE})
    );
    let wrong = resolve(json!({"components": [NODE], "verdict": "maybe"})).await;
    assert_eq!(
        (wrong.status, wrong.json()["code"].as_str()),
        (StatusCode::BAD_REQUEST, Some("request.malformed"))
    );
}
