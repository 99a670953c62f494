//! One request: password, fault rules, and then what a healthy BMC does.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, LOCATION};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};

use super::body::{Body, bare, json};
use super::tree::{Found, Route};
use super::{action, answer, error, manners, pages};
use crate::bmc::{Bmc, Execution, Target};
use crate::fault::{Asked, Effect, Plan, Protocol, RequestKind};
use crate::fleet::Fleet;
use crate::profile::Refusal;

/// The longest request body that is read.
const MAX_REQUEST_BODY: usize = 64 * 1024;
/// The query by which a redirect to the same origin is recognised.
const REDIRECTED: &str = "redirected=true";
/// What a BMC with a garbage fault says.
const GARBAGE: &[u8] = b"<html><body>\x00\xffInternal Error</body>{\"PowerState\": ";

/// The connection is to be cut without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the simulated BMC cut the connection")]
pub(crate) struct Cut;

/// Answers one request to a BMC.
pub(crate) async fn serve<B>(fleet: &Fleet, bmc: &Bmc, request: Request<B>) -> Result<Response<Body>, Cut>
where
    B: hyper::body::Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let _in_flight = bmc.counters.request(request.method());
    let now = fleet.now();
    if bmc.is_away(now)
        || fleet
            .faults
            .unreachable(Protocol::Redfish, bmc.index, now)
            .is_some()
    {
        return Err(Cut);
    }
    let (parts, body) = request.into_parts();
    let found = bmc.tree.route(parts.uri.path());
    let is_open = matches!(found, Found::Known(Route::Open(_)));
    if !is_open && !fleet.is_authorized(parts.headers.get(AUTHORIZATION)) {
        bmc.counters.auth_failure();
        return Ok(error::unauthorized());
    }
    let plan = fleet.faults.decide(
        &Asked {
            protocol: Protocol::Redfish,
            bmc: bmc.index,
            method: parts.method.as_str(),
            path: parts.uri.path(),
            kind: kind(&parts.method, &found),
            redirected: parts.uri.query() == Some(REDIRECTED),
        },
        now,
    );
    if plan.slow_ms > 0 {
        tokio::time::sleep(Duration::from_millis(plan.slow_ms)).await;
    }
    if plan.decisive == Some(Effect::CutAfterHeaders) {
        return Err(Cut);
    }
    let body = match Limited::new(body, MAX_REQUEST_BODY).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(_) => return Ok(bare(StatusCode::PAYLOAD_TOO_LARGE)),
    };
    if let Some(objection) = manners::objection(bmc, &parts.method, &parts.headers, found.as_route()) {
        return Ok(objection);
    }
    let target = match found.as_route() {
        Some(Route::Reset(target) | Route::Own(target, _)) if parts.method == Method::POST => Some(*target),
        _ => None,
    };
    let is_setting = kind(&parts.method, &found) == RequestKind::Setting;
    if is_setting && plan.decisive == Some(Effect::Ignore) {
        return Ok(bare(StatusCode::NO_CONTENT));
    }
    if let Some(answer) = instead(fleet, bmc, target, parts.uri.path(), plan.decisive.as_ref()).await {
        return answer;
    }
    let healthy = match (&parts.method, found.as_route()) {
        (_, None) => error::missing(parts.uri.path()),
        (&Method::GET | &Method::HEAD, Some(route)) => answer::read(fleet, bmc, route, &plan),
        (&Method::POST, Some(Route::Reset(target))) => execute(fleet, bmc, *target, &body, &plan),
        (&Method::POST, Some(Route::Own(target, number))) => {
            action::cut_mains(fleet, bmc, *target, *number, &body)
        }
        (&Method::PATCH | &Method::POST, Some(Route::Page(page))) => {
            let post = parts.method == Method::POST;
            pages::change(fleet, bmc, *page, post, &parts.headers, &body)
        }
        (&Method::PATCH, Some(Route::Resource(target, _))) => {
            pages::change_resource(fleet, bmc, *target, &parts.headers, &body)
        }
        (_, Some(Route::Reset(_) | Route::Own(..))) => error::method_not_allowed("POST"),
        (_, Some(_)) => error::method_not_allowed("GET, HEAD"),
    };
    spoil(healthy, plan.decisive.as_ref()).await
}

