//! Operators that are held to sets of components.

use super::*;

/// A change of a component, with what it is about.
struct Subject {
    node: String,
    transition: String,
    task: String,
    configuration: String,
    hold: String,
}

/// Work in line for a node, made by somebody who may.
async fn subject(yard: &Yard, bmc: &str, admin: &str) -> Subject {
    let node = format!("{bmc}n0");
    let post = async |path: &str, body: Value| {
        let answer = yard.ask(&Method::POST, path, Some(admin), Some(&body)).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text());
        answer.json()
    };
    yard.bench.hardware.deafen(bmc);
    let body = json!({"operation": "soft-restart", "components": [node]});
    let transition = post("/v2/transitions", body).await;
    let configuration = post(
        "/v2/configurations",
        json!({"components": [node], "read": "limits"}),
    )
    .await;
    let hold = json!({"components": [node], "reason": "a test", "until": "2099-01-01T00:00:00Z"});
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let hold = json!({"until": until.to_string(), "components": hold["components"], "reason": "a test"});
    let hold = post("/v2/holds", hold).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Subject {
        task: text(&transition["members"][0]["task"]),
        transition: text(&transition["id"]),
        configuration: text(&configuration["id"]),
        hold: text(&hold["id"]),
        node,
    }
}

/// Every change that an operator may ask for, with what it sends.
fn changes(of: &Subject) -> Vec<(Method, &'static str, String, Value)> {
    let Subject {
        node,
        transition,
        task,
        configuration,
        hold,
    } = of;
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let reason = json!({"reason": "a test"});
    let row = |method: Method, route: &'static str, id: &str, body: Value| {
        let path = route.replace("{id}", id);
        (method, route, path, body)
    };
    let post = |route: &'static str, id: &str, body: Value| row(Method::POST, route, id, body);
    let power = json!({"operation": "soft-off", "components": [node]});
    let limits = json!({"limits": [{"watts": 300.0}]});
    let by_filter = json!({"operation": "soft-off", "filter": node});
    vec![
        post("/v2/plans", "", by_filter.clone()),
        post("/v2/transitions", "", by_filter),
        post("/v2/components/{id}/diagnose", node, json!(null)),
        post("/v2/plans", "", power.clone()),
        post("/v2/transitions", "", power),
        post("/v2/components/cancel", "", json!({"components": [node]})),
        post(
            "/v2/components/resolve",
            "",
            json!({"components": [node], "verdict": "done"}),
        ),
        post(
            "/v2/configurations",
            "",
            json!({"components": [node], "limits": [{"watts": 300.0}]}),
        ),
        row(Method::PATCH, "/v2/components/{id}/limits", node, limits),
        row(
            Method::PUT,
            "/v2/components/{id}/boot",
            node,
            json!({"boot": {"source": "pxe", "duration": "once"}}),
        ),
        row(
            Method::PUT,
            "/v2/components/{id}/indicator",
            node,
            json!({"light": "lit"}),
        ),
        post(
            "/v2/holds",
            "",
            json!({"components": [node], "reason": "a test", "until": until.to_string()}),
        ),
        row(Method::DELETE, "/v2/holds/{id}", hold, json!(null)),
        post("/v2/tasks/{id}/pause", task, reason.clone()),
        post("/v2/tasks/{id}/resume", task, reason.clone()),
        post("/v2/tasks/{id}/retry", task, reason.clone()),
        post("/v2/transitions/{id}/pause", transition, reason.clone()),
        post("/v2/transitions/{id}/resume", transition, reason.clone()),
        post("/v2/transitions/{id}/retry", transition, reason.clone()),
        post("/v2/tasks/{id}/cancel", task, reason.clone()),
        post("/v2/configurations/{id}/cancel", configuration, reason.clone()),
        post("/v2/transitions/{id}/cancel", transition, reason),
        row(Method::DELETE, "/transitions/{id}", transition, json!(null)),
    ]
}

