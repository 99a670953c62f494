//! Tokens: what is sent with them, and what is shown of them.

use insta::assert_snapshot;
use serde_json::json;

use crate::command::run;
use crate::service::{Reply, Service};

const TEXT: &str = "swy_0123456789abcdef_00112233";

pub(crate) fn token(id: &str, name: &str, role: &str) -> serde_json::Value {
    json!({ "id": id, "name": name, "role": role, "createdAt": "2026-01-01T00:00:00Z", "createdBy": "root" })
}

#[tokio::test]
async fn a_token_is_printed_alone_so_that_a_file_can_take_it() {
    let service = Service::start(|_, _| {
        let mut created = token("0123456789abcdef", "slurm", "operator");
        created["text"] = json!(TEXT);
        Reply::Json(201, created)
    })
    .await;
    let arguments = [
        "tokens",
        "create",
        "--name",
        "slurm",
        "--role",
        "operator",
        "--scope",
        "x0c0s[0-3]b0n0",
    ];
    let ended = run(&service.url, &arguments).await;
    assert_snapshot!(ended.shown(&service.url), @r"
    exit 0
    --- stdout
    swy_0123456789abcdef_00112233
    --- stderr
    this is the only time that it is shown; keep it in a file that nobody else can read
    ");
    let sent = service.requests().remove(0);
    assert_eq!(sent.line, "POST /v2/tokens");
    assert_eq!(
        sent.json(),
        json!({"name": "slurm", "role": "operator", "scope": ["x0c0s[0-3]b0n0"]})
    );
    assert_eq!(
        run(
            &service.url,
            &["tokens", "create", "--name", "a", "--role", "boss"]
        )
        .await
        .code,
        Some(2)
    );
}

#[tokio::test]
async fn tokens_are_listed_without_their_secrets() {
    let service = Service::start(|_, _| {
        let mut held = token("0123456789abcdef", "slurm", "operator");
        held["scope"] = json!(["x0c0s[0-3]b0n0", "@rack"]);
        held["lastUsedAt"] = json!("2026-02-03T04:05:06.789Z");
        let mut expired = token("1123456789abcdef", "visitor", "viewer");
        expired["expiresAt"] = json!("2026-01-02T00:00:00Z");
        let mut revoked = token("2123456789abcdef", "anna", "admin");
        revoked["revokedAt"] = json!("2026-01-02T00:00:00Z");
        Reply::Json(200, json!({ "tokens": [held, expired, revoked] }))
    })
    .await;
    assert_snapshot!(run(&service.url, &["tokens", "list"]).await.shown(&service.url), @r"
    exit 0
    --- stdout
    TOKEN             NAME     ROLE      STATE     EXPIRES               LAST USED             SCOPE
    0123456789abcdef  slurm    operator  holds     never                 2026-02-03T04:05:06Z  x0c0s[0-3]b0n0,@rack
    1123456789abcdef  visitor  viewer    expired   2026-01-02T00:00:00Z  -                     all
    2123456789abcdef  anna     admin     revoked   never                 -                     all
    --- stderr
    ");
}

#[tokio::test]
async fn a_token_is_revoked_by_its_id() {
    let service = Service::start(|_, _| Reply::Json(200, token("0123456789abcdef", "slurm", "viewer"))).await;
    let ended = run(
        &service.url,
        &["tokens", "revoke", "0123456789abcdef", "--reason", "left"],
    )
    .await;
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "revoked 0123456789abcdef of slurm\n")
    );
    let sent = service.requests().remove(0);
    assert_eq!(sent.line, "DELETE /v2/tokens/0123456789abcdef");
    assert_eq!(sent.header("x-switchyard-reason"), Some("left"));
}

#[tokio::test]
async fn the_token_in_a_file_opens_the_service_and_a_refusal_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, format!("{TEXT}\n")).unwrap();
    let file = file.to_str().unwrap();
    let service = Service::start(|request, _| {
        let known = request.header("authorization") == Some("Bearer swy_0123456789abcdef_00112233");
        if known {
            let session = json!({
                "mode": "tokens", "subject": "slurm", "how": "token", "role": "operator",
                "scope": ["@rack"], "scopeCount": 4,
            });
            return Reply::Json(200, session);
        }
        let hint = "send a token as Authorization: Bearer TOKEN, or log in at the dashboard";
        Reply::Json(401, json!({ "detail": "no token found", "hint": hint }))
    })
    .await;
    assert_snapshot!(run(&service.url, &["whoami", "--token-file", file]).await.shown(&service.url), @r"
    exit 0
    --- stdout
    name          slurm
    role          operator
    scope         @rack (4 components)
    known by      token
    service asks  tokens
    --- stderr
    ");
    assert_snapshot!(run(&service.url, &["whoami"]).await.shown(&service.url), @r"
    exit 77
    --- stdout
    --- stderr
    switchyard: denied (401): no token found; send a token as Authorization: Bearer TOKEN, or log in at the dashboard
    ");
    let missing = run(&service.url, &["whoami", "--token-file", "/nowhere/token"]).await;
    assert_eq!(missing.code, Some(2), "{missing:?}");
}

#[tokio::test]
async fn a_token_that_goes_unencrypted_over_a_network_is_warned_about() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, format!("{TEXT}\n")).unwrap();
    // Every address but those of the loopback interface counts as a network; nobody listens at this one.
    let ended = run(
        "http://0.0.0.0:1",
        &["whoami", "--token-file", file.to_str().unwrap()],
    )
    .await;
    assert_snapshot!(ended.shown("http://0.0.0.0:1"), @r"
    exit 69
    --- stdout
    --- stderr
    switchyard: the token is sent unencrypted to a service that is not on this machine; whoever is on the path can read it. Use https://
    switchyard: cannot reach http://SERVER: Connection refused (os error 111); start the service, or name its address with --server or SWITCHYARD_SERVER
    ");
    let without = run("http://0.0.0.0:1", &["whoami"]).await;
    assert_eq!(without.stderr.lines().count(), 1, "{without:?}");
}
