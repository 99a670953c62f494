//! `PATCH /power-cap`.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::IntoResponse;
use switchyard_core::configuration::goal::{LIMIT_NAME_MAX, LIMITS_MAX};
use switchyard_core::configuration::{Goal, LimitGoal, Track};
use switchyard_core::{Standing, Watts};
use switchyard_store::Refusal;
use switchyard_wire::pcs as wire;
use switchyard_wire::pcs::{PowerCapControl, PowerCapCreated, PowerCapPatch, PowerCapPatchRequest};

use super::{create, wish};
use crate::api::caller::Caller;
use crate::api::idempotency::Reservation;
use crate::api::pcs::completeness;
use crate::api::pcs::go_json::{self, Record};
use crate::api::pcs::problem::{CONTENT_TYPE, Problem};
use crate::api::{ApiState, body};
use crate::engine::Wish;

/// The most watts that are told apart.
const WATTS_MAX: u32 = 999_999_999;

/// Sets power limits of components
///
/// The answer is given once the task is durable. Limits that are not named stay, and 0 lifts one.
#[utoipa::path(
    patch,
    path = "/power-cap",
    operation_id = "pcsPatchPowerCap",
    tag = "pcs",
    request_body(
        content = PowerCapPatchRequest,
        example = json!({"components": [{"xname": "x1000c0s0b0n0", "controls": [{"name": "Node Power Limit", "value": 1785}]}]}),
    ),
    responses(
        (status = 200, description = "The task was accepted.", body = PowerCapCreated,
            headers(("Location" = String, description = "The path of the task."))),
        (status = 400, description = "The body is not valid.", body = wire::Problem, content_type = CONTENT_TYPE),
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
    check(&request)?;
    let names = request.components.iter().map(|patch| patch.xname.as_str());
    completeness::check_names(&state.engine.fleet(), names)?;
    let wishes = gather(&state, request)
        .into_iter()
        .map(|(name, limits)| {
            let first = limits.first().and_then(|goal| goal.limit.clone());
            let skip_invalid = true;
            let wish = wish(&state, name, Goal::Limits { limits, skip_invalid });
            Wish {
                refused: wish.refused.map(|refused| by_control(refused, first)),
                ..wish
            }
        })
        .collect();
    create(&state, caller, reservation, Track::Limits, wishes).await
}

/// Refuses what PCS refuses, and what no component could bear.
fn check(request: &PowerCapPatchRequest) -> Result<(), Problem> {
    let is_invalid = |control: &PowerCapControl| {
        let named = (1..=LIMIT_NAME_MAX).contains(&control.name.len());
        !named || read_watts(control.value).is_none()
    };
    let mut controls: HashMap<&str, usize> = HashMap::new();
    for patch in &request.components {
        *controls.entry(&patch.xname).or_default() += patch.controls.len();
    }
    let invalid: Vec<&str> = request
        .components
        .iter()
        .filter(|patch| {
            controls
                .get(patch.xname.as_str())
                .is_some_and(|count| *count > LIMITS_MAX)
                || patch.controls.iter().any(is_invalid)
        })
        .map(|patch| patch.xname.as_str())
        .collect();
    if invalid.is_empty() {
        return Ok(());
    }
    // PCS puts a space behind each name.
    let names: String = invalid.iter().flat_map(|name| [name, " "]).collect();
    Err(Problem::bad_request(format!(
        "Invalid control parameters for xnames detected {names}"
    )))
}

/// What has no limits is told so by its type when they are read, and by the name of the control when one is set.
fn by_control(refused: (Refusal, Standing), first: Option<String>) -> (Refusal, Standing) {
    match (refused, first) {
        ((Refusal::NoPowerControl { .. }, _), Some(limit)) => {
            (Refusal::UnknownLimit { limit }, Standing::Failed)
        }
        (refused, _) => refused,
    }
}

