//! `cap`.

use insta::assert_snapshot;
use serde_json::{Value, json};
use switchyard_xname::NameSet;

use crate::command::{run, start};
use crate::service::{ID, Reply, Request, Service, component, looked_up};

pub(crate) fn limit(watts: Option<f64>) -> Value {
    json!({
        "id": "/redfish/v1/Controls/NodePowerLimit", "name": "Node Power Limit", "watts": watts, "min": 764.0,
        "max": 2754.5, "mode": "automatic", "writable": true,
    })
}

pub(crate) fn member(name: &str, standing: &str, outcome: &str, now: Option<f64>) -> Value {
    json!({
        "name": name, "component": name, "standing": standing, "outcome": outcome, "description": format!("{name}: {outcome}"),
        "now": now.map(|watts| json!({ "at": "2026-11-21T10:00:04.000Z", "limits": [limit(Some(watts))] })),
    })
}

pub(crate) fn configuration(status: &str, members: &[Value]) -> Reply {
    Reply::Json(
        202,
        json!({
            "id": ID, "track": "limits", "status": status, "requestedBy": "anonymous", "requestId": "r",
            "createdAt": "2026-11-21T10:00:02.000Z", "members": members,
            "counts": { "total": 2, "new": 0, "inProgress": 0, "failed": 0, "succeeded": 0, "unsupported": 0 },
        }),
    )
}

#[tokio::test]
async fn the_limits_of_one_are_read_at_once() {
    let service = Service::start(|_, _| {
        Reply::Json(
            200,
            json!({
                "component": "x0c0s0b0n0", "readAt": "2026-11-21T10:00:04.000Z",
                "limits": [limit(Some(1785.0)), limit(None)],
            }),
        )
    })
    .await;
    assert_snapshot!(
        run(&service.url, &["cap", "show", "x0c0s0b0n0"])
            .await
            .shown(&service.url)
    );
    assert_eq!(service.requests()[0].line, "GET /v2/components/x0c0s0b0n0/limits");
}

#[tokio::test]
async fn the_limits_of_many_are_read_by_one_request() {
    let service = Service::start(|request: &Request, _| {
        if request.line == "POST /v2/configurations" {
            return configuration("in-progress", &[]);
        }
        let mut away = member("x0c0s2b0n0", "failed", "failed", None);
        away["failure"] = json!({ "code": "bmc.unreachable", "codes": [], "text": "no answer" });
        let read = |name: &str| member(name, "succeeded", "read", Some(1785.0));
        configuration("completed", &[read("x0c0s0b0n0"), read("x0c0s1b0n0"), away])
    })
    .await;
    let ended = run(&service.url, &["cap", "show", "x0c0s[0-2]b0n0"]).await;
    assert_snapshot!(ended.shown(&service.url));
    let sent = service.requests()[0].json();
    assert_eq!(
        (&sent["read"], &sent["onRefused"]),
        (&json!("limits"), &json!("skip"))
    );
}

#[tokio::test]
async fn limits_are_set_and_followed() {
    let service = Service::start(|request: &Request, _| match request.line.as_str() {
        "POST /v2/configurations" => configuration("in-progress", &[]),
        _ => configuration(
            "completed",
            &[
                member("x0c0s0b0n0", "succeeded", "verified", Some(1500.0)),
                member("x0c0s1b0n0", "succeeded", "already", Some(1500.0)),
            ],
        ),
    })
    .await;
    let arguments = [
        "cap",
        "set",
        "x0c0s[0-1]b0n0",
        "Node Power Limit=1500",
        "--reason",
        "CHG0014",
    ];
    let ended = run(&service.url, &arguments).await;
    assert_snapshot!(ended.shown(&service.url));
    let sent = service.requests()[0].json();
    assert_eq!(
        sent["limits"],
        json!([{ "name": "Node Power Limit", "watts": 1500.0 }])
    );
    assert_eq!(
        (&sent["reason"], &sent["dryRun"]),
        (&json!("CHG0014"), &json!(false))
    );
    let left = run(
        &service.url,
        &["cap", "set", "x0c0s[0-1]b0n0", "off", "--no-wait"],
    )
    .await;
    assert_eq!((left.code, left.stdout), (Some(0), format!("{ID}\n")));
    let told = format!("accepted; follow it with: switchyard cap watch {ID}\n");
    assert_eq!(left.stderr, told);
    let watched = run(&service.url, &["cap", "watch", ID]).await;
    assert_eq!(
        (watched.code, &watched.stdout),
        (Some(0), &ended.stdout),
        "{watched:?}"
    );
    assert_eq!(
        run(&service.url, &["cap", "set", "x0c0s0b0n0", "much"])
            .await
            .code,
        Some(2)
    );
}

