//! Who may do what: every route times every caller.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::bench::{self, Answer, Bench};
use super::identity_provider::{IdentityProvider, Signer, unsigned};
use crate::access::{NewToken, Role, Scope};
use crate::api;
use crate::api::access::{Need, TABLE};
use crate::clock::{Clock as _, SystemClock};

const OWN: &str = "x0c0s0b0";
const OTHER: &str = "x0c0s1b0";
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
const LONG: Duration = Duration::from_hours(1);

struct Yard {
    bench: Bench,
    provider: IdentityProvider,
    signer: Signer,
}

impl Yard {
    async fn start() -> Self {
        let signer = Signer::es256("first");
        let provider = IdentityProvider::start(&[&signer]).await;
        let settings = provider.settings(LONG);
        let bench = Bench::guarded(&bench::inventory(&[OWN, OTHER]), settings).await;
        Self {
            bench,
            provider,
            signer,
        }
    }

    async fn token(&self, role: Role, scope: &[&str]) -> (String, String) {
        let scope = match scope {
            [] => Scope::All,
            scope => Scope::only(scope.iter().map(|text| (*text).to_owned()).collect()).unwrap(),
        };
        let new = NewToken {
            name: format!("the {role}"),
            role,
            scope,
            expires_at: None,
            created_by: "a test".to_owned(),
        };
        let tokens = self.bench.access.tokens();
        let (token, text) = tokens.create(new, SystemClock.now(), |_| None).await.unwrap();
        (token.id.to_string(), text.expose().to_owned())
    }

    /// Asks from an address that nobody asked from before, so that no test meets the limit of another one.
    async fn ask(&self, method: &Method, path: &str, token: Option<&str>, body: Option<&Value>) -> Answer {
        static NEXT: AtomicU32 = AtomicU32::new(0x0a00_0000);
        let from = Ipv4Addr::from(NEXT.fetch_add(1, Ordering::Relaxed));
        self.ask_from(from.into(), method, path, token, body).await
    }

    /// The answer; the body of a stream, which goes on for ever, is left out.
    async fn ask_from(
        &self,
        from: IpAddr,
        method: &Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.extension(ConnectInfo(SocketAddr::new(from, 1)));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self
            .bench
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let streams = parts
            .headers
            .get("content-type")
            .is_some_and(|kind| kind == "text/event-stream");
        let body = if streams {
            Vec::new()
        } else {
            body.collect().await.unwrap().to_bytes().to_vec()
        };
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}

/// Every operation of the document, with and without the version of PCS, and the dashboard.
fn operations() -> Vec<(Method, String)> {
    let document: Value = serde_json::from_str(&api::document().to_json().unwrap()).unwrap();
    let mut found = vec![
        (Method::GET, "/ui".to_owned()),
        (Method::GET, "/ui/".to_owned()),
        (Method::GET, "/ui/{name}".to_owned()),
    ];
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            if let Some(bare) = path.strip_prefix("/v1") {
                found.push((method.clone(), format!("{bare:/<1}")));
            }
            found.push((method, path.clone()));
        }
    }
    found
}

/// What the table says of an operation of the document.
fn row(method: &Method, path: &str) -> Option<Need> {
    let path = if path == "/v1" {
        "/"
    } else {
        path.strip_prefix("/v1").unwrap_or(path)
    };
    let same = |known: &str| known.replace("{*", "{") == path;
    TABLE
        .iter()
        .find(|(known, route, _)| known == method && same(route))
        .map(|(_, _, need)| *need)
}

