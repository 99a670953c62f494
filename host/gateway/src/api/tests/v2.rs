//! `/v2`: the bodies are read with the types that the command line uses.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use switchyard_core::PowerState;
use switchyard_wire::v2::{Component, ComponentList, Proof, Task, Transition};
use switchyard_wire::{Standing, pcs};

use super::bench::{Answer, Bench};

const NODE: &str = "x0c0s0b0n0";

fn read<T: serde::de::DeserializeOwned>(answer: &Answer) -> T {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.text()))
}

#[tokio::test]
async fn a_task_tells_everything_that_was_tried() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let id = bench.switch("hard-restart", NODE).await;
    bench.until_status(&id, "completed").await;
    let transition: Transition = read(&bench.get(&format!("/v2/transitions/{id}")).await);
    assert_eq!(transition.status, pcs::TransitionStatus::Completed);
    assert_eq!((transition.counts.total, transition.counts.succeeded), (1, 1));
    assert_eq!(transition.requested_by, "anonymous");
    let member = &transition.members[0];
    assert_eq!(
        (member.standing, member.outcome.as_deref()),
        (Standing::Succeeded, Some("verified"))
    );
    let task: Task = read(
        &bench
            .get(&format!("/v2/tasks/{}", member.task.as_deref().unwrap()))
            .await,
    );
    assert_eq!(
        (task.component.as_str(), task.transition.as_str()),
        (NODE, id.as_str())
    );
    assert_eq!(task.plan, ["shutdown", "on"]);
    let sent: Vec<_> = task
        .attempts
        .iter()
        .map(|attempt| (attempt.step, attempt.primitive.as_str()))
        .collect();
    assert_eq!(sent, [(0, "graceful-shutdown"), (1, "on")]);
    assert_eq!(member.attempts, Some(2), "those of both steps");
    assert!(task.attempts.iter().all(|attempt| {
        attempt.delivery.as_deref() == Some("answered")
            && attempt.status == Some(204)
            && attempt.ended_at.is_some()
    }));
    assert!(
        matches!(task.proof, Some(Proof::Reading { ref state, .. }) if state == "on"),
        "{:?}",
        task.proof
    );
    assert!(task.outcome.unwrap().success);
    assert_eq!(task.waiting_for, None);
}

#[tokio::test]
async fn a_reason_is_kept_with_the_transition() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let ask = |reason: &str| {
        let body = serde_json::json!({"operation": "on", "location": [{"xname": NODE}]}).to_string();
        let request = Request::post("/v1/transitions").header("X-Switchyard-Reason", reason);
        bench.send(request.body(Body::from(body)).unwrap())
    };
    let answer = ask("CHG0012").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let id = answer.json()["transitionID"].as_str().unwrap().to_owned();
    let transition: Transition = read(&bench.get(&format!("/v2/transitions/{id}")).await);
    assert_eq!(transition.reason.as_deref(), Some("CHG0012"));
    let refused = ask(&"a".repeat(513)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(
        refused.text().contains("x-switchyard-reason"),
        "{}",
        refused.text()
    );
}

#[tokio::test]
async fn a_member_that_failed_has_a_stable_code_and_the_words_of_v1() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    bench.hardware.set("x0c0s0b0", PowerState::Off);
    let cases = [
        ("soft-restart", NODE, "task.wrong-state"),
        ("off", "x0c0s0b0", "task.unsupported"),
        ("on", "x9c0s0b0n0", "component.not-found"),
        ("on", "x9c9s0b0n0", "component.invalid-name"),
    ];
    for (operation, name, code) in cases {
        let id = bench.switch(operation, name).await;
        let v1 = bench.until_status(&id, "completed").await;
        let transition: Transition = read(&bench.get(&format!("/v2/transitions/{id}")).await);
        let failure = transition.members[0].failure.as_ref().unwrap();
        assert_eq!(failure.code, code, "{operation} {name}");
        assert_eq!(
            v1["tasks"][0]["error"],
            failure.text.as_str(),
            "{operation} {name}"
        );
    }
}

#[tokio::test]
async fn a_component_shows_its_queue_and_who_asked() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    bench.hardware.deafen("x0c0s0b0");
    let first = bench.switch("soft-restart", NODE).await;
    let second = bench.switch("on", NODE).await;
    let component: Component = read(&bench.get(&format!("/v2/components/{NODE}")).await);
    let queue = component.queue.unwrap();
    assert_eq!(
        queue.iter().map(|entry| &entry.transition).collect::<Vec<_>>(),
        [&first, &second]
    );
    assert_eq!(queue[1].requested_by, "anonymous");
    assert_eq!(component.state, "on");
    assert_eq!(
        (component.hms_type.as_deref(), component.kind.as_str()),
        (Some("Node"), "node")
    );
    assert_eq!(component.desired.as_deref(), Some("on"));
    assert!(component.available && component.age_ms.is_some());
    let waiting: Transition = read(&bench.get(&format!("/v2/transitions/{second}")).await);
    assert_eq!(
        waiting.members[0]
            .waiting_for
            .as_ref()
            .map(|wait| wait.what.as_str()),
        Some("turn")
    );
    for id in [second, first] {
        let path = format!("/transitions/{id}");
        assert_eq!(
            bench.call(Method::DELETE, &path, Body::empty()).await.status,
            StatusCode::ACCEPTED
        );
        bench.until_status(&id, "aborted").await;
    }
}

#[tokio::test]
async fn components_come_in_pages() {
    let bench = Bench::start(&["x0c0s0b0", "x0c0s1b0"]).await;
    let mut ids = Vec::new();
    let mut path = "/v2/components?limit=3".to_owned();
    loop {
        let page: ComponentList = read(&bench.get(&path).await);
        ids.extend(page.components.into_iter().map(|component| component.id));
        match page.next {
            Some(next) => path = format!("/v2/components?limit=3&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(ids, ["x0c0s0b0", "x0c0s0b0n0", "x0c0s1b0", "x0c0s1b0n0"]);
}

#[tokio::test]
async fn refusals_have_a_stable_code() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let nobody = "00000000-0000-0000-0000-000000000000";
    let cases = [
        ("/v2/nosuch".to_owned(), 404, "route.not-found"),
        ("/v2/tasks/banana".to_owned(), 400, "request.invalid-id"),
        (format!("/v2/tasks/{nobody}"), 404, "task.not-found"),
        (format!("/v2/transitions/{nobody}"), 404, "transition.not-found"),
        ("/v2/components/banana".to_owned(), 404, "component.not-found"),
        (
            "/v2/components?limit=none".to_owned(),
            400,
            "request.invalid-query",
        ),
    ];
    for (path, status, code) in cases {
        let answer = bench.get(&path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{path}"
        );
        let body = answer.json();
        assert_eq!(body["code"], code);
        assert_eq!(body["type"], format!("urn:switchyard:problem:{code}"));
    }
    let wrong = bench.call(Method::POST, "/v2/components", Body::empty()).await;
    assert_eq!(
        (wrong.status, wrong.json()["code"].as_str()),
        (StatusCode::METHOD_NOT_ALLOWED, Some("route.method-not-allowed"))
    );
}
