//! Asking for a transition, following it, leaving it.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::command::{run, start, start_with_input};
use crate::interventions::cancelled;
use crate::service::{ID, PLAN, Reply, Request, Service, failed, member, plan_of, plan_with, transition};
use crate::terminal::at_terminal;

/// Takes every request for a transition, and shows it as the second script says.
async fn service(operation: &'static str, look: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Service {
    Service::start(move |request: &Request, before| match request.line.as_str() {
        "POST /v2/plans" if !is_of_groups(request) => plan_of(request),
        "POST /v2/plans" => plan_with(operation, &[]),
        "POST /v2/transitions" => transition(operation, "new", &[]),
        line if line == format!("GET /v2/transitions/{ID}") => look(before),
        line => Reply::Json(404, json!({ "detail": format!("{line} is not in the script") })),
    })
    .await
}

fn is_of_groups(request: &Request) -> bool {
    request.json()["components"].to_string().contains('@')
}

fn in_progress(operation: &str) -> Reply {
    transition(
        operation,
        "in-progress",
        &[
            member("x0c0s0b0n0", "in-progress", None),
            member("x0c0s1b0n0", "new", None),
        ],
    )
}

fn done(operation: &str, outcomes: [&str; 2]) -> Reply {
    let standing = |outcome: &str| {
        if matches!(outcome, "verified" | "already") {
            "succeeded"
        } else {
            "failed"
        }
    };
    let members: Vec<Value> = ["x0c0s0b0n0", "x0c0s1b0n0"]
        .into_iter()
        .zip(outcomes)
        .map(|(name, outcome)| member(name, standing(outcome), Some(outcome)))
        .collect();
    transition(operation, "completed", &members)
}