#[tokio::test]
async fn operators_change_nothing_outside_of_their_scope() {
    let yard = Yard::start().await;
    let (_, admin) = yard.token(Role::Admin, &[]).await;
    let (_, operator) = yard.token(Role::Operator, &[&format!("{OWN}n0,{OWN}")]).await;
    let other = subject(&yard, OTHER, &admin).await;
    let own = subject(&yard, OWN, &admin).await;
    // What has no place here: v1 fails one by one instead, and reading changes nothing.
    let mut covered: BTreeSet<(String, &str)> = [
        ("PATCH", "/power-cap"),
        ("POST", "/power-cap/snapshot"),
        ("POST", "/transitions"),
    ]
    .map(|(method, route)| (method.to_owned(), route))
    .into();
    for (method, route, path, body) in changes(&other) {
        covered.insert((method.to_string(), route));
        let answer = yard.ask(&method, &path, Some(&operator), Some(&body)).await;
        // What never failed has nothing to try again, wherever it is.
        if answer.status == StatusCode::CONFLICT && answer.json()["code"] == "transition.nothing-to-retry" {
            continue;
        }
        assert_eq!(
            answer.status,
            StatusCode::FORBIDDEN,
            "{method} {path}: {}",
            answer.text()
        );
        if path.starts_with("/v2") {
            assert_eq!(answer.json()["code"], "access.out-of-scope", "{method} {path}");
            assert_eq!(answer.json()["problems"][0]["components"], other.node.as_str());
        } else {
            assert!(answer.text().contains("may not change"), "{}", answer.text());
        }
    }
    for (method, _, path, body) in changes(&own) {
        let answer = yard.ask(&method, &path, Some(&operator), Some(&body)).await;
        assert_ne!(
            answer.status,
            StatusCode::FORBIDDEN,
            "{method} {path}: {}",
            answer.text()
        );
    }
    for (method, route, need) in TABLE {
        let key = (method.to_string(), *route);
        let held = *need != Need::Role(Role::Operator) || covered.contains(&key);
        assert!(
            held,
            "{method} {route} is tried with no component outside of the scope"
        );
    }
    let audit = yard
        .ask(
            &Method::GET,
            "/v2/audit?action=access.refused&limit=1000",
            Some(&admin),
            None,
        )
        .await;
    let refused = audit.json()["entries"].as_array().unwrap().len();
    assert!(
        (10..=70).contains(&refused),
        "{refused} refused changes are in the audit"
    );
}

#[tokio::test]
async fn on_v1_what_is_out_of_scope_fails_alone() {
    let yard = Yard::start().await;
    let (own, other) = (format!("{OWN}n0"), format!("{OTHER}n0"));
    let (_, operator) = yard.token(Role::Operator, &[&own]).await;
    let post = Method::POST;
    let body = json!({"operation": "off", "location": [{"xname": own}, {"xname": other}]});
    let created = yard
        .ask(&post, "/v1/transitions", Some(&operator), Some(&body))
        .await;
    assert_eq!(created.status, StatusCode::OK, "{}", created.text());
    let path = format!(
        "/v1/transitions/{}",
        created.json()["transitionID"].as_str().unwrap()
    );
    let shown = yard.ask(&Method::GET, &path, Some(&operator), None).await.json();
    let failed = &shown["tasks"][1];
    assert_eq!(
        (&failed["xname"], &failed["taskStatus"]),
        (&json!(other), &json!("failed"))
    );
    assert_eq!(
        failed["error"],
        "out-of-scope: the caller may not change this component"
    );
    // The rest is the operator's own, and may be aborted.
    let aborted = yard.ask(&Method::DELETE, &path, Some(&operator), None).await;
    assert_ne!(aborted.status, StatusCode::FORBIDDEN, "{}", aborted.text());
    let body =
        json!({"components": [{"xname": other, "controls": [{"name": "Node Power Limit", "value": 300}]}]});
    let created = yard
        .ask(&Method::PATCH, "/v1/power-cap", Some(&operator), Some(&body))
        .await;
    let path = format!("/v1/power-cap/{}", created.json()["taskID"].as_str().unwrap());
    let shown = yard.ask(&Method::GET, &path, Some(&operator), None).await.json();
    assert_eq!(shown["taskCounts"]["failed"], 1, "{shown}");
}
