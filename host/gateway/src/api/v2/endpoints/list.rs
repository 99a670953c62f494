//! `GET /v2/endpoints`.

use axum::Json;
use axum::extract::{RawQuery, State};
use switchyard_wire::v2::EndpointList;

use super::show;
use crate::api::ApiState;
use crate::api::v2::parameters::{Parameters, cut};
use crate::api::v2::problem::Problem;

/// Endpoints on one page, when the caller does not say.
const LIMIT_DEFAULT: usize = 1_000;
/// The most endpoints on one page.
const LIMIT_MAX: usize = 10_000;

/// Endpoints in order of id
///
/// An endpoint is a controller with its circuit breaker: whether it is called, and why not.
#[utoipa::path(
    get,
    path = "/endpoints",
    operation_id = "listEndpoints",
    tag = "endpoints",
    params(
        ("limit" = Option<usize>, Query, description = "The most endpoints on the page; 1,000 unless given.", minimum = 1, maximum = 10_000),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
    ),
    responses(
        (status = 200, description = "One page.", body = EndpointList),
        (status = 400, description = "request.invalid-query"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    RawQuery(query): RawQuery,
) -> Result<Json<EndpointList>, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["limit", "cursor"])?;
    let limit = parameters.limit(LIMIT_DEFAULT, LIMIT_MAX)?;
    let mut endpoints: Vec<_> = state
        .engine
        .endpoints()
        .after(parameters.text("cursor"))
        .take(limit.saturating_add(1))
        .map(|endpoint| show(&state.engine, &endpoint))
        .collect();
    let next = cut(&mut endpoints, limit, |last| last.id.clone());
    Ok(Json(EndpointList { endpoints, next }))
}
