//! A service that knows two nodes, and answers every request as one that is well, or as one where some things go wrong.

use serde_json::{Value, json};

use crate::interventions::{cancelled, hold, retried};
use crate::limits::{self, configuration};
use crate::log::event;
use crate::service::{
    ID, Reply, Request, Verdict, component, failed, looked_up, member, plan_of, plan_with, transition,
};
use crate::tokens::token;

/// The answer of a service that is well.
pub(crate) fn well(operation: &str, request: &Request) -> Reply {
    let (method, path) = request.line.split_once(' ').unwrap();
    let path = path.split('?').next().unwrap();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match (method, parts.as_slice()) {
        ("POST", ["v2", "plans"]) => plan_of(request),
        ("POST", ["v2", "transitions" | "emergency-off"]) => transition(operation, "new", &[]),
        ("GET", ["v2", "transitions", _]) => {
            let done = |name: &str| member(name, "succeeded", Some("verified"));
            transition(operation, "completed", &[done("x0c0s0b0n0"), done("x0c0s1b0n0")])
        }
        ("POST", ["v2", "transitions", _, verb @ ("pause" | "resume")]) => paused(verb, 0),
        ("POST", ["v2", "transitions", _, "retry"]) => Reply::Json(202, retried()),
        ("POST", ["v2", "transitions", _, "cancel"] | ["v2", "components", "cancel"]) => {
            let mut answer = cancelled();
            answer["goingOn"] = json!([]);
            Reply::Json(202, answer)
        }
        ("GET", ["v2", "transitions", _, "failures"]) => Reply::Json(200, failures()),
        ("GET", ["v2", "transitions"]) => transitions(0),
        ("GET", ["v2", "components"]) => looked_up(&request.line, |name| {
            matches!(name, "x0c0s0b0n0" | "x0c0s1b0n0").then(|| name.to_owned())
        }),
        ("GET", ["v2", "components", id]) => with_queue(id),
        ("POST", ["v2", "components", _, "diagnose"]) => diagnosis(true),
        ("POST", ["v2", "components", "resolve"]) => resolved(2, "x0c0s[0-1]b0n0", ""),
        ("GET", ["v2", "components", _, "bmc", ..]) => {
            Reply::Json(200, json!({ "Id": "1", "PowerState": "On" }))
        }
        ("POST", ["v2", "holds"]) | ("DELETE", ["v2", "holds", _]) => {
            Reply::Json(200, hold("h1", "x0c0s[0-1]b0n0", 2))
        }
        ("GET", ["v2", "holds"]) => Reply::Json(200, json!({ "holds": [hold("h1", "x0c0s[0-1]b0n0", 2)] })),
        (_, ["v2", "configurations", ..]) => {
            let done = |name: &str| limits::member(name, "succeeded", "verified", Some(500.0));
            configuration("completed", &[done("x0c0s0b0n0"), done("x0c0s1b0n0")])
        }
        ("GET", ["v2", "events"]) => Reply::Json(200, json!({ "events": log_of(request), "next": "log.1" })),
        ("GET", ["v2", "audit"]) => Reply::Json(200, json!({ "entries": [audit_entry()] })),
        ("GET", ["v2", "dependencies"]) => {
            Reply::Json(200, json!({ "dependencies": [dependency("ok", None)] }))
        }
        ("GET", ["v2", "drivers"]) => Reply::Json(200, json!({ "drivers": [driver()], "refused": [] })),
        ("DELETE", ["v2", "drivers" | "endpoints", _]) => Reply::Json(200, json!({})),
        (_, ["v2", "drivers", ..]) => Reply::Json(200, driver()),
        ("GET", ["v2", "tokens"]) => Reply::Json(
            200,
            json!({ "tokens": [token("0123456789abcdef", "slurm", "viewer")] }),
        ),
        ("POST", ["v2", "tokens"]) => {
            let mut created = token("0123456789abcdef", "slurm", "viewer");
            created["text"] = json!("swy_0123456789abcdef_00112233");
            Reply::Json(201, created)
        }
        ("DELETE", ["v2", "tokens", id]) => Reply::Json(200, token(id, "slurm", "viewer")),
        ("GET", ["v1", "readiness"]) => Reply::Text(204, ""),
        ("GET", ["v2", "session"]) => Reply::Json(
            200,
            json!({ "mode": "tokens", "subject": "anna", "how": "token", "role": "operator" }),
        ),
        ("GET", ["v2", "endpoints"]) => Reply::Json(200, json!({ "endpoints": [endpoint("closed")] })),
        ("POST", ["v2", "endpoints", "pin"]) => pins(request, None),
        ("POST", ["v2", "endpoints", _, "probe"]) => Reply::Json(200, endpoint("closed")),
        (_, ["v2", "discoveries", ..]) => discovery(["accepted", "accepted"]),
        _ => Reply::Json(
            404,
            json!({ "detail": format!("{} is not in the script", request.line) }),
        ),
    }
}

