//! What holds for every route.

use std::fmt::Write as _;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use switchyard_core::PowerState;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::bench::{Bench, PATIENCE};
use crate::api::BODY_MAX_BYTES;
use crate::request_line::ShortLinesListener;

const BMC: &str = "x0c0s0b0";
const NODE: &str = "x0c0s0b0n0";

#[tokio::test]
async fn every_v1_route_is_served_with_and_without_the_version() {
    let bench = Bench::start(&[BMC]).await;
    for path in [
        "",
        "/health",
        "/liveness",
        "/readiness",
        "/power-status",
        "/power-cap",
        "/transitions",
    ] {
        let (bare, versioned) = (format!("{path:/<1}"), format!("/v1{path}"));
        let (bare, versioned) = (bench.get(&bare).await, bench.get(&versioned).await);
        assert!(bare.status.is_success(), "{path}");
        assert_eq!(
            (bare.status, bare.body),
            (versioned.status, versioned.body),
            "{path}"
        );
    }
    assert_eq!(bench.get("/").await.text(), "hms-power-control");
}

#[tokio::test]
async fn slashes_methods_and_unknown_paths_are_met_as_pcs_does() {
    let bench = Bench::start(&[BMC]).await;
    let moved = bench
        .get("/v1/power-status/?xname=x0c0s0b0n0&xname=x0c0s0b0")
        .await;
    assert_eq!(moved.status, StatusCode::MOVED_PERMANENTLY);
    assert_eq!(
        moved.header("location"),
        Some("/v1/power-status?xname=x0c0s0b0n0&xname=x0c0s0b0")
    );
    for (method, path) in [
        (Method::HEAD, "/v1/health"),
        (Method::PUT, "/transitions"),
        (Method::PATCH, "/power-status"),
    ] {
        let answer = bench.call(method.clone(), path, Body::empty()).await;
        assert_eq!(
            (answer.status, answer.text()),
            (StatusCode::METHOD_NOT_ALLOWED, ""),
            "{method} {path}"
        );
        assert_eq!(answer.header("content-type"), None);
    }
    for path in ["/nosuch", "/v1/nosuch", "/v1/transitions/a/b", "/v11/health"] {
        let answer = bench.get(path).await;
        assert_eq!(
            (answer.status, answer.text()),
            (StatusCode::NOT_FOUND, "404 page not found\n"),
            "{path}"
        );
    }
    assert_eq!(bench.get("/metrics").await.text(), "up 1\n");
}

#[tokio::test]
async fn a_request_has_one_id_from_end_to_end() {
    let bench = Bench::start(&[BMC]).await;
    let body = json!({"operation": "off", "location": [{"xname": NODE}]}).to_string();
    let request = Request::post("/transitions")
        .header("x-request-id", "job-42")
        .body(body.into())
        .unwrap();
    let answer = bench.send(request).await;
    assert_eq!(answer.header("x-request-id"), Some("job-42"));
    let id = answer.json()["transitionID"].as_str().unwrap().to_owned();
    assert_eq!(
        bench.get(&format!("/v2/transitions/{id}")).await.json()["requestId"],
        "job-42"
    );
    let minted = bench.get("/nosuch").await;
    assert!(uuid::Uuid::try_parse(minted.header("x-request-id").unwrap()).is_ok());
    let odd = Request::get("/health")
        .header("x-request-id", "two words")
        .body(Body::empty())
        .unwrap();
    assert_ne!(bench.send(odd).await.header("x-request-id"), Some("two words"));
}

#[tokio::test]
async fn states_are_shown_in_the_words_of_pcs() {
    let bmcs: [(&str, PowerState, &str); 6] = [
        ("x0c0s0b0", PowerState::On, "on"),
        ("x0c0s1b0", PowerState::PoweringOff, "on"),
        ("x0c0s2b0", PowerState::Off, "off"),
        ("x0c0s3b0", PowerState::PoweringOn, "off"),
        ("x0c0s4b0", PowerState::Unknown, "undefined"),
        ("x0c0s5b0", PowerState::Paused, "undefined"),
    ];
    let bench = Bench::start(&bmcs.map(|(bmc, ..)| bmc)).await;
    for (bmc, state, _) in bmcs {
        bench.hardware.set(bmc, state);
        let row = bench.engine.fleet().get(&format!("{bmc}n0")).unwrap();
        let reading = switchyard_core::Observation {
            state,
            raw: String::new(),
            evidence: Vec::new(),
            at: bench.engine.clock().now(),
            controller: None,
        };
        row.read(&Ok(reading), bench.engine.clock().now());
    }
    for (bmc, _, word) in bmcs {
        let body = bench.get(&format!("/power-status?xname={bmc}n0")).await.json();
        assert_eq!(body["status"][0]["powerState"], word, "{bmc}");
        assert_eq!(body["status"][0]["error"], "");
    }
    let count = |body: Value| body["status"].as_array().unwrap().len();
    assert_eq!(count(bench.get("/power-status").await.json()), 12);
    assert_eq!(
        count(
            bench
                .get("/power-status?powerStateFilter=PoweringOn")
                .await
                .json()
        ),
        2
    );
    assert_eq!(
        count(
            bench
                .get("/power-status?powerStateFilter=undefined&managementStateFilter=available")
                .await
                .json()
        ),
        2
    );
    let order =
        json!({"xname": ["bad"], "powerStateFilter": "on", "managementStateFilter": "worse"}).to_string();
    let refused = bench.call(Method::POST, "/power-status", order).await.json();
    assert_eq!(refused["detail"], "invalid ManagementStateFilter type: worse");
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let bench = Bench::start(&[BMC]).await;
    let answer = bench
        .call(Method::POST, "/transitions", vec![b' '; BODY_MAX_BYTES + 1])
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let fits = bench
        .call(Method::POST, "/transitions", vec![b' '; BODY_MAX_BYTES])
        .await;
    assert_eq!(fits.json()["detail"], "unexpected end of JSON input");
}

