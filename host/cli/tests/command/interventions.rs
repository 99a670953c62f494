//! Cancel, pause, resume, retry, hold, release, resolve, emergency-off.

use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::command::run;
use crate::service::{ID, Reply, Request, Service, component, failed, looked_up, member, transition};
use crate::terminal::{COLUMNS, at_terminal, at_terminal_with};

/// Answers one line, and shows transitions as ended.
async fn service(line: &'static str, status: u16, answer: Value) -> Service {
    Service::start(move |request: &Request, _| {
        if request.line == line {
            Reply::Json(status, answer.clone())
        } else if request.line.starts_with("GET /v2/transitions/") {
            let members = [
                member("x0c0s0b0n0", "succeeded", Some("verified")),
                failed("x0c0s1b0n0", "bmc.refused", "the chassis is locked"),
            ];
            transition("off", "completed", &members)
        } else if request.line.starts_with("GET /v2/components?") {
            let all = ["x0c0s0b0n0", "x0c0s1b0n0"].map(|id| component(id, "on"));
            Reply::Json(200, json!({ "components": all }))
        } else {
            Reply::Json(
                404,
                json!({ "detail": format!("{} is not in the script", request.line) }),
            )
        }
    })
    .await
}

pub(crate) fn cancelled() -> Value {
    let ending = |component: &str| json!({ "component": component, "task": "t", "transition": ID, "operation": "off", "phase": "queued" });
    json!({
        "ending": [ending("x0c0s0b0n0"), ending("x0c0s1b0n0")],
        "goingOn": [{
            "component": "x0c0s2b0n0", "task": "t",
            "wantedBy": [{ "transition": ID, "operation": "soft-off", "requestedBy": "alice" }],
        }],
        "askedBefore": false,
    })
}

#[tokio::test]
async fn a_cancel_tells_what_ends_and_for_whom_the_rest_goes_on() {
    let line = "POST /v2/transitions/019ab1f0-7c3e-7d10-a9a4-2c7e7b1f3a55/cancel";
    let service = service(line, 202, cancelled()).await;
    let arguments = ["cancel", ID, "x0c0s[0-2]b0n0", "--finish", "--reason", "CHG0013"];
    let ended = run(&service.url, &arguments).await;
    assert_snapshot!(ended.shown(&service.url));
    assert_eq!(
        service.requests()[0].json(),
        json!({ "components": ["x0c0s[0-2]b0n0"], "finish": true, "reason": "CHG0013" })
    );
}