/// The answer of a service where some things go wrong.
pub(crate) fn in_part(operation: &str, request: &Request) -> Reply {
    let (method, path) = request.line.split_once(' ').unwrap();
    let path = path.split('?').next().unwrap();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match (method, parts.as_slice()) {
        ("POST", ["v2", "plans"]) if operation == "plan" => plan_with("off", PARTLY_HELD),
        ("GET", ["v2", "transitions", _]) => transition(
            operation,
            "completed",
            &[
                member("x0c0s0b0n0", "succeeded", Some("verified")),
                failed("x0c0s1b0n0", "bmc.refused", "the chassis is locked"),
            ],
        ),
        ("POST", ["v2", "transitions", _, verb @ ("pause" | "resume")]) => paused(verb, 1),
        ("POST", ["v2", "transitions", _, "cancel"] | ["v2", "components", "cancel"]) => {
            Reply::Json(202, cancelled())
        }
        ("GET", ["v2", "transitions"]) => transitions(1),
        ("GET", ["v2", "components", "x0c0s1b0n0"]) => Reply::Json(
            404,
            json!({ "detail": "the inventory holds no such component", "code": "component.not-found" }),
        ),
        ("POST", ["v2", "components", _, "diagnose"]) => diagnosis(false),
        ("POST", ["v2", "components", "resolve"]) => resolved(1, "x0c0s0b0n0", "x0c0s1b0n0"),
        ("GET", ["v2", "holds"]) => Reply::Json(200, json!({ "holds": [hold("h1", "x0c0s[0-3]b0n0", 4)] })),
        (_, ["v2", "configurations", ..]) => {
            let mut away = limits::member("x0c0s1b0n0", "failed", "failed", None);
            away["failure"] = json!({ "code": "bmc.unreachable", "codes": [], "text": "no answer" });
            let done = limits::member("x0c0s0b0n0", "succeeded", "verified", Some(500.0));
            configuration("completed", &[done, away])
        }
        ("GET", ["v2", "events"]) => {
            let gap = json!({ "reason": "pruned", "from": "log.0", "to": "log.1" });
            let (events, gap) = match log_of(request).as_slice() {
                [] => (vec![], Value::Null),
                events => (events.to_vec(), gap),
            };
            Reply::Json(200, json!({ "events": events, "next": "log.1", "gap": gap }))
        }
        ("GET", ["v2", "audit"]) => Reply::Json(200, json!({ "entries": [audit_entry()], "next": "6" })),
        ("GET", ["v2", "dependencies"]) => Reply::Json(
            200,
            json!({ "dependencies": [dependency("away", Some("connection refused"))] }),
        ),
        ("GET", ["v2", "drivers"]) => {
            let refused = json!({
                "what": "acme 3.0.0", "code": "driver.unsigned", "detail": "it has no signature",
                "at": "2026-11-21T10:00:00.000Z",
            });
            Reply::Json(200, json!({ "drivers": [driver()], "refused": [refused] }))
        }
        ("GET", ["v2", "tokens"]) => {
            let mut revoked = token("0123456789abcdef", "slurm", "viewer");
            revoked["revokedAt"] = json!("2026-01-02T00:00:00Z");
            Reply::Json(200, json!({ "tokens": [revoked] }))
        }
        ("GET", ["v2", "endpoints"]) => Reply::Json(
            200,
            json!({ "endpoints": [endpoint("closed"), endpoint("open")] }),
        ),
        ("POST", ["v2", "endpoints", "pin"]) => pins(request, Some("no connection: refused")),
        ("POST", ["v2", "endpoints", _, "probe"]) => {
            let mut unknown = endpoint("closed");
            unknown["driver"] = Value::Null;
            unknown["selection"] = json!({ "by": "probe", "problem": "no driver knows it" });
            Reply::Json(200, unknown)
        }
        (_, ["v2", "discoveries", ..]) => discovery(["accepted", "refused"]),
        _ => well(operation, request),
    }
}

