//! `GET /health`, `/liveness` and `/readiness`.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use switchyard_wire::pcs::Health;
use switchyard_wire::pcs::health::{NOT_CONNECTED, NOT_RESPONSIVE};

use crate::api::ApiState;
use crate::dependencies::{Dependency, State as Standing};
use crate::inventory::{Report, Source};
use crate::smd::{Liveness, Smd};
use crate::telemetry::Chain;

/// How long the store may take to answer before it counts as not responsive.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// The header of readiness that names the dependencies that are away.
const AWAY: HeaderName = HeaderName::from_static("x-switchyard-away");

/// Whether the process runs
#[utoipa::path(
    get,
    path = "/liveness",
    operation_id = "pcsLiveness",
    tag = "pcs",
    responses((status = 204, description = "It runs.")),
)]
pub(super) async fn liveness() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Whether the service takes requests
#[utoipa::path(
    get,
    path = "/readiness",
    operation_id = "pcsReadiness",
    tag = "pcs",
    responses(
        (status = 204, description = "It does. What it depends on and is away is named by the header `X-Switchyard-Away`; GET /v2/dependencies says more."),
        (status = 503, description = "It does not; the body is empty, or a problem when the answer took too long."),
    ),
)]
pub(super) async fn readiness(State(state): State<ApiState>) -> (StatusCode, HeaderMap) {
    let blank = state.smd.as_ref().is_some_and(Smd::is_blank);
    let status = if state.engine.is_ready() && !blank && store_answers(&state).await {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, away(&state))
}

/// Names what is away in a header: the bodies are PCS's, and what needs nothing that is away goes on.
fn away(state: &ApiState) -> HeaderMap {
    let mut names: Vec<_> = state.dependencies.away().iter().map(|away| away.name()).collect();
    // Of the inventory's sources SMD is a dependency, and the service does not start without the file.
    let unread = |report: &Report| {
        report.source == Source::Discovered && report.read_at.is_none() && report.failure.is_some()
    };
    if state.keeper.reports().iter().any(unread) {
        names.push(Source::Discovered.name());
    }
    let value = HeaderValue::from_str(&names.join(", ")).ok();
    let header = value.filter(|value| !value.is_empty()).map(|value| (AWAY, value));
    header.into_iter().collect()
}

/// The health of the parts
///
/// `StateManager` is SMD and `Vault` the secret store; where the service has an inventory and logins of its own, both are well.
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "pcsHealth",
    tag = "pcs",
    responses((status = 200, description = "Each part in words.", body = Health)),
)]
pub(super) async fn show(State(state): State<ApiState>) -> Json<Health> {
    let mut health = Health::good();
    if !store_answers(&state).await {
        NOT_RESPONSIVE.clone_into(&mut health.kv_store);
    }
    if !state.engine.is_ready() {
        NOT_CONNECTED.clone_into(&mut health.dist_locking);
    }
    if let Some(smd) = &state.smd {
        match smd.standing().liveness {
            Liveness::Responsive => {}
            Liveness::NotResponsive => NOT_RESPONSIVE.clone_into(&mut health.state_manager),
            Liveness::NotConnected => NOT_CONNECTED.clone_into(&mut health.state_manager),
        }
    }
    let secrets = state.dependencies.standing(Dependency::SecretStore);
    // What nobody has asked yet is not said to be unwell.
    let secrets = secrets.filter(|standing| !standing.is_unasked());
    match secrets.map(|standing| standing.state) {
        None | Some(Standing::Ok | Standing::NotConfigured) => {}
        Some(Standing::Degraded) => NOT_RESPONSIVE.clone_into(&mut health.vault),
        Some(Standing::Away) => NOT_CONNECTED.clone_into(&mut health.vault),
    }
    Json(health)
}

async fn store_answers(state: &ApiState) -> bool {
    match tokio::time::timeout(PING_TIMEOUT, state.engine.store().ping()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(error = %Chain(&error), "the store does not answer");
            false
        }
        Err(_) => {
            tracing::warn!(
                after_s = PING_TIMEOUT.as_secs(),
                "the store does not answer in time"
            );
            false
        }
    }
}