fn filled(path: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { NOBODY } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn every_route_is_in_the_table_and_no_other() {
    let mut rows = BTreeSet::new();
    for (method, path) in operations() {
        assert!(
            row(&method, &path).is_some(),
            "{method} {path} is not in the table of access"
        );
        rows.insert((
            method.to_string(),
            path.strip_prefix("/v1").unwrap_or(&path).to_owned(),
        ));
    }
    for (method, route, _) in TABLE {
        let path = route.replace("{*", "{");
        assert!(
            rows.contains(&(method.to_string(), path)),
            "{method} {route} is no route"
        );
    }
}

/// The rule that the table follows, said once more: looking is for viewers, and changing for operators.
#[test]
fn the_table_follows_the_rule() {
    let public = ["/health", "/liveness", "/readiness", "/ui", "/ui/", "/ui/{*name}"];
    let for_admins = [
        "/v2/backup",
        "/v2/components/{id}/bmc/{*path}",
        "/v2/emergency-off",
        "/v2/endpoints/{id}/probe",
        "/v2/endpoints/{id}/try",
        "/v2/tokens",
        "/v2/tokens/{id}",
        "/v2/webhooks/{name}/enable",
    ];
    let administers = ["/v2/credentials", "/v2/configuration/", "/v2/reload"];
    for (method, route, need) in TABLE {
        let changes_drivers = route.starts_with("/v2/drivers") && method != Method::GET;
        let admin = for_admins.contains(route)
            || changes_drivers
            || administers.iter().any(|area| route.starts_with(area))
            || (["/v2/endpoints", "/v2/discoveries"]
                .iter()
                .any(|area| route.starts_with(area))
                && method != Method::GET);
        let expected = match (method, *route) {
            (_, route) if public.contains(&route) => Need::Nobody,
            (&Method::POST, "/v2/session" | "/v2/smd/notifications/{token}") => Need::Nobody,
            (&Method::DELETE, "/v2/session") | (&Method::POST, "/power-status") => Need::Role(Role::Viewer),
            _ if admin => Need::Role(Role::Admin),
            (&Method::GET, _) => Need::Role(Role::Viewer),
            _ => Need::Role(Role::Operator),
        };
        assert_eq!(*need, expected, "{method} {route}");
    }
}

#[tokio::test]
async fn every_route_takes_its_role() {
    let yard = Yard::start().await;
    let mut callers = Vec::new();
    for role in Role::ALL {
        callers.push((format!("token {role}"), role, yard.token(role, &[]).await.1));
        let claims = json!({"roles": [role.name()], "racks": [OWN]});
        callers.push((format!("jwt {role}"), role, yard.signer.sign(&claims)));
    }
    for (method, path) in operations() {
        let need = row(&method, &path).unwrap();
        for (who, role, token) in &callers {
            let answer = yard.ask(&method, &filled(&path), Some(token), None).await;
            let allowed = match need {
                Need::Nobody => true,
                Need::Role(needed) => *role >= needed,
            };
            let open_session = path == "/v2/session" && method == Method::POST;
            assert!(
                answer.status != StatusCode::UNAUTHORIZED || open_session,
                "{who}: {method} {path}: {}",
                answer.text()
            );
            assert_eq!(
                answer.status != StatusCode::FORBIDDEN,
                allowed,
                "{who}: {method} {path}: {}",
                answer.status
            );
        }
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table of tokens")]
async fn nobody_is_let_in_without_a_token_that_holds() {
    let yard = Yard::start().await;
    let tokens = yard.bench.access.tokens();
    let (revoked_id, revoked) = yard.token(Role::Admin, &[]).await;
    let now = SystemClock.now();
    let entry = |id: &str| switchyard_store::NewAudit {
        at: now,
        who: "a test".to_owned(),
        action: "token.revoke".to_owned(),
        target: id.to_owned(),
        reason: None,
        origin: None,
        request_id: String::new(),
        detail: json!({}),
    };
    let id = revoked_id.parse().unwrap();
    assert!(
        tokens
            .revoke(&id, now, entry(&revoked_id))
            .await
            .unwrap()
            .is_some()
    );
    let new = NewToken {
        name: "short".to_owned(),
        role: Role::Admin,
        scope: Scope::All,
        expires_at: Some(now + Duration::from_millis(1)),
        created_by: "a test".to_owned(),
    };
    let (_, expired) = tokens.create(new, now, |_| None).await.unwrap();
    let admin = json!({"roles": ["admin"]});
    let with = |more: Value| {
        let mut claims = admin.clone();
        claims
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        yard.signer.sign(&claims)
    };
    let other_key = Signer::es256("first");
    let header = |algorithm: &str| json!({"alg": algorithm, "typ": "JWT", "kid": "first"});
    let cases: [(&str, Option<String>, &str); 15] = [
        ("no token", None, "access.no-token"),
        ("malformed", Some("swy_abc".to_owned()), "access.invalid-token"),
        (
            "not known",
            Some(format!("swy_0123456789abcdef_{}", "0".repeat(64))),
            "access.invalid-token",
        ),
        (
            "wrong secret",
            Some(format!("swy_{revoked_id}_{}", "0".repeat(64))),
            "access.invalid-token",
        ),
        ("revoked", Some(revoked), "access.token-revoked"),
        (
            "expired",
            Some(expired.expose().to_owned()),
            "access.token-expired",
        ),
        ("no JWT", Some("a.b".to_owned()), "access.invalid-token"),
        (
            "JWT expired",
            Some(with(json!({"exp": 1_000_000_000}))),
            "access.token-expired",
        ),
        (
            "JWT not yet",
            Some(with(json!({"nbf": 4_000_000_000_u64}))),
            "access.invalid-token",
        ),
        (
            "wrong issuer",
            Some(with(json!({"iss": "https://evil"}))),
            "access.invalid-token",
        ),
        (
            "wrong audience",
            Some(with(json!({"aud": "mail"}))),
            "access.invalid-token",
        ),
        ("wrong key", Some(other_key.sign(&admin)), "access.invalid-token"),
        ("no exp", Some(with(json!({"exp": null}))), "access.invalid-token"),
        (
            "alg none",
            Some(format!("{}.", unsigned(&header("none"), &admin))),
            "access.invalid-token",
        ),
        (
            "alg HS256",
            Some(format!("{}.AAAA", unsigned(&header("HS256"), &admin))),
            "access.invalid-token",
        ),
    ];
    for (what, token, code) in cases {
        for (method, path) in operations() {
            if row(&method, &path) == Some(Need::Nobody) {
                continue;
            }
            let answer = yard.ask(&method, &filled(&path), token.as_deref(), None).await;
            let v2 = path.starts_with("/v2");
            assert_eq!(
                answer.status,
                StatusCode::UNAUTHORIZED,
                "{what}: {method} {path}: {}",
                answer.text()
            );
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(challenge.starts_with("Bearer"), "{challenge}");
            if v2 {
                assert_eq!(answer.json()["code"], code, "{what}: {method} {path}");
            } else {
                assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
            }
        }
    }
}

#[tokio::test]
async fn who_guesses_is_told_to_wait_and_who_proves_goes_on_from_the_same_address() {
    let yard = Yard::start().await;
    let from = IpAddr::from([127, 9, 9, 9]);
    let ask =
        async |path: &str, token: &str| yard.ask_from(from, &Method::GET, path, Some(token), None).await;
    let signed = yard.signer.sign(&json!({"roles": ["viewer"]}));
    assert_eq!(ask("/v2/session", &signed).await.status, StatusCode::OK);
    let mut refused = ask("/v2/session", "guess").await;
    for _ in 0..40 {
        refused = ask("/v2/session", "guess").await;
    }
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.json()["code"], "access.too-many-failures");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(
        ask("/v1/transitions", "guess").await.status,
        StatusCode::UNAUTHORIZED,
        "v1 knows no such limit"
    );
    assert_eq!(
        ask("/v2/session", &signed).await.status,
        StatusCode::OK,
        "many share the address of a proxy"
    );
    let (_, own) = yard.token(Role::Viewer, &[]).await;
    assert_eq!(ask("/v2/session", &own).await.status, StatusCode::OK,);
}

#[tokio::test]
async fn the_texts_of_v1_are_those_of_pcs() {
    let yard = Yard::start().await;
    let get = Method::GET;
    let expired = yard
        .signer
        .sign(&json!({"roles": ["admin"], "exp": 1_000_000_000}));
    for (token, text) in [
        (None, "no token found\n"),
        (Some(expired.as_str()), "token is expired\n"),
        (Some("nonsense"), "token is unauthorized\n"),
    ] {
        let answer = yard.ask(&get, "/v1/transitions", token, None).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (401, text));
    }
    let (_, viewer) = yard.token(Role::Viewer, &[]).await;
    let refused = yard
        .ask(
            &Method::POST,
            "/v1/transitions",
            Some(&viewer),
            Some(&json!({"operation": "on"})),
        )
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.json()["title"], "Forbidden");
}

