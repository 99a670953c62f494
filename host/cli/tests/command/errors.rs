//! What goes wrong before anything happens.

use insta::assert_snapshot;
use serde_json::json;
use tokio::net::TcpListener;

use crate::command::run;
use crate::service::{ID, Reply, Service, plan_of};

#[tokio::test]
async fn a_service_that_is_not_there() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", port.local_addr().unwrap());
    drop(port);
    assert_snapshot!(run(&url, &["status"]).await.shown(&url));
    assert_eq!(run(&url, &["off", "x0c0s0b0n0"]).await.code, Some(69));
}

#[tokio::test]
async fn a_bad_selector_sends_nothing() {
    let service = Service::start(|_, _| Reply::Cut).await;
    let shown = |ended: crate::command::Ended| ended.shown(&service.url);
    assert_snapshot!(
        "bad_selector",
        shown(run(&service.url, &["off", "x0c0s[3-1]b0n0"]).await)
    );
    assert_snapshot!(
        "empty_selector",
        shown(run(&service.url, &["off", "x0c0s0b0n0!x0c0s[0-9]b0n0"]).await)
    );
    assert_eq!(run(&service.url, &["off"]).await.code, Some(2));
    assert_eq!(run(&service.url, &["of", "x0"]).await.code, Some(2));
    assert_eq!(run("ftp://a", &["status"]).await.code, Some(2));
    assert!(service.requests().is_empty());
}

#[tokio::test]
async fn refusals_have_codes_and_words() {
    let cases = [
        (
            400,
            json!({ "type": "about:blank", "detail": "invalid operation", "status": 400, "title": "Bad Request" }),
            101,
        ),
        (401, json!({ "detail": "no token" }), 77),
        (
            403,
            json!({ "detail": "viewers may not switch", "hint": "ask an operator" }),
            77,
        ),
        (500, json!({ "detail": "the store failed" }), 1),
        (503, json!({ "detail": "the service stops" }), 69),
    ];
    let mut told = Vec::new();
    for (status, body, code) in cases {
        let service = Service::start(move |_, _| Reply::Json(status, body.clone())).await;
        let ended = run(&service.url, &["on", "x0c0s0b0n0"]).await;
        assert_eq!(ended.code, Some(code), "{ended:?}");
        told.push(ended.stderr);
    }
    assert_snapshot!(told.concat());
}

#[tokio::test]
async fn a_lost_answer_may_have_been_accepted() {
    let service = Service::start(|request, _| match request.line.as_str() {
        "POST /v2/plans" => plan_of(request),
        _ => Reply::Cut,
    })
    .await;
    let ended = run(
        &service.url,
        &["on", "x0c0s0b0n0", "--idempotency-key", "CHG0012-1"],
    )
    .await;
    assert_eq!(ended.code, Some(69), "{ended:?}");
    assert!(
        ended.stderr.contains("it may have been accepted")
            && ended
                .stderr
                .contains("--idempotency-key CHG0012-1, which carries it out once"),
        "{}",
        ended.stderr
    );
    let requests = service.requests();
    assert_eq!(requests.len(), 2, "a changing request is sent once");
    assert_eq!(requests[1].header("idempotency-key"), Some("CHG0012-1"));
}

#[tokio::test]
async fn an_unknown_transition_is_4() {
    let service = Service::start(|_, _| {
        Reply::Json(
            404,
            json!({ "detail": "there is no such transition", "hint": "transitions are forgotten" }),
        )
    })
    .await;
    for verb in ["show", "watch", "cancel"] {
        let ended = run(&service.url, &["transition", verb, ID]).await;
        assert_eq!(ended.code, Some(4), "{ended:?}");
        assert_eq!(
            ended.stderr,
            "switchyard: not found: there is no such transition; transitions are forgotten\n"
        );
    }
}

#[tokio::test]
async fn an_id_that_is_none_is_2() {
    let service = Service::start(|_, _| {
        Reply::Json(
            400,
            json!({ "detail": "\"7\" is no id", "code": "request.invalid-id" }),
        )
    })
    .await;
    for arguments in [
        ["transition", "show", "7"].as_slice(),
        &["transition", "cancel", "7"],
        &["retry", "7"],
        &["cap", "watch", "7"],
    ] {
        let ended = run(&service.url, arguments).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
    }
}

#[tokio::test]
async fn what_a_bmc_does_not_give_ends_as_documented() {
    for (status, code, exit) in [
        (400, "resource.refused-path", 101),
        (404, "resource.not-found", 4),
        (409, "resource.no-http", 101),
        (502, "resource.failed", 1),
        (503, "resource.unavailable", 69),
    ] {
        let answer = Reply::Json(status, json!({ "detail": "no", "code": code }));
        let service = Service::start(move |_, _| answer.clone()).await;
        let arguments = ["bmc", "get", "x0c0s0b0n0", "/redfish/v1/Systems/1"];
        let ended = run(&service.url, &arguments).await;
        assert_eq!(ended.code, Some(exit), "{ended:?}");
    }
}

#[tokio::test]
async fn something_else_behind_the_address() {
    let service = Service::start(|_, _| Reply::Text(200, "<html>welcome</html>")).await;
    assert_snapshot!(run(&service.url, &["status"]).await.shown(&service.url));
    let service = Service::start(|_, _| Reply::Text(502, "bad gateway\u{1b}[2J\nmore")).await;
    assert_snapshot!(
        "a_proxy_without_a_service",
        run(&service.url, &["status"]).await.shown(&service.url)
    );
}
