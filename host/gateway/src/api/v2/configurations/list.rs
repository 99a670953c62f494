//! `GET /v2/configurations`.

use axum::Json;
use axum::extract::{RawQuery, State};
use switchyard_core::configuration::Track;
use switchyard_store::ConfigurationFilter;
use switchyard_wire::v2::ConfigurationList;

use super::show;
use crate::api::ApiState;
use crate::api::v2::parameters::{Parameters, cut, invalid};
use crate::api::v2::problem::Problem;

/// Configurations on one page, when the caller does not say.
const LIMIT_DEFAULT: usize = 100;
/// The most configurations on one page.
const LIMIT_MAX: usize = 1_000;
const KNOWN: [&str; 5] = ["status", "track", "requestedBy", "limit", "cursor"];

/// Configurations, newest first
#[utoipa::path(
    get,
    path = "/configurations",
    operation_id = "listConfigurations",
    tag = "configurations",
    params(
        ("status" = Option<String>, Query, description = "`open` for those that have not ended, `ended` for the others.", example = "open"),
        ("track" = Option<String>, Query, description = "Only those about `limits`, `boot`, `indicator` or `snapshot`."),
        ("requestedBy" = Option<String>, Query, description = "Only those of this caller."),
        ("limit" = Option<usize>, Query, description = "The most configurations on the page; 100 unless given.", minimum = 1, maximum = 1_000),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
    ),
    responses(
        (status = 200, description = "One page, without the members.", body = ConfigurationList),
        (status = 400, description = "request.invalid-query"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    RawQuery(query): RawQuery,
) -> Result<Json<ConfigurationList>, Problem> {
    let parameters = Parameters::read(query.as_deref(), &KNOWN)?;
    let limit = parameters.limit(LIMIT_DEFAULT, LIMIT_MAX)?;
    let filter = filter(&parameters)?;
    let one_more = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let mut found = state.engine.store().configurations(&filter, one_more).await?;
    let next = cut(&mut found, limit, |(configuration, _)| {
        configuration.id.to_string()
    });
    let configurations = found
        .iter()
        .map(|(record, counts)| show::summary(record, *counts))
        .collect();
    Ok(Json(ConfigurationList { configurations, next }))
}

fn filter(parameters: &Parameters) -> Result<ConfigurationFilter, Problem> {
    let ended = match parameters.text("status") {
        None => None,
        Some("open") => Some(false),
        Some("ended") => Some(true),
        Some(other) => return Err(invalid(format!("status is open or ended, not {other:?}"))),
    };
    let tracks = match parameters.text("track") {
        None => Vec::new(),
        Some(name) => vec![Track::from_name(name).ok_or_else(|| {
            let known = Track::ALL.map(Track::name).join(", ");
            invalid(format!("track is one of {known}, not {name:?}"))
        })?],
    };
    Ok(ConfigurationFilter {
        alive_at: None,
        ended,
        tracks,
        requested_by: parameters.text("requestedBy").map(str::to_owned),
        before: parameters.value("cursor")?,
    })
}
