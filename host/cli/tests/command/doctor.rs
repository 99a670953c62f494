//! The checklist of `doctor`.

use insta::assert_snapshot;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::command::run;
use crate::service::{Reply, Request, Service};

/// Answers as a service that is ready and knows the caller.
fn well(request: &Request, diagnosis: &Reply) -> Reply {
    match request.line.as_str() {
        "GET /v1/readiness" => Reply::Text(204, ""),
        "GET /v2/session" => Reply::Json(
            200,
            json!({ "mode": "tokens", "subject": "anna", "how": "token", "role": "operator" }),
        ),
        "POST /v2/components/x0c0s0b0n0/diagnose" => diagnosis.clone(),
        line => Reply::Json(404, json!({ "detail": format!("{line} is not in the script") })),
    }
}

fn diagnosis(ok: bool, steps: &Value) -> Value {
    json!({ "component": "x0c0s0b0n0", "controller": "x0c0s0b0", "ok": ok, "steps": steps, "later": "readers ignore this" })
}

/// The list without the time that the service on the same machine took.
fn stable(shown: &str) -> String {
    let line = |line: &str| match line.split_once("http://SERVER answers") {
        Some(_) => "ok       service       TIME  http://SERVER answers".to_owned(),
        None => line.to_owned(),
    };
    shown.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn all_is_well() {
    let steps = json!([
        { "step": "name", "outcome": "ok", "text": "x0c0s0b0n0 is a node, switched through x0c0s0b0 at 10.1.0.1" },
        { "step": "connect", "outcome": "ok", "text": "10.1.0.1:443 takes connections", "tookMs": 0 },
        { "step": "tls", "outcome": "warning", "text": "the certificate ends in 6 days", "tookMs": 12,
          "code": "tls.expires-soon", "hint": "renew the certificate of x0c0s0b0" },
        { "step": "read", "outcome": "ok", "text": "it is on", "tookMs": 15_300 },
    ]);
    let service =
        Service::start(move |request, _| well(request, &Reply::Json(200, diagnosis(true, &steps)))).await;
    let ended = run(&service.url, &["doctor", "x0c0s0b0n0"]).await;
    assert_snapshot!(stable(&ended.shown(&service.url)));
    let asked = service.requests().pop().unwrap();
    assert_eq!(asked.line, "POST /v2/components/x0c0s0b0n0/diagnose");
    assert_eq!(asked.header("x-request-id").unwrap().len(), 36);
    assert_eq!(run(&service.url, &["doctor"]).await.code, Some(0));
}

#[tokio::test]
async fn a_step_that_failed_is_100_and_says_what_to_do() {
    let steps = json!([
        { "step": "connect", "outcome": "ok", "text": "10.1.0.1:443 takes connections", "tookMs": 3 },
        { "step": "login", "outcome": "failed", "text": "401 \u{1b}[2JUnauthorized", "tookMs": 140,
          "code": "bmc.login-refused", "hint": "compare the password in the credential file with that of the BMC" },
        { "step": "read", "outcome": "skipped", "text": "there is no session" },
    ]);
    let mut document = diagnosis(false, &steps);
    document["lastFailure"] = json!({ "code": "bmc.login-refused", "codes": [], "text": "401 Unauthorized" });
    document["lastFailureAt"] = json!("2026-11-21T10:00:04Z");
    let service = Service::start(move |request, _| well(request, &Reply::Json(200, document.clone()))).await;
    let ended = run(&service.url, &["doctor", "x0c0s0b0n0"]).await;
    assert_snapshot!(stable(&ended.shown(&service.url)));

    let ended = run(&service.url, &["doctor", "x0c0s0b0n0", "--json"]).await;
    assert_eq!(ended.code, Some(100), "{ended:?}");
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(told["ok"], json!(false));
    assert_eq!(told["steps"][2]["text"], json!("anna, operator, known by token"));
    assert_eq!(told["diagnosis"]["later"], json!("readers ignore this"));
}

#[tokio::test]
async fn a_service_that_is_away_is_69_and_nothing_more_is_tried() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", port.local_addr().unwrap());
    drop(port);
    let ended = run(&url, &["doctor", "x0c0s0b0n0"]).await;
    let shown: Vec<String> = ended
        .shown(&url)
        .lines()
        .map(|line| line.replace("<1 ms", " 1 ms"))
        .collect();
    assert_eq!(ended.code, Some(69));
    assert!(shown[2].starts_with("failed   service"), "{shown:?}");
    assert!(
        shown[2].ends_with("cannot reach http://SERVER: Connection refused (os error 111)"),
        "{shown:?}"
    );
    assert_snapshot!(shown[3..].join("\n"));
}

#[tokio::test]
async fn a_service_that_is_not_ready_or_does_not_know_the_caller() {
    let service = Service::start(|request, _| match request.line.as_str() {
        "GET /v1/readiness" => Reply::Text(503, ""),
        _ => Reply::Cut,
    })
    .await;
    let ended = run(&service.url, &["doctor", "x0c0s0b0n0"]).await;
    assert_snapshot!("not_ready", stable(&ended.shown(&service.url)));

    let service = Service::start(|_, _| {
        let hint = "send a token as Authorization: Bearer TOKEN, or log in at the dashboard";
        Reply::Json(401, json!({ "detail": "no token found", "hint": hint }))
    })
    .await;
    let ended = run(&service.url, &["doctor", "x0c0s0b0n0"]).await;
    assert_snapshot!("no_token", stable(&ended.shown(&service.url)));
}

#[tokio::test]
async fn an_unknown_component_is_4() {
    let unknown = Reply::Json(
        404,
        json!({ "detail": "there is no component x0c0s0b0n0", "hint": "GET /v2/components lists them" }),
    );
    let service = Service::start(move |request, _| well(request, &unknown)).await;
    let ended = run(&service.url, &["doctor", "x0c0s0b0n0"]).await;
    assert_snapshot!(stable(&ended.shown(&service.url)));
}
