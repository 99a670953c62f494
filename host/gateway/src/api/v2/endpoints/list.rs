//! `GET /v2/endpoints`.

use axum::Json;
use axum::extract::{RawQuery, State};
use switchyard_wire::v2::EndpointList;

use super::show;
use crate::api::ApiState;
use crate::api::v2::page::Page;
use crate::api::v2::problem::Problem;

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
    let page = Page::parse(query.as_deref().unwrap_or_default())?;
    let mut endpoints: Vec<_> = state
        .engine
        .endpoints()
        .after(page.after.as_deref())
        .take(page.limit.saturating_add(1))
        .map(|endpoint| show(&state.engine, endpoint))
        .collect();
    let next = page.cut(&mut endpoints, |endpoint| &endpoint.id);
    Ok(Json(EndpointList { endpoints, next }))
}
