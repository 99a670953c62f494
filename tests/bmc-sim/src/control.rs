//! The control API: JSON over HTTP on loopback, for tests and people outside this process.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ORIGIN};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::bmc::{Bmc, Target};
use crate::fault::{Fault, FaultId};
use crate::listen::ACCEPT_PAUSE;
use crate::power::PowerState;
use crate::redfish::{Body, json as json_answer};
use crate::sim::Shared;

/// The longest request body that is read.
const MAX_BODY: usize = 1024 * 1024;
/// The most connections at once.
const MAX_CONNECTIONS: usize = 256;

/// Serves the control API until the simulator stops.
pub(crate) async fn serve(shared: Arc<Shared>, listener: TcpListener) {
    let permits = Arc::new(tokio::sync::Semaphore::new(MAX_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = shared.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else {
            continue;
        };
        let shared_here = Arc::clone(&shared);
        shared.tasks.spawn(async move {
            let service = service_fn(|request| answer(&shared_here, request));
            let connection = http1::Builder::new()
                .header_read_timeout(None)
                .serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                () = shared_here.stop.cancelled() => {}
                served = connection => {
                    if let Err(error) = served {
                        tracing::debug!(%error, "control connection ended early");
                    }
                }
            }
            drop(permit);
        });
    }
}

/// Why a control request is not carried out.
struct Problem(StatusCode, String);

type Answer = Result<Response<Body>, Problem>;

async fn answer(shared: &Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    Ok(match route(shared, request).await {
        Ok(response) => response,
        Err(Problem(status, message)) => json_answer(status, json!({"error": message}).to_string()),
    })
}

async fn route(shared: &Arc<Shared>, request: Request<Incoming>) -> Answer {
    let (parts, body) = request.into_parts();
    if parts.headers.contains_key(ORIGIN) {
        return Err(Problem(
            StatusCode::FORBIDDEN,
            "browsers are not served here".into(),
        ));
    }
    let body = Limited::new(body, MAX_BODY).collect().await;
    let body = body
        .map_err(|error| Problem(StatusCode::BAD_REQUEST, error.to_string()))?
        .to_bytes();
    let path: Vec<&str> = parts.uri.path().trim_matches('/').split('/').collect();
    match (parts.method.as_str(), path.as_slice()) {
        ("GET", ["fleet"]) => Ok(ok(&fleet_summary(shared))),
        ("GET", ["ca.pem"]) => ca_pem(shared),
        ("PUT", ["power"]) => {
            let SetPower { state, .. } = parse(&body)?;
            shared.set_all_power(state);
            Ok(done())
        }
        ("POST", ["reset-counters"]) => {
            shared.reset_counters();
            Ok(done())
        }
        (_, ["faults", ..]) => faults(shared, &parts.method, &path, &body),
        (_, ["bmcs", index, rest @ ..]) => {
            let bmc = index
                .parse()
                .ok()
                .and_then(|index: usize| shared.fleet.bmcs.get(index));
            let bmc = bmc.ok_or_else(|| not_found(format!("there is no BMC {index}")))?;
            bmc_request(shared, bmc, &parts.method, rest, &body).await
        }
        _ => Err(not_found(format!(
            "there is no {} {}",
            parts.method,
            parts.uri.path()
        ))),
    }
}

fn faults(shared: &Shared, method: &Method, path: &[&str], body: &Bytes) -> Answer {
    let table = &shared.fleet.faults;
    match (method.as_str(), path) {
        ("GET", ["faults"]) => Ok(ok(&json!(table.list()))),
        ("POST", ["faults"]) => {
            let fault: Fault = parse(body)?;
            let added = shared.add_fault(fault);
            let id = added.map_err(|error| Problem(StatusCode::BAD_REQUEST, error.to_string()))?;
            Ok(json_answer(StatusCode::CREATED, json!({"id": id}).to_string()))
        }
        ("DELETE", ["faults"]) => {
            table.clear();
            Ok(done())
        }
        ("DELETE", ["faults", id]) => match id.parse().map(FaultId) {
            Ok(id) if table.remove(id) => Ok(done()),
            _ => Err(not_found(format!("there is no fault {id}"))),
        },
        _ => Err(not_found(format!("there is no {method} /{}", path.join("/")))),
    }
}