const PARTLY_HELD: &[Verdict] = &[
    Verdict {
        name: "act",
        code: None,
        text: "it is switched",
        components: "x0c0s0b0n0",
    },
    Verdict {
        name: "held",
        code: Some("component.on-hold"),
        text: "held by alice: disk swap",
        components: "x0c0s1b0n0",
    },
];

fn paused(verb: &str, unchanged: u32) -> Reply {
    let result = if verb == "pause" { "paused" } else { "resumed" };
    let stays = |component: &str, stays: bool| {
        let result = if stays { "unchanged" } else { result };
        json!({ "component": component, "task": "t", "result": result, "text": stays.then_some("it is active") })
    };
    let tasks = [stays("x0c0s0b0n0", false), stays("x0c0s1b0n0", unchanged > 0)];
    Reply::Json(
        200,
        json!({ "tasks": tasks, "changed": 2 - unchanged, "unchanged": unchanged }),
    )
}

pub(crate) fn failures() -> Value {
    json!({ "groups": [{
        "fingerprint": "a1", "code": "bmc.locked", "text": "the chassis of … is locked",
        "example": "the chassis of x0c0s0b0n0 is locked", "count": 2, "components": "x0c0s[0-1]b0n0", "ended": 2,
        "retryable": 2, "hint": "lift the lock at the BMC",
    }] })
}

fn transitions(failed: u32) -> Reply {
    let row = json!({
        "id": ID, "operation": "soft-off", "status": "completed", "requestedBy": "alice", "reason": "CHG0012",
        "createdAt": "2026-11-21T10:00:02.123456Z",
        "counts": {
            "total": 2, "new": 0, "inProgress": 0, "failed": failed, "succeeded": 2 - failed, "unsupported": 0,
        },
    });
    Reply::Json(200, json!({ "transitions": [row] }))
}

fn with_queue(id: &str) -> Reply {
    let mut found = component(id, "on");
    found["queue"] = json!([{
        "task": "t", "transition": ID, "operation": "off", "phase": "verifying", "requestedBy": "alice", "place": "now",
        "sharedBy": 1, "createdAt": "2026-11-21T10:00:02.000Z",
    }]);
    Reply::Json(200, found)
}

fn diagnosis(ok: bool) -> Reply {
    let login = if ok {
        json!({ "step": "login", "outcome": "ok", "text": "it lets the service in", "tookMs": 40 })
    } else {
        json!({ "step": "login", "outcome": "failed", "text": "401 Unauthorized", "tookMs": 40,
                "code": "bmc.login-refused", "hint": "compare the passwords" })
    };
    Reply::Json(
        200,
        json!({ "component": "x0c0s0b0n0", "controller": "x0c0s0b0", "ok": ok, "steps": [login] }),
    )
}

fn resolved(count: u32, components: &str, unchanged: &str) -> Reply {
    Reply::Json(
        200,
        json!({ "count": count, "components": components, "unchanged": unchanged }),
    )
}

