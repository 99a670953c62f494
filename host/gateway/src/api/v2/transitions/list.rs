//! `GET /v2/transitions`.

use axum::Json;
use axum::extract::{RawQuery, State};
use switchyard_store::{Breakdown, Counts, TransitionFilter, TransitionRecord};
use switchyard_wire::v2::{TransitionList, TransitionSummary};

use super::show::{counts, kept};
use crate::api::ApiState;
use crate::api::pcs::transitions::view;
use crate::api::time::rfc3339;
use crate::api::v2::parameters::{Parameters, cut, invalid};
use crate::api::v2::problem::Problem;

/// Transitions on one page, when the caller does not say.
const LIMIT_DEFAULT: usize = 100;
/// The most transitions on one page.
const LIMIT_MAX: usize = 1_000;
const KNOWN: [&str; 6] = [
    "status",
    "operation",
    "requestedBy",
    "component",
    "limit",
    "cursor",
];

/// Transitions, newest first
#[utoipa::path(
    get,
    path = "/transitions",
    operation_id = "listTransitions",
    tag = "transitions",
    params(
        ("status" = Option<String>, Query, description = "`open` for those that have not ended, `ended` for the others.", example = "open"),
        ("operation" = Option<String>, Query, description = "Only those with this operation."),
        ("requestedBy" = Option<String>, Query, description = "Only those of this caller."),
        ("component" = Option<String>, Query, description = "Only those with this component, by its name or an alias."),
        ("limit" = Option<usize>, Query, description = "The most transitions on the page; 100 unless given.", minimum = 1, maximum = 1_000),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
    ),
    responses(
        (status = 200, description = "One page, without the members.", body = TransitionList),
        (status = 400, description = "request.invalid-query"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    RawQuery(query): RawQuery,
) -> Result<Json<TransitionList>, Problem> {
    let parameters = Parameters::read(query.as_deref(), &KNOWN)?;
    let limit = parameters.limit(LIMIT_DEFAULT, LIMIT_MAX)?;
    let filter = filter(&state, &parameters)?;
    let one_more = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let mut found = state.engine.store().transitions(&filter, one_more).await?;
    let next = cut(&mut found, limit, |(transition, _)| transition.id.to_string());
    let ids: Vec<_> = found.iter().map(|(record, _)| record.id).collect();
    let breakdowns = state.engine.store().breakdowns(&ids).await?;
    let transitions = found
        .iter()
        .map(|(record, counts)| {
            let breakdown = breakdowns.get(&record.id).copied().unwrap_or_default();
            summary(record, *counts, breakdown)
        })
        .collect();
    Ok(Json(TransitionList { transitions, next }))
}

fn filter(state: &ApiState, parameters: &Parameters) -> Result<TransitionFilter, Problem> {
    let ended = match parameters.text("status") {
        None => None,
        Some("open") => Some(false),
        Some("ended") => Some(true),
        Some(other) => return Err(invalid(format!("status is open or ended, not {other:?}"))),
    };
    let component = parameters.text("component").map(|name| {
        let row = state.engine.fleet().get(name);
        row.map(|row| row.component.id.clone())
            .ok_or_else(|| invalid(format!("the inventory holds no component {name:?}")))
    });
    Ok(TransitionFilter {
        alive_at: None,
        ended,
        operation: parameters.value("operation")?,
        requested_by: parameters.text("requestedBy").map(str::to_owned),
        component: component.transpose()?,
        before: parameters.value("cursor")?,
    })
}

fn summary(transition: &TransitionRecord, of: Counts, breakdown: Breakdown) -> TransitionSummary {
    TransitionSummary {
        id: transition.id.to_string(),
        operation: transition.operation.name().to_owned(),
        status: view::status(transition),
        requested_by: transition.requested_by.clone(),
        reason: transition.reason.clone(),
        retry_of: transition.retry_of.map(|id| id.to_string()),
        max_failures: transition.max_failures.map(|limit| limit.to_string()),
        max_failures_struck_at: transition.struck_at.map(rfc3339),
        created_at: rfc3339(transition.created_at),
        cancel_asked_at: transition.cancel_asked_at.map(rfc3339),
        ended_at: transition.ended_at.map(rfc3339),
        counts: counts(of),
        breakdown: kept(breakdown),
    }
}
