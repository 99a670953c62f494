//! `status`.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::command::run;
use crate::service::{Reply, Request, Service, component, looked_up};

/// A fleet of 40 nodes in pages of 25, the odd slots off. They go by `node000` to `node039` as well.
async fn fleet() -> Service {
    Service::start(|request: &Request, _| {
        let nodes: Vec<Value> = (0..40)
            .map(|slot| {
                component(
                    &format!("x0c0s{slot}b0n0"),
                    if slot % 2 == 0 { "on" } else { "off" },
                )
            })
            .collect();
        match request.line.as_str() {
            "GET /v2/components?limit=2000" => {
                Reply::Json(200, json!({ "components": nodes[..25], "next": "x0 c&0" }))
            }
            "GET /v2/components?limit=2000&cursor=x0+c%260" => {
                Reply::Json(200, json!({ "components": nodes[25..] }))
            }
            line if line.contains("select=") => looked_up(line, |name| {
                let slot: usize = name.strip_prefix("node")?.parse().ok()?;
                (slot < nodes.len()).then(|| format!("x0c0s{slot}b0n0"))
            }),
            line => {
                let known = nodes
                    .iter()
                    .find(|node| line == format!("GET /v2/components/{}", node["id"].as_str().unwrap()));
                match known {
                    Some(node) => Reply::Json(200, node.clone()),
                    None => Reply::Json(404, json!({ "detail": "the inventory holds no such component" })),
                }
            }
        }
    })
    .await
}

#[tokio::test]
async fn the_whole_fleet_comes_page_by_page() {
    let service = fleet().await;
    assert_snapshot!(run(&service.url, &["status"]).await.shown(&service.url));
    assert_eq!(service.requests().len(), 2);
}

#[tokio::test]
async fn a_few_are_asked_for_alone() {
    let service = fleet().await;
    assert_snapshot!(
        run(&service.url, &["status", "x0c0s[0-3]b0n0"])
            .await
            .shown(&service.url)
    );
    assert_eq!(service.requests().len(), 4);
}

#[tokio::test]
async fn unknown_names_are_told() {
    let service = fleet().await;
    let some = run(&service.url, &["status", "x0c0s[39-40]b0n0"]).await;
    assert_snapshot!(some.shown(&service.url));
    let many = run(&service.url, &["status", "x0c0s[10-50]b0n0"]).await;
    assert_eq!(many.code, Some(5), "{many:?}");
    let none = run(&service.url, &["status", "x9c0s0b0n0"]).await;
    assert_eq!(none.code, Some(4), "{none:?}");
}

#[tokio::test]
async fn unknown_names_are_told_beside_every_form() {
    let service = fleet().await;
    for form in [["--pm"].as_slice(), &["-o", "wide"], &["-o", "name"]] {
        let arguments = [["status", "x0c0s[39-40]b0n0"].as_slice(), form].concat();
        let ended = run(&service.url, &arguments).await;
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(5), "no such component: x0c0s40b0n0\n")
        );
    }
}

#[tokio::test]
async fn many_go_by_their_other_names_too() {
    let service = fleet().await;
    let ended = run(&service.url, &["status", "node[000-035]", "-o", "name"]).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    assert_eq!(ended.stdout.lines().count(), 36);
    let ended = run(
        &service.url,
        &["status", "node[000-041]", "x0c0s[0-5]b0n0", "--json"],
    )
    .await;
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(ended.code, Some(5));
    assert_eq!(document["components"].as_array().unwrap().len(), 40);
    assert_eq!(document["missing"], json!(["node040", "node041"]));
}

#[tokio::test]
async fn other_forms_are_for_other_readers() {
    let service = fleet().await;
    for (name, arguments) in [
        ("wide", ["-o", "wide"].as_slice()),
        ("name", &["-o", "name"]),
        ("powerman", &["--pm"]),
    ] {
        let arguments = [["status", "x0c0s[0-3]b0n0"].as_slice(), arguments].concat();
        let ended = run(&service.url, &arguments).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
        assert_snapshot!(name, ended.stdout);
    }
    assert_eq!(run(&service.url, &["status", "-o", "xml"]).await.code, Some(2));
}

#[tokio::test]
async fn nearly_all_is_all_but_a_few() {
    let service = Service::start(|_, _| {
        let nodes: Vec<Value> = (0..64)
            .flat_map(|slot| (0..4).map(move |board| (slot, board)))
            .map(|(slot, board)| {
                let state = if (slot * 7 + board) % 23 == 0 { "off" } else { "on" };
                component(&format!("x0c0s{slot}b{board}n0"), state)
            })
            .collect();
        Reply::Json(200, json!({ "components": nodes }))
    })
    .await;
    assert_snapshot!(run(&service.url, &["status"]).await.stdout);
}

#[tokio::test]
async fn what_does_not_answer_for_the_same_reason_is_one_line() {
    let service = Service::start(|_, _| {
        let nodes = [(0, 7), (1, 8), (2, 0)].map(|(slot, address)| {
            let mut node = component(&format!("x0c0s{slot}b0n0"), "unknown");
            if address > 0 {
                node["available"] = json!(false);
                let text = format!("no connection to https://10.0.0.{address}: refused");
                node["failure"] = json!({ "code": "bmc.unreachable", "codes": [], "text": text });
            }
            node
        });
        Reply::Json(200, json!({ "components": nodes }))
    })
    .await;
    assert_snapshot!(run(&service.url, &["status"]).await.stdout);
}

#[tokio::test]
async fn json_holds_the_components_as_the_api_shows_them() {
    let service = fleet().await;
    let ended = run(&service.url, &["status", "x0c0s[39-40]b0n0", "--json"]).await;
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["components"][0]["ageMs"], 1500);
    assert_eq!(document["missing"], json!(["x0c0s40b0n0"]));
}

#[tokio::test]
async fn colours_come_when_wanted() {
    let service = fleet().await;
    assert!(!run(&service.url, &["status"]).await.stdout.contains('\u{1b}'));
    assert!(
        run(&service.url, &["--color", "always", "status"])
            .await
            .stdout
            .contains("\u{1b}[32mon:")
    );
}
