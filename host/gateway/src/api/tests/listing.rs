//! Lists with their filters and pages, the audit, and what stands beside an outcome.

use http::{Method, StatusCode};
use serde_json::json;
use switchyard_wire::v2::{AuditPage, Component, ComponentList, Task, TransitionList};

use super::bench::{Answer, Bench};

const NODE: &str = "x0c0s0b0n0";

fn read<T: serde::de::DeserializeOwned>(answer: &Answer) -> T {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.text()))
}

#[tokio::test]
async fn transitions_are_listed_newest_first_by_pages_and_filters() {
    let bench = Bench::start(&["x0c0s0b0", "x0c0s1b0"]).await;
    let mut ids = Vec::new();
    for (caller, operation, node) in [
        ("alice", "off", NODE),
        ("bob", "on", NODE),
        ("alice", "off", "x0c0s1b0n0"),
    ] {
        let body = json!({"operation": operation, "components": [node]});
        let answer = bench.post(caller, "/v2/transitions", &body).await;
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        bench.until_status(&id, "completed").await;
        ids.insert(0, id);
    }
    let list = async |query: &str| -> Vec<String> {
        let list: TransitionList = read(&bench.get(&format!("/v2/transitions{query}")).await);
        list.transitions
            .into_iter()
            .map(|transition| transition.id)
            .collect()
    };
    assert_eq!(list("").await, ids);
    assert_eq!(list("?requestedBy=bob").await, ids[1..2]);
    assert_eq!(list("?operation=off&component=x0c0s0b0n0").await, ids[2..]);
    assert_eq!(list("?status=open").await, [""; 0]);
    let first: TransitionList = read(&bench.get("/v2/transitions?limit=2").await);
    assert_eq!(first.transitions[0].counts.succeeded, 1);
    let next = first.next.unwrap();
    assert_eq!(list(&format!("?limit=2&cursor={next}")).await, ids[2..]);
    for bad in [
        "?status=odd",
        "?operation=odd",
        "?component=nosuch",
        "?limit=0",
        "?odd=1",
        "?cursor=odd",
    ] {
        let answer = bench.get(&format!("/v2/transitions{bad}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
        assert_eq!(answer.json()["code"], "request.invalid-query");
    }
}

#[tokio::test]
async fn the_list_tells_cancelled_from_failed() {
    let bench = Bench::start(&["x0c0s0b0", "x0c0s1b0"]).await;
    bench.hardware.hold_readings(&["x0c0s0b0", "x0c0s1b0"]);
    let body = json!({"operation": "off", "components": ["x0c0s[0-1]b0n0"]});
    let id = bench.post("alice", "/v2/transitions", &body).await;
    let id = id.json()["id"].as_str().unwrap().to_owned();
    let listed = async || bench.get("/v2/transitions").await.json()["transitions"][0].clone();
    let open = listed().await["breakdown"].clone();
    let open: u64 = open
        .as_object()
        .unwrap()
        .values()
        .filter_map(serde_json::Value::as_u64)
        .sum();
    assert_eq!(open, 2);
    let path = format!("/v2/transitions/{id}/cancel");
    let asked = bench.post("alice", &path, &json!({})).await;
    assert!(asked.status.is_success(), "{}", asked.text());
    for bmc in ["x0c0s0b0", "x0c0s1b0"] {
        bench.hardware.give_readings(bmc);
    }
    bench.until_status(&id, "aborted").await;
    let listed = listed().await;
    let shown = bench.get(&format!("/v2/transitions/{id}")).await.json();
    assert_eq!(listed["breakdown"], shown["breakdown"]);
    assert_eq!(listed["breakdown"]["failed"], 0, "{listed}");
    assert_eq!(listed["breakdown"]["cancelled"], 2, "{listed}");
    assert_eq!(listed["counts"]["failed"], 2, "{listed}");
}

#[tokio::test]
async fn components_are_selected_by_set_and_state() {
    let bench = Bench::start(&["x0c0s0b0", "x0c0s1b0"]).await;
    let off = bench.switch("off", NODE).await;
    bench.until_status(&off, "completed").await;
    let list = async |query: &str| -> Vec<String> {
        let list: ComponentList = read(&bench.get(&format!("/v2/components?{query}")).await);
        list.components
            .into_iter()
            .map(|component| component.id)
            .collect()
    };
    assert_eq!(list("select=x0c0s%5B0-1%5Db0n0").await, [NODE, "x0c0s1b0n0"]);
    assert_eq!(list("state=off").await, [NODE]);
    assert_eq!(list("flag=uncertain").await, [""; 0]);
    let wrong = bench.get("/v2/components?select=nosuch").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for bad in ["state=odd", "flag=odd"] {
        assert_eq!(
            bench.get(&format!("/v2/components?{bad}")).await.status,
            StatusCode::BAD_REQUEST
        );
    }
}

#[tokio::test]
async fn an_end_says_whether_it_is_confirmed_and_by_what() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let id = bench.switch("off", NODE).await;
    bench.until_status(&id, "completed").await;
    let shown = bench.get(&format!("/v2/transitions/{id}")).await.json();
    assert_eq!(shown["members"][0]["confirmed"], true);
    let task = shown["members"][0]["task"].as_str().unwrap();
    let task: Task = read(&bench.get(&format!("/v2/tasks/{task}")).await);
    let outcome = task.outcome.unwrap();
    assert!(outcome.confirmed && outcome.confirmed_at.is_some());
    assert_eq!(
        outcome.evidence.as_deref(),
        Some("after the send the BMC reported \"Off\"")
    );
    assert_eq!(task.booted, None, "this BMC does not tell");
}

#[tokio::test]
async fn a_queue_has_a_now_and_a_next() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    bench.hardware.deafen("x0c0s0b0");
    let first = bench.switch("soft-off", NODE).await;
    bench
        .until("the shutdown was sent", || async {
            let body = bench.get(&format!("/v2/transitions/{first}")).await.json();
            (body["breakdown"]["verifying"] == 1).then_some(())
        })
        .await;
    bench.switch("on", NODE).await;
    let component: Component = read(&bench.get(&format!("/v2/components/{NODE}")).await);
    let queue = component.queue.unwrap();
    let places: Vec<_> = queue.iter().map(|entry| entry.place.as_str()).collect();
    assert_eq!(places, ["now", "next"]);
    let wait = queue[1].waiting_for.as_ref().unwrap();
    assert_eq!(wait.what, "turn");
    assert!(wait.text.contains(&queue[0].task), "{}", wait.text);
}

