//! `events`, `audit`, `health`, `status -w` and `--jsonl`.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::command::{run, start};
use crate::service::{ID, Reply, Request, Service, member, plan_of, transition};

fn event(number: u32, kind: &str) -> Value {
    json!({
        "id": format!("log.{number}"), "at": "2026-11-21T10:00:02.123Z", "kind": kind, "component": "x0c0s0b0n0",
        "transition": ID, "data": { "outcome": "verified", "text": "seen off", "none": null },
    })
}

fn frame(event: &Value) -> String {
    let (id, kind) = (event["id"].as_str().unwrap(), event["kind"].as_str().unwrap());
    format!("id: {id}\nevent: {kind}\ndata: {event}\n\n")
}

#[tokio::test]
async fn the_last_events_are_shown() {
    let service = Service::start(|request: &Request, _| {
        assert_eq!(request.header("accept"), Some("application/json"));
        match request.line.as_str() {
            "GET /v2/events?component=x0c0s0b0n0&kind=task.&since=oldest&limit=10000" => {
                let events: Vec<Value> = (1..=5).map(|number| event(number, "task.ended")).collect();
                Reply::Json(200, json!({ "events": events, "next": "log.5" }))
            }
            _ => Reply::Json(200, json!({ "events": [], "next": "log.5" })),
        }
    })
    .await;
    let arguments = [
        "events",
        "--component",
        "x0c0s0b0n0",
        "--kind",
        "task.",
        "--limit",
        "2",
    ];
    assert_snapshot!(run(&service.url, &arguments).await.shown(&service.url));
}

#[tokio::test]
async fn events_are_followed_until_ctrl_c() {
    let service = Service::start(|_, before| match before {
        0 => Reply::Stream(format!("id: log.0\n\n{}", frame(&event(1, "task.ended")))),
        _ => Reply::Silence,
    })
    .await;
    let mut running = start(&service.url, &["events", "-f", "--jsonl"]);
    let line = running.line().await;
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["id"], "log.1");
    running.interrupt().await;
    assert_eq!(running.end().await.code, Some(0));
    assert_eq!(service.requests()[0].line, "GET /v2/events?since=now");
}

#[tokio::test]
async fn jsonl_gives_each_event_of_a_transition() {
    let service = Service::start(|request: &Request, before| match request.line.as_str() {
        "POST /v2/plans" => plan_of(request),
        "POST /v2/transitions" => transition("off", "new", &[]),
        line if line.ends_with("/events") => match before {
            0 => Reply::Text(503, "starting"),
            _ => Reply::Stream(format!(
                "{}{}event: end\ndata: {{\"transition\":\"{ID}\"}}\n\n",
                frame(&event(1, "task.accepted")),
                frame(&event(2, "task.ended")),
            )),
        },
        _ => transition(
            "off",
            "completed",
            &[member("x0c0s0b0n0", "succeeded", Some("verified"))],
        ),
    })
    .await;
    let ended = run(&service.url, &["off", "x0c0s0b0n0", "--jsonl"]).await;
    let kinds: Vec<String> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["kind"].to_string())
        .collect();
    assert_eq!(kinds, ["\"task.accepted\"", "\"task.ended\""], "{ended:?}");
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.stderr.ends_with("off: 1 verified in 2.5s\n"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn the_audit_says_who_did_what() {
    let service = Service::start(|_, _| {
        let entry = json!({
            "id": "7", "at": "2026-11-21T10:00:02.123Z", "who": "alice", "action": "transition.cancel", "target": ID,
            "reason": "wrong rack", "origin": "10.0.0.7", "requestId": "r", "detail": {},
        });
        Reply::Json(200, json!({ "entries": [entry], "next": "6" }))
    })
    .await;
    let ended = run(&service.url, &["audit", "--who", "alice", "--limit", "1"]).await;
    assert_snapshot!(ended.shown(&service.url));
    assert_eq!(service.requests()[0].line, "GET /v2/audit?limit=1&who=alice");
}

#[tokio::test]
async fn health_is_5_when_something_is_unwell() {
    let service = Service::start(|_, _| {
        let dependency = |name: &str, state: &str, reason: Option<&str>| {
            json!({
                "name": name, "state": state, "since": "2026-11-21T10:00:00.000Z", "reason": reason,
                "stops": "News of the inventory.", "goesOn": "Everything else.", "lasts": "Without end.",
            })
        };
        let all = [
            dependency("smd", "away", Some("connection refused")),
            dependency("database", "ok", None),
            dependency("jwks", "not-configured", None),
        ];
        Reply::Json(200, json!({ "dependencies": all }))
    })
    .await;
    assert_snapshot!(run(&service.url, &["health"]).await.shown(&service.url));
}

#[tokio::test]
async fn a_watched_status_tells_only_changes() {
    let service = Service::start(|request: &Request, _| match request.line.as_str() {
        "GET /v2/fleet/stream" => {
            let row = |name: Value, state: &str, available: bool| {
                json!([name, state, available, null, null, null, null, null, 0, null, []])
            };
            let counts = json!({
                "total": 3, "on": 3, "off": 0, "unknown": 0, "other": 0, "unavailable": 0, "busy": 0, "waiting": 0, "phases": {},
            });
            let snapshot = json!({
                "columns": [], "at": "2026-11-21T10:00:02.000Z", "counts": counts,
                "rows": [
                    row(json!("x0c0s0b0n0"), "on", true), row(json!("x0c0s1b0n0"), "on", true), row(json!("x9"), "on", true),
                ],
            });
            let delta = json!({
                "at": "2026-11-21T10:00:03.000Z", "counts": counts,
                "rows": [row(json!(0), "off", true), row(json!(1), "off", true), row(json!(2), "off", true)],
            });
            Reply::Stream(format!("event: snapshot\ndata: {snapshot}\n\nevent: delta\ndata: {delta}\n\n"))
        }
        line => Reply::Json(
            200,
            json!({
                "id": line.rsplit('/').next(), "kind": "node", "state": "on", "raw": "On", "available": true,
                "changedAt": "2026-11-21T10:00:02.000Z", "supported": [],
            }),
        ),
    })
    .await;
    let mut running = start(&service.url, &["status", "-w", "x0c0s[0-1]b0n0"]);
    let mut shown = Vec::new();
    for _ in 0..3 {
        shown.push(running.line().await);
    }
    running.interrupt().await;
    assert_eq!(running.end().await.code, Some(0));
    assert_snapshot!(shown.join("\n"));
}