#[tokio::test]
async fn every_algorithm_that_is_accepted_is_checked() {
    let signers = [
        Signer::ed25519("ed"),
        Signer::es256("es256"),
        Signer::es384("es384"),
        Signer::rs256("rs"),
        Signer::ps512("ps"),
    ];
    let all: Vec<&Signer> = signers.iter().collect();
    let provider = IdentityProvider::start(&all).await;
    let bench = Bench::guarded(&bench::inventory(&[OWN]), provider.settings(LONG)).await;
    let yard = Yard {
        bench,
        provider,
        signer: Signer::es256("unused"),
    };
    for signer in &signers {
        let token = signer.sign(&json!({"roles": "viewer"}));
        let answer = yard.ask(&Method::GET, "/v2/session", Some(&token), None).await;
        assert_eq!(answer.status, StatusCode::OK, "{}: {}", signer.id, answer.text());
        assert_eq!(answer.json()["subject"], "anna");
        let (message, signature) = token.rsplit_once('.').unwrap();
        let changed = message.replacen("eyJ", "eyK", 2);
        let answer = yard
            .ask(
                &Method::GET,
                "/v2/session",
                Some(&format!("{changed}.{signature}")),
                None,
            )
            .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", signer.id);
    }
}

#[tokio::test]
async fn without_keys_no_signed_token_is_accepted_and_others_are() {
    let signer = Signer::ed25519("first");
    let provider = IdentityProvider::start(&[&signer]).await;
    provider.answer(500);
    let bench = Bench::guarded(&bench::inventory(&[OWN]), provider.settings(LONG)).await;
    let yard = Yard {
        bench,
        provider,
        signer,
    };
    let signed = yard.signer.sign(&json!({"roles": ["admin"]}));
    let (_, own) = yard.token(Role::Viewer, &[]).await;
    for (path, code) in [
        ("/v2/transitions", Some("access.no-keys")),
        ("/v1/transitions", None),
    ] {
        let refused = yard.ask(&Method::GET, path, Some(&signed), None).await;
        assert_eq!(
            refused.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{}",
            refused.text()
        );
        assert!(refused.text().contains("identity provider"), "{}", refused.text());
        if let Some(code) = code {
            assert_eq!(refused.json()["code"], code);
        }
        let answer = yard.ask(&Method::GET, path, Some(&own), None).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    // When the provider is back its keys are found by themselves.
    yard.provider.answer(200);
    yard.bench
        .until("the keys are there", || async {
            yard.bench.access.has_keys().filter(|there| *there)
        })
        .await;
    let answer = yard
        .ask(&Method::GET, "/v2/transitions", Some(&signed), None)
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn keys_serve_while_the_provider_is_away_for_a_bounded_time() {
    let signer = Signer::ed25519("first");
    let provider = IdentityProvider::start(&[&signer]).await;
    let bench = Bench::guarded(
        &bench::inventory(&[OWN]),
        provider.settings(Duration::from_secs(2)),
    )
    .await;
    let yard = Yard {
        bench,
        provider,
        signer,
    };
    let signed = yard.signer.sign(&json!({"roles": ["viewer"]}));
    let status = async || {
        yard.ask(&Method::GET, "/v2/session", Some(&signed), None)
            .await
            .status
    };
    assert_eq!(status().await, StatusCode::OK);
    yard.provider.answer(503);
    let stranger = Signer::ed25519("second").sign(&json!({"roles": ["viewer"]}));
    let refused = yard.ask(&Method::GET, "/v2/session", Some(&stranger), None).await;
    assert_eq!(
        refused.status,
        StatusCode::UNAUTHORIZED,
        "an unknown key opens nothing"
    );
    assert_eq!(status().await, StatusCode::OK, "known keys serve on");
    yard.bench
        .until("the keys are too old", || async {
            (status().await == StatusCode::SERVICE_UNAVAILABLE).then_some(())
        })
        .await;
}

#[tokio::test]
async fn a_key_that_is_not_known_is_looked_for_and_not_too_often() {
    let yard = Yard::start().await;
    let second = Signer::ed25519("second");
    let signed = second.sign(&json!({"roles": ["viewer"]}));
    let ask = async || {
        yard.ask(&Method::GET, "/v2/session", Some(&signed), None)
            .await
            .status
    };
    assert_eq!(ask().await, StatusCode::UNAUTHORIZED);
    for _ in 0..20 {
        ask().await;
    }
    assert!(yard.provider.asked() <= 2, "{}", yard.provider.asked());
    yard.provider.show(&second);
    yard.bench
        .until("the new key is found", || async {
            (ask().await == StatusCode::OK).then_some(())
        })
        .await;
}

/// A change of a component, with what it is about.
struct Subject {
    node: String,
    transition: String,
    task: String,
    configuration: String,
    hold: String,
}

/// Work in line for a node, made by somebody who may.
async fn subject(yard: &Yard, bmc: &str, admin: &str) -> Subject {
    let node = format!("{bmc}n0");
    let post = async |path: &str, body: Value| {
        let answer = yard.ask(&Method::POST, path, Some(admin), Some(&body)).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text());
        answer.json()
    };
    yard.bench.hardware.deafen(bmc);
    let body = json!({"operation": "soft-restart", "components": [node]});
    let transition = post("/v2/transitions", body).await;
    let configuration = post(
        "/v2/configurations",
        json!({"components": [node], "read": "limits"}),
    )
    .await;
    let hold = json!({"components": [node], "reason": "a test", "until": "2099-01-01T00:00:00Z"});
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let hold = json!({"until": until.to_string(), "components": hold["components"], "reason": "a test"});
    let hold = post("/v2/holds", hold).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Subject {
        task: text(&transition["members"][0]["task"]),
        transition: text(&transition["id"]),
        configuration: text(&configuration["id"]),
        hold: text(&hold["id"]),
        node,
    }
}

/// Every change that an operator may ask for, with what it sends.
fn changes(of: &Subject) -> Vec<(Method, &'static str, String, Value)> {
    let Subject {
        node,
        transition,
        task,
        configuration,
        hold,
    } = of;
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let reason = json!({"reason": "a test"});
    let row = |method: Method, route: &'static str, id: &str, body: Value| {
        let path = route.replace("{id}", id);
        (method, route, path, body)
    };
    let post = |route: &'static str, id: &str, body: Value| row(Method::POST, route, id, body);
    let power = json!({"operation": "soft-off", "components": [node]});
    let limits = json!({"limits": [{"watts": 300.0}]});
    vec![
        post("/v2/plans", "", power.clone()),
        post("/v2/transitions", "", power),
        post("/v2/components/cancel", "", json!({"components": [node]})),
        post(
            "/v2/components/resolve",
            "",
            json!({"components": [node], "verdict": "done"}),
        ),
        post(
            "/v2/configurations",
            "",
            json!({"components": [node], "limits": [{"watts": 300.0}]}),
        ),
        row(Method::PATCH, "/v2/components/{id}/limits", node, limits),
        row(
            Method::PUT,
            "/v2/components/{id}/boot",
            node,
            json!({"boot": {"source": "pxe", "duration": "once"}}),
        ),
        row(
            Method::PUT,
            "/v2/components/{id}/indicator",
            node,
            json!({"light": "lit"}),
        ),
        post(
            "/v2/holds",
            "",
            json!({"components": [node], "reason": "a test", "until": until.to_string()}),
        ),
        row(Method::DELETE, "/v2/holds/{id}", hold, json!(null)),
        post("/v2/tasks/{id}/pause", task, reason.clone()),
        post("/v2/tasks/{id}/resume", task, reason.clone()),
        post("/v2/tasks/{id}/retry", task, reason.clone()),
        post("/v2/transitions/{id}/pause", transition, reason.clone()),
        post("/v2/transitions/{id}/resume", transition, reason.clone()),
        post("/v2/transitions/{id}/retry", transition, reason.clone()),
        post("/v2/tasks/{id}/cancel", task, reason.clone()),
        post("/v2/configurations/{id}/cancel", configuration, reason.clone()),
        post("/v2/transitions/{id}/cancel", transition, reason),
        row(Method::DELETE, "/transitions/{id}", transition, json!(null)),
    ]
}