/// Progress without its times.
pub(crate) fn stable(shown: &str) -> String {
    let times = |line: &str| match line.split_once("s  ") {
        Some((time, rest)) if time.trim().parse::<f64>().is_ok() => format!("TIME  {rest}"),
        _ => line.to_owned(),
    };
    shown.lines().map(times).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn success_is_followed_to_the_end() {
    let service = service("off", |before| match before {
        0 => in_progress("off"),
        _ => done("off", ["verified", "already"]),
    })
    .await;
    let arguments = [
        "off",
        "x0c0s[0-1]b0n0",
        "--reason",
        "CHG0012",
        "--deadline-minutes",
        "-1",
    ];
    let ended = run(&service.url, &arguments).await;
    assert_snapshot!(stable(&ended.shown(&service.url)));
    let asked = &service.requests()[0];
    let wanted = json!({
        "operation": "off", "components": ["x0c0s[0-1]b0n0"], "deadlineMinutes": -1, "reason": "CHG0012", "confirm": true,
        "force": false, "ifBusy": "queue", "include": "none", "onRefused": "reject",
    });
    assert_eq!(asked.json(), wanted);
    assert_eq!(asked.header("x-request-id").unwrap().len(), 36);
    let executed = &service.requests()[1];
    assert_eq!(
        (
            executed.json()["plan"].as_str(),
            executed.json()["expect"].as_u64()
        ),
        (Some(PLAN), Some(2))
    );
    assert_eq!(executed.json()["reason"], "CHG0012");
    assert_eq!(
        executed.header("idempotency-key"),
        asked.header("idempotency-key")
    );
}

#[tokio::test]
async fn a_failed_node_makes_it_100() {
    let service = service("hard-restart", |_| {
        let members = [
            member("x0c0s0b0n0", "succeeded", Some("verified")),
            failed("x0c0s1b0n0", "bmc.refused", "x0c0s1b0n0: the chassis is locked"),
            failed("x0c0s2b0n0", "bmc.refused", "x0c0s2b0n0: the chassis is locked"),
            failed("x9c0s0b0n0", "component.not-found", "Missing xname"),
        ];
        transition("hard-restart", "completed", &members)
    })
    .await;
    let ended = run(&service.url, &["hard-restart", "x0c0s[0-2]b0n0,x9c0s0b0n0"]).await;
    assert_snapshot!(stable(&ended.shown(&service.url)));
}

#[tokio::test]
async fn a_cancelled_node_makes_it_5() {
    let service = service("off", |_| done("off", ["verified", "cancelled"])).await;
    let ended = run(&service.url, &["transition", "watch", ID]).await;
    assert_snapshot!(stable(&ended.shown(&service.url)));
}

#[tokio::test]
async fn json_is_one_document_alone() {
    let service = service("on", |_| done("on", ["verified", "timed-out"])).await;
    let ended = run(&service.url, &["on", "x0c0s[0-1]b0n0", "--json"]).await;
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        (
            document["id"].as_str(),
            document["members"][1]["outcome"].as_str()
        ),
        (Some(ID), Some("timed-out"))
    );
    assert_eq!(ended.code, Some(100));
    assert!(
        ended.stderr.contains("on: 1 verified, 1 failed in 2.5s"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn without_waiting_the_id_is_printed() {
    let service = service("init", |_| Reply::Cut).await;
    let ended = run(&service.url, &["init", "x0c0s0b0n0", "--no-wait"]).await;
    assert_snapshot!(ended.shown(&service.url));
    assert_eq!(service.requests().len(), 2);
}

#[tokio::test]
async fn ctrl_c_detaches_and_cancels_nothing() {
    let service = service("off", |_| in_progress("off")).await;
    let running = start(
        "http://127.0.0.1:1",
        &["off", "x0c0s[0-1]b0n0", "--server", &service.url],
    );
    service.wait_for(4).await;
    running.interrupt().await;
    let ended = running.end().await;
    assert_eq!(ended.code, Some(75), "{ended:?}");
    assert!(ended.stdout.is_empty());
    let last = format!(
        "detached, the work goes on; follow it with: switchyard --server {} transition watch {ID}\n",
        service.url
    );
    assert!(ended.stderr.ends_with(&last), "{}", ended.stderr);
    assert!(
        service
            .requests()
            .iter()
            .all(|request| !request.line.starts_with("DELETE"))
    );
}

#[tokio::test]
async fn ctrl_c_may_cancel_the_rest() {
    let cancel = format!("POST /v2/transitions/{ID}/cancel");
    let service = Service::start(move |request: &Request, before| match request.line.as_str() {
        "POST /v2/plans" => plan_of(request),
        "POST /v2/transitions" => transition("off", "new", &[]),
        line if line == cancel => {
            let nothing = json!({ "ending": [], "goingOn": [], "askedBefore": false });
            Reply::Json(202, nothing)
        }
        _ if before < 2 => in_progress("off"),
        _ => done("off", ["verified", "cancelled"]),
    })
    .await;
    let running = start(
        &service.url,
        &["off", "x0c0s[0-1]b0n0", "--on-interrupt", "cancel"],
    );
    service.wait_for(3).await;
    running.interrupt().await;
    let ended = running.end().await;
    assert_eq!(ended.code, Some(5), "{ended:?}");
    assert!(ended.stderr.contains("cancelling the rest"), "{}", ended.stderr);
    let asked = service
        .requests()
        .into_iter()
        .filter(|request| request.line.ends_with("/cancel"));
    assert_eq!(asked.count(), 1);
}

#[tokio::test]
async fn a_second_ctrl_c_ends_at_once() {
    let service = Service::start(move |request: &Request, _| match request.line.as_str() {
        "POST /v2/plans" => plan_of(request),
        "POST /v2/transitions" => transition("off", "new", &[]),
        line if line.ends_with("/cancel") => Reply::Silence,
        _ => in_progress("off"),
    })
    .await;
    let running = start(
        &service.url,
        &["off", "x0c0s[0-1]b0n0", "--on-interrupt", "cancel"],
    );
    service.wait_for(3).await;
    let ended = running.end_interrupted().await;
    assert_eq!(ended.code, Some(75), "{ended:?}");
}

#[tokio::test]
async fn after_the_wait_the_work_is_left_to_itself() {
    let service = service("off", |_| in_progress("off")).await;
    let ended = run(&service.url, &["off", "x0c0s[0-1]b0n0", "--wait=1", "--json"]).await;
    assert_eq!(ended.code, Some(75), "{ended:?}");
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["status"], "in-progress");
    assert!(
        ended.stderr.ends_with(&format!("transition watch {ID}\n")),
        "{}",
        ended.stderr
    );
    let one_look = run(&service.url, &["transition", "watch", ID, "--wait=0", "--json"]).await;
    assert_eq!(one_look.code, Some(75), "{one_look:?}");
    let document: Value = serde_json::from_str(&one_look.stdout).unwrap();
    assert_eq!(document["status"], "in-progress");
}

#[tokio::test]
async fn names_come_from_standard_input() {
    let service = service("on", |_| done("on", ["verified", "verified"])).await;
    let mut running = start_with_input(&service.url, &["on", "-", "x0c1s0b0n0", "--no-wait"]);
    running.feed("x0c0s0b0n0 x0c0s[1-2]b0n0 # all\n@gpu\n").await;
    let ended = running.end().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let sent = service.requests()[0].json();
    assert_eq!(sent["components"], json!(["x0c0s[0-2]b0n0,x0c1s0b0n0", "@gpu"]));
    let mut empty = start_with_input(&service.url, &["on", "-"]);
    empty.feed("# nothing\n").await;
    assert_eq!(empty.end().await.code, Some(4));
}

#[tokio::test]
async fn ctrl_c_twice_before_the_answer_gives_up() {
    let service = Service::start(|request, _| match request.line.as_str() {
        "POST /v2/plans" => plan_of(request),
        _ => Reply::Silence,
    })
    .await;
    let running = start(&service.url, &["off", "x0c0s0b0n0"]);
    service.wait_for(2).await;
    let ended = running.end_interrupted().await;
    assert_eq!(ended.code, Some(69), "{ended:?}");
    assert!(
        ended.stderr.contains("it may have been accepted"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn ctrl_c_twice_before_the_answer_gives_up_whatever_was_asked_for() {
    for arguments in [
        ["emergency-off", "x0c0s0b0n0", "--reason", "water", "-v"].as_slice(),
        &["retry", ID, "-v"],
        &["cap", "show", "x0c0s[0-1]b0n0", "-v"],
        &["cap", "set", "x0c0s0b0n0", "500", "-v"],
    ] {
        let service = Service::start(|_, _| Reply::Silence).await;
        let running = start(&service.url, arguments);
        service.wait_for(1).await;
        let begun = std::time::Instant::now();
        let ended = running.end_interrupted().await;
        assert!(begun.elapsed() < Duration::from_secs(20), "{arguments:?}");
        assert_eq!(ended.code, Some(69), "{ended:?}");
        let key = service.requests()[0]
            .header("idempotency-key")
            .unwrap()
            .to_owned();
        for told in [
            format!("idempotency key {key}\n"),
            "it may have been accepted".to_owned(),
        ] {
            assert!(ended.stderr.contains(&told), "{}", ended.stderr);
        }
    }
}

#[tokio::test]
async fn a_restart_of_the_service_is_outlived() {
    let service = service("off", |before| match before {
        0 => in_progress("off"),
        1 | 2 => Reply::Cut,
        3 => Reply::Json(503, json!({ "detail": "the service is starting", "status": 503 })),
        _ => done("off", ["verified", "verified"]),
    })
    .await;
    let ended = run(&service.url, &["off", "x0c0s[0-1]b0n0"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "off: 2 verified in 2.5s\n");
    assert_eq!(
        ended.stderr.matches("reconnecting: ").count(),
        1,
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("the service answers again"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn a_service_that_stays_away_ends_the_watch() {
    let service = service("off", |before| {
        if before == 0 {
            in_progress("off")
        } else {
            Reply::Cut
        }
    })
    .await;
    let ended = run(
        &service.url,
        &["off", "x0c0s[0-1]b0n0", "--reconnect-within", "1"],
    )
    .await;
    assert_eq!(ended.code, Some(69), "{ended:?}");
    let last = ended.stderr.lines().last().unwrap();
    assert!(last.starts_with("switchyard: lost the service for 1."), "{last}");
    assert!(
        last.ends_with(&format!("go on following with: switchyard transition watch {ID}")),
        "{last}"
    );
}

#[tokio::test]
async fn a_cancel_says_what_follows() {
    let service = Service::start(|request, before| {
        assert_eq!(request.line, format!("POST /v2/transitions/{ID}/cancel"));
        match before {
            0 => Reply::Json(202, cancelled()),
            _ => Reply::Json(
                409,
                json!({ "detail": "the transition has ended", "code": "transition.ended" }),
            ),
        }
    })
    .await;
    assert_snapshot!(
        run(&service.url, &["transition", "cancel", ID])
            .await
            .shown(&service.url)
    );
    assert_snapshot!(
        "a_late_cancel",
        run(&service.url, &["transition", "cancel", ID])
            .await
            .shown(&service.url)
    );
}

#[tokio::test]
async fn a_transition_is_shown_and_listed() {
    let row = json!({
        "id": ID, "operation": "soft-off", "status": "completed", "requestedBy": "alice", "reason": "CHG0012",
        "createdAt": "2026-11-21T10:00:02.123456Z",
        "counts": { "total": 2, "new": 0, "inProgress": 0, "failed": 1, "succeeded": 1, "unsupported": 0 },
    });
    let service = Service::start(move |request, _| match request.line.as_str() {
        "GET /v2/transitions?limit=2" => Reply::Json(200, json!({ "transitions": [row, row], "next": ID })),
        "GET /v2/transitions?limit=1000" => {
            Reply::Json(200, json!({ "transitions": [row, row], "next": "a b" }))
        }
        "GET /v2/transitions?limit=1000&cursor=a+b" => Reply::Json(200, json!({ "transitions": [row] })),
        "GET /v2/transitions?limit=20&requestedBy=alice&component=x0c0s0b0n0" => {
            Reply::Json(200, json!({ "transitions": [] }))
        }
        _ => done("soft-off", ["verified", "timed-out"]),
    })
    .await;
    assert_snapshot!(
        run(&service.url, &["transition", "show", ID])
            .await
            .shown(&service.url)
    );
    let list = async |options: &[&str]| run(&service.url, &[&["transition", "list"], options].concat()).await;
    assert_snapshot!("a_short_list", list(&["--limit", "2"]).await.shown(&service.url));
    let all = list(&["--limit", "0", "--json"]).await;
    let document: Value = serde_json::from_str(&all.stdout).unwrap();
    assert_eq!(document["transitions"].as_array().unwrap().len(), 3);
    let none = list(&["--by", "alice", "--component", "x0c0s0b0n0"]).await;
    assert_eq!((none.code, none.stdout.lines().count()), (Some(0), 1), "{none:?}");
}

#[tokio::test]
async fn what_is_included_is_asked_for_and_told() {
    let service = Service::start(move |request: &Request, _| match request.line.as_str() {
        "POST /v2/plans" => {
            let Reply::Json(status, mut plan) = plan_of(request) else {
                unreachable!()
            };
            plan["members"][1]["included"] = json!(true);
            Reply::Json(status, plan)
        }
        _ => transition("off", "in-progress", &[member("x0c0s0b0n0", "new", None)]),
    })
    .await;
    let arguments = ["off", "x0c0s[0-1]b0n0", "--include", "children", "--no-wait"];
    let ended = run(&service.url, &arguments).await;
    assert!(
        ended.stderr.contains("  with             1  x0c0s1b0n0\n"),
        "{}",
        ended.stderr
    );
    assert_eq!(service.requests()[0].json()["include"], "children");
}

#[tokio::test]
async fn at_a_terminal_the_summary_stays_and_the_bar_goes() {
    let service = service("off", |before| match before {
        0 => in_progress("off"),
        _ => transition(
            "off",
            "completed",
            &[
                member("x0c0s0b0n0", "succeeded", Some("verified")),
                failed("x0c0s1b0n0", "bmc.refused", "the chassis is locked"),
            ],
        ),
    })
    .await;
    let left = at_terminal(&service.url, &["off", "x0c0s[0-1]b0n0"]).end().await;
    assert_snapshot!(left.shown(&service.url));
}

#[tokio::test]
async fn at_a_terminal_ctrl_c_says_how_to_go_on() {
    let service = service("off", |_| in_progress("off")).await;
    let mut terminal = at_terminal(&service.url, &["off", "x0c0s[0-1]b0n0"]);
    terminal.see("1 verifying, 1 waiting").await;
    terminal.interrupt().await;
    let left = terminal.end().await;
    assert_snapshot!(left.shown(&service.url));
}

#[tokio::test]
async fn it_is_told_that_too_many_have_failed() {
    let service = service("off", |_| {
        let Reply::Json(status, mut transition) = done("off", ["timed-out", "cancelled"]) else {
            unreachable!()
        };
        transition["maxFailures"] = json!("5%");
        transition["maxFailuresStruckAt"] = json!("2026-11-21T10:00:03.000Z");
        Reply::Json(status, transition)
    })
    .await;
    let ended = run(&service.url, &["off", "x0c0s[0-1]b0n0", "--max-failures", "5%"]).await;
    assert_eq!(ended.code, Some(100), "{ended:?}");
    assert_snapshot!(ended.stdout);
    assert_snapshot!(
        "a_transition_of_which_too_many_failed",
        run(&service.url, &["transition", "show", ID]).await.stdout
    );
}