fn kind(method: &Method, found: &Found<'_>) -> RequestKind {
    match (method, found.as_route()) {
        (&Method::POST, Some(Route::Reset(_) | Route::Own(..))) => RequestKind::Action,
        (
            &Method::GET | &Method::HEAD,
            Some(Route::Resource(Target::System(_) | Target::Chassis | Target::Outlet(_), _)),
        ) => RequestKind::PowerReading,
        (&Method::GET | &Method::HEAD, _) => RequestKind::OtherRead,
        (&Method::PATCH, _) | (&Method::POST, Some(Route::Page(_))) => RequestKind::Setting,
        _ => RequestKind::Other,
    }
}

fn execute(fleet: &Fleet, bmc: &Bmc, target: Target, body: &Bytes, plan: &Plan) -> Response<Body> {
    let how = Execution {
        late_ms: plan.late_ms,
        twice: plan.twice,
        os_ignores: plan.os_ignores,
    };
    action::reset(fleet, bmc, target, body, how)
}

/// What a fault makes of a request before anything is executed.
async fn instead(
    fleet: &Fleet,
    bmc: &Bmc,
    target: Option<Target>,
    path: &str,
    fault: Option<&Effect>,
) -> Option<Result<Response<Body>, Cut>> {
    match fault? {
        Effect::Ignore => target.map(|target| Ok(action::pretend(fleet, bmc, target))),
        Effect::Refuse {
            status,
            message_id,
            message,
        } => Some(Ok(error::refuse(&Refusal::new(*status, message_id, message)))),
        Effect::CutAfterHeaders | Effect::CutBeforeExecuting => Some(Err(Cut)),
        Effect::Hang {
            for_ms,
            execute: false,
        } => {
            hang(*for_ms).await;
            Some(Err(Cut))
        }
        Effect::Unauthorized => Some(Ok(error::unauthorized())),
        Effect::SessionCap => Some(Ok(error::session_cap())),
        Effect::Busy { retry_after } => Some(Ok(error::busy(*retry_after))),
        Effect::Redirect { location } => Some(Ok(redirect(path, location.as_deref()))),
        _ => None,
    }
}

/// What a fault makes of the answer when everything is executed.
async fn spoil(healthy: Response<Body>, fault: Option<&Effect>) -> Result<Response<Body>, Cut> {
    match fault {
        Some(Effect::ExecuteThenCut) => Err(Cut),
        Some(Effect::Hang { for_ms, .. }) => {
            hang(*for_ms).await;
            Err(Cut)
        }
        Some(Effect::CutInAnswer) => Ok(tear(healthy)),
        Some(Effect::GarbageBody) => Ok(json(StatusCode::OK, Bytes::from_static(GARBAGE))),
        Some(Effect::HugeBody { bytes }) => {
            let mut answer = json(StatusCode::OK, Bytes::new());
            *answer.body_mut() = Body::Huge(*bytes);
            Ok(answer)
        }
        _ => Ok(healthy),
    }
}

/// A 204 has no body to tear, so that a torn one says 200.
fn tear(healthy: Response<Body>) -> Response<Body> {
    let mut torn = healthy.map(Body::tear);
    if torn.status() == StatusCode::NO_CONTENT {
        *torn.status_mut() = StatusCode::OK;
    }
    torn
}

async fn hang(for_ms: Option<u64>) {
    match for_ms {
        Some(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
        None => std::future::pending().await,
    }
}

fn redirect(path: &str, location: Option<&str>) -> Response<Body> {
    let location = location.map_or_else(|| format!("{path}?{REDIRECTED}"), str::to_owned);
    let mut answer = bare(StatusCode::PERMANENT_REDIRECT);
    if let Ok(location) = HeaderValue::from_str(&location) {
        answer.headers_mut().insert(LOCATION, location);
    }
    answer
}
