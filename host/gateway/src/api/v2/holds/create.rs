//! `POST /v2/holds`.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};
use serde_json::json;
use switchyard_core::{ComponentId, Timestamp};
use switchyard_store::audit::action;
use switchyard_store::{HoldId, HoldRecord};
use switchyard_wire::CALLER_MAX_CHARS;
use switchyard_wire::v2::{Hold, HoldRequest};

use super::show;
use crate::api::access::scope;
use crate::api::caller::Caller;
use crate::api::idempotency::Reservation;
use crate::api::v2::body::{self, Body};
use crate::api::v2::obstacles::Obstacles;
use crate::api::v2::problem::Problem;
use crate::api::v2::selection::{self, Whole, fold};
use crate::api::{ApiState, audit, reason};
use crate::engine::Engine;

/// The longest hold.
const HOLD_MAX: Duration = Duration::from_hours(30 * 24);
/// The most callers that one hold allows.
const ALLOW_MAX: usize = 64;

/// Keeps callers off components
///
/// Everybody but its caller and the allowed is refused with the reason, on v1 too. What has begun goes on; what waits is held.
#[utoipa::path(
    post,
    path = "/holds",
    operation_id = "placeHold",
    tag = "holds",
    request_body(content = HoldRequest, example = json!({"components": ["x1000c0s1b0n0"], "reason": "board swap", "until": "2030-01-01T18:00:00Z", "allow": ["slurm"]})),
    responses(
        (status = 201, description = "The hold, with the work that goes on under it.", body = Hold,
            headers(("Location" = String, description = "The path of the hold."))),
        (status = 400, description = "request.malformed"),
        (status = 422, description = "request.refused"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    reservation: Reservation,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let id = HoldId(reservation.id);
    if reservation.repeated
        && let Some(placed) = known(&state, id).await?
    {
        return Ok(placed_at(show(&placed)));
    }
    let body: HoldRequest = body::read(body)?;
    let filter = body.filter.clone();
    let hold = check(&state, &caller, id, body)?;
    scope::permit(&state, &caller, hold.components.iter().map(ComponentId::as_str))
        .await
        .map_err(scope::problem)?;
    let caller = Caller {
        reason: Some(hold.reason.clone()),
        ..caller
    };
    let mut detail = json!({ "hold": hold.id, "until": hold.until, "allow": hold.allow });
    if let Some(filter) = filter {
        detail["filter"] = json!(filter);
    }
    let entry = audit::entry(
        &caller,
        hold.at,
        action::HOLD_PLACE,
        audit::target(&hold.components),
        detail,
    );
    state.engine.place_hold(hold.clone(), Some(entry)).await?;
    Ok(placed_at(Hold {
        goes_on: goes_on(&state.engine, &hold.components),
        ..show(&hold)
    }))
}

fn placed_at(hold: Hold) -> impl IntoResponse {
    let location = format!("/v2/holds/{}", hold.id);
    (StatusCode::CREATED, [(header::LOCATION, location)], Json(hold))
}

/// The hold of this id, if it holds.
async fn known(state: &ApiState, id: HoldId) -> Result<Option<HoldRecord>, Problem> {
    let holds = state.engine.store().holds(state.engine.clock().now()).await?;
    Ok(holds.into_iter().find(|hold| hold.id == id))
}

/// The hold that the body describes, or everything that is wrong with it.
fn check(state: &ApiState, caller: &Caller, id: HoldId, body: HoldRequest) -> Result<HoldRecord, Problem> {
    let now = state.engine.clock().now();
    let mut obstacles = Obstacles::default();
    let names = selection::narrowed(
        &state.engine,
        &body.components,
        body.filter.as_deref(),
        Whole::InLine,
        &mut obstacles,
    );
    let mut components = selection::known(&names, &state.engine.fleet(), &mut obstacles);
    components.sort_unstable();
    let reason = match reason::read(&body.reason) {
        Ok(Some(reason)) => reason,
        Ok(None) => {
            obstacles.add(
                "reason.missing",
                "a hold needs a reason: whoever is kept off reads it",
            );
            String::new()
        }
        Err(refusal) => {
            obstacles.add(refusal.code, refusal.detail);
            String::new()
        }
    };
    let until = until(&body.until, now).unwrap_or_else(|detail| {
        obstacles.add("hold.invalid-until", detail);
        now
    });
    if body.allow.len() > ALLOW_MAX || body.allow.iter().any(|name| name.len() > CALLER_MAX_CHARS) {
        obstacles.add(
            "request.out-of-range",
            format!("allow takes at most {ALLOW_MAX} callers of at most {CALLER_MAX_CHARS} characters"),
        );
    }
    obstacles.into_result()?;
    Ok(HoldRecord {
        id,
        components,
        reason,
        by: caller.name.clone(),
        at: now,
        until,
        allow: body.allow,
    })
}

fn until(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let at: jiff::Timestamp = text
        .parse()
        .map_err(|_| format!("until is a time in RFC 3339, such as 2026-11-21T18:00:00Z, not {text:?}"))?;
    let at = Timestamp::from_millis(at.as_millisecond());
    if at <= now || at > now + HOLD_MAX {
        let days = HOLD_MAX.as_secs() / 86_400;
        return Err(format!(
            "until lies ahead, by at most {days} days; {text} does not"
        ));
    }
    Ok(at)
}

/// The components with work that has begun.
fn goes_on(engine: &Engine, components: &[ComponentId]) -> Option<String> {
    let busy = components
        .iter()
        .filter(|id| engine.look(id).iter().any(|entry| entry.begun));
    let busy: Vec<_> = busy.collect();
    (!busy.is_empty()).then(|| fold(&busy))
}