#[tokio::test]
async fn whoever_stops_following_is_told_how_to_go_on() {
    let service = Service::start(|_, _| configuration("in-progress", &[])).await;
    let running = start(&service.url, &["cap", "set", "x0c0s[0-1]b0n0", "500"]);
    service.wait_for(2).await;
    running.interrupt().await;
    let ended = running.end().await;
    assert_eq!(ended.code, Some(75), "{ended:?}");
    let told = format!("detached, the work goes on; follow it with: switchyard cap watch {ID}\n");
    assert!(ended.stderr.ends_with(&told), "{}", ended.stderr);
}

#[tokio::test]
async fn a_filter_alone_is_about_the_whole_fleet() {
    let service = Service::start(|request: &Request, _| match request.line.as_str() {
        "POST /v2/configurations" => configuration("completed", &[]),
        "POST /v2/components/resolve" => Reply::Json(
            200,
            json!({ "count": 1, "components": "x0c0s0b0n0", "unchanged": "" }),
        ),
        _ => Reply::Json(200, json!({ "components": [component("x0c0s0b0n0", "on")] })),
    })
    .await;
    for arguments in [
        ["cap", "set", "500", "--where", "group:gpu"].as_slice(),
        &["resolve", "done", "--where", "flag:uncertain"],
    ] {
        let ended = run(&service.url, arguments).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let sent = service.requests().pop().unwrap().json();
        assert_eq!(sent["components"], json!(["x0c0s0b0n0"]));
    }
    let before = service.requests().len();
    for arguments in [
        ["cap", "set", "500"].as_slice(),
        &["resolve", "done"],
        &["resolve", "x0c0s0b0n0"],
    ] {
        let ended = run(&service.url, arguments).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
    }
    assert_eq!(service.requests().len(), before);
}

#[tokio::test]
async fn a_dry_run_tells_what_would_become() {
    let service = Service::start(|_, _| {
        let mut refused = member("x0c0s1b0n0", "failed", "refused", None);
        refused["problems"] = json!([{ "code": "limit.out-of-range", "text": "5 W is below 764 W" }]);
        let fits =
            json!({ "name": "x0c0s0b0n0", "component": "x0c0s0b0n0", "standing": "new", "description": "" });
        Reply::Json(200, json!({ "track": "limits", "members": [fits, refused] }))
    })
    .await;
    let ended = run(&service.url, &["cap", "set", "x0c0s[0-1]b0n0", "5", "--dry-run"]).await;
    assert_snapshot!(ended.shown(&service.url));
}

#[tokio::test]
async fn a_filter_narrows_many_names_that_are_no_ids() {
    let letters = || ('a'..='z').flat_map(|a| ('a'..='z').map(move |b| format!("machine-{a}{b}")));
    let id = |index: usize| format!("x0c0s{index}b0n0");
    let service = Service::start(move |request: &Request, _| match request.line.as_str() {
        "POST /v2/configurations" => configuration("completed", &[]),
        line if line.contains("select=") => {
            looked_up(line, |name| letters().position(|known| known == name).map(id))
        }
        _ => {
            // The filter holds for every second one, and for one that nobody names.
            let held = (0..=676).step_by(2).map(|index| component(&id(index), "on"));
            Reply::Json(200, json!({ "components": held.collect::<Vec<_>>() }))
        }
    })
    .await;
    let all = letters().collect::<Vec<_>>().join(",");
    let ended = run(&service.url, &["cap", "show", &all, "--where", "power:on"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let asked = service.requests().pop().unwrap().json();
    let asked = NameSet::parse_names(asked["components"][0].as_str().unwrap()).unwrap();
    assert_eq!(asked.len(), 338);
}