#[tokio::test]
async fn changes_of_both_versions_are_in_the_audit() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    bench.hardware.deafen("x0c0s0b0");
    let id = bench.switch("soft-off", NODE).await;
    let abort = bench
        .call(
            Method::DELETE,
            &format!("/v1/transitions/{id}"),
            axum::body::Body::empty(),
        )
        .await;
    assert_eq!(abort.status, StatusCode::ACCEPTED);
    let audit: AuditPage = read(&bench.get("/v2/audit").await);
    let actions: Vec<_> = audit.entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["transition.cancel", "transition.create"]);
    assert_eq!(
        (audit.entries[0].target.as_str(), audit.entries[1].target.as_str()),
        (id.as_str(), NODE)
    );
    assert!(
        audit
            .entries
            .iter()
            .all(|entry| entry.who == "anonymous" && !entry.request_id.is_empty())
    );
    let first: AuditPage = read(&bench.get("/v2/audit?limit=1").await);
    let next = first.next.unwrap();
    let second: AuditPage = read(&bench.get(&format!("/v2/audit?limit=1&cursor={next}")).await);
    assert_eq!(
        (second.entries[0].action.as_str(), second.next),
        ("transition.create", None)
    );
    assert_eq!(
        bench.get("/v2/audit?cursor=odd").await.status,
        StatusCode::BAD_REQUEST
    );
}