/// One event, on the first page.
fn log_of(request: &Request) -> Vec<Value> {
    if request.line.contains("since=oldest") {
        vec![event(1, "task.ended")]
    } else {
        Vec::new()
    }
}

fn audit_entry() -> Value {
    json!({
        "id": "7", "at": "2026-11-21T10:00:02.123Z", "who": "alice", "action": "transition.cancel", "target": "x0c0s0b0n0",
        "reason": "wrong rack", "origin": "10.0.0.7", "requestId": "r", "detail": {},
    })
}

fn dependency(state: &str, reason: Option<&str>) -> Value {
    json!({
        "name": "smd", "state": state, "since": "2026-11-21T10:00:00.000Z", "reason": reason,
        "stops": "News of the inventory.", "goesOn": "Everything else.", "lasts": "Without end.",
    })
}

fn driver() -> Value {
    json!({
        "id": "acme", "summary": "Speaks to ACME's controllers.", "version": "1.2.0", "controllers": 2,
        "canary": { "version": "2.0.0", "controllers": "x0c0s0b0", "count": 1 },
        "versions": [{
            "version": "1.2.0", "role": "standard", "source": "/drivers/acme-1.2.0", "provenance": "signed", "key": "site",
            "sha256": "00ff", "contract": "1.0", "wants": ["http"], "granted": ["http"], "imports": ["http"],
            "exports": ["power"],
            "limits": {
                "memoryBytes": 67_108_864, "cpuMs": 1_000, "requests": 64, "surveyRequests": 256, "logLines": 100,
            },
            "compilation": { "cached": true, "tookMs": 12 },
            "calls": { "ended": 10, "failed": 1, "stopped": 0, "refused": 0 }, "controllers": 2, "components": 2,
        }],
    })
}

fn endpoint(breaker: &str) -> Value {
    json!({
        "id": if breaker == "closed" { "x0c0s0b0" } else { "x0c0s1b0" }, "address": "https://10.1.0.1", "driver": "acme",
        "selection": { "by": "probe", "version": "1.2.0" }, "breaker": { "state": breaker, "failures": 0 },
        "components": "x0c0s0b0n0", "pace": { "parallel": 1, "gapMs": 0, "settleMs": 0, "verifyGapMs": 0 },
    })
}

/// What two controllers show: another certificate than the one they are pinned to, or a problem.
fn pins(request: &Request, problem: Option<&str>) -> Reply {
    let stored = request.json()["confirm"]
        .as_object()
        .map_or(0, serde_json::Map::len);
    let pin = |id: &str, problem: Option<&str>| {
        let presented = problem.is_none().then(|| json!({ "sha256": "00ff" }));
        json!({
            "id": id, "address": "https://10.1.0.1", "pinned": "ff00", "presented": presented, "problem": problem,
            "differs": problem.is_none(),
        })
    };
    let pins = [pin("x0c0s0b0", None), pin("x0c0s1b0", problem)];
    Reply::Json(200, json!({ "pins": pins, "stored": stored }))
}

fn discovery(states: [&str; 2]) -> Reply {
    let host = |number: usize, state: &str| {
        json!({
            "address": format!("10.4.7.{number}"), "redfish": "1.9.0", "vendor": "ACME", "state": state,
            "controller": format!("x0c0s{}b0", number - 1), "certificate": { "sha256": "00ff" },
            "detail": (state == "refused").then_some("401 Unauthorized"),
        })
    };
    let hosts = [host(1, states[0]), host(2, states[1])];
    Reply::Json(
        200,
        json!({
            "id": "d1", "ranges": ["10.4.7.[1-2]"], "by": "anna", "startedAt": "2026-11-21T10:00:00.000Z",
            "endedAt": "2026-11-21T10:00:04.000Z", "total": 2, "asked": 2, "hosts": hosts,
        }),
    )
}
