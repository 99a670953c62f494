//! `/v2/components/{id}/bmc/{path}`.

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::json;
use switchyard_wire::v2::AuditPage;

use super::bench::Bench;

const NODE: &str = "/v2/components/x0c0s0b0n0/bmc";

#[tokio::test]
async fn a_resource_is_shown_as_it_is_and_the_look_is_in_the_audit() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    for path in ["/redfish/v1/", "/redfish/v1/Systems?$top=1"] {
        let answer = bench.get(&format!("{NODE}{path}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.json(), json!({ "at": path, "by": "x0c0s0b0" }));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let page: AuditPage = serde_json::from_slice(&bench.get("/v2/audit").await.body).unwrap();
    let last = &page.entries[0];
    assert_eq!(
        (last.action.as_str(), last.target.as_str()),
        ("bmc.read", "x0c0s0b0n0")
    );
    assert_eq!(last.detail, json!({ "path": "/redfish/v1/Systems?$top=1" }));
}

#[tokio::test]
async fn what_cannot_be_shown_has_a_code() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    for (path, status, code) in [
        (format!("{NODE}/redfish/v1/nothing"), 404, "resource.not-found"),
        (format!("{NODE}/redfish/v1/slow"), 503, "resource.unavailable"),
        (format!("{NODE}/redfish/v1/locked"), 502, "resource.failed"),
        (format!("{NODE}/ipmi"), 409, "resource.no-http"),
        (
            "/v2/components/x9/bmc/redfish/v1".to_owned(),
            404,
            "component.not-found",
        ),
    ] {
        let answer = bench.get(&path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["code"].as_str()),
            (status, Some(code)),
            "{path}"
        );
        assert_eq!(answer.header("retry-after").is_some(), status == 503, "{path}");
    }
}

#[tokio::test]
async fn nothing_but_reads_goes_this_way() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let path = format!("{NODE}/redfish/v1/");
    for method in [Method::POST, Method::PATCH, Method::PUT, Method::DELETE] {
        let answer = bench.call(method.clone(), &path, Body::from("{}")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
}
