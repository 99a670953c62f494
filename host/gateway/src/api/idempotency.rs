//! `Idempotency-Key`: a changing request that may be sent again without being carried out again.
//!
//! One caller's key belongs to one method and path, and to the query and body that came with it first. Its first request runs as a
//! task of its own, so that a caller who hangs up cannot cut it off. The key is stored before that task begins, together with a
//! [`Reservation`]: the id of whatever the request makes. The answer is stored before it is given.
//!
//! When the service dies in between, the repeat runs the handler again under the same reservation. A handler that makes something
//! takes the reservation as its id and looks for it first when [`Reservation::repeated`] says so; every other changing request says the
//! same as often as it is asked. So nothing is carried out twice, and nobody is told for ever that the first try is still running.
//!
//! Answers below 500 are kept, refusals of wrong requests included: the same words would be refused again, and who means something else
//! takes another key. What passes by itself (408, 425, 429) and errors of the service (5xx) are not kept, so that the repeat tries again.

mod answer;
mod expiry;
mod key;
mod reservation;
mod running;

use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use switchyard_store::{ClaimAnswer, KeyClaim, KeyScope};
use tracing::Instrument;
use uuid::Uuid;

use super::caller::Caller;
use super::gate::{is_change, unversioned};
use super::overload::InFlight;
use super::refusal::Refusal;
use super::{ApiState, body, v2};
use crate::engine::fresh_id;

pub(super) use expiry::expire_now_and_then;
#[cfg(test)]
pub(super) use key::fingerprint;
pub(super) use reservation::Reservation;
pub(super) use running::{KeyLimits, Running};

/// How long an answer is kept, and a key whose work never ended.
const KEPT: Duration = Duration::from_hours(24);
/// How long the work under a key may take. Past it, a repeat takes it up.
const WORK_TIMEOUT: Duration = Duration::from_mins(5);
/// How long a caller is asked to wait for a first try that is still running.
const RUNNING_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Lets a request with a key run once, and gives its answer to those that repeat it.
pub(super) async fn repeat(
    State(state): State<ApiState>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let served = request.extensions().get::<MatchedPath>().is_some();
    // A secret is given once, and kept nowhere.
    let secret = matches!(path.as_str(), "/v2/session" | "/v2/tokens");
    if !served || secret || !is_change(request.method(), &path) {
        return next.run(request).await;
    }
    let keyed = match key::of(request.headers()) {
        Ok(None) => return next.run(request).await,
        Ok(Some(key)) => once(&state, caller, key, request, next).await,
        Err(refusal) => Err(refusal),
    };
    keyed.unwrap_or_else(|refusal| refusal.answer(&path))
}

async fn once(
    state: &ApiState,
    caller: Caller,
    key: String,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    let body = body::read(&parts, body).await?;
    let scope = KeyScope {
        caller: caller.name,
        key,
        method: parts.method.to_string(),
        path: unversioned(parts.uri.path()).to_owned(),
    };
    let fingerprint = key::fingerprint(parts.uri.query(), &body);
    let place = match state.gate.running().enter(&scope, fingerprint) {
        Ok(place) => place,
        Err(running) if running == fingerprint => return Err(still_running()),
        Err(_) => return Err(reused()),
    };
    let reservation = match claim(state, scope, fingerprint, &parts).await? {
        Claimed::Work(reservation) => reservation,
        Claimed::Replay(response) => return Ok(response),
    };
    parts.extensions.insert(reservation);
    let request = Request::from_parts(parts, Body::from(body));
    let owned = state.clone();
    let in_flight = InFlight::of(request.extensions());
    let work = async move {
        let response = tokio::time::timeout(WORK_TIMEOUT, next.run(request)).await;
        let response = response.map_err(|_| too_slow())?;
        let response = answer::keep(&owned, reservation.id, response).await;
        drop((place, in_flight));
        Ok(response)
    };
    match state.gate.tasks().spawn(work.in_current_span()).await {
        Ok(response) => response,
        Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
        Err(_) => Err(too_slow()),
    }
}

/// What a claim leads to.
enum Claimed {
    Work(Reservation),
    Replay(Response),
}

async fn claim(
    state: &ApiState,
    scope: KeyScope,
    fingerprint: [u8; 32],
    parts: &Parts,
) -> Result<Claimed, Refusal> {
    let now = state.engine.clock().now();
    let limits = state.gate.key_limits();
    let fresh: Uuid = fresh_id(now);
    let claim = KeyClaim {
        scope,
        fingerprint,
        reservation: fresh,
        at: now,
        expires_at: now + KEPT,
        per_caller: limits.per_caller,
        overall: limits.overall,
    };
    match state.engine.store().claim_key(&claim).await? {
        ClaimAnswer::New => Ok(Claimed::Work(Reservation {
            id: fresh,
            repeated: false,
        })),
        ClaimAnswer::Unanswered { reservation } => Ok(Claimed::Work(Reservation {
            id: reservation,
            repeated: true,
        })),
        ClaimAnswer::Answered(kept) => Ok(Claimed::Replay(answer::replay(kept))),
        ClaimAnswer::OtherRequest => Err(reused()),
        // v1 knows no limit of one caller; its clients are told that the service cannot take the request.
        ClaimAnswer::CallerFull { until } if v2::owns(parts.uri.path()) => Err(too_many_keys(
            StatusCode::TOO_MANY_REQUESTS,
            "idempotency.too-many-keys",
            until.since(now),
        )),
        ClaimAnswer::CallerFull { until } | ClaimAnswer::Full { until } => Err(too_many_keys(
            StatusCode::SERVICE_UNAVAILABLE,
            "idempotency.unavailable",
            until.since(now),
        )),
    }
}

fn still_running() -> Refusal {
    Refusal::new(
        StatusCode::CONFLICT,
        "idempotency.in-progress",
        "the first request with this Idempotency-Key is still running",
    )
    .hint("send the same request again after the time in Retry-After to get its answer")
    .retry_after(RUNNING_RETRY_AFTER)
}

fn reused() -> Refusal {
    Refusal::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency.key-reused",
        "this Idempotency-Key came with another body or query before",
    )
    .hint("take a new key for each new request, such as a random UUID")
}

fn too_many_keys(status: StatusCode, code: &'static str, wait: Duration) -> Refusal {
    Refusal::new(
        status,
        code,
        "too many idempotency keys are kept; nothing was done",
    )
    .hint("after the time in Retry-After one is forgotten; a request without a key is taken now")
    .retry_after(wait)
}

fn too_slow() -> Refusal {
    Refusal::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "request.timeout",
        format!("the answer took longer than {} s", WORK_TIMEOUT.as_secs()),
    )
    .hint("send the same request again with the same key")
    .retry_after(RUNNING_RETRY_AFTER)
}
