//! One request: login, fault rules, and then what a healthy controller does.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, RETRY_AFTER, SERVER, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};

use super::digest::{Admission, Asked as Proof, admit};
use super::envelope::{self, Request as Soap};
use super::method::{self, SYSTEM};
use super::object;
use super::state::{Controller, State};
use crate::bmc::{Bmc, Execution};
use crate::fault::{Asked, Effect, Plan, Protocol, RequestKind};
use crate::fleet::Fleet;
use crate::power::PowerState;
use crate::redfish::{Body, Cut};

/// The longest request body that is read.
const MAX_REQUEST_BODY: usize = 64 * 1024;
/// The path of the service.
const PATH: &str = "/wsman";
const LOCKED: &str = "<html><head><title>Account locked</title></head><body><p>User account temporarily locked.</p></body></html>";
const LOG_ON: &str =
    "<html><head><title>Unauthorized</title></head><body><p>Log on failed.</p></body></html>";
const GARBAGE: &[u8] = b"<a:Envelope><a:Body>\xff";

/// Answers one request to the AMT side of a BMC.
pub(crate) async fn serve<B>(fleet: &Fleet, bmc: &Bmc, request: Request<B>) -> Result<Response<Body>, Cut>
where
    B: hyper::body::Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let _in_flight = bmc.counters.request(request.method());
    let now = fleet.now();
    let Some(controller) = fleet.amt.get(bmc.index) else {
        return Err(Cut);
    };
    if bmc.is_away(now) || fleet.faults.unreachable(Protocol::Amt, bmc.index, now).is_some() {
        return Err(Cut);
    }
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, MAX_REQUEST_BODY).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(_) => return Ok(page(StatusCode::PAYLOAD_TOO_LARGE, "")),
    };
    if controller.drops_this() {
        return Err(Cut);
    }
    let proof = Proof {
        method: parts.method.as_str(),
        path: parts.uri.path_and_query().map_or("/", |path| path.as_str()),
        body: &body,
        authorization: parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok()),
    };
    let admission = admit(&mut controller.lock(), &fleet.config.login, &proof, now.0);
    match admission {
        Admission::Granted => {}
        Admission::Challenged(challenge) => {
            bmc.counters.auth_failure();
            return Ok(unauthorized(&challenge));
        }
        Admission::Locked => {
            bmc.counters.auth_failure();
            return Ok(closing(page(StatusCode::UNAUTHORIZED, LOCKED)));
        }
    }
    if parts.uri.path() != PATH {
        return Ok(page(StatusCode::NOT_FOUND, "<html>Not Found</html>"));
    }
    if parts.method != Method::POST {
        return Ok(page(StatusCode::METHOD_NOT_ALLOWED, ""));
    }
    let Some(soap) = Soap::read(&body) else {
        return Ok(page(StatusCode::BAD_REQUEST, "<html>Bad Request</html>"));
    };
    answer(fleet, bmc, controller, &soap).await
}

impl Controller {
    fn drops_this(&self) -> bool {
        let mut state = self.lock();
        let drops = state.switches.drops_first && !state.dropped_first;
        state.dropped_first |= drops;
        drops
    }
}

async fn answer(
    fleet: &Fleet,
    bmc: &Bmc,
    controller: &Controller,
    soap: &Soap,
) -> Result<Response<Body>, Cut> {
    let now = fleet.now();
    let kind = kind(soap);
    let plan = fleet.faults.decide(
        &Asked {
            protocol: Protocol::Amt,
            bmc: bmc.index,
            method: "POST",
            path: &format!("{PATH}/{}/{}", soap.class, soap.verb()),
            kind,
            redirected: false,
        },
        now,
    );
    if plan.slow_ms > 0 {
        tokio::time::sleep(Duration::from_millis(plan.slow_ms)).await;
    }
    if let Some(answer) = instead(plan.decisive.as_ref()).await {
        return answer;
    }
    let healthy = {
        let mut state = controller.lock();
        state.view.requests += 1;
        healthy(fleet, bmc, &mut state, soap, &plan)
    };
    spoil(healthy, plan.decisive.as_ref()).await
}

fn kind(soap: &Soap) -> RequestKind {
    match (soap.verb(), soap.class.as_str()) {
        ("RequestPowerStateChange", _) => RequestKind::Action,
        ("Get", "CIM_AssociatedPowerManagementService") => RequestKind::PowerReading,
        ("Get" | "Enumerate" | "Pull", _) => RequestKind::OtherRead,
        _ => RequestKind::Setting,
    }
}