/// The limit that a value means; nothing when it means none. What no machine draws is as good as the most that one does: it is beyond
/// the range of every limit.
fn read_watts(value: i64) -> Option<Watts> {
    let whole = u32::try_from(value.min(i64::from(WATTS_MAX))).ok()?;
    Watts::new(f64::from(whole))
}

/// The limits of each component in the order of the request. Of a limit that is named twice the last value counts.
fn gather(state: &ApiState, request: PowerCapPatchRequest) -> Vec<(String, Vec<LimitGoal>)> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut gathered: Vec<(String, Vec<LimitGoal>)> = Vec::new();
    for PowerCapPatch { xname, controls } in request.components {
        if controls.is_empty() {
            continue;
        }
        let row = state.engine.fleet().get(&xname);
        let key = row.map_or_else(|| xname.clone(), |row| row.component.id.to_string());
        let place = *places.entry(key).or_insert(gathered.len());
        if place == gathered.len() {
            gathered.push((xname, Vec::new()));
        }
        let Some((_, limits)) = gathered.get_mut(place) else {
            continue;
        };
        for PowerCapControl { name, value } in controls {
            limits.retain(|goal| goal.limit.as_deref() != Some(name.as_str()));
            limits.push(LimitGoal {
                limit: Some(name),
                watts: read_watts(value).filter(|watts| watts.get() > 0.0),
            });
        }
    }
    gathered
}

fn read(body: &[u8]) -> Result<PowerCapPatchRequest, go_json::Error> {
    let value = go_json::parse(body)?;
    let fields = Record::body(&value, "PowerCapPatchParameter", "model.PowerCapPatchParameter")?;
    let components = fields.records(
        "components",
        "PowerCapComponentParameter",
        "model.PowerCapComponentParameter",
        "[]model.PowerCapComponentParameter",
    )?;
    Ok(PowerCapPatchRequest {
        components: components.iter().map(component).collect::<Result<_, _>>()?,
    })
}

fn component(fields: &Record<'_>) -> Result<PowerCapPatch, go_json::Error> {
    let controls = fields.records(
        "controls",
        "PowerCapControlParameter",
        "model.PowerCapControlParameter",
        "[]model.PowerCapControlParameter",
    )?;
    Ok(PowerCapPatch {
        xname: fields.text("xname")?,
        controls: controls.iter().map(control).collect::<Result<_, _>>()?,
    })
}

fn control(fields: &Record<'_>) -> Result<PowerCapControl, go_json::Error> {
    Ok(PowerCapControl {
        name: fields.text("name")?,
        value: fields.integer("value")?.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_known_clients_are_read() {
        let craycli =
            br#"{"components":[{"xname":"x1","controls":[{"name":"Node Power Limit","value":1785}]}]}"#;
        let read = read(craycli).unwrap();
        assert_eq!(read.components[0].controls[0].value, 1785);
        assert!(check(&read).is_ok());
    }

    #[test]
    fn the_error_texts_are_those_of_pcs() {
        let text = br#"{"components":[{"xname":"x1","controls":[{"name":"a","value":"1"}]}]}"#;
        assert_eq!(
            read(text).unwrap_err().to_string(),
            "json: cannot unmarshal string into Go struct field PowerCapControlParameter.components.controls.value of type int"
        );
        let invalid = br#"{"components":[{"xname":"x1","controls":[{"name":"","value":1}]},
            {"xname":"x2","controls":[{"name":"a","value":-1}]},{"xname":"x3","controls":[{"name":"a","value":0}]}]}"#;
        let problem = check(&read(invalid).unwrap()).unwrap_err();
        let detail = "Invalid control parameters for xnames detected x1 x2 ";
        assert_eq!(problem, Problem::bad_request(detail));
        assert!(check(&read(b"{}").unwrap()).is_ok());
        let huge =
            br#"{"components":[{"xname":"x1","controls":[{"name":"a","value":9223372036854775807}]}]}"#;
        assert!(check(&read(huge).unwrap()).is_ok(), "it fails by its range");
    }
}
