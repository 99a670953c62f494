//! Who may do what: every route times every caller.

mod open;
mod proof;
mod scope;
mod session;
mod signed;
mod table;
mod tokens;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::bench::{self, Answer, Bench};
use super::identity_provider::{IdentityProvider, Signer, unsigned};
use crate::access::{NewToken, Role, Scope};
use crate::api;
use crate::api::access::{Need, TABLE};
use crate::clock::{Clock as _, SystemClock};

const OWN: &str = "x0c0s0b0";
const OTHER: &str = "x0c0s1b0";
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
const LONG: Duration = Duration::from_hours(1);

struct Yard {
    bench: Bench,
    provider: IdentityProvider,
    signer: Signer,
}

impl Yard {
    async fn start() -> Self {
        let signer = Signer::es256("first");
        let provider = IdentityProvider::start(&[&signer]).await;
        let settings = provider.settings(LONG);
        let bench = Bench::guarded(&bench::inventory(&[OWN, OTHER]), settings).await;
        Self {
            bench,
            provider,
            signer,
        }
    }

    async fn token(&self, role: Role, scope: &[&str]) -> (String, String) {
        let scope = match scope {
            [] => Scope::All,
            scope => Scope::only(scope.iter().map(|text| (*text).to_owned()).collect()).unwrap(),
        };
        let new = NewToken {
            name: format!("the {role}"),
            role,
            scope,
            expires_at: None,
            created_by: "a test".to_owned(),
        };
        let tokens = self.bench.access.tokens();
        let (token, text) = tokens.create(new, SystemClock.now(), |_| None).await.unwrap();
        (token.id.to_string(), text.expose().to_owned())
    }

    /// Asks from an address that nobody asked from before, so that no test meets the limit of another one.
    async fn ask(&self, method: &Method, path: &str, token: Option<&str>, body: Option<&Value>) -> Answer {
        static NEXT: AtomicU32 = AtomicU32::new(0x0a00_0000);
        let from = Ipv4Addr::from(NEXT.fetch_add(1, Ordering::Relaxed));
        self.ask_from(from.into(), method, path, token, body).await
    }

    /// The answer; the body of a stream, which goes on for ever, is left out.
    async fn ask_from(
        &self,
        from: IpAddr,
        method: &Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.extension(ConnectInfo(SocketAddr::new(from, 1)));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self
            .bench
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let streams = parts
            .headers
            .get("content-type")
            .is_some_and(|kind| kind == "text/event-stream");
        let body = if streams {
            Vec::new()
        } else {
            body.collect().await.unwrap().to_bytes().to_vec()
        };
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}

fn filled(path: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { NOBODY } else { part });
    parts.collect::<Vec<_>>().join("/")
}

async fn send(yard: &Yard, method: Method, path: &str, lines: &[(&str, &str)], body: &Value) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    yard.bench
        .send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

/// Every operation of the document, with and without the version of PCS, and the dashboard.
fn operations() -> Vec<(Method, String)> {
    let document: Value = serde_json::from_str(&api::document().to_json().unwrap()).unwrap();
    let mut found = vec![
        (Method::GET, "/ui".to_owned()),
        (Method::GET, "/ui/".to_owned()),
        (Method::GET, "/ui/{name}".to_owned()),
    ];
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            if let Some(bare) = path.strip_prefix("/v1") {
                found.push((method.clone(), format!("{bare:/<1}")));
            }
            found.push((method, path.clone()));
        }
    }
    found
}

/// What the table says of an operation of the document.
fn row(method: &Method, path: &str) -> Option<Need> {
    let path = if path == "/v1" {
        "/"
    } else {
        path.strip_prefix("/v1").unwrap_or(path)
    };
    let same = |known: &str| known.replace("{*", "{") == path;
    TABLE
        .iter()
        .find(|(known, route, _)| known == method && same(route))
        .map(|(_, _, need)| *need)
}
