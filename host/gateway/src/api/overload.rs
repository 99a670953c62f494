//! Limits of the whole service, v1 included. What says how the service stands is answered whatever the load.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{Extensions, Method, StatusCode};
use tokio::sync::OwnedSemaphorePermit;

use super::ApiState;
use super::gate::{is_change, unversioned};
use super::refusal::Refusal;
use crate::dependencies::Dependency;

/// How long a caller is asked to wait when too many requests are in flight, which lasts as long as requests do.
const BUSY_RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long a caller is asked to wait for the next process.
const STOPPING_RETRY_AFTER: Duration = Duration::from_secs(5);

/// How long a caller is asked to wait for room on the disk.
const FULL_RETRY_AFTER: Duration = Duration::from_secs(30);
/// What is taken although the disk is full: it ends work, or saves lives.
const TAKEN_WHEN_FULL: [&str; 2] = ["/emergency-off", "/cancel"];

/// Answers 503 when too many requests are in flight, and to changes when the engine takes none, or the disk no more.
pub(super) async fn shed(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if is_operational(path) {
        return next.run(request).await;
    }
    let Ok(permit) = Arc::clone(state.gate.in_flight()).try_acquire_owned() else {
        return Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "service.busy",
            "too many requests are in flight",
        )
        .hint("send the request again after the time in Retry-After")
        .retry_after(BUSY_RETRY_AFTER)
        .answer(path);
    };
    if is_change(request.method(), path) && !state.engine.is_ready() {
        return Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "service.stopping",
            "the service is stopping, or another process has taken over",
        )
        .hint("send the request again after the time in Retry-After")
        .retry_after(STOPPING_RETRY_AFTER)
        .answer(path);
    }
    if takes_room(request.method(), path) && state.dependencies.is_away(Dependency::Disk) {
        return Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store.disk-full",
            "the disk of the database is full, so that nothing new is accepted",
        )
        .hint("make room on the disk that GET /v2/dependencies names; what was accepted goes on, and emergency-off is taken")
        .retry_after(FULL_RETRY_AFTER)
        .answer(path);
    }
    let in_flight = InFlight(Some(Arc::new(permit)));
    request.extensions_mut().insert(in_flight.clone());
    let response = next.run(request).await;
    drop(in_flight);
    response
}

/// What counts a request as in flight until the last clone is dropped, so that work which outlives its caller still counts.
#[derive(Debug, Clone, Default)]
#[expect(dead_code, reason = "held for its drop alone")]
pub(super) struct InFlight(Option<Arc<OwnedSemaphorePermit>>);

impl InFlight {
    pub(super) fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().cloned().unwrap_or_default()
    }
}

/// Whether a request adds to what is stored for long.
fn takes_room(method: &Method, path: &str) -> bool {
    let taken = || TAKEN_WHEN_FULL.iter().any(|end| path.ends_with(end));
    is_change(method, path) && *method != Method::DELETE && !taken()
}

/// Whether the path is for those who look after the service.
fn is_operational(path: &str) -> bool {
    matches!(
        unversioned(path),
        "/metrics" | "/health" | "/liveness" | "/readiness"
    )
}
