//! Tokens of the service.

use super::*;

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
