//! The plan before a power operation: what it shows, when it asks, and what stops it.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::command::run;
use crate::service::{ID, Reply, Request, Service, Verdict, member, plan_of, plan_with, transition};
use crate::terminal::at_terminal;

/// What a large request meets: some act, some are so, some are held, unable or unknown.
const MIXED: &[Verdict] = &[
    Verdict {
        name: "act",
        code: None,
        text: "it is switched",
        components: "x0c[0-1]s[0-7]b0n[0-3]",
    },
    Verdict {
        name: "already",
        code: None,
        text: "it is off already",
        components: "x0c2s[0-7]b0n0",
    },
    Verdict {
        name: "held",
        code: Some("component.on-hold"),
        text: "held by alice until 2026-11-21T18:00:00Z: disk swap",
        components: "x0c3s[0-1]b0n0",
    },
    Verdict {
        name: "refused",
        code: Some("component.not-found"),
        text: "the inventory holds no such component",
        components: "x9c0s0b0n0",
    },
];

/// Plans as the script says, and has done everything at once.
async fn service(plan: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Service {
    Service::start(move |request: &Request, _| match request.line.as_str() {
        "POST /v2/plans" => plan(request),
        "POST /v2/transitions" => transition("off", "new", &[]),
        line if line == format!("GET /v2/transitions/{ID}") => {
            let members = [
                member("x0c0s0b0n0", "succeeded", Some("verified")),
                member("x0c0s1b0n0", "succeeded", Some("already")),
            ];
            transition("off", "completed", &members)
        }
        line if line.starts_with("GET /v2/components?") => {
            let component = |id: &str| {
                json!({
                    "id": id, "kind": "node", "type": "Node", "controller": "x0c0s0b0", "state": "on", "raw": "On",
                    "available": true, "changedAt": "2026-11-21T10:00:02.000Z", "supported": [],
                })
            };
            let all: Vec<Value> = ["x0c0s0b0n0", "x0c0s1b0n0", "x0c1s0b0n0"].map(component).to_vec();
            Reply::Json(200, json!({ "components": all }))
        }
        line => Reply::Json(404, json!({ "detail": format!("{line} is not in the script") })),
    })
    .await
}

fn lines(service: &Service) -> Vec<String> {
    service
        .requests()
        .into_iter()
        .map(|request| request.line)
        .collect()
}

#[tokio::test]
async fn a_plan_tells_and_does_nothing() {
    let service = service(|_| plan_with("off", MIXED)).await;
    let ended = run(
        &service.url,
        &["plan", "off", "x0c[0-3]s[0-7]b0n[0-3],x9c0s0b0n0"],
    )
    .await;
    assert_snapshot!(ended.shown(&service.url));
    let ended = run(&service.url, &["off", "@all", "--dry-run", "--skip-refused"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let ended = run(
        &service.url,
        &["off", "@all", "--dry-run", "--json", "--skip-refused"],
    )
    .await;
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["expect"], 72);
    assert_eq!(lines(&service), ["POST /v2/plans"; 3]);
}

#[tokio::test]
async fn what_stands_in_the_way_is_told_in_a_word() {
    const HINDERED: [(&str, &str, &str); 5] = [
        ("act", "endpoint.breaker-open", "no answer"),
        ("blocked", "endpoint.breaker-open", "no login"),
        ("blocked", "driver.missing", "no driver"),
        ("blocked", "smd.locked", "locked"),
        ("blocked", "task.wrong-state", "blocked"),
    ];
    for (name, code, word) in HINDERED {
        let verdict = Verdict {
            name,
            code: Some(code),
            text: "the reason",
            components: "x0c0s0b0n0",
        };
        let service = service(move |_| plan_with("off", std::slice::from_ref(&verdict))).await;
        let ended = run(&service.url, &["plan", "off", "x0c0s0b0n0"]).await;
        let line = format!("  {word:<12}     1  x0c0s0b0n0: the reason");
        assert!(ended.stdout.lines().any(|told| told == line), "{ended:?}");
    }
}

#[tokio::test]
async fn what_is_in_flight_and_noted_is_told() {
    let service = service(|request| {
        let Reply::Json(status, mut plan) = plan_of(request) else {
            unreachable!()
        };
        plan["inFlight"] = json!([{
            "transition": ID, "operation": "soft-restart", "requestedBy": "alice", "count": 1, "components": "x0c0s0b0n0",
        }]);
        plan["waves"] = json!([
            { "wave": 1, "count": 1, "components": "x0c0s0b0n0" }, { "wave": 2, "count": 1, "components": "x0c0s1b0n0" },
        ]);
        plan["notices"] = json!([{
            "code": "children-left-out", "text": "what they feed loses its power", "components": "x0c0s0b0n[0-3]", "count": 4,
        }]);
        Reply::Json(status, plan)
    })
    .await;
    let ended = run(&service.url, &["plan", "off", "x0c0s[0-1]b0n0"]).await;
    assert_snapshot!(ended.shown(&service.url));
}

#[tokio::test]
async fn refused_components_stop_it_unless_they_are_skipped() {
    let service = service(|_| plan_with("off", MIXED)).await;
    let ended = run(&service.url, &["off", "@all"]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(101), ""), "{ended:?}");
    assert_eq!(
        ended.stderr.lines().last().unwrap(),
        "switchyard: 3 of 75 components are refused, and nothing was sent; --skip-refused goes on with the others"
    );
    assert_eq!(lines(&service), ["POST /v2/plans"]);
    let ended = run(&service.url, &["off", "@all", "--skip-refused"]).await;
    assert_snapshot!("skipped_components_make_it_5", ended.stdout);
    assert_eq!(ended.code, Some(5), "{ended:?}");
}

#[tokio::test]
async fn what_was_expected_must_be_so() {
    let service = service(plan_of).await;
    let ended = run(&service.url, &["off", "x0c0s[0-1]b0n0", "--expect", "3"]).await;
    assert_eq!(ended.code, Some(101), "{ended:?}");
    assert!(ended.stderr.ends_with(
        "switchyard: 2 components would be switched, and --expect says 3; nothing was sent; look at the plan again\n"
    ));
    assert_eq!(lines(&service), ["POST /v2/plans"]);
    let ended = run(&service.url, &["off", "x0c0s[0-1]b0n0", "--expect", "2"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[tokio::test]
async fn at_a_terminal_the_number_is_typed() {
    let service = service(|_| plan_with("off", &MIXED[..2])).await;
    let mut terminal = at_terminal(&service.url, &["off", "@all"]);
    terminal.answer("to go on: ", "72").await;
    let left = terminal.end().await;
    assert_snapshot!(left.shown(&service.url));
    assert_eq!(left.code, Some(0));
}

#[tokio::test]
async fn at_a_terminal_another_number_stops_it() {
    let service = service(|_| plan_with("off", &MIXED[..2])).await;
    let mut terminal = at_terminal(&service.url, &["off", "@all"]);
    terminal.answer("to go on: ", "yes").await;
    let left = terminal.end().await;
    assert_snapshot!(left.shown(&service.url));
    assert_eq!(lines(&service), ["POST /v2/plans"]);
    for agreed in [["-y"].as_slice(), &["--expect", "72"]] {
        let arguments = [["off", "@all"].as_slice(), agreed].concat();
        let left = at_terminal(&service.url, &arguments).end().await;
        assert_eq!(left.code, Some(0), "{left:?}");
    }
}

#[tokio::test]
async fn every_option_reaches_the_service() {
    let service = service(plan_of).await;
    let arguments = [
        "force-off",
        "x0c0s0b0n0",
        "x0c0s1b0n0",
        "--where",
        "power:on group:gpu",
        "--if-busy",
        "replace",
        "--skip-refused",
        "--force",
        "--max-failures",
        "5%",
        "--start-within",
        "2m",
        "--callback",
        "https://hook.example/a",
        "--no-wait",
    ];
    let ended = run(&service.url, &arguments).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let wanted = json!({
        "operation": "force-off", "components": ["x0c0s[0-1]b0n0"], "filter": "power:on group:gpu", "ifBusy": "replace",
        "onRefused": "skip", "include": "none", "force": true, "confirm": true, "maxFailures": "5%", "startWithinSeconds": 120,
        "callback": "https://hook.example/a",
    });
    assert_eq!(service.requests()[0].json(), wanted);
    for bad in [
        ["--max-failures", "many"],
        ["--max-failures", "101%"],
        ["--if-busy", "wait"],
        ["--start-within", "soon"],
        ["--idempotency-key", "a b"],
    ] {
        let ended = run(&service.url, &["off", "x0c0s0b0n0", bad[0], bad[1]]).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
    }
}

#[tokio::test]
async fn without_some_what_is_below_them_stays_out() {
    let service = service(plan_of).await;
    let ended = run(
        &service.url,
        &["off", "@all", "-x", "x0c1", "-x", "x0c0s1b0n0", "--no-wait"],
    )
    .await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        lines(&service),
        [
            "GET /v2/components?limit=2000&select=%40all",
            "GET /v2/components?limit=2000&select=x0c0s%5B0-1%5Db0n0%2Cx0c1s0b0n0",
            "POST /v2/plans",
            "POST /v2/transitions"
        ]
    );
    assert_eq!(service.requests()[2].json()["components"], json!(["x0c0s0b0n0"]));
    let none = run(&service.url, &["off", "@all", "-x", "x0c[0-1]", "--no-wait"]).await;
    assert_eq!(none.code, Some(4), "{none:?}");
}

#[tokio::test]
async fn what_the_service_cannot_read_is_a_mistake_of_the_caller() {
    let cases = [
        ("filter.invalid", "power: there is no state \"upp\"", 2),
        (
            "group.not-found",
            "the inventory holds no group @gpus; did you mean @gpu?",
            2,
        ),
        ("selection.empty", "the filter holds for none of them", 4),
        ("component.ambiguous", "several components have this name", 101),
    ];
    for (code, detail, exit) in cases {
        let service = service(move |_| {
            let problems = json!([{ "code": code, "detail": detail }]);
            Reply::Json(
                422,
                json!({ "detail": detail, "code": "request.refused", "problems": problems }),
            )
        })
        .await;
        let ended = run(&service.url, &["on", "--where", "power:upp"]).await;
        assert_eq!(ended.code, Some(exit), "{ended:?}");
        assert!(ended.stderr.contains(detail), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn the_key_is_shown_when_wanted() {
    let service = service(plan_of).await;
    let ended = run(&service.url, &["-v", "on", "x0c0s0b0n0", "--no-wait"]).await;
    let key = service.requests()[1]
        .header("idempotency-key")
        .unwrap()
        .to_owned();
    assert!(
        ended.stderr.contains(&format!("idempotency key {key}\n")),
        "{}",
        ended.stderr
    );
}
