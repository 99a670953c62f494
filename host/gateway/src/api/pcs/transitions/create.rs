//! `POST /transitions`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::IntoResponse;
use http::header;
use serde_json::json;
use switchyard_core::machine::Deadline;
use switchyard_core::{Operation, TransitionId};
use switchyard_store::audit::action;
use switchyard_wire::DeputyKey;
use switchyard_wire::pcs as wire;
use switchyard_wire::pcs::{Location, TransitionCreated, TransitionRequest};

use crate::api::access::scope;
use crate::api::caller::Caller;
use crate::api::idempotency::Reservation;
use crate::api::pcs::completeness;
use crate::api::pcs::go_json::{self, Record};
use crate::api::pcs::problem::{CONTENT_TYPE, Problem};
use crate::api::{ApiState, audit, body, deputy_keys};
use crate::engine::{Answer, Guard, Request};

/// `taskDeadlineMinutes` when the caller names none.
const DEADLINE_DEFAULT_MINUTES: i64 = 5;

/// Accepts a transition
///
/// The answer is given once it is durable. What is wrong with a single name does not refuse the request: its task fails.
#[utoipa::path(
    post,
    path = "/transitions",
    operation_id = "pcsCreateTransition",
    tag = "pcs",
    params(("X-Switchyard-Reason" = Option<String>, Header, description = "Why, in the caller's words.", max_length = 512)),
    request_body(
        content = TransitionRequest,
        example = json!({"operation": "on", "taskDeadlineMinutes": 5, "location": [{"xname": "x1000c0s0b0n0"}]}),
    ),
    responses(
        (status = 200, description = "The transition was accepted.", body = TransitionCreated,
            headers(("Location" = String, description = "The path of the transition."))),
        (status = 400, description = "The body, the operation or the reason is not valid.", body = wire::Problem, content_type = CONTENT_TYPE),
        (status = 413, description = "The body is too long.", body = wire::Problem, content_type = CONTENT_TYPE),
        (status = 503, description = "The inventory has not been read in full yet and a name is in none of what was read, or the service cannot take the request now.", body = wire::Problem, content_type = CONTENT_TYPE,
            headers(("Retry-After" = u64, description = "Seconds to wait before the next try."))),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    reservation: Reservation,
    body: Result<Bytes, BytesRejection>,
) -> Result<impl IntoResponse, Problem> {
    let body = body.map_err(|rejection| body::refusal(&rejection))?;
    let request = read(&body).map_err(|error| Problem::bad_request(error.to_string()))?;
    let operation =
        Operation::of_pcs(&request.operation).map_err(|error| Problem::bad_request(error.to_string()))?;
    let minutes = request.task_deadline_minutes.unwrap_or(DEADLINE_DEFAULT_MINUTES);
    let (mut names, mut deputy_keys) = (Vec::with_capacity(request.location.len()), Vec::new());
    for Location { xname, deputy_key } in request.location {
        if let Some(key) = deputy_key {
            deputy_keys.push((xname.clone(), deputy_keys::read(key)));
        }
        names.push(xname);
    }
    completeness::check_names(&state.engine.fleet(), names.iter().map(String::as_str))?;
    let detail = json!({ "api": "v1", "operation": operation.name(), "names": names.len() });
    let now = state.engine.clock().now();
    let entry = audit::entry(
        &caller,
        now,
        action::TRANSITION_CREATE,
        audit::target(&names),
        detail,
    );
    let guard = guard(&state, &caller);
    let answer = state
        .engine
        .submit(Request {
            repeated: reservation.repeated,
            requested_by: caller.name,
            reason: caller.reason,
            request_id: caller.request_id,
            audit: Some(entry),
            guard,
            deputy_keys,
            ..Request::new(
                TransitionId(reservation.id),
                operation,
                Deadline::from_minutes(minutes),
                names,
            )
        })
        .await?;
    let id = match answer {
        Answer::Accepted { submitted, .. } => submitted.transition.id,
        Answer::Refused(_) => {
            return Err(Problem::bad_request("The request was refused as a whole"));
        }
    };
    let created = TransitionCreated {
        id: id.to_string(),
        operation: operation.pcs_name().to_owned(),
    };
    Ok((
        [(header::LOCATION, format!("../transitions/{id}"))],
        Json(created),
    ))
}

/// PCS refuses nothing at once; what is out of the caller's scope does fail, and protected components when the configuration says so.
pub(in crate::api::pcs) fn guard(state: &ApiState, caller: &Caller) -> Guard {
    let guards = state.guards.load();
    let protects = guards.protect_v1 && !guards.protected_roles.is_empty();
    Guard {
        protected_roles: protects.then(|| guards.protected_roles.clone()),
        supported: false,
        allowed: scope::allowed(state, caller),
    }
}

fn read(body: &[u8]) -> Result<TransitionRequest, go_json::Error> {
    let value = go_json::parse(body)?;
    let fields = Record::body(&value, "TransitionParameter", "model.TransitionParameter")?;
    let locations = fields.records(
        "location",
        "LocationParameter",
        "model.LocationParameter",
        "[]model.LocationParameter",
    )?;
    Ok(TransitionRequest {
        operation: fields.text("operation")?,
        task_deadline_minutes: fields.integer("taskDeadlineMinutes")?,
        location: locations.iter().map(location).collect::<Result<_, _>>()?,
    })
}

fn location(fields: &Record<'_>) -> Result<Location, go_json::Error> {
    let deputy_key = Some(fields.text("deputyKey")?).filter(|key| !key.is_empty());
    Ok(Location {
        xname: fields.text("xname")?,
        deputy_key: deputy_key.map(DeputyKey::new),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_known_clients_are_read() {
        let ochami = br#"{"operation":"on","taskDeadlineMinutes":null,"location":[{"xname":"x0c0s0b0n0"}]}"#;
        let sat = br#"{"operation":"off","taskDeadlineMinutes":-1,"location":[{"xname":"x0c0s0b0n0"}]}"#;
        let capmc = br#"{"operation":"off","location":[{"xname":"x0c0s0b0n0","deputyKey":"k"}]}"#;
        assert_eq!(read(ochami).unwrap().task_deadline_minutes, None);
        assert_eq!(read(sat).unwrap().task_deadline_minutes, Some(-1));
        assert_eq!(
            read(capmc).unwrap().location[0].deputy_key,
            Some(DeputyKey::new("k".to_owned()))
        );
        let odd = br#"{"Operation":"ON","Location":[{"XName":"x0c0s0b0n0"},null],"more":{}}"#;
        let odd = read(odd).unwrap();
        assert_eq!(odd.operation, "ON");
        assert_eq!(
            odd.location.iter().map(|l| l.xname.as_str()).collect::<Vec<_>>(),
            ["x0c0s0b0n0", ""]
        );
    }
}
