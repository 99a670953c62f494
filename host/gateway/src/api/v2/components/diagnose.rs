//! `POST /v2/components/{id}/diagnose`.

mod call;
mod course;
mod way;

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::json;
use switchyard_core::ControllerId;
use switchyard_store::audit::action;
use switchyard_wire::v2::{Diagnosis, StepOutcome};
use tokio::time::Instant;

use self::course::Course;
use super::not_found;
use crate::api::access::scope;
use crate::api::caller::Caller;
use crate::api::time::rfc3339;
use crate::api::v2::problem::Problem;
use crate::api::v2::words;
use crate::api::{ApiState, audit};
use crate::engine::{Endpoint, Row};

/// The longest time that all steps may take together.
const WITHIN: Duration = Duration::from_secs(30);

/// Find out what keeps the service from a component
///
/// Goes the way to the component's controller step by step: name, connection, TLS, login, driver, a reading of the power. Every text says
/// what was found, and each hint what to do. The controller is asked in its own lane and pace, with one login at the most; a login that is
/// known to be refused is not tried again. A controller that is left alone for another reason is tried once. At most 30 seconds.
#[utoipa::path(
    post,
    path = "/components/{id}/diagnose",
    operation_id = "diagnoseComponent",
    tag = "components",
    params(
        ("id" = String, Path, description = "The name of the component or an alias."),
        ("X-Switchyard-Reason" = Option<String>, Header, description = "Why, in the caller's words.", max_length = 512),
    ),
    responses(
        (status = 200, description = "What was found.", body = Diagnosis),
        (status = 404, description = "component.not-found"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Diagnosis>, Problem> {
    let engine = &state.engine;
    let Some(row) = engine.fleet().get(&id) else {
        return Err(not_found(&id));
    };
    let component = row.component.id.clone();
    scope::permit(&state, &caller, [component.as_str()])
        .await
        .map_err(scope::problem)?;
    let entry = audit::entry(
        &caller,
        engine.clock().now(),
        action::BMC_DIAGNOSE,
        component.to_string(),
        json!({}),
    );
    engine.store().audit(entry).await?;
    let endpoint = row
        .component
        .controller
        .as_ref()
        .and_then(|controller| engine.endpoints().get(controller.as_str()));
    let before = endpoint.as_ref().map(|endpoint| endpoint.record());
    let steps = match &endpoint {
        Some(endpoint) => steps(&state, &row, endpoint, &caller.name).await,
        None => no_controller(),
    };
    let diagnosis = Diagnosis {
        component: component.to_string(),
        controller: before.as_ref().map(|record| record.id.to_string()),
        address: endpoint.map(|endpoint| endpoint.controller.endpoint.address.to_string()),
        ok: steps.is_sound(),
        last_failure: before
            .as_ref()
            .and_then(|record| Some(words::failure(record.failure.as_ref()?))),
        last_failure_at: before.and_then(|record| record.failed_at).map(rfc3339),
        steps: steps.into_steps(),
    };
    tracing::info!(%component, ok = diagnosis.ok, by = caller.name, request_id = caller.request_id, "component diagnosed");
    Ok(Json(diagnosis))
}

/// Everything between the service and the component.
async fn steps(state: &ApiState, row: &Row, endpoint: &Endpoint, by: &str) -> Course {
    let deadline = Instant::now() + WITHIN;
    let controller: &ControllerId = &endpoint.controller.endpoint.id;
    let mut course = Course::default();
    call::breaker(&mut course, endpoint);
    way::go(&mut course, state, endpoint, deadline).await;
    if course.is_sound() {
        call::wake(state, endpoint, by).await;
        call::make(&mut course, state, row, controller, deadline).await;
    } else {
        let failed = course.failed();
        for step in ["login", "driver", "read"] {
            course.skip(step, format!("not tried, since {failed} failed"));
        }
    }
    course
}

fn no_controller() -> Course {
    let mut course = Course::default();
    course
        .add(
            "controller",
            StepOutcome::Failed,
            "nothing in the inventory switches this component",
        )
        .code("component.no-controller")
        .hint("name its controller in the inventory, and reload that");
    course
}