#[tokio::test]
async fn a_cancel_of_components_is_about_any_transition() {
    let answer = json!({ "ending": [], "goingOn": [], "askedBefore": true });
    let service = service("POST /v2/components/cancel", 202, answer).await;
    let ended = run(&service.url, &["cancel", "--components", "x0c0s0b0n0", "@gpu"]).await;
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "cancelled before; nothing changed\n")
    );
    assert_eq!(
        service.requests()[0].json(),
        json!({ "components": ["x0c0s0b0n0", "@gpu"], "finish": false })
    );
    let ended = run(&service.url, &["cancel", "--where", "by:alice is:waiting"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(service.requests()[1].json()["filter"], "by:alice is:waiting");
    assert_eq!(run(&service.url, &["cancel"]).await.code, Some(2));
    let before = service.requests().len();
    for mixed in [
        ["--where", "by:alice", "--group", "bmc.locked"].as_slice(),
        &["-x", "x0c0s0b0n0", "--group", "bmc.locked"],
        &["--components", "x0c0s0b0n0", "--group", "bmc.locked"],
        &[ID, "--where", "by:alice"],
        &["--components", ID],
    ] {
        let ended = run(&service.url, &[["cancel"].as_slice(), mixed].concat()).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
    }
    assert_eq!(service.requests().len(), before);
}

#[tokio::test]
async fn pause_and_resume_tell_each_result_once() {
    let task = |component: &str, result: &str, text: Option<&str>| json!({ "component": component, "task": "t", "result": result, "text": text });
    let answer = json!({
        "tasks": [
            task("x0c0s0b0n0", "paused", None), task("x0c0s1b0n0", "paused", None),
            task("x0c0s2b0n0", "unchanged", Some("it is active")),
        ],
        "changed": 2, "unchanged": 1,
    });
    let line = "POST /v2/transitions/019ab1f0-7c3e-7d10-a9a4-2c7e7b1f3a55/pause";
    let service = service(line, 200, answer).await;
    let ended = run(&service.url, &["pause", ID]).await;
    assert_snapshot!(ended.shown(&service.url));
    assert_eq!(run(&service.url, &["resume", ID]).await.code, Some(4));
}

pub(crate) fn retried() -> Value {
    let members = [
        member("x0c0s0b0n0", "new", None),
        member("x0c0s1b0n0", "new", None),
    ];
    let Reply::Json(_, transition) = transition("off", "new", &members) else {
        unreachable!()
    };
    json!({
        "transition": transition,
        "leftOut": [
            { "why": "succeeded", "text": "it is as it was asked for", "count": 6, "components": "x0c0s[2-7]b0n0" },
            { "why": "uncertain", "text": "resolve it first", "count": 1, "components": "x0c1s0b0n0" },
        ],
    })
}

#[tokio::test]
async fn a_retry_is_followed_to_its_end() {
    let line = "POST /v2/transitions/019ab1f0-7c3e-7d10-a9a4-2c7e7b1f3a55/retry";
    let service = service(line, 202, retried()).await;
    let ended = run(&service.url, &["retry", ID, "--group", "f3a9c1e7"]).await;
    let stable: Vec<&str> = ended.stderr.lines().filter(|line| !line.contains("% ")).collect();
    assert_snapshot!(stable.join("\n"));
    assert_eq!(ended.code, Some(100), "{ended:?}");
    assert_eq!(
        service.requests()[0].json(),
        json!({ "group": "f3a9c1e7", "force": false })
    );
    let left = run(&service.url, &["retry", ID, "--no-wait"]).await;
    assert_eq!((left.code, left.stdout), (Some(0), format!("{ID}\n")));
}

#[tokio::test]
async fn failures_are_retried_by_their_code() {
    let service = Service::start(|request: &Request, _| {
        if request.line.ends_with("/failures") {
            let group = |fingerprint: &str, code: &str| {
                json!({
                    "fingerprint": fingerprint, "code": code, "text": "the chassis of … is locked",
                    "example": "the chassis of x0c0s0b0n0 is locked", "count": 3, "components": "x0c0s[0-2]b0n0", "ended": 3,
                    "retryable": 2, "hint": "lift the lock at the BMC",
                })
            };
            let groups = [group("a1", "bmc.locked"), group("b2", "bmc.timeout"), group("c3", "bmc.timeout")];
            return Reply::Json(200, json!({ "groups": groups }));
        }
        Reply::Json(202, retried())
    })
    .await;
    let shown = run(&service.url, &["transition", "failures", ID]).await;
    assert_snapshot!(shown.shown(&service.url));
    let retried = run(&service.url, &["retry", ID, "--group", "bmc.locked", "--no-wait"]).await;
    assert_eq!(retried.code, Some(0), "{retried:?}");
    assert_eq!(service.requests().last().unwrap().json()["group"], "a1");
    for (code, exit) in [("bmc.timeout", 2), ("bmc.other", 4)] {
        let unclear = run(&service.url, &["retry", ID, "--group", code, "--no-wait"]).await;
        assert_eq!(unclear.code, Some(exit), "{unclear:?}");
    }
}

pub(crate) fn hold(id: &str, components: &str, count: u32) -> Value {
    json!({
        "id": id, "components": components, "count": count, "reason": "disk swap", "by": "alice",
        "at": "2026-11-21T10:00:00.000Z", "until": "2026-11-21T12:00:00.000Z", "allow": ["bob"],
    })
}

#[tokio::test]
async fn a_hold_is_placed_and_its_id_printed() {
    let mut answer = hold("h1", "x0c0s[0-1]b0n0", 2);
    answer["goesOn"] = json!("x0c0s0b0n0");
    let service = service("POST /v2/holds", 201, answer).await;
    let until = "2026-11-21T12:00:00Z";
    let arguments = [
        "hold",
        "x0c0s[0-1]b0n0",
        "--reason",
        "disk swap",
        "--until",
        until,
        "--allow",
        "bob",
    ];
    let ended = run(&service.url, &arguments).await;
    assert_snapshot!(ended.shown(&service.url));
    assert_eq!(
        service.requests()[0].json(),
        json!({ "components": ["x0c0s[0-1]b0n0"], "reason": "disk swap", "until": until, "allow": ["bob"] })
    );
    let spanless = run(
        &service.url,
        &["hold", "x0", "--reason", "a", "--until", "tomorrow"],
    )
    .await;
    assert_eq!(spanless.code, Some(2), "{spanless:?}");
    assert_eq!(
        run(&service.url, &["hold", "x0", "--until", "2h"]).await.code,
        Some(2)
    );
}

#[tokio::test]
async fn holds_are_listed_and_released() {
    let service = Service::start(|request, _| match request.line.as_str() {
        "GET /v2/holds" => Reply::Json(
            200,
            json!({ "holds": [hold("h1", "x0c0s[0-1]b0n0", 2), hold("h2", "x0c0s[2-7]b0n0", 6)] }),
        ),
        "DELETE /v2/holds/h1" => Reply::Json(200, hold("h1", "x0c0s[0-1]b0n0", 2)),
        // Two have another name as well.
        line if line.starts_with("GET /v2/components?") => looked_up(line, |name| match name {
            "node000" | "node001" => Some(name.replace("node00", "x0c0s") + "b0n0"),
            "x0c0s0b0n0" | "x0c0s1b0n0" | "x0c0s2b0n0" => Some(name.to_owned()),
            _ => None,
        }),
        _ => Reply::Json(404, json!({ "detail": "there is no such hold" })),
    })
    .await;
    assert_snapshot!(run(&service.url, &["holds"]).await.shown(&service.url));
    let told = "released h1: 2 components (x0c0s[0-1]b0n0)\n";
    for targets in [
        ["h1"].as_slice(),
        &["x0c0s0b0n0", "x0c0s1b0n0"],
        &["node[000-001]"],
        &["node000", "x0c0s1b0n0"],
    ] {
        let arguments = [["release"].as_slice(), targets, &["--reason", "done"]].concat();
        let ended = run(&service.url, &arguments).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), told), "{ended:?}");
    }
    let part = run(&service.url, &["release", "x0c0s2b0n0"]).await;
    assert_eq!(part.code, Some(101), "{part:?}");
    assert!(
        part.stderr.contains("hold h2 is also on x0c0s[3-7]b0n0"),
        "{}",
        part.stderr
    );
    assert_eq!(run(&service.url, &["release", "x1"]).await.code, Some(4));
    assert_eq!(run(&service.url, &["release", ID]).await.code, Some(4));
}

