//! `GET /v2/dependencies`.

use axum::Json;
use axum::extract::State;
use switchyard_wire::v2;

use crate::api::ApiState;
use crate::api::time::rfc3339;
use crate::dependencies::{Dependency, Standing};

/// What the service depends on, how each stands, and what that means
#[utoipa::path(
    get,
    path = "/dependencies",
    operation_id = "listDependencies",
    tag = "service",
    responses((status = 200, description = "All of them, those that are not configured included.", body = v2::DependencyList)),
)]
pub(in crate::api) async fn handle(State(state): State<ApiState>) -> Json<v2::DependencyList> {
    let now = state.dependencies.now();
    let show = |(dependency, standing): (Dependency, Standing)| {
        let impact = dependency.impact();
        v2::Dependency {
            name: dependency.name().to_owned(),
            state: standing.state.name().to_owned(),
            since: rfc3339(standing.since),
            last_success_at: standing.last_success.map(rfc3339),
            cache_age_seconds: standing.cached_at.map(|at| now.since(at).as_secs()),
            reason: standing.reason,
            stops: impact.stops.to_owned(),
            goes_on: impact.goes_on.to_owned(),
            lasts: impact.lasts.to_owned(),
        }
    };
    Json(v2::DependencyList {
        dependencies: state.dependencies.all().into_iter().map(show).collect(),
    })
}
