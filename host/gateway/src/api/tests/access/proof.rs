//! Who is let in, and with what words the others are not.

use super::*;

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
