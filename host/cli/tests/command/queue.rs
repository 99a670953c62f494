//! `queue`.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::command::run;
use crate::service::{ID, Reply, Request, Service};

fn entry(place: &str, operation: &str, by: &str, waits: Option<&str>) -> Value {
    json!({
        "task": "t", "transition": ID, "operation": operation, "phase": if place == "now" { "verifying" } else { "queued" },
        "requestedBy": by, "place": place, "sharedBy": if by == "bob" { 2 } else { 1 },
        "waitingFor": waits.map(|text| json!({ "what": "turn", "text": text })), "createdAt": "2026-11-21T10:00:02.000Z",
    })
}

fn component(id: &str, queue: &[Value]) -> Reply {
    Reply::Json(
        200,
        json!({
            "id": id, "kind": "node", "state": "on", "raw": "On", "available": true,
            "changedAt": "2026-11-21T10:00:02.000Z", "supported": [], "queue": queue,
        }),
    )
}

async fn fleet() -> Service {
    Service::start(|request: &Request, _| {
        let busy = [
            entry("now", "off", "alice", Some("a reading that shows it")),
            entry("next", "on", "bob", Some("its turn")),
        ];
        match request.line.as_str() {
            "GET /v2/fleet/stream" => {
                let row = |id: &str, operation: Value| {
                    json!([id, "on", true, null, operation, null, null, null, 0, null, []])
                };
                let snapshot = json!({
                    "columns": [], "at": "2026-11-21T10:00:02.000Z",
                    "rows": [
                        row("x0c0s0b0n0", json!("off")), row("x0c0s1b0n0", json!("off")), row("x0c0s2b0n0", Value::Null),
                    ],
                    "counts": {
                        "total": 3, "on": 3, "off": 0, "unknown": 0, "other": 0, "unavailable": 0, "busy": 2, "waiting": 2,
                        "phases": {},
                    },
                });
                Reply::Stream(format!("event: snapshot\ndata: {snapshot}\n\n"))
            }
            "GET /v2/components/x0c0s0b0n0" => component("x0c0s0b0n0", &busy),
            "GET /v2/components/x0c0s1b0n0" => component("x0c0s1b0n0", &busy),
            "GET /v2/components/x0c0s2b0n0" => component("x0c0s2b0n0", &[]),
            _ => Reply::Json(404, json!({ "detail": "the inventory holds no such component" })),
        }
    })
    .await
}

#[tokio::test]
async fn of_the_whole_fleet_those_with_work_are_shown() {
    let service = fleet().await;
    assert_snapshot!(run(&service.url, &["queue"]).await.shown(&service.url));
    assert_eq!(service.requests().len(), 3);
}

#[tokio::test]
async fn what_is_cut_makes_it_5() {
    let service = Service::start(|request: &Request, _| {
        let id = request.line.rsplit('/').next().unwrap();
        component(id, &[])
    })
    .await;
    let ended = run(&service.url, &["queue", "n[1-2001]", "--json"]).await;
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert!(
        ended.stderr.starts_with("1 more components are not shown"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn of_those_that_are_named_all_are_shown() {
    let service = fleet().await;
    assert_snapshot!(
        run(&service.url, &["queue", "x0c0s[0-3]b0n0"])
            .await
            .shown(&service.url)
    );
    assert_eq!(run(&service.url, &["queue", "x9"]).await.code, Some(4));
    let ended = run(&service.url, &["queue", "x0c0s0b0n0", "--json"]).await;
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["components"][0]["queue"][1]["requestedBy"], "bob");
}
