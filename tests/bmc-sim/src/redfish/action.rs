//! The reset actions: reading the request, objecting, executing, answering.

use bytes::Bytes;
use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;

use super::answer::task_body;
use super::body::{Body, bare, json};
use super::{error, pages};
use crate::bmc::{Bmc, Execution, Target};
use crate::clock::Moment;
use crate::fleet::Fleet;
use crate::power::ResetType;
use crate::profile::{Acceptance, Refusal};

/// Carries out a reset request, or answers why not.
pub(super) fn reset(
    fleet: &Fleet,
    bmc: &Bmc,
    target: Target,
    body: &Bytes,
    how: Execution,
) -> Response<Body> {
    let now = fleet.now();
    let asked = match (target, bmc.profile().settings.outlets) {
        (Target::Outlet(index), Some(outlets)) => pages::outlet_action(outlets, index, body),
        _ => requested(bmc, target, body),
    };
    let reset = match asked {
        Ok(reset) => reset,
        Err(refusal) => return error::refuse(&refusal),
    };
    if let Some(refusal) = bmc.objection(now, target, reset) {
        return error::refuse(&refusal);
    }
    let done_at = bmc.execute(now, target, reset, how);
    accept(fleet, bmc, target, now, done_at)
}

/// Carries out an action of the make's own, or answers why not.
pub(super) fn cut_mains(
    fleet: &Fleet,
    bmc: &Bmc,
    target: Target,
    number: usize,
    body: &Bytes,
) -> Response<Body> {
    let now = fleet.now();
    let Some(action) = bmc.profile().make.actions.get(number) else {
        return bare(StatusCode::NOT_FOUND);
    };
    let asked = serde_json::from_slice::<Value>(body).ok();
    let value = asked.as_ref().and_then(|asked| asked.get("ResetType")?.as_str());
    if value != Some(action.value.as_str()) {
        let message = "The value for the parameter ResetType is not in the list of acceptable values.";
        let id = "Base.1.13.ActionParameterValueNotInList";
        return error::refuse(&Refusal::new(400, id, message));
    }
    if let Some(refusal) = action.needs_off.as_ref().filter(|_| bmc.has_power(now, target)) {
        return error::refuse(refusal);
    }
    let done_at = bmc.execute(now, target, ResetType::FullPowerCycle, Execution::default());
    accept(fleet, bmc, target, now, done_at)
}

/// Answers as for an executed action and does nothing.
pub(super) fn pretend(fleet: &Fleet, bmc: &Bmc, target: Target) -> Response<Body> {
    let now = fleet.now();
    accept(fleet, bmc, target, now, now)
}

fn accept(fleet: &Fleet, bmc: &Bmc, target: Target, now: Moment, done_at: Moment) -> Response<Body> {
    match bmc.profile().acceptance {
        Acceptance::NoContent => bare(StatusCode::NO_CONTENT),
        Acceptance::Ok => {
            let message = "The request completed successfully.";
            error::extended(StatusCode::OK, "Base.1.13.Success", message, "OK")
        }
        Acceptance::AcceptedWithoutTask => bare(StatusCode::ACCEPTED),
        Acceptance::Task => {
            let task = bmc.start_task(now, target, done_at);
            let mut answer = json(StatusCode::ACCEPTED, task_body(fleet, bmc, &task).to_string());
            let monitor = format!("/redfish/v1/TaskService/TaskMonitors/{}", task.id);
            if let Ok(location) = HeaderValue::from_str(&monitor) {
                answer.headers_mut().insert(LOCATION, location);
            }
            answer
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("1"));
            answer
        }
    }
}

/// The reset type that a body asks for. Managers take an empty body, as HPE's do.
fn requested(bmc: &Bmc, target: Target, body: &Bytes) -> Result<ResetType, Refusal> {
    let allowed = bmc.tree.reset_types(target);
    let parameters: Value = match serde_json::from_slice(body) {
        Ok(parameters @ Value::Object(_)) => parameters,
        _ if body.is_empty() => Value::Null,
        _ => {
            let message = "The request body submitted was malformed JSON and could not be parsed.";
            return Err(Refusal::new(400, "Base.1.13.MalformedJSON", message));
        }
    };
    let bare_only = target == Target::Manager && bmc.profile().make.manners.bare_manager_reset;
    if bare_only && parameters.get("ResetType").is_some() {
        let message = "The action Manager.Reset was submitted with the invalid parameter ResetType.";
        return Err(Refusal::new(400, "Base.1.13.ActionParameterUnknown", message));
    }
    let Some(name) = parameters.get("ResetType") else {
        return match (target, allowed.first()) {
            (Target::Manager, Some(usual)) => Ok(*usual),
            _ => Err(Refusal::new(
                400,
                "Base.1.13.ActionParameterMissing",
                "The action Reset requires the parameter ResetType to be present in the request body.",
            )),
        };
    };
    let known = name.as_str().and_then(|name| name.parse::<ResetType>().ok());
    known.filter(|reset| allowed.contains(reset)).ok_or_else(|| {
        let message =
            format!("The value {name} for the parameter ResetType is not in the list of acceptable values.");
        Refusal::new(400, "Base.1.13.ActionParameterValueNotInList", message)
    })
}