#[tokio::test]
async fn operators_change_nothing_outside_of_their_scope() {
    let yard = Yard::start().await;
    let (_, admin) = yard.token(Role::Admin, &[]).await;
    let (_, operator) = yard.token(Role::Operator, &[&format!("{OWN}n0,{OWN}")]).await;
    let other = subject(&yard, OTHER, &admin).await;
    let own = subject(&yard, OWN, &admin).await;
    // What has no place here: v1 fails one by one instead, and reading changes nothing.
    let mut covered: BTreeSet<(String, &str)> = [
        ("PATCH", "/power-cap"),
        ("POST", "/power-cap/snapshot"),
        ("POST", "/transitions"),
    ]
    .map(|(method, route)| (method.to_owned(), route))
    .into();
    for (method, route, path, body) in changes(&other) {
        covered.insert((method.to_string(), route));
        let answer = yard.ask(&method, &path, Some(&operator), Some(&body)).await;
        // What never failed has nothing to try again, wherever it is.
        if answer.status == StatusCode::CONFLICT && answer.json()["code"] == "transition.nothing-to-retry" {
            continue;
        }
        assert_eq!(
            answer.status,
            StatusCode::FORBIDDEN,
            "{method} {path}: {}",
            answer.text()
        );
        if path.starts_with("/v2") {
            assert_eq!(answer.json()["code"], "access.out-of-scope", "{method} {path}");
            assert_eq!(answer.json()["problems"][0]["components"], other.node.as_str());
        } else {
            assert!(answer.text().contains("may not change"), "{}", answer.text());
        }
    }
    for (method, _, path, body) in changes(&own) {
        let answer = yard.ask(&method, &path, Some(&operator), Some(&body)).await;
        assert_ne!(
            answer.status,
            StatusCode::FORBIDDEN,
            "{method} {path}: {}",
            answer.text()
        );
    }
    for (method, route, need) in TABLE {
        let key = (method.to_string(), *route);
        let held = *need != Need::Role(Role::Operator) || covered.contains(&key);
        assert!(
            held,
            "{method} {route} is tried with no component outside of the scope"
        );
    }
    let audit = yard
        .ask(
            &Method::GET,
            "/v2/audit?action=access.refused&limit=1000",
            Some(&admin),
            None,
        )
        .await;
    let refused = audit.json()["entries"].as_array().unwrap().len();
    assert!(
        (10..=70).contains(&refused),
        "{refused} refused changes are in the audit"
    );
}