#[tokio::test]
async fn what_is_uncertain_is_resolved() {
    let answer = json!({ "count": 1, "components": "x0c0s0b0n0", "unchanged": "x0c0s1b0n0" });
    let service = service("POST /v2/components/resolve", 200, answer).await;
    let ended = run(
        &service.url,
        &["resolve", "x0c0s[0-1]b0n0", "not-done", "--reason", "looked"],
    )
    .await;
    assert_snapshot!(ended.shown(&service.url));
    assert_eq!(
        service.requests()[0].json(),
        json!({ "components": ["x0c0s[0-1]b0n0"], "verdict": "not-done", "reason": "looked" })
    );
    assert_eq!(
        run(&service.url, &["resolve", "x0c0s0b0n0", "perhaps"])
            .await
            .code,
        Some(2)
    );
}

#[tokio::test]
async fn an_emergency_always_asks_at_a_terminal() {
    let Reply::Json(_, accepted) = transition("force-off", "new", &[]) else {
        unreachable!()
    };
    let service = service("POST /v2/emergency-off", 202, accepted).await;
    let arguments = ["emergency-off", "@row", "--reason", "water below CDU 3"];
    let mut terminal = at_terminal(&service.url, &[&arguments[..], &["--expect", "2"]].concat());
    terminal.answer("to go on: ", "2").await;
    let left = terminal.end().await;
    assert_snapshot!(left.shown(&service.url));
    let sent = json!({ "components": ["x0c0s[0-1]b0n0"], "reason": "water below CDU 3", "expect": 2 });
    assert_eq!(service.requests()[1].json(), sent);
    let mut terminal = at_terminal(&service.url, &arguments);
    terminal.answer("to go on: ", "y").await;
    assert_eq!(terminal.end().await.code, Some(101));
    let other = run(&service.url, &[&arguments[..], &["--expect", "3"]].concat()).await;
    assert_eq!(other.code, Some(101), "{other:?}");
    let piped = run(&service.url, &arguments).await;
    assert_eq!(piped.code, Some(100), "{piped:?}");
}