async fn bmc_request(
    shared: &Arc<Shared>,
    bmc: &Bmc,
    method: &Method,
    path: &[&str],
    body: &Bytes,
) -> Answer {
    let now = shared.fleet.now();
    match (method.as_str(), path) {
        ("GET", []) => Ok(ok(&bmc_state(shared, bmc)?)),
        ("POST", ["press-button"]) => {
            let OneSystem { system } = if body.is_empty() {
                OneSystem { system: 0 }
            } else {
                parse(body)?
            };
            check_system(shared, system)?;
            bmc.press_button(now, system);
            Ok(done())
        }
        ("PUT", ["power"]) => {
            let SetPower { system, state } = parse(body)?;
            check_system(shared, system)?;
            bmc.set_power(now, system, state);
            Ok(done())
        }
        ("POST", ["down"]) => {
            shared.take_down(bmc.index).await;
            Ok(done())
        }
        ("POST", ["up"]) => {
            let up = shared.bring_up(bmc.index).await;
            up.map(|()| done())
                .map_err(|error| Problem(StatusCode::CONFLICT, error.to_string()))
        }
        _ => Err(not_found(format!("there is no {method} of that name for a BMC"))),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneSystem {
    #[serde(default)]
    system: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetPower {
    #[serde(default)]
    system: usize,
    state: PowerState,
}

fn check_system(shared: &Shared, system: usize) -> Result<(), Problem> {
    if system < shared.fleet.config.nodes_per_bmc {
        Ok(())
    } else {
        Err(not_found(format!("there is no system {system}")))
    }
}

fn fleet_summary(shared: &Shared) -> Value {
    let fleet = &shared.fleet;
    let now = fleet.now();
    let mut power: BTreeMap<&str, usize> = BTreeMap::new();
    for bmc in &fleet.bmcs {
        for system in 0..fleet.config.nodes_per_bmc {
            if let Some(reading) = bmc.reading(now, Target::System(system)) {
                *power.entry(reading.power.as_str()).or_default() += 1;
            }
        }
    }
    json!({
        "count": fleet.bmcs.len(),
        "nodes_per_bmc": fleet.config.nodes_per_bmc,
        "first_url": fleet.base_url(0),
        "uptime_ms": now,
        "open_connections": fleet.open_connections.load(Ordering::Relaxed),
        "power": power,
        "totals": fleet.totals(),
        "faults": fleet.faults.list().len(),
    })
}

fn bmc_state(shared: &Shared, bmc: &Bmc) -> Result<Value, Problem> {
    let fleet = &shared.fleet;
    let now = fleet.now();
    let power = |target| bmc.reading(now, target).map(|reading| reading.power);
    let systems: Vec<Value> = (0..fleet.config.nodes_per_bmc)
        .map(|system| {
            let target = Target::System(system);
            let settings = bmc
                .settings(system)
                .view(bmc.starts_of(now, system), bmc.profile().settings.limits);
            json!({"path": bmc.tree.path(target), "power_state": power(target), "settings": settings})
        })
        .collect();
    let fingerprint = shared
        .fingerprint(bmc.index)
        .map_err(|error| Problem(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let (executed, forgotten) = bmc.with_log(now, |log| {
        (log.entries().copied().collect::<Vec<_>>(), log.forgotten())
    });
    Ok(json!({
        "index": bmc.index,
        "url": fleet.base_url(bmc.index),
        "fingerprint": fingerprint,
        "away": bmc.is_away(now),
        "systems": systems,
        "chassis": {"path": bmc.tree.path(Target::Chassis), "power_state": power(Target::Chassis)},
        "manager": {"path": bmc.tree.path(Target::Manager)},
        "ipmi": fleet.ipmi_address(bmc.index).map(|address| json!({"address": address, "state": bmc.ipmi.view(bmc, now)})),
        "counts": bmc.counters.counts(),
        "executed": executed,
        "executed_forgotten": forgotten,
    }))
}

fn ca_pem(shared: &Shared) -> Answer {
    let Some(authority) = &shared.fleet.authority else {
        return Err(not_found("the fleet speaks plain HTTP".into()));
    };
    let mut response = Response::new(Body::whole(authority.ca_pem().to_owned()));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/x-pem-file"));
    Ok(response)
}

fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem(StatusCode::BAD_REQUEST, error.to_string()))
}

fn ok(value: &Value) -> Response<Body> {
    json_answer(StatusCode::OK, value.to_string())
}

fn done() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn not_found(message: String) -> Problem {
    Problem(StatusCode::NOT_FOUND, message)
}
