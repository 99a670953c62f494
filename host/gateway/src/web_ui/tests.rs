//! What a browser is answered.

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::{Asset, Assets, serve};

const ASSETS: Assets = &[
    Asset {
        name: "assets/index-B1.js",
        hash: "b1",
        plain: b"plain script",
        brotli: Some(b"br"),
        gzip: Some(b"gz"),
    },
    Asset {
        name: "index.html",
        hash: "a1",
        plain: b"<!doctype html>",
        brotli: None,
        gzip: None,
    },
];

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

async fn get(assets: Assets, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let router: Router = serve(assets);
    let response = router
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: body.collect().await.unwrap().to_bytes().to_vec(),
    }
}

#[tokio::test]
async fn the_page_is_checked_each_time_and_its_files_are_kept() {
    let page = get(ASSETS, "/ui/", &[]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.body, b"<!doctype html>");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let script = get(ASSETS, "/ui/assets/index-B1.js", &[]).await;
    assert_eq!(script.body, b"plain script");
    assert_eq!(
        script.header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
    assert_eq!(
        script.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    assert_eq!(
        get(ASSETS, "/ui/assets/index-B0.js", &[]).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_bare_path_leads_to_the_page_behind_any_prefix() {
    let answer = get(ASSETS, "/ui", &[]).await;
    assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(answer.header("location"), Some("ui/"));
}

#[tokio::test]
async fn the_smallest_form_that_is_taken_is_sent() {
    for (accepted, coding, body) in [
        ("gzip, deflate, br, zstd", Some("br"), "br"),
        ("gzip;q=0.5, br;q=0", Some("gzip"), "gz"),
        ("GZIP", Some("gzip"), "gz"),
        ("identity", None, "plain script"),
    ] {
        let answer = get(ASSETS, "/ui/assets/index-B1.js", &[("accept-encoding", accepted)]).await;
        assert_eq!(
            (answer.header("content-encoding"), answer.body.as_slice()),
            (coding, body.as_bytes()),
            "{accepted}"
        );
        assert_eq!(answer.header("vary"), Some("accept-encoding"));
    }
}

#[tokio::test]
async fn what_the_browser_has_is_not_sent_again() {
    let page = get(ASSETS, "/ui/", &[]).await;
    let tag = page.header("etag").unwrap();
    for (sent, status) in [
        (tag.to_owned(), StatusCode::NOT_MODIFIED),
        (format!("\"old\", W/{tag}"), StatusCode::NOT_MODIFIED),
        ("*".to_owned(), StatusCode::NOT_MODIFIED),
        ("\"old\"".to_owned(), StatusCode::OK),
    ] {
        let answer = get(ASSETS, "/ui/", &[("if-none-match", &sent)]).await;
        assert_eq!(answer.status, status, "{sent}");
        assert_eq!(answer.body.is_empty(), status == StatusCode::NOT_MODIFIED);
    }
}

#[tokio::test]
async fn a_build_without_the_dashboard_says_how_to_get_it() {
    let page = get(&[], "/ui/", &[]).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        String::from_utf8(page.body)
            .unwrap()
            .contains("npm ci --ignore-scripts")
    );
}

#[tokio::test]
async fn every_answer_forbids_what_is_not_its_own() {
    for path in ["/ui", "/ui/", "/ui/assets/index-B1.js", "/ui/nosuch"] {
        let answer = get(ASSETS, path, &[]).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self';"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
}
