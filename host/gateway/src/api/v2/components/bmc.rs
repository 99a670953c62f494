//! `GET /v2/components/{id}/bmc/{path}`.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use http::{StatusCode, Uri, header};
use serde_json::json;
use switchyard_core::{Cause, Failure};
use switchyard_store::audit::action;

use super::not_found;
use crate::api::caller::Caller;
use crate::api::refusal::Refusal;
use crate::api::v2::PREFIX;
use crate::api::v2::problem::Problem;
use crate::api::{ApiState, audit};

/// The longest time that a BMC and its other callers may take.
const WITHIN: Duration = Duration::from_secs(45);
/// When to try again that says nothing about it.
const RETRY_AFTER: Duration = Duration::from_secs(15);
/// How many parts of a path below `/v2` come before that of the resource: an empty one, `components`, the id and `bmc`.
const PARTS_BEFORE: usize = 4;

/// Look at a BMC
///
/// For administrators. Reads one Redfish resource with the service's own login, paced like everything that the controller is asked, and
/// answers with it as it is there, but for passwords, keys and tokens. Nothing but GET and HEAD goes this way. Every read is in the audit.
#[utoipa::path(
    get,
    path = "/components/{id}/bmc/{*path}",
    operation_id = "getBmcResource",
    tag = "components",
    params(
        ("id" = String, Path, description = "The name of the component or an alias."),
        ("path" = String, Path, description = "The path at the BMC without its leading slash, such as `redfish/v1/Systems/1`; a query goes along."),
        ("X-Switchyard-Reason" = Option<String>, Header, description = "Why, in the caller's words.", max_length = 512),
    ),
    responses(
        (status = 200, description = "The resource.", body = serde_json::Value),
        (status = 400, description = "resource.refused-path"),
        (status = 404, description = "component.not-found, resource.not-found"),
        (status = 409, description = "resource.no-http"),
        (status = 502, description = "resource.failed"),
        (status = 503, description = "resource.unavailable"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path((id, _)): Path<(String, String)>,
    uri: Uri,
) -> Result<impl IntoResponse, Problem> {
    let engine = &state.engine;
    let Some(row) = engine.fleet().get(&id) else {
        return Err(not_found(&id));
    };
    let path = path_at_bmc(&uri);
    let component = &row.component.id;
    let entry = audit::entry(
        &caller,
        engine.clock().now(),
        action::BMC_READ,
        component.to_string(),
        json!({ "path": path }),
    );
    engine.store().audit(entry).await?;
    let read = tokio::time::timeout(WITHIN, engine.resource(&row, &path)).await;
    let (controller, answer) = read.unwrap_or_else(|_| {
        let text = format!("No answer within {} s.", WITHIN.as_secs());
        (None, Err(Failure::new(Cause::Timeout, text)))
    });
    let outcome = answer.as_ref().err().map_or("ok", |failure| failure.cause.code());
    let controller = controller.as_ref().map(tracing::field::display);
    tracing::info!(%component, controller, path, outcome, by = caller.name, request_id = caller.request_id, "BMC read");
    let document = answer.map_err(|failure| refusal(&failure))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(document)))
}

/// The path with its query, as it was sent: what is escaped stays so.
fn path_at_bmc(uri: &Uri) -> String {
    let path = parts(uri.path()).nth(PARTS_BEFORE).unwrap_or_default();
    uri.query()
        .map_or_else(|| format!("/{path}"), |query| format!("/{path}?{query}"))
}

/// Whether the end of a path is that of a resource at a BMC, where a trailing slash may mean something.
pub(in crate::api) fn owns(path: &str) -> bool {
    let mut parts = parts(path).skip(1);
    let begins = parts.next() == Some("components");
    begins && parts.nth(1) == Some("bmc") && parts.next().is_some_and(|rest| !rest.is_empty())
}

/// The parts of a path below `/v2`, which a handler sees without that.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    let below = path.strip_prefix(PREFIX).unwrap_or(path);
    below.splitn(PARTS_BEFORE + 1, '/')
}

fn refusal(failure: &Failure) -> Refusal {
    let (status, code) = match failure.cause {
        Cause::NotFound => (StatusCode::NOT_FOUND, "resource.not-found"),
        Cause::NotSupported => (StatusCode::CONFLICT, "resource.no-http"),
        Cause::RefusedByHost => (StatusCode::BAD_REQUEST, "resource.refused-path"),
        Cause::Unreachable
        | Cause::Timeout
        | Cause::Busy
        | Cause::BreakerOpen
        | Cause::Cancelled
        | Cause::NoLogin => (StatusCode::SERVICE_UNAVAILABLE, "resource.unavailable"),
        _ => (StatusCode::BAD_GATEWAY, "resource.failed"),
    };
    let refusal = Refusal::new(status, code, failure.to_string());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        refusal.retry_after(failure.retry_after.unwrap_or(RETRY_AFTER))
    } else {
        refusal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_goes_on_as_it_was_sent() {
        let path = |uri: &str| path_at_bmc(&uri.parse().unwrap());
        assert_eq!(path("/v2/components/x0c0s0b0n0/bmc/redfish/v1/"), "/redfish/v1/");
        assert_eq!(
            path("/v2/components/n/bmc/redfish/v1/Systems?$expand=.&a=%2F"),
            "/redfish/v1/Systems?$expand=.&a=%2F"
        );
        assert_eq!(
            path("/v2/components/n/bmc/http://example.org/"),
            "/http://example.org/"
        );
        assert!(owns("/v2/components/n/bmc/redfish/v1/"));
        assert!(!owns("/v2/components/n/bmc/") && !owns("/v2/components/bmc/"));
    }
}
