//! `events`, `audit`, `health`, `status -w` and `--jsonl`.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::command::{run, start};
use crate::service::{ID, Reply, Request, Service, member, plan_of, transition};
use crate::terminal::at_terminal;

pub(crate) fn event(number: u32, kind: &str) -> Value {
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
async fn an_empty_page_of_a_long_log_is_not_the_last() {
    let service = Service::start(|request: &Request, _| {
        let since = request.line.split("since=").nth(1).unwrap();
        let (events, next) = match since.split('&').next().unwrap() {
            "oldest" => (vec![], "log.20000"),
            "log.20000" => (vec![event(20_001, "task.ended")], "log.20001"),
            _ => (vec![], "log.20001"),
        };
        Reply::Json(200, json!({ "events": events, "next": next }))
    })
    .await;
    let ended = run(&service.url, &["events", "--kind", "task.ended", "--jsonl"]).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    let found: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(found["id"], "log.20001");
}

#[tokio::test]
async fn a_log_that_is_not_read_to_its_end_says_where_to_go_on() {
    let service = Service::start(|request: &Request, _| {
        let since = request.line.split("since=").nth(1).unwrap();
        let number: u32 = since
            .trim_start_matches("log.")
            .split('&')
            .next()
            .unwrap()
            .parse()
            .unwrap_or(0);
        Reply::Json(
            200,
            json!({ "events": [], "next": format!("log.{}", number + 1) }),
        )
    })
    .await;
    let ended = run(&service.url, &["events", "--kind", "task.ended"]).await;
    let told = "the log is longer than what was read; go on with --since log.200\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), told), "{ended:?}");
}

#[tokio::test]
async fn events_end_when_nobody_reads_them_any_more() {
    // More than a pipe holds, so that the command still writes when its reader leaves.
    let frames: Vec<String> = (1..4_000)
        .map(|number| frame(&event(number, "task.ended")))
        .collect();
    let frames = frames.concat();
    let service = Service::start(move |_, _| Reply::Stream(frames.clone())).await;
    for form in [["events", "-f"].as_slice(), &["events", "-f", "--jsonl"]] {
        let mut running = start(&service.url, form);
        running.line().await;
        running.stop_reading();
        let ended = running.end().await;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    }
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
async fn at_a_terminal_each_event_stays_on_the_screen() {
    let service = Service::start(|request: &Request, before| match request.line.as_str() {
        line if line.ends_with("/events") => Reply::Stream(format!(
            "{}{}event: end\ndata: {{\"transition\":\"{ID}\"}}\n\n",
            frame(&json!({ "id": "log.1", "kind": "task.accepted" })),
            frame(&json!({ "id": "log.2", "kind": "task.ended" })),
        )),
        _ if before < 3 => transition("off", "in-progress", &[member("x0c0s0b0n0", "in-progress", None)]),
        _ => transition(
            "off",
            "completed",
            &[member("x0c0s0b0n0", "succeeded", Some("verified"))],
        ),
    })
    .await;
    let left = at_terminal(&service.url, &["transition", "watch", ID, "--jsonl"])
        .end()
        .await;
    for id in ["log.1", "log.2"] {
        assert!(
            left.screen.contains(&format!("\"id\":\"{id}\"")),
            "{}",
            left.screen
        );
    }
    assert_eq!(left.code, Some(0));
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

/// A fleet of three that are on, and then change to each of these states.
async fn changing(states: Vec<&'static str>) -> Service {
    Service::start(move |request: &Request, _| match request.line.as_str() {
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
            let deltas = states.iter().map(|state| {
                let delta = json!({
                    "at": "2026-11-21T10:00:03.000Z", "counts": counts,
                    "rows": [row(json!(0), state, true), row(json!(1), state, true), row(json!(2), state, true)],
                });
                format!("event: delta\ndata: {delta}\n\n")
            });
            let deltas: String = deltas.collect();
            Reply::Stream(format!("event: snapshot\ndata: {snapshot}\n\n{deltas}"))
        }
        line => Reply::Json(
            200,
            json!({
                "id": line.rsplit('/').next(), "kind": "node", "state": "on", "raw": "On", "available": true,
                "changedAt": "2026-11-21T10:00:02.000Z", "supported": [],
            }),
        ),
    })
    .await
}

#[tokio::test]
async fn a_watched_status_ends_when_nobody_reads_it_any_more() {
    let service = changing(["off", "on"].repeat(2_000)).await;
    for form in ["fold", "json", "name"] {
        let mut running = start(&service.url, &["status", "-w", "x0c0s[0-1]b0n0", "-o", form]);
        running.line().await;
        running.stop_reading();
        let ended = running.end().await;
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(0), ""),
            "{form} {ended:?}"
        );
    }
}

#[tokio::test]
async fn a_watched_status_is_one_document_on_each_line() {
    let service = changing(vec!["off"]).await;
    let mut running = start(&service.url, &["status", "-w", "x0c0s[0-1]b0n0", "--json"]);
    let first: Value = serde_json::from_str(&running.line().await).unwrap();
    assert_eq!(first["components"].as_array().unwrap().len(), 2);
    let change: Value = serde_json::from_str(&running.line().await).unwrap();
    assert_eq!(change["before"], "on");
    running.interrupt().await;
    assert_eq!(running.end().await.code, Some(0));
}

#[tokio::test]
async fn a_watched_status_tells_only_changes() {
    let service = changing(vec!["off"]).await;
    let mut running = start(&service.url, &["status", "-w", "x0c0s[0-1]b0n0"]);
    let mut shown = Vec::new();
    for _ in 0..3 {
        shown.push(running.line().await);
    }
    running.interrupt().await;
    assert_eq!(running.end().await.code, Some(0));
    assert_snapshot!(shown.join("\n"));
}
