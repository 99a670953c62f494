//! A service on a loopback port that answers as a script says.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Url;
use serde_json::{Value, json};
use switchyard_xname::NameSet;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long a test waits for a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Method and path, such as `GET /v2/components`.
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What the service does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Answers.
    Json(u16, Value),
    /// Begins a stream with these frames and leaves it open.
    Stream(String),
    /// Answers with something that is no JSON.
    Text(u16, &'static str),
    /// Closes the connection.
    Cut,
    /// Never answers.
    Silence,
}

/// A running service. It stops when it is dropped.
pub(crate) struct Service {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    count: watch::Receiver<usize>,
    _connections: JoinSet<()>,
}

impl Service {
    /// Starts a service. The script is given each request and how often the same line was asked before.
    pub(crate) async fn start(script: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (counted, count) = watch::channel(0);
        let mut connections = JoinSet::new();
        let (log, script) = (Arc::clone(&requests), Arc::new(script));
        connections.spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (log, script, counted) = (Arc::clone(&log), Arc::clone(&script), counted.clone());
                open.spawn(async move { serve(stream, &log, &*script, &counted).await });
            }
        });
        Self {
            url,
            requests,
            count,
            _connections: connections,
        }
    }

    /// Waits until so many requests have come.
    pub(crate) async fn wait_for(&self, requests: usize) {
        let mut count = self.count.clone();
        tokio::time::timeout(REQUEST_TIMEOUT, count.wait_for(|count| *count >= requests))
            .await
            .unwrap()
            .unwrap();
    }

    /// What has come so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(
    stream: TcpStream,
    log: &Mutex<Vec<Request>>,
    script: &(dyn Fn(&Request, usize) -> Reply + Send + Sync),
    counted: &watch::Sender<usize>,
) {
    let mut stream = BufReader::new(stream);
    let Some(request) = read(&mut stream).await else {
        return;
    };
    let before = {
        let mut log = log.lock().unwrap();
        let before = log.iter().filter(|known| known.line == request.line).count();
        log.push(request.clone());
        before
    };
    let reply = script(&request, before);
    counted.send_modify(|count| *count += 1);
    let (status, body) = match reply {
        Reply::Json(status, body) => (status, body.to_string()),
        Reply::Text(status, body) => (status, body.to_owned()),
        Reply::Stream(frames) => {
            let head = "HTTP/1.1 200 Scripted\r\ncontent-type: text/event-stream\r\n\r\n";
            drop(stream.write_all(format!("{head}{frames}").as_bytes()).await);
            return std::future::pending().await;
        }
        Reply::Cut => return,
        Reply::Silence => return std::future::pending().await,
    };
    let head = format!(
        "HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\nx-request-id: r-1\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // The command may have left meanwhile.
    drop(stream.write_all(format!("{head}{body}").as_bytes()).await);
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut first = String::new();
    stream
        .read_line(&mut first)
        .await
        .ok()
        .filter(|length| *length > 0)?;
    let mut words = first.split_whitespace();
    let line = format!("{} {}", words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request { line, headers, body })
}

/// A component in a list.
pub(crate) fn component(id: &str, state: &str) -> Value {
    json!({
        "id": id, "kind": "node", "type": "Node", "controller": "x0c0s0b0", "state": state, "raw": state, "available": true,
        "observedAt": "2026-11-21T10:00:02.000Z", "ageMs": 1500, "changedAt": "2026-11-21T10:00:02.000Z", "supported": [],
    })
}

/// The answer to `GET /v2/components?select=...` of a service that knows these names by these ids.
pub(crate) fn looked_up(line: &str, id: impl Fn(&str) -> Option<String>) -> Reply {
    let url = line.strip_prefix("GET ").unwrap();
    let url = Url::parse(&format!("http://service{url}")).unwrap();
    let (_, select) = url.query_pairs().find(|(name, _)| name == "select").unwrap();
    let (mut found, mut unknown) = (BTreeSet::new(), Vec::new());
    for name in names(&select) {
        match id(&name) {
            Some(id) => drop(found.insert(id)),
            None => unknown.push(name),
        }
    }
    if unknown.is_empty() {
        let found: Vec<Value> = found.iter().map(|id| component(id, "on")).collect();
        return Reply::Json(200, json!({ "components": found }));
    }
    let detail = "the inventory holds no such component";
    let folded = NameSet::from_texts(&unknown).unwrap().fold();
    let problem = json!({
        "code": "component.not-found", "detail": detail, "components": folded, "count": unknown.len(),
    });
    Reply::Json(
        422,
        json!({ "detail": detail, "code": "request.refused", "problems": [problem] }),
    )
}

/// The transition of every test.
pub(crate) const ID: &str = "019ab1f0-7c3e-7d10-a9a4-2c7e7b1f3a55";

/// What would happen to some components of a plan.
pub(crate) struct Verdict {
    pub(crate) name: &'static str,
    pub(crate) code: Option<&'static str>,
    pub(crate) text: &'static str,
    pub(crate) components: &'static str,
}

/// The answer to `POST /v2/plans` when nothing stands in the way of what the request names.
pub(crate) fn plan_of(request: &Request) -> Reply {
    let body = request.json();
    let expressions = body["components"].as_array().cloned().unwrap_or_default();
    let names: Vec<String> = expressions
        .iter()
        .flat_map(|expression| names(expression.as_str().unwrap()))
        .collect();
    plan(
        body["operation"].as_str().unwrap(),
        &[(names, "act", None, "it is switched")],
    )
}

/// The answer to `POST /v2/plans` with these verdicts.
pub(crate) fn plan_with(operation: &str, verdicts: &[Verdict]) -> Reply {
    let groups: Vec<_> = verdicts
        .iter()
        .map(|group| (names(group.components), group.name, group.code, group.text))
        .collect();
    plan(operation, &groups)
}

fn names(expression: &str) -> Vec<String> {
    let set = NameSet::parse_names(expression).unwrap();
    set.iter().map(ToString::to_string).collect()
}

type Group<'a> = (Vec<String>, &'a str, Option<&'a str>, &'a str);

