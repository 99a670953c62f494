//! A driver that misbehaves in the way that the id of its subject names, for the tests of the runtime.

use std::collections::HashMap;
use std::hint::black_box;

use switchyard_driver_sdk::{
    Ability, Cause, Driver, Fact, Failure, Fault, Findings, Host, Kind, Level, Member, Method, Observation,
    Pace, PowerState, Primitive, Progress, Reason, Replay, Request, Response, Subject, Submitted,
    export_driver, fact, failure, get,
};

/// The misbehaving driver.
#[derive(Debug)]
pub struct Hostile;

/// Where changes go.
const TARGET: &str = "/change";
/// Where its manifest lets queries go.
const QUERIES: &str = "/wsman";

impl Driver for Hostile {
    fn probe(host: &dyn Host) -> Result<Vec<Fact>, Failure> {
        host.read(&get("/"))?;
        Ok(vec![fact("vendor", "hostile")])
    }

    /// Lies about replay, times and names.
    fn survey(_: &dyn Host) -> Result<Findings, Failure> {
        let liar = |advertised| Ability {
            what: Primitive::ForceRestart,
            replay: Replay::Safe,
            advertised,
            usual_ms: 100,
            limit_ms: 1,
        };
        let member = Member {
            subject: Subject {
                kind: Kind::Node,
                id: "/".repeat(100_000),
            },
            name: "n".repeat(100_000),
            parent: None,
            abilities: vec![liar(true), liar(false)],
            facts: vec![fact("model", "m".repeat(2_000)); 1_000],
        };
        Ok(Findings {
            identity: Vec::new(),
            pace: Pace {
                parallel: 0,
                gap_ms: 0,
                settle_ms: 0,
                poll_ms: 0,
            },
            members: vec![member],
        })
    }

    fn observe(host: &dyn Host, of: &Subject) -> Result<Observation, Failure> {
        match of.id.as_str() {
            "loop" => loop {
                black_box(());
            },
            "memory" => memory(),
            "recursion" => Ok(reading(&recursion(1).to_string())),
            "panic" => fall(),
            "log-flood" => loop {
                host.log(Level::Info, &"flood ".repeat(1_000));
            },
            "log-some" => {
                (0..1_000).for_each(|n| host.log(Level::Warn, &format!("line {n}")));
                Ok(reading("logged"))
            }
            "stdout" => Ok(reading(&format!("{:?}", std::env::vars().next()))),
            "hash" => {
                let map: HashMap<u32, u32> = (0..100).map(|n| (n, n)).collect();
                Ok(reading(&map.len().to_string()))
            }
            "stay" => loop {
                host.sleep(10);
            },
            "leave" => {
                while host.sleep(10) {}
                Err(failure(Cause::Cancelled, "left"))
            }
            "slow-reads" => {
                for _ in 0..20 {
                    host.read(&get("/slow"))?;
                }
                Ok(reading("read"))
            }
            "requests" => loop {
                host.read(&get("/"))?;
            },
            "change" => Ok(told(host.change(&change(TARGET)))),
            "read-as-change" => Ok(told(host.read(&change(TARGET)))),
            "query" => Ok(told(host.query(&change(TARGET)))),
            "query-asking" => Ok(told(host.query(&query(
                QUERIES,
                "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get",
            )))),
            "query-elsewhere" => Ok(told(host.query(&query(
                TARGET,
                "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get",
            )))),
            "query-changing" => Ok(told(host.query(&query(
                QUERIES,
                "http://schemas.xmlsoap.org/ws/2004/09/transfer/Put",
            )))),
            "settings" => Ok(reading(&host.setting("word").unwrap_or_default())),
            "count-calls" => {
                let calls = host.cached("calls").map_or(1, |bytes| bytes.len() + 1);
                host.cache("calls", &vec![0; calls], 60_000);
                Ok(reading(&calls.to_string()))
            }
            "vast-answer" => Ok(Observation {
                raw: "v".repeat(9 << 20),
                ..reading("")
            }),
            "own-words" => Err(Failure {
                status: Some(4_000_000),
                codes: vec!["c".repeat(10_000); 1_000],
                ..failure(Cause::Other("o".repeat(10_000)), "t".repeat(100_000))
            }),
            "surroundings" => Ok(reading(&surroundings(host))),
            "fault" => match host.read(&get("/cut")) {
                Ok(response) => Ok(reading(&format!("status {}", response.status))),
                Err(fault) => Ok(reading(&fault.text)),
            },
            "echo" => {
                let answer = host.read(&get("/echo"))?;
                let mut text = String::from_utf8_lossy(&answer.body).into_owned();
                for (name, value) in &answer.headers {
                    text.extend(["\n", name, ": ", value]);
                }
                Ok(reading(&text))
            }
            id => match id
                .strip_prefix("header ")
                .and_then(|header| header.split_once('='))
            {
                Some((name, value)) => Ok(told(host.read(&Request {
                    headers: vec![(name.to_owned(), value.to_owned())],
                    ..get("/")
                }))),
                None => Ok(told(host.read(&get(id)))),
            },
        }
    }

