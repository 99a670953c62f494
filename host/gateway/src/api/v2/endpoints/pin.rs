//! `POST /v2/endpoints/pin`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde_json::json;
use switchyard_core::ControllerId;
use switchyard_store::audit::action;
use switchyard_transport::Fingerprint;
use switchyard_wire::v2::{EndpointPin, PinList, PinRequest};

use crate::api::ApiState;
use crate::api::audit;
use crate::api::caller::Caller;
use crate::api::v2::body::{self, Body};
use crate::api::v2::discoveries::certificate;
use crate::api::v2::obstacles::Obstacles;
use crate::api::v2::problem::Problem;
use crate::api::v2::selection::{self, fold};
use crate::discovery::{PinError, Presented};
use crate::inventory::Controller;

/// The most controllers of one request: all of them are asked before it is answered.
const CONTROLLERS_MAX: usize = 512;

/// Shows and pins the certificates that controllers have now
///
/// Without `confirm` nothing is changed: it shows what each controller is pinned to and what it shows, without sending credentials. With the
/// fingerprints that were shown, controllers that still show them are pinned to them, over what the inventory says; all or none.
#[utoipa::path(
    post,
    path = "/endpoints/pin",
    operation_id = "pinEndpoints",
    tag = "endpoints",
    request_body(content = PinRequest, example = json!({"controllers": ["x1000c0s[0-7]b0"]})),
    responses(
        (status = 200, description = "What holds and what is shown.", body = PinList),
        (status = 400, description = "request.malformed"),
        (status = 409, description = "endpoint.certificate-changed"),
        (status = 422, description = "request.refused, request.out-of-range"),
        (status = 500, description = "endpoint.not-stored"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    body: Body,
) -> Result<Json<PinList>, Problem> {
    let body: PinRequest = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    let mut obstacles = Obstacles::default();
    let controllers = controllers(&state, &body.controllers, &mut obstacles);
    let confirmed = confirmed(&body.confirm, &controllers, &mut obstacles);
    obstacles.into_result()?;
    let presented = state.discoveries.presented(controllers).await;
    let stored = if confirmed.is_empty() {
        0
    } else {
        check(&presented, &confirmed)?;
        let ids: Vec<&str> = confirmed.keys().map(ControllerId::as_str).collect();
        let now = state.engine.clock().now();
        let entry = audit::entry(
            &caller,
            now,
            action::ENDPOINT_PIN,
            fold(&ids),
            json!(body.confirm),
        );
        state.engine.store().audit(entry).await?;
        let stored = confirmed.len();
        let pinned = state.discoveries.pin(confirmed.into_iter().collect()).await;
        pinned.map_err(|error| not_stored(&error))?;
        stored
    };
    Ok(Json(PinList {
        pins: presented.iter().map(show).collect(),
        stored,
    }))
}

fn controllers(state: &ApiState, expressions: &[String], obstacles: &mut Obstacles) -> Vec<Arc<Controller>> {
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for name in selection::names(expressions, &state.engine.fleet(), obstacles) {
        match state.engine.endpoints().get(&name) {
            Some(endpoint) => found.push(Arc::clone(&endpoint.controller)),
            None => unknown.push(name),
        }
    }
    if !unknown.is_empty() {
        let detail = format!("the inventory holds no controller {}", fold(&unknown));
        obstacles.add("endpoint.not-found", detail);
    }
    if found.len() > CONTROLLERS_MAX {
        let detail = format!(
            "{} controllers are more than {CONTROLLERS_MAX}; pin them in parts",
            found.len()
        );
        obstacles.add("selection.too-large", detail);
    }
    found
}

fn confirmed(
    confirm: &BTreeMap<String, String>,
    controllers: &[Arc<Controller>],
    obstacles: &mut Obstacles,
) -> BTreeMap<ControllerId, Fingerprint> {
    let mut confirmed = BTreeMap::new();
    for (id, text) in confirm {
        let known = controllers.iter().find(|known| known.endpoint.id.as_str() == id);
        match (known, text.parse::<Fingerprint>()) {
            (Some(known), Ok(fingerprint)) => {
                confirmed.insert(known.endpoint.id.clone(), fingerprint);
            }
            (None, _) => obstacles.add(
                "selection.invalid",
                format!("{id} is confirmed, and not among the controllers"),
            ),
            (_, Err(error)) => obstacles.add("selection.invalid", format!("{id}: {error}")),
        }
    }
    confirmed
}

/// Sees to it that every controller still shows what was confirmed.
fn check(presented: &[Presented], confirmed: &BTreeMap<ControllerId, Fingerprint>) -> Result<(), Problem> {
    for host in presented {
        let Some(wanted) = confirmed.get(&host.controller) else {
            continue;
        };
        let shown = match &host.certificate {
            Ok(certificate) if certificate.fingerprint == *wanted => continue,
            Ok(certificate) => certificate.fingerprint.to_string(),
            Err(problem) => problem.clone(),
        };
        let error = PinError::Changed(host.controller.clone(), shown);
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "endpoint.certificate-changed",
            error.to_string(),
        )
        .hint("nothing was pinned; ask again without confirm, and compare"));
    }
    Ok(())
}

fn not_stored(error: &PinError) -> Problem {
    let text = crate::telemetry::Chain(error).to_string();
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "endpoint.not-stored", text)
}

fn show(host: &Presented) -> EndpointPin {
    let (presented, problem) = match &host.certificate {
        Ok(shown) => (Some(certificate(shown)), None),
        Err(problem) => (None, Some(problem.clone())),
    };
    EndpointPin {
        id: host.controller.to_string(),
        address: host.address.clone(),
        pinned: host.pinned.map(|pinned| pinned.to_string()),
        presented,
        problem,
        differs: host.differs(),
    }
}
