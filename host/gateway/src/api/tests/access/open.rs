//! A service that asks nobody for a token.

use super::*;

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