    fn act(host: &dyn Host, on: &Subject, _: Primitive) -> Result<Submitted, Failure> {
        match on.id.as_str() {
            "already" => Ok(Submitted::Already),
            "accepted" => Ok(Submitted::Accepted),
            "twice" => {
                host.change(&change(TARGET))?;
                host.change(&change(TARGET))?;
                Ok(Submitted::Accepted)
            }
            "not-sent" => {
                host.change(&change(TARGET))?;
                Err(failure(Cause::Unreachable, "nothing was sent, believe me"))
            }
            "trap-after" => {
                host.change(&change(TARGET))?;
                fall()
            }
            path => {
                host.change(&change(path))?;
                Ok(Submitted::Accepted)
            }
        }
    }

    fn poll(_: &dyn Host, _: &str) -> Result<Progress, Failure> {
        Ok(Progress::Gone)
    }
}

fn reading(raw: &str) -> Observation {
    Observation {
        state: PowerState::Unknown,
        raw: raw.to_owned(),
        evidence: Vec::new(),
        facts: Vec::new(),
    }
}

/// Everything that the host lets a driver ask for, in one text.
fn surroundings(host: &dyn Host) -> String {
    let settings = [
        "address",
        "host",
        "url",
        "user",
        "password",
        "credential",
        "token",
        "key",
    ];
    let cached = ["address", "password", "session", "calls"];
    let told = settings.map(|name| host.setting(name));
    let kept = cached.map(|name| host.cached(name));
    format!("{told:?} {kept:?}")
}

/// What the host said, as a reading.
fn told(answer: Result<Response, Fault>) -> Observation {
    match answer {
        Ok(response) => reading(&format!("status {}", response.status)),
        Err(Fault {
            reason: Reason::Refused(rule),
            ..
        }) => reading(&format!("refused: {rule}")),
        Err(fault) => reading(&format!("{:?}", fault.reason)),
    }
}

/// A WS-Management request with this action.
fn query(path: &str, action: &str) -> Request {
    let body = format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header>\
         <Action xmlns=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\">{action}</Action></s:Header><s:Body/></s:Envelope>"
    );
    Request {
        headers: vec![("content-type".to_owned(), "application/soap+xml".to_owned())],
        body: body.into_bytes(),
        ..change(path)
    }
}

fn change(path: &str) -> Request {
    Request {
        method: Method::Post,
        body: b"{}".to_vec(),
        ..get(path)
    }
}

fn memory() -> ! {
    let mut hoard = Vec::new();
    loop {
        hoard.push(vec![1_u8; 1 << 20]);
        black_box(&hoard);
    }
}

fn recursion(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if black_box(depth) == 0 {
        return 0;
    }
    black_box(recursion(depth + 1)) + frame[63]
}

#[expect(clippy::panic, reason = "this is what the driver is for")]
fn fall() -> ! {
    panic!("a bug with a message")
}

export_driver!(Hostile);