#[tokio::test]
async fn the_question_comes_to_the_terminal_also_where_errors_go_elsewhere() {
    let Reply::Json(_, accepted) = transition("force-off", "new", &[]) else {
        unreachable!()
    };
    let service = service("POST /v2/emergency-off", 202, accepted).await;
    let arguments = ["emergency-off", "x0c0s[0-1]b0n0", "--reason", "water"];
    let mut terminal = at_terminal_with(&service.url, &arguments, COLUMNS, Some(Stdio::null()));
    terminal.answer("to go on: ", "3").await;
    let left = terminal.end().await;
    assert_eq!(left.code, Some(101), "{left:?}");
    assert!(
        left.screen
            .starts_with("emergency-off 2 components: x0c0s[0-1]b0n0\nEMERGENCY OFF cuts"),
        "{left:?}"
    );
    assert!(service.requests().is_empty());
    let mut terminal = at_terminal_with(&service.url, &arguments, COLUMNS, Some(Stdio::null()));
    terminal.answer("to go on: ", "2").await;
    assert_eq!(terminal.end().await.code, Some(100));
}

#[tokio::test]
async fn a_filter_alone_means_no_bmc_unless_it_asks_for_them() {
    let service = Service::start(|request: &Request, _| {
        if !request.line.starts_with("GET ") {
            return Reply::Json(404, json!({ "detail": "seen" }));
        }
        let mut bmc = component("x0c0s0b0", "on");
        bmc["kind"] = json!("controller");
        let mut rack = component("x0", "on");
        rack["controller"] = Value::Null;
        Reply::Json(
            200,
            json!({ "components": [rack, bmc, component("x0c0s0b0n0", "on"), component("x0c0s1b0n0", "on")] }),
        )
    })
    .await;
    for (filter, components) in [
        ("power:on", "x0c0s[0-1]b0n0"),
        ("kind:controller,node", "x0,x0c0s0b0,x0c0s[0-1]b0n0"),
    ] {
        for verb in [
            ["emergency-off", "--reason", "water"].as_slice(),
            &["cap", "show"],
        ] {
            let ended = run(&service.url, &[verb, &["--where", filter]].concat()).await;
            assert_eq!(ended.code, Some(4), "{ended:?}");
            let sent = service.requests().pop().unwrap();
            assert_eq!(sent.json()["components"], json!([components]), "{verb:?}");
        }
    }
}
