//! The OpenAPI document says what the router does, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::Value;
use switchyard_wire::v2::codes::{FAILURE_CODES, problem_codes};
use tower::ServiceExt;

use super::bench::Bench;
use crate::api;

const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

fn document() -> Value {
    serde_json::from_str(&api::document().to_json().unwrap()).unwrap()
}

/// Every operation with its path and method.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push((path.clone(), method.to_uppercase(), operation.clone()));
        }
    }
    found
}

/// The paths that a router serves, read from its debug output, which is all that axum tells of them.
fn served(router: &axum::Router) -> BTreeSet<String> {
    let text = format!("{router:?}");
    let mut paths: BTreeSet<String> = text
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|text| text.starts_with('/'))
        .map(str::to_owned)
        .collect();
    // What nesting adds for the fallback of v2, and the dashboard, which is a user of the API and no part of it.
    paths.retain(|path| path != "/v2" && !path.contains("{*__") && !path.starts_with("/ui"));
    paths.into_iter().map(|path| path.replace("{*", "{")).collect()
}

#[tokio::test]
async fn every_path_of_the_router_is_in_the_document_and_no_other() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let document = document();
    let mut documented: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    let bare: Vec<String> = documented
        .iter()
        .filter_map(|path| path.strip_prefix("/v1"))
        .map(|path| format!("{path:/<1}"))
        .collect();
    documented.extend(bare);
    assert_eq!(served(&bench.bare), documented);
}

#[tokio::test]
async fn every_method_of_a_path_is_in_the_document_and_no_other() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let mut documented: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, method, _) in operations(&document()) {
        documented.entry(path).or_default().insert(method);
    }
    for (path, methods) in documented {
        for method in METHODS {
            let uri = path
                .split('/')
                .map(|part| if part.starts_with('{') { NOBODY } else { part });
            let uri = uri.collect::<Vec<_>>().join("/");
            let request = Request::builder()
                .method(&method)
                .uri(&uri)
                .body(Body::empty())
                .unwrap();
            let status = bench.router.clone().oneshot(request).await.unwrap().status();
            assert_eq!(
                status != StatusCode::METHOD_NOT_ALLOWED,
                methods.contains(method.as_str()),
                "{method} {path}: {status}"
            );
        }
    }
}

#[test]
fn every_operation_has_a_name_a_tag_and_a_summary() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let mut names = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        assert!(
            names.insert(name),
            "{method} {path}: its operationId is another's too"
        );
        assert!(operation["summary"].is_string(), "{method} {path}");
        for tag in operation["tags"].as_array().unwrap() {
            assert!(tags.contains(tag.as_str().unwrap()), "{method} {path}: {tag}");
        }
    }
}

#[test]
fn every_refusal_of_v2_is_a_problem_with_a_code() {
    for (path, method, operation) in operations(&document()) {
        if !path.starts_with("/v2/") {
            continue;
        }
        for (status, answer) in operation["responses"].as_object().unwrap() {
            if status.starts_with(['4', '5']) {
                let content = &answer["content"]["application/problem+json"]["schema"]["allOf"][1];
                let codes = content["properties"]["code"]["enum"].as_array();
                assert!(
                    codes.is_some_and(|codes| !codes.is_empty()),
                    "{method} {path} {status}: {answer:#}"
                );
            }
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get("$ref").and_then(Value::as_str));
                object.values().for_each(|value| references(value, found));
            }
            Value::Array(array) => array.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn the_document_is_served() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let answer = bench.get("/v2/openapi.json").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json(), document());
}

/// The files in which codes are made.
const SOURCES: [&str; 5] = [
    "src/api",
    "../core/src/failure.rs",
    "../core/src/reservation.rs",
    "../core/src/configuration/goal.rs",
    "../drivers/src/code.rs",
];
/// What looks like a code there and is none: the code of v1's own problems, which no body shows.
const NO_CODES: [&str; 1] = ["request.invalid"];

fn rust_files(path: &Path, found: &mut Vec<String>) {
    if path.is_dir() {
        let entries = std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        for entry in entries.filter(|entry| !entry.ends_with("tests") && !entry.ends_with("tests.rs")) {
            rust_files(&entry, found);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        found.push(std::fs::read_to_string(path).unwrap());
    }
}

/// The literals `word.word` with the first word of a code that is listed, outside of tests.
fn codes_in(source: &str) -> BTreeSet<String> {
    let areas: BTreeSet<&str> = all_codes()
        .filter_map(|code| code.split_once('.'))
        .map(|(area, _)| area)
        .collect();
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let product = source.split("#[cfg(test)]").next().unwrap_or_default();
    product
        .split('"')
        .filter(|text| {
            text.split_once('.')
                .is_some_and(|(area, rest)| areas.contains(area) && is_word(rest))
        })
        .map(str::to_owned)
        .collect()
}

fn all_codes() -> impl Iterator<Item = &'static str> {
    let problems = problem_codes().map(|row| row.code);
    problems.chain(FAILURE_CODES.iter().map(|row| row.code))
}

#[test]
fn every_code_is_in_the_list_and_every_code_of_the_list_is_used() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for path in SOURCES {
        rust_files(&home.join(path), &mut files);
    }
    let mut used: BTreeSet<String> = files.iter().flat_map(|file| codes_in(file)).collect();
    for code in NO_CODES {
        assert!(used.remove(code), "{code} is gone");
    }
    let listed: BTreeSet<String> = all_codes().map(str::to_owned).collect();
    assert_eq!(used, listed);
}
