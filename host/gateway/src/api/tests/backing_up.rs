//! `POST /v2/backup`.

use http::{Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

use super::bench::Bench;

async fn noted(bench: &Bench) -> Option<Value> {
    let audit = bench.get("/v2/audit?limit=1").await.json();
    let entry = audit["entries"][0].clone();
    (entry["action"] == "backup.create").then_some(entry)
}

#[tokio::test]
async fn a_backup_is_made_to_its_end_and_noted_when_the_caller_is_gone() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let request = Request::post("/v2/backup")
        .body(axum::body::Body::from("{}"))
        .unwrap();
    let mut asking = Box::pin(bench.router.clone().oneshot(request));
    // The request gets as far as it can without waiting, and is then given up.
    while bench.gate.tasks_owned() == 0 {
        tokio::select! {
            biased;
            answer = &mut asking => panic!("too early: {answer:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(asking);
    let entry = bench.until("the backup is in the audit", || noted(&bench)).await;
    let file = std::path::Path::new(entry["target"].as_str().unwrap());
    assert!(file.starts_with(bench.folder.path()) && file.exists(), "{entry}");
    let parts = std::fs::read_dir(file.parent().unwrap()).unwrap();
    assert_eq!(parts.count(), 1);
    let again = bench.call(Method::POST, "/v2/backup", "{}").await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.text());
}
