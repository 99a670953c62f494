//! Who may ask for what: every request is recognised here before anything else is done for it.

mod answer;
mod credentials;
pub(super) mod scope;
mod table;

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::json;
use switchyard_store::audit::action;

use super::caller::{self, Caller};
use super::gate::is_change;
use super::refusal::Refusal;
use super::{ApiState, audit};
use crate::access::{How, Identity, Mode, Role, Scope};
use crate::telemetry::{Chain, metrics};

pub(super) use answer::denied as refusal_of;
pub(super) use credentials::{clear_cookie, session_cookie, session_of};
#[cfg(test)]
pub(super) use table::{Need, TABLE};

/// Once a browser has seen the service over TLS it never asks without it.
const STRICT_TRANSPORT_SECURITY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Lets a request through with its caller, or refuses it.
pub(super) async fn admit(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut response = match caller(&state, &parts).await {
        Ok(caller) => {
            parts.extensions.insert(caller);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(refused) => refused.answer(parts.uri.path()),
    };
    if state.access.tls() {
        response
            .headers_mut()
            .insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY);
    }
    response
}

/// Why a request is not let through.
enum Refused {
    /// It is not known who asks.
    Denied(crate::access::Denied),
    /// It is known, and they may not; or something else is wrong.
    Refusal(Refusal),
}

impl Refused {
    fn answer(self, path: &str) -> Response {
        match self {
            Self::Denied(denied) => answer::denied_at(&denied, path),
            Self::Refusal(refusal) => refusal.answer(path),
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

async fn caller(state: &ApiState, request: &Parts) -> Result<Caller, Refused> {
    let need = need(state, request);
    let from = address(request);
    let identity = match (state.access.mode(), need) {
        (Mode::None | Mode::Mesh, _) => everybody(caller::claimed_name(&request.headers)?),
        (Mode::Tokens, table::Need::Nobody) => nobody(),
        (Mode::Tokens, table::Need::Role(_)) => recognised(state, request, from).await?,
    };
    // Where nobody is asked for a proof, a page of another site could change as much as whoever looks at it.
    let unproven = need == table::Need::Nobody || state.access.mode() != Mode::Tokens;
    let forgeable = unproven && is_change(&request.method, request.uri.path());
    if forgeable && credentials::is_cross_site(&request.headers) {
        metrics::access_forbidden("cross-site");
        return Err(forged().into());
    }
    if state.access.mode() == Mode::None && credentials::is_rebound(&request.headers) {
        metrics::access_forbidden("cross-site");
        return Err(rebound().into());
    }
    let caller = Caller::of(request, identity, from)?;
    if let table::Need::Role(needed) = need
        && caller.identity.role < needed
    {
        note_refused(state, &caller, request, "role").await;
        return Err(below(&caller, needed).into());
    }
    Ok(caller)
}

/// What the route needs. A path that leads nowhere tells nobody anything.
fn need(state: &ApiState, request: &Parts) -> table::Need {
    let Some(route) = request.extensions.get::<MatchedPath>() else {
        return table::Need::Nobody;
    };
    if route.as_str() == "/metrics" && state.access.metrics_public() {
        return table::Need::Nobody;
    }
    table::need(&request.method, route.as_str())
}

/// The address of the peer, which may be a proxy.
fn address(request: &Parts) -> Option<IpAddr> {
    let peer = request.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map(|ConnectInfo(address)| address.ip())
}

/// Whoever asks a service that asks nobody.
fn everybody(name: String) -> Identity {
    Identity {
        subject: name,
        role: Role::Admin,
        scope: Scope::All,
        how: How::Open,
    }
}

/// Whoever asks for what everybody may have.
pub(super) fn nobody() -> Identity {
    Identity {
        subject: caller::ANONYMOUS.to_owned(),
        role: Role::Viewer,
        scope: Scope::All,
        how: How::Open,
    }
}

async fn recognised(state: &ApiState, request: &Parts, from: Option<IpAddr>) -> Result<Identity, Refused> {
    let presented = credentials::presented(&request.headers, state.access.secure());
    let known = state.access.identify(presented, from).await;
    let known = known.map_err(Refused::Denied)?;
    if !is_reading(&request.method) && !credentials::is_meant(&known.proof, &request.headers) {
        metrics::access_forbidden("cross-site");
        return Err(forged().into());
    }
    Ok(known.identity)
}

/// Methods that no page of another site gains anything by.
fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn forged() -> Refusal {
    Refusal::new(
        StatusCode::FORBIDDEN,
        "access.cross-site",
        "a change that is authorised by a cookie must come from the dashboard itself",
    )
    .hint("programs send their token in the header Authorization instead of a cookie")
}

fn rebound() -> Refusal {
    Refusal::new(
        StatusCode::FORBIDDEN,
        "access.cross-site",
        "this service asks nobody for a token, and a browser reaches it by the name of another machine",
    )
    .hint("open it by a loopback address or as localhost, or set access.mode")
}

fn below(caller: &Caller, needed: Role) -> Refusal {
    let Identity { subject, role, .. } = &caller.identity;
    Refusal::new(
        StatusCode::FORBIDDEN,
        "access.forbidden",
        format!("{subject} has the role {role}, and this takes {needed}"),
    )
    .hint("ask an administrator for a token with that role")
}

/// Counts what somebody may not do, and keeps refused changes for those who look later, as many as there is room for.
async fn note_refused(state: &ApiState, caller: &Caller, request: &Parts, reason: &'static str) {
    metrics::access_forbidden(reason);
    let path = request.uri.path();
    if !is_reading(&request.method) {
        note(state, caller, &format!("{} {path}", request.method), reason).await;
    }
}

/// Adds a refused change to the audit, unless too many came lately.
pub(super) async fn note(state: &ApiState, caller: &Caller, target: &str, reason: &'static str) {
    if !state.gate.may_note_refusal() {
        return;
    }
    let target: String = target.chars().take(TARGET_MAX_CHARS).collect();
    let detail = json!({ "why": reason, "role": caller.identity.role.name() });
    let now = state.engine.clock().now();
    let entry = audit::entry(caller, now, action::ACCESS_REFUSED, target, detail);
    if let Err(error) = state.engine.store().audit(entry).await {
        tracing::warn!(error = %Chain(&error), "a refused change could not be added to the audit");
    }
}

/// How much of a path is kept in the audit.
const TARGET_MAX_CHARS: usize = 512;
