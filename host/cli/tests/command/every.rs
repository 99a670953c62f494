//! What every verb has in common: how it ends when the service is away, refuses, or cannot read what was typed.

use insta::assert_snapshot;
use serde_json::json;
use tokio::net::TcpListener;

use crate::command::run;
use crate::service::{ID, Reply, Service};
use crate::terminal::at_terminal;

/// Every verb that asks the service at once. `SET` stands for its components.
const VERBS: &[&[&str]] = &[
    &["status", "SET"],
    &["on", "SET"],
    &["off", "SET"],
    &["soft-off", "SET"],
    &["force-off", "SET"],
    &["soft-restart", "SET"],
    &["hard-restart", "SET"],
    &["init", "SET"],
    &["reset", "SET"],
    &["power-cycle", "SET"],
    &["full-power-cycle", "SET"],
    &["nmi", "SET"],
    &["plan", "off", "SET"],
    &["emergency-off", "SET", "--reason", "water"],
    &["queue", "SET"],
    &["cancel", ID, "SET"],
    &["cancel", "--components", "SET"],
    &["pause", ID, "SET"],
    &["resume", ID, "SET"],
    &["retry", ID, "SET"],
    &["hold", "SET", "--reason", "disk swap", "--until", "2h"],
    &["release", "SET"],
    &["resolve", "SET", "done"],
    &["cap", "show", "SET"],
    &["cap", "set", "SET", "500"],
    &["transition", "show", ID],
    &["transition", "watch", ID, "--reconnect-within", "0"],
    &["transition", "cancel", ID],
    &["transition", "failures", ID],
    &["transition", "list"],
    &["holds"],
    &["events"],
    &["audit"],
    &["health"],
    &["whoami"],
    &["tokens", "list"],
    &["drivers", "list"],
    &["endpoints", "list"],
];

fn with<'a>(verb: &[&'a str], set: &'a str) -> Vec<&'a str> {
    let words = verb.iter().map(|word| if *word == "SET" { set } else { word });
    words.collect()
}

#[tokio::test]
async fn a_service_that_is_away_makes_it_69() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", port.local_addr().unwrap());
    drop(port);
    for verb in VERBS {
        let arguments = with(verb, "x0c0s[0-1]b0n0");
        let ended = run(&url, &arguments).await;
        assert_eq!(ended.code, Some(69), "{arguments:?} {ended:?}");
        assert_eq!(ended.stdout, "", "{arguments:?}");
        let last = ended.stderr.lines().last().unwrap_or_default();
        assert!(last.contains("Connection refused"), "{arguments:?} {ended:?}");
    }
}

#[tokio::test]
async fn who_may_not_is_told_so_with_77() {
    let service = Service::start(|_, _| {
        let hint = "ask an administrator for a token with a stronger role";
        Reply::Json(
            403,
            json!({ "detail": "viewers may not do this", "code": "access.forbidden", "hint": hint }),
        )
    })
    .await;
    for verb in VERBS {
        let arguments = with(verb, "x0c0s0b0n0");
        let ended = run(&service.url, &arguments).await;
        assert_eq!(ended.code, Some(77), "{arguments:?} {ended:?}");
    }
}

#[tokio::test]
async fn a_refusal_names_everything_that_stands_in_the_way() {
    let service = Service::start(|_, _| {
        let problems = json!([
            { "code": "component.on-hold", "detail": "held by alice", "components": "x0c0s0b0n0", "count": 1 },
            { "code": "component.queue-full", "detail": "8 tasks are in line", "components": "x0c0s1b0n0", "count": 1 },
        ]);
        let detail = "the present state stands in the way, and nothing was done";
        let problem = json!({ "detail": detail, "code": "request.conflict", "problems": problems });
        Reply::Json(409, problem)
    })
    .await;
    assert_snapshot!(
        run(&service.url, &["off", "x0c0s[0-1]b0n0"])
            .await
            .shown(&service.url)
    );
    for verb in VERBS {
        let arguments = with(verb, "x0c0s0b0n0");
        let ended = run(&service.url, &arguments).await;
        assert_eq!(ended.code, Some(101), "{arguments:?} {ended:?}");
    }
}

#[tokio::test]
async fn a_set_that_cannot_be_read_makes_it_2_before_anything_is_changed() {
    let service = Service::start(|request, _| match request.line.as_str() {
        "GET /v2/holds" => Reply::Json(200, json!({ "holds": [] })),
        line => Reply::Json(
            500,
            json!({ "detail": format!("{line} should not have been asked") }),
        ),
    })
    .await;
    let mut told = Vec::new();
    for verb in VERBS.iter().filter(|verb| verb.contains(&"SET")) {
        let arguments = with(verb, "x0c0s[3-1]b0n0");
        let ended = run(&service.url, &arguments).await;
        assert_eq!(ended.code, Some(2), "{arguments:?} {ended:?}");
        told.push(ended.stderr);
    }
    told.dedup();
    assert_snapshot!(told.concat());
}

#[tokio::test]
async fn at_a_terminal_the_ends_are_the_same() {
    let service = Service::start(|_, _| {
        Reply::Json(
            404,
            json!({ "detail": "there is no such thing", "code": "transition.not-found" }),
        )
    })
    .await;
    for (arguments, code) in [
        (["off", "x0c0s[3-1]b0n0"], 2),
        (["off", "x0!x0"], 4),
        (["retry", ID], 4),
        (["cancel", ID], 4),
        (["queue", "x0c0s0b0n0"], 4),
    ] {
        let left = at_terminal(&service.url, &arguments).end().await;
        assert_eq!(left.code, Some(code), "{arguments:?} {left:?}");
    }
    let left = at_terminal("http://127.0.0.1:1", &["off", "x0c0s0b0n0"])
        .end()
        .await;
    assert_snapshot!(left.shown("http://127.0.0.1:1"));
}
