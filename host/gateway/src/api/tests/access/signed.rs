//! Tokens that somebody else has signed, and the keys for them.

use super::*;

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
    for (method, path) in operations() {
        let answer = yard.ask(&method, &filled(&path), Some(&signed), None).await;
        let public = row(&method, &path).unwrap() == Need::Nobody;
        assert_eq!(
            answer.status == StatusCode::SERVICE_UNAVAILABLE && answer.text().contains("identity provider"),
            !public,
            "{method} {path}: {} {}",
            answer.status,
            answer.text()
        );
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

#[tokio::test]
async fn a_token_as_pcs_takes_it_has_the_default_role_where_both_settings_say_so() {
    let signer = Signer::rs256("first");
    let claims = json!({"exp": null});
    for (require_expiry, default_role, expected) in [
        (false, Some(Role::Operator), StatusCode::OK),
        (false, None, StatusCode::FORBIDDEN),
        (true, Some(Role::Operator), StatusCode::UNAUTHORIZED),
    ] {
        let provider = IdentityProvider::start(&[&signer]).await;
        let mut settings = provider.settings(LONG);
        let rules = &mut settings.jwt.as_mut().unwrap().rules;
        (rules.require_expiry, rules.default_role) = (require_expiry, default_role);
        let yard = Yard {
            bench: Bench::guarded(&bench::inventory(&[OWN]), settings).await,
            provider,
            signer: Signer::es256("unused"),
        };
        let token = signer.sign(&claims);
        let body = json!({"operation": "on", "location": [{"xname": "x0c0s0b0n0"}]});
        for path in ["/v1/transitions", "/transitions"] {
            let answer = yard.ask(&Method::POST, path, Some(&token), Some(&body)).await;
            assert_eq!(
                answer.status,
                expected,
                "{require_expiry} {default_role:?}: {}",
                answer.text()
            );
        }
    }
}