fn healthy(fleet: &Fleet, bmc: &Bmc, state: &mut State, soap: &Soap, plan: &Plan) -> Response<Body> {
    let now = fleet.now();
    let body = match soap.verb() {
        "Get" => {
            let reading = match plan.stale_ms {
                Some(stale_ms) => bmc.stale_reading(now, SYSTEM, stale_ms),
                None => bmc.reading(now, SYSTEM),
            };
            let power = reading.map_or(PowerState::Off, |reading| reading.power);
            object::read(state, &soap.class, power, plan.wrong_state.as_deref())
        }
        "Put" => method::put(state, soap),
        "RequestPowerStateChange" => {
            let execution = Execution {
                late_ms: plan.late_ms,
                twice: plan.twice,
                os_ignores: plan.os_ignores,
            };
            let pretends = plan.decisive == Some(Effect::Ignore);
            let how = (!pretends).then_some(execution);
            let value = method::change_power(state, bmc, now, method::requested(soap), how);
            Some(output(soap, value))
        }
        _ => method::invoke(state, soap).map(|value| output(soap, value)),
    };
    match body {
        Some(body) => {
            let document = envelope::answer(soap, &body);
            let other = if state.switches.two_documents {
                envelope::answer(soap, "<g:Nothing/>")
            } else {
                String::new()
            };
            xml(StatusCode::OK, other + &document)
        }
        None => xml(
            StatusCode::BAD_REQUEST,
            envelope::answer(
                soap,
                &envelope::fault(
                    "b:DestinationUnreachable",
                    "No route can be determined to reach the destination role.",
                ),
            ),
        ),
    }
}

fn output(soap: &Soap, value: u32) -> String {
    let value = [("ReturnValue".to_owned(), value.to_string())];
    object::element(&format!("{}_OUTPUT", soap.verb()), &value)
}

/// What a fault makes of a request before anything is executed.
async fn instead(fault: Option<&Effect>) -> Option<Result<Response<Body>, Cut>> {
    match fault? {
        Effect::Refuse { status, message, .. } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST);
            let words = envelope::fault("c:AccessDenied", message);
            Some(Ok(xml(status, envelope::answer(&Soap::default(), &words))))
        }
        Effect::CutAfterHeaders | Effect::CutBeforeExecuting => Some(Err(Cut)),
        Effect::Hang {
            for_ms,
            execute: false,
        } => {
            hang(*for_ms).await;
            Some(Err(Cut))
        }
        Effect::Unauthorized => Some(Ok(unauthorized(
            "Digest realm=\"Digest:0\", nonce=\"0\",stale=\"false\",qop=\"auth\"",
        ))),
        Effect::SessionCap => Some(Ok(page(
            StatusCode::SERVICE_UNAVAILABLE,
            "<html>Too many sessions</html>",
        ))),
        Effect::Busy { retry_after } => {
            let mut busy = page(StatusCode::SERVICE_UNAVAILABLE, "<html>Busy</html>");
            busy.headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(*retry_after));
            Some(Ok(busy))
        }
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
        Some(Effect::CutInAnswer) => Ok(healthy.map(Body::tear)),
        Some(Effect::GarbageBody) => Ok(healthy.map(|_| Body::whole(Bytes::from_static(GARBAGE)))),
        Some(Effect::HugeBody { bytes }) => Ok(healthy.map(|_| Body::Huge(*bytes))),
        _ => Ok(healthy),
    }
}

async fn hang(for_ms: Option<u64>) {
    match for_ms {
        Some(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
        None => std::future::pending().await,
    }
}

fn unauthorized(challenge: &str) -> Response<Body> {
    let mut answer = page(StatusCode::UNAUTHORIZED, LOG_ON);
    if let Ok(challenge) = HeaderValue::from_str(challenge) {
        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    closing(answer)
}

/// AMT closes the connection after a 401.
fn closing(mut answer: Response<Body>) -> Response<Body> {
    answer
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

fn page(status: StatusCode, html: &'static str) -> Response<Body> {
    with_type(status, Body::whole(html), "text/html")
}

fn xml(status: StatusCode, document: String) -> Response<Body> {
    with_type(
        status,
        Body::whole(document),
        "application/soap+xml; charset=UTF-8",
    )
}

fn with_type(status: StatusCode, body: Body, media: &'static str) -> Response<Body> {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(
        SERVER,
        HeaderValue::from_static("Intel(R) Active Management Technology 16.1.25"),
    );
    answer
}
