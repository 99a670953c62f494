//! Sessions of the dashboard.

use super::*;

fn cookie_of(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    cookie.split(';').next().unwrap().to_owned()
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