/// The service as it listens, to which requests are written byte by byte.
struct Listening {
    address: std::net::SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

impl Listening {
    async fn start(bench: &Bench) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let listener = ShortLinesListener::new(listener, bench.long_lines.clone());
        let router = bench.router.clone();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, server }
    }

    /// Sends these bytes on one connection, and gives everything that is answered until the service closes it.
    async fn send(&self, requests: &str) -> String {
        let mut socket = tokio::net::TcpStream::connect(self.address).await.unwrap();
        let answered = async {
            socket.write_all(requests.as_bytes()).await.unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await.unwrap();
            answer
        };
        tokio::time::timeout(PATIENCE, answered).await.unwrap()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn names(count: usize) -> String {
    (0..count).fold(String::new(), |mut query, name| {
        write!(query, "&xname=x{}c0s0b0n{}", 1000 + name / 1000, name % 1000).unwrap();
        query
    })
}

#[tokio::test]
async fn a_get_of_ten_thousand_names_is_answered_as_any_other() {
    let bench = Bench::start(&[BMC]).await;
    let service = Listening::start(&bench).await;
    for path in [
        "/power-status",
        "/v1/power-status",
        "/apis/power-control/v1/power-status",
    ] {
        let query = format!(
            "powerStateFilter=on&xname={NODE}{}&powerStateFilter=off",
            names(10_000)
        );
        let request = format!("GET {path}?{query} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        let answer = service.send(&request).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
        let body: Value = serde_json::from_str(body).unwrap();
        let status = body["status"].as_array().unwrap();
        assert_eq!(status.len(), 10_001);
        assert_eq!(
            (&status[0]["xname"], &status[0]["powerState"]),
            (&json!(NODE), &json!("on"))
        );
        assert_eq!(status[1]["error"], "Component not found in component map.");
    }
}

#[tokio::test]
async fn over_long_requests_are_answered_in_their_turn() {
    let bench = Bench::start(&[BMC]).await;
    let service = Listening::start(&bench).await;
    let longest = names(crate::request_line::LINE_MAX_BYTES / 20);
    let requests = [
        "GET /liveness HTTP/1.1\r\nhost: test\r\n\r\n".to_owned(),
        format!("GET /power-status?xname={NODE}{} HTTP/1.1\r\nhost: test\r\n\r\n", "&".repeat(80_000)),
        format!("GET /v2/components?{} HTTP/1.1\r\nhost: test\r\n\r\n", names(5_000)),
        format!("GET /power-status?{longest} HTTP/1.1\r\nhost: test\r\n\r\n"),
        "GET /v1/power-status?switchyard-long-line=0123456789abcdef0123456789abcdef&xname=banana HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n".to_owned(),
    ];
    let answer = service.send(&requests.concat()).await;
    let statuses: Vec<_> = answer
        .lines()
        .filter_map(|line| line.split_once("HTTP/1.1 ").map(|(_, status)| status))
        .collect();
    assert_eq!(
        statuses,
        [
            "204 No Content",
            "200 OK",
            "414 URI Too Long",
            "414 URI Too Long",
            "400 Bad Request"
        ],
        "{answer}"
    );
    assert_eq!(
        answer
            .matches("POST /power-status takes the names in its body")
            .count(),
        2
    );
    assert_eq!(
        answer.matches("\"code\":\"request.uri-too-long\"").count(),
        1,
        "v2 in its own words: {answer}"
    );
}

#[tokio::test]
async fn every_path_is_served_behind_the_prefixes_of_gateways() {
    let bench = Bench::start(&[BMC]).await;
    for prefix in ["/apis/power-control", "/power-control"] {
        for path in [
            "/v1/transitions",
            "/transitions",
            "/v1/power-cap",
            "/health",
            "/v2/holds",
        ] {
            let answer = bench.get(&format!("{prefix}{path}")).await;
            assert_eq!(answer.body, bench.get(path).await.body, "{prefix}{path}");
        }
        let moved = bench
            .get(&format!("{prefix}/v1/power-status/?xname={NODE}"))
            .await;
        assert_eq!(
            moved.header("location"),
            Some(format!("{prefix}/v1/power-status?xname={NODE}").as_str())
        );
    }
    assert_eq!(bench.get("/apis/power-control").await.text(), "hms-power-control");
    assert_eq!(
        bench.get("/apis/other/v1/health").await.status,
        StatusCode::NOT_FOUND
    );
}
