//! `GET /v2/audit`.

use axum::Json;
use axum::extract::{RawQuery, State};
use switchyard_store::{AuditFilter, AuditRecord};
use switchyard_wire::v2::{AuditEntry, AuditPage};

use super::parameters::{Parameters, cut};
use super::problem::Problem;
use crate::api::ApiState;
use crate::api::time::rfc3339;

/// Entries on one page, when the caller does not say.
const LIMIT_DEFAULT: usize = 100;
/// The most entries on one page.
const LIMIT_MAX: usize = 1_000;

/// Who did what, why and from where, newest first
#[utoipa::path(
    get,
    path = "/audit",
    operation_id = "listAudit",
    tag = "service",
    params(
        ("who" = Option<String>, Query, description = "Only what this caller did."),
        ("action" = Option<String>, Query, description = "Only actions that begin so, such as `transition.`."),
        ("limit" = Option<usize>, Query, description = "The most entries on the page; 100 unless given.", minimum = 1, maximum = 1_000),
        ("cursor" = Option<i64>, Query, description = "The `next` of the page before."),
    ),
    responses(
        (status = 200, description = "One page.", body = AuditPage),
        (status = 400, description = "request.invalid-query"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    RawQuery(query): RawQuery,
) -> Result<Json<AuditPage>, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["who", "action", "limit", "cursor"])?;
    let limit = parameters.limit(LIMIT_DEFAULT, LIMIT_MAX)?;
    let filter = AuditFilter {
        who: parameters.text("who").map(str::to_owned),
        action: parameters.text("action").map(str::to_owned),
        before: parameters.value("cursor")?,
    };
    let one_more = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let mut found = state.engine.store().audits(&filter, one_more).await?;
    let next = cut(&mut found, limit, |record| record.seq.to_string());
    let entries = found.into_iter().map(show).collect();
    Ok(Json(AuditPage { entries, next }))
}

fn show(AuditRecord { seq, entry }: AuditRecord) -> AuditEntry {
    AuditEntry {
        id: seq.to_string(),
        at: rfc3339(entry.at),
        who: entry.who,
        action: entry.action,
        target: entry.target,
        reason: entry.reason,
        origin: entry.origin,
        request_id: entry.request_id,
        detail: entry.detail,
    }
}
