//! `POST /v2/configurations`.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::json;
use switchyard_core::ConfigurationId;
use switchyard_core::configuration::{Goal, Track};
use switchyard_store::audit::action;
use switchyard_store::{ConfigurationAnswer, ConfigurationMember, MemberRecord, Part, Refusal};
use switchyard_wire::v2::{Configuration, ConfigurationPreview, ConfigurationRequest, OnRefused};

use super::intake::{self, Times};
use super::{find, member, show};
use crate::api::access::scope;
use crate::api::caller::Caller;
use crate::api::idempotency::Reservation;
use crate::api::v2::body::{self, Body};
use crate::api::v2::obstacles::Obstacles;
use crate::api::v2::problem::Problem;
use crate::api::v2::{intake as transitions, selection};
use crate::api::{ApiState, audit};
use crate::engine::{self, Wish};

/// Sets limits, boot or indicator of components, or reads their limits
///
/// The request names components and one of `limits`, `boot`, `indicator` and `read`. Each component is read first; a value outside of
/// what its BMC takes is refused before anything is sent. What is so already is left alone, and what was sent is read back.
#[utoipa::path(
    post,
    path = "/configurations",
    operation_id = "createConfiguration",
    tag = "configurations",
    request_body(content = ConfigurationRequest, example = json!({"components": ["x1000c0s[0-1]b0n0"], "limits": [{"name": "Node Power Limit", "watts": 1785}], "reason": "CHG0012"})),
    responses(
        (status = 200, description = "What would become of each component: the answer to a dry run.", body = ConfigurationPreview),
        (status = 202, description = "The configuration was accepted and is stored.", body = Configuration,
            headers(("Location" = String, description = "The path of the configuration."))),
        (status = 400, description = "request.malformed, request.invalid-reason, request.too-many"),
        (status = 409, description = "request.conflict"),
        (status = 422, description = "request.refused"),
        (status = 503, description = "service.stopping, service.overloaded"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    reservation: Reservation,
    body: Body,
) -> Result<Response, Problem> {
    let body: ConfigurationRequest = body::read(body)?;
    let caller = body::with_reason(caller, body.options.reason.as_deref())?;
    let mut obstacles = Obstacles::default();
    let goal = intake::goal(&body, &mut obstacles);
    let names = selection::names(&body.components, &state.engine.fleet(), &mut obstacles);
    let times = intake::times(&body.options, &mut obstacles);
    let sets = !matches!(goal, Some(Goal::Snapshot));
    if let (true, Some(large)) = (
        sets && !body.confirm && !body.dry_run,
        transitions::large(&state, &names),
    ) {
        obstacles.add("selection.unconfirmed", format!("{large}; send confirm=true"));
    }
    let Some(goal) = goal.filter(|_| obstacles.is_empty()) else {
        return Err(obstacles.into_problem());
    };
    let mut request = request(&state, &caller, reservation, &names, &goal, times);
    request.guard = transitions::guard(&state, &caller, body.options.force);
    request.all_or_none = body.on_refused == OnRefused::Reject;
    if sets {
        scope::permit(&state, &caller, &names)
            .await
            .map_err(scope::problem)?;
    }
    if body.dry_run {
        let track = request.track;
        let members = state.engine.preview_configuration(request).await?;
        return Ok(Json(preview(track, &members)).into_response());
    }
    submit(&state, &caller, request)
        .await
        .map(|configuration| accepted(configuration).into_response())
}

/// One goal for all these names.
fn request(
    state: &ApiState,
    caller: &Caller,
    reservation: Reservation,
    names: &[String],
    goal: &Goal,
    times: Times,
) -> engine::ConfigurationRequest {
    let wishes = names.iter().map(|name| Wish {
        name: name.clone(),
        goal: goal.clone(),
        refused: None,
    });
    engine::ConfigurationRequest {
        repeated: reservation.repeated,
        requested_by: caller.name.clone(),
        reason: caller.reason.clone(),
        request_id: caller.request_id.clone(),
        start_within: times.start_within,
        verify_within: times.verify_within,
        all_or_none: true,
        guard: transitions::guard(state, caller, false),
        ..engine::ConfigurationRequest::new(ConfigurationId(reservation.id), goal.track(), wishes.collect())
    }
}

/// Submits a request for one component.
pub(in crate::api::v2) async fn submit_one(
    state: &ApiState,
    caller: &Caller,
    reservation: Reservation,
    name: String,
    goal: &Goal,
    (times, force): (Times, bool),
) -> Result<Response, Problem> {
    scope::permit(state, caller, [&name])
        .await
        .map_err(scope::problem)?;
    let mut request = request(state, caller, reservation, &[name], goal, times);
    request.guard = transitions::guard(state, caller, force);
    submit(state, caller, request)
        .await
        .map(|configuration| accepted(configuration).into_response())
}

/// Submits a request, with its entry in the audit.
async fn submit(
    state: &ApiState,
    caller: &Caller,
    mut request: engine::ConfigurationRequest,
) -> Result<Configuration, Problem> {
    let names: Vec<&str> = request.wishes.iter().map(|wish| wish.name.as_str()).collect();
    let goal = request.wishes.first().map(|wish| wish.goal.clone());
    let detail = json!({ "track": request.track, "goal": goal, "names": names.len() });
    let target = audit::target(&names);
    let now = state.engine.clock().now();
    let entry = |action| audit::entry(caller, now, action, target.clone(), detail.clone());
    request.audit = (request.track != Track::Snapshot).then(|| entry(action::CONFIGURATION_CREATE));
    match state.engine.configure(request).await? {
        ConfigurationAnswer::Accepted(accepted) => {
            let view = find(state, accepted.configuration.id).await?;
            Ok(show::full(&state.engine, &view))
        }
        ConfigurationAnswer::Refused(members) => {
            let members: Vec<MemberRecord> = members.iter().map(as_record).collect();
            if members.iter().any(is_kept_off) {
                let refused = entry(action::CONFIGURATION_REFUSED);
                state.engine.store().audit(refused).await?;
            }
            let mut obstacles = Obstacles::default();
            obstacles.add_refused(&members);
            Err(obstacles.into_problem())
        }
    }
}

/// A refused member in the words of transitions.
fn as_record(member: &ConfigurationMember) -> MemberRecord {
    MemberRecord {
        name: member.name.clone(),
        part: member.part.clone(),
        how: None,
        departure: None,
        included: false,
    }
}

/// Whether somebody or something keeps callers off the component: attempts at those are of interest.
fn is_kept_off(member: &MemberRecord) -> bool {
    matches!(
        &member.part,
        Part::Refused {
            refusal: Refusal::OnHold { .. } | Refusal::Protected { .. }
        }
    )
}

/// The answer to a request that was accepted.
fn accepted(configuration: Configuration) -> impl IntoResponse {
    let location = format!("/v2/configurations/{}", configuration.summary.id);
    (
        StatusCode::ACCEPTED,
        [(header::LOCATION, location)],
        Json(configuration),
    )
}

fn preview(track: Track, members: &[ConfigurationMember]) -> ConfigurationPreview {
    ConfigurationPreview {
        track: track.name().to_owned(),
        members: members.iter().map(member::draft).collect(),
    }
}
