//! `/docs`: a page that works without a network.

use http::StatusCode;

use super::bench::{Answer, Bench};

/// What `/docs` makes a browser load, without the page itself.
const FILES: [&str; 4] = [
    "docs/favicon-32x32.png",
    "docs/swagger-ui.css",
    "docs/swagger-ui-bundle.js",
    "docs/start.js",
];

/// What makes a browser load something, with what names it.
const LOADS: [&str; 7] = [
    "src=",
    "href=",
    "url(",
    "@import",
    "fetch(",
    "importScripts(",
    "import(",
];

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split(['"', '\'']).skip(1).step_by(2)
}

/// The addresses that a text loads from elsewhere.
fn loads_from_elsewhere(text: &str) -> Vec<String> {
    let starts = |rest: &str| {
        let target = rest.trim_start_matches(['"', '\'', '`', ' ', '(']);
        ["http:", "https:", "//"]
            .iter()
            .any(|scheme| target.starts_with(scheme))
    };
    LOADS
        .iter()
        .flat_map(|word| text.match_indices(word))
        .filter_map(|(at, word)| text.get(at + word.len()..).filter(|rest| starts(rest)))
        .map(|rest| rest.chars().take(60).collect())
        .collect()
}

fn assert_strict(answer: &Answer, path: &str) {
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'self';"), "{path}: {policy}");
    for loose in ["http", "unsafe", "script-src", "style-src", "*"] {
        assert!(!policy.contains(loose), "{path}: {policy}");
    }
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
}

#[tokio::test]
async fn the_page_loads_its_own_files_alone() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let page = bench.get("/docs").await;
    assert_strict(&page, "/docs");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let mut loaded: Vec<&str> = quoted(page.text())
        .filter(|text| text.starts_with("docs/"))
        .collect();
    loaded.sort_unstable();
    let mut files = FILES;
    files.sort_unstable();
    assert_eq!(loaded, files);
    assert!(!page.text().contains("http"), "{}", page.text());
    for file in FILES {
        let answer = bench.get(&format!("/{file}")).await;
        assert_strict(&answer, file);
        if let Ok(text) = std::str::from_utf8(&answer.body) {
            assert_eq!(loads_from_elsewhere(text), Vec::<String>::new(), "{file}");
        }
    }
    assert_eq!(bench.get("/docs/index.html").await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        bench.get("/docs/../Cargo.toml").await.status,
        StatusCode::NOT_FOUND
    );
}

#[test]
fn a_load_from_elsewhere_is_found() {
    for text in [
        "<script src=\"https://cdn.example/x.js\">",
        "a { background: url(//cdn.example/x.png) }",
        "fetch('http://example.org')",
    ] {
        assert_eq!(loads_from_elsewhere(text).len(), 1, "{text}");
    }
    assert!(loads_from_elsewhere("<a href=\"docs/x\"> xmlns=\"http://www.w3.org/2000/svg\"").is_empty());
}