#[tokio::test]
async fn on_v1_what_is_out_of_scope_fails_alone() {
    let yard = Yard::start().await;
    let (own, other) = (format!("{OWN}n0"), format!("{OTHER}n0"));
    let (_, operator) = yard.token(Role::Operator, &[&own]).await;
    let post = Method::POST;
    let body = json!({"operation": "off", "location": [{"xname": own}, {"xname": other}]});
    let created = yard
        .ask(&post, "/v1/transitions", Some(&operator), Some(&body))
        .await;
    assert_eq!(created.status, StatusCode::OK, "{}", created.text());
    let path = format!(
        "/v1/transitions/{}",
        created.json()["transitionID"].as_str().unwrap()
    );
    let shown = yard.ask(&Method::GET, &path, Some(&operator), None).await.json();
    let failed = &shown["tasks"][1];
    assert_eq!(
        (&failed["xname"], &failed["taskStatus"]),
        (&json!(other), &json!("failed"))
    );
    assert_eq!(
        failed["error"],
        "out-of-scope: the caller may not change this component"
    );
    // The rest is the operator's own, and may be aborted.
    let aborted = yard.ask(&Method::DELETE, &path, Some(&operator), None).await;
    assert_ne!(aborted.status, StatusCode::FORBIDDEN, "{}", aborted.text());
    let body =
        json!({"components": [{"xname": other, "controls": [{"name": "Node Power Limit", "value": 300}]}]});
    let created = yard
        .ask(&Method::PATCH, "/v1/power-cap", Some(&operator), Some(&body))
        .await;
    let path = format!("/v1/power-cap/{}", created.json()["taskID"].as_str().unwrap());
    let shown = yard.ask(&Method::GET, &path, Some(&operator), None).await.json();
    assert_eq!(shown["taskCounts"]["failed"], 1, "{shown}");
}