fn plan(operation: &str, found: &[Group<'_>]) -> Reply {
    let (mut groups, mut members, mut expect, mut resolved) = (Vec::new(), Vec::new(), 0, 0);
    for (names, verdict, code, text) in found {
        let folded = NameSet::from_texts(names).unwrap().fold();
        groups.push(json!({
            "verdict": verdict, "code": code, "text": text, "count": names.len(), "components": folded,
        }));
        resolved += names.len();
        if matches!(*verdict, "act" | "already" | "blocked") {
            expect += names.len();
        }
        for name in names {
            members.push(json!({
                "name": name, "component": name, "verdict": verdict, "code": code, "text": text, "state": "on",
                "wave": 1, "disposition": { "name": "starts" },
            }));
        }
    }
    Reply::Json(
        201,
        json!({
            "id": PLAN, "operation": operation, "requestedBy": "anonymous", "madeAt": "2026-11-21T10:00:01.000Z",
            "expiresAt": "2026-11-21T10:10:01.000Z", "request": { "operation": operation }, "resolved": resolved,
            "expect": expect, "needsConfirmation": false, "groups": groups, "waves": [], "parents": "", "children": "",
            "inFlight": [], "estimate": { "seconds": 60, "text": "about 1 min" }, "members": members,
        }),
    )
}

/// The plan of every test.
pub(crate) const PLAN: &str = "019ab1f0-0000-7d10-a9a4-2c7e7b1f3a55";

/// A member of a transition.
pub(crate) fn member(name: &str, standing: &str, outcome: Option<&str>) -> Value {
    json!({
        "name": name, "component": name, "task": "t", "standing": standing, "phase": "verifying", "outcome": outcome,
        "description": format!("Described for {name}"),
    })
}

/// A member that failed.
pub(crate) fn failed(name: &str, code: &str, text: &str) -> Value {
    let mut member = member(name, "failed", Some("failed"));
    member["failure"] = json!({ "code": code, "codes": [], "text": text });
    member
}

/// The answer to `GET /v2/transitions/{id}`.
pub(crate) fn transition(operation: &str, status: &str, members: &[Value]) -> Reply {
    let ended = matches!(status, "completed" | "aborted").then_some("2026-11-21T10:00:04.500Z");
    Reply::Json(
        200,
        json!({
            "id": ID, "operation": operation, "status": status, "requestedBy": "anonymous", "requestId": "r",
            "createdAt": "2026-11-21T10:00:02.000Z", "endedAt": ended, "later": "readers ignore this",
            "counts": { "total": 0, "new": 0, "inProgress": 0, "failed": 0, "succeeded": 0, "unsupported": 0 },
            "members": members,
        }),
    )
}