fn cookie_of(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    cookie.split(';').next().unwrap().to_owned()
}

async fn send(yard: &Yard, method: Method, path: &str, lines: &[(&str, &str)], body: &Value) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    yard.bench
        .send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

#[tokio::test]
async fn a_session_opens_the_api_until_it_or_its_token_is_over() {
    let yard = Yard::start().await;
    let (id, text) = yard.token(Role::Operator, &[&format!("{OWN}n0")]).await;
    let (_, admin) = yard.token(Role::Admin, &[]).await;
    let wrong = send(
        &yard,
        Method::POST,
        "/v2/session",
        &[],
        &json!({"token": "swy_no"}),
    )
    .await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let foreign = [("sec-fetch-site", "cross-site")];
    let forged = send(
        &yard,
        Method::POST,
        "/v2/session",
        &foreign,
        &json!({"token": text}),
    )
    .await;
    assert_eq!(forged.json()["code"], "access.cross-site");
    let opened = send(&yard, Method::POST, "/v2/session", &[], &json!({"token": text})).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text());
    let session = opened.json();
    assert_eq!(session["scopeCount"], 1);
    let (cookie, csrf) = (cookie_of(&opened), session["csrf"].as_str().unwrap().to_owned());
    let with = |more: &[(&'static str, &str)]| {
        let mut lines = vec![("cookie".to_owned(), cookie.clone())];
        lines.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        lines
    };
    let ask = async |method: Method, path: &str, more: &[(&'static str, &str)], body: &Value| {
        let lines = with(more);
        let lines: Vec<(&str, &str)> = lines.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        send(&yard, method, path, &lines, body).await
    };
    let shown = ask(Method::GET, "/v2/session", &[], &json!(null)).await.json();
    assert_eq!(
        (&shown["csrf"], &shown["role"]),
        (&json!(csrf), &json!("operator"))
    );
    let plan = json!({"operation": "on", "components": [format!("{OWN}n0")]});
    let post = async |more: &[(&'static str, &str)]| ask(Method::POST, "/v2/plans", more, &plan).await;
    assert_eq!(post(&[]).await.json()["code"], "access.cross-site");
    assert_eq!(
        post(&[("x-switchyard-csrf", "guess")]).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        post(&[("sec-fetch-site", "cross-site")]).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        post(&[("x-switchyard-csrf", csrf.as_str())]).await.status,
        StatusCode::CREATED
    );
    assert_eq!(
        post(&[("sec-fetch-site", "same-origin")]).await.status,
        StatusCode::CREATED
    );
    let revoke = format!("/v2/tokens/{id}");
    let revoked = yard.ask(&Method::DELETE, &revoke, Some(&admin), None).await;
    assert_eq!(revoked.status, StatusCode::OK, "{}", revoked.text());
    let after = ask(Method::GET, "/v2/session", &[], &json!(null)).await;
    assert_eq!(
        after.json()["code"],
        "access.token-revoked",
        "revocation holds at once"
    );
    assert_eq!(
        yard.ask(&Method::DELETE, &revoke, Some(&admin), None)
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn logging_out_ends_a_session() {
    let yard = Yard::start().await;
    let (_, text) = yard.token(Role::Viewer, &[]).await;
    let opened = send(&yard, Method::POST, "/v2/session", &[], &json!({"token": text})).await;
    let (cookie, csrf) = (
        cookie_of(&opened),
        opened.json()["csrf"].as_str().unwrap().to_owned(),
    );
    let lines = [("cookie", cookie.as_str()), ("x-switchyard-csrf", csrf.as_str())];
    let closed = send(&yard, Method::DELETE, "/v2/session", &lines, &json!(null)).await;
    assert_eq!(closed.status, StatusCode::NO_CONTENT);
    assert!(closed.header("set-cookie").unwrap().contains("Max-Age=0"));
    let after = send(&yard, Method::GET, "/v2/session", &lines, &json!(null)).await;
    assert_eq!(after.json()["code"], "access.no-session");
}

#[tokio::test]
async fn tokens_are_made_listed_and_revoked() {
    let yard = Yard::start().await;
    let (_, admin) = yard.token(Role::Admin, &[]).await;
    let body = json!({"name": "slurm", "role": "operator", "scope": [format!("{OWN}n0")], "expiresAt": "2031-01-01T00:00:00Z"});
    let created = yard
        .ask(&Method::POST, "/v2/tokens", Some(&admin), Some(&body))
        .await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text());
    assert_eq!(created.header("cache-control"), Some("no-store"));
    let text = created.json()["text"].as_str().unwrap().to_owned();
    let session = yard
        .ask(&Method::GET, "/v2/session", Some(&text), None)
        .await
        .json();
    assert_eq!(
        (&session["subject"], &session["role"]),
        (&json!("slurm"), &json!("operator"))
    );
    let list = yard.ask(&Method::GET, "/v2/tokens", Some(&admin), None).await;
    assert!(!list.text().contains(&text[22..]), "a secret is never listed");
    let listed = list.json()["tokens"].as_array().unwrap().clone();
    assert!(
        listed
            .iter()
            .any(|token| token["name"] == "slurm" && token["lastUsedAt"].is_string())
    );
    for bad in [
        json!({"name": "a", "role": "boss"}),
        json!({"name": " ", "role": "viewer"}),
        json!({"name": "a", "role": "viewer", "scope": ["n1"]}),
        json!({"name": "a", "role": "operator", "scope": ["n["]}),
        json!({"name": "a", "role": "operator", "expiresAt": "2001-01-01T00:00:00Z"}),
        json!({"name": "a", "role": "operator", "expiresAt": "soon"}),
    ] {
        let refused = yard
            .ask(&Method::POST, "/v2/tokens", Some(&admin), Some(&bad))
            .await;
        assert_eq!(
            refused.json()["code"],
            "token.invalid",
            "{bad}: {}",
            refused.text()
        );
    }
    let audit = yard
        .ask(&Method::GET, "/v2/audit?action=token.", Some(&admin), None)
        .await;
    assert_eq!(audit.json()["entries"][0]["detail"]["name"], "slurm");
    assert!(!audit.text().contains(&text[22..]));
}

#[tokio::test]
async fn a_token_decides_who_one_is_and_no_header_does() {
    let yard = Yard::start().await;
    let (_, text) = yard.token(Role::Operator, &[]).await;
    let authorization = format!("Bearer {text}");
    let lines = [
        ("authorization", authorization.as_str()),
        ("x-switchyard-caller", "root"),
    ];
    let body = json!({"operation": "on", "components": [format!("{OWN}n0")]});
    let created = send(&yard, Method::POST, "/v2/transitions", &lines, &body).await;
    assert_eq!(
        created.json()["requestedBy"],
        "the operator",
        "{}",
        created.text()
    );
}

#[tokio::test]
async fn without_access_everybody_may_do_everything_and_is_told() {
    let bench = Bench::start(&[OWN]).await;
    let session = bench.get("/v2/session").await.json();
    assert_eq!(
        (&session["mode"], &session["role"]),
        (&json!("none"), &json!("admin"))
    );
    assert!(
        session["warning"]
            .as_str()
            .unwrap()
            .contains("can switch everything")
    );
    let _: HeaderMap = bench.get("/v2/tokens").await.headers;
}

#[tokio::test]
async fn without_access_a_page_of_another_site_changes_nothing() {
    let bench = Bench::start(&[OWN]).await;
    let ask = async |method: Method, path: &str, lines: &[(&str, &str)]| {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in lines {
            request = request.header(*name, *value);
        }
        let body = json!({"operation": "force-off", "location": [{"xname": OWN}]});
        let request = request.body(Body::from(body.to_string())).unwrap();
        bench.send(request).await
    };
    let here = ("host", "127.0.0.1:28007");
    let foreign = [here, ("sec-fetch-site", "cross-site")];
    let older = [here, ("origin", "http://evil.example")];
    for lines in [foreign, older] {
        let refused = ask(Method::POST, "/v1/transitions", &lines).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
    }
    let rebound = [("host", "evil.example:28007"), ("sec-fetch-site", "same-origin")];
    let read = ask(Method::GET, "/v2/components", &rebound).await;
    assert_eq!(read.json()["code"], "access.cross-site");
    let meant = ask(
        Method::POST,
        "/v1/transitions",
        &[here, ("sec-fetch-site", "same-origin")],
    )
    .await;
    assert_eq!(meant.status, StatusCode::OK, "{}", meant.text());
    let program = ask(Method::POST, "/v1/transitions", &[("host", "head1:28007")]).await;
    assert_eq!(program.status, StatusCode::OK, "{}", program.text());
}
