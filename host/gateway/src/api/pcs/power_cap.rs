//! `/power-cap`: one file for each verb. A task of PCS is a configuration: its limits are read or set by the same durable tasks.

pub(in crate::api) mod get;
pub(in crate::api) mod list;
pub(in crate::api) mod patch;
pub(in crate::api) mod snapshot;
mod view;

use axum::Json;
use http::header;
use serde_json::json;
use switchyard_core::configuration::{Goal, Track};
use switchyard_core::{ConfigurationId, Kind, Standing};
use switchyard_store::audit::action;
use switchyard_store::{ConfigurationAnswer, Refusal};
use switchyard_wire::pcs::PowerCapCreated;
use switchyard_xname::Xname;

use super::go_uuid;
use super::problem::Problem;
use super::transitions::create::guard;
use crate::api::caller::Caller;
use crate::api::idempotency::Reservation;
use crate::api::{ApiState, audit};
use crate::engine::{ConfigurationRequest, Wish};

/// The role whose nodes PCS caps never.
const MANAGEMENT: &str = "Management";

/// What v1 shows of configurations.
const TRACKS: [Track; 2] = [Track::Limits, Track::Snapshot];

/// Reads the id in the path.
fn parse_id(text: &str) -> Result<ConfigurationId, Problem> {
    go_uuid::parse(text)
        .map(ConfigurationId)
        .map_err(|error| Problem::bad_request(error.to_string()))
}

/// PCS's words for a task that does not exist, or does no more.
fn unknown(id: ConfigurationId) -> Problem {
    Problem::not_found(format!("Key /powercaptask/{id} does not exist"))
}

/// What is wanted of one name, unless PCS would not cap it.
fn wish(state: &ApiState, name: String, goal: Goal) -> Wish {
    let refused = refusal(state, &name);
    Wish { name, goal, refused }
}

/// Why PCS would not cap a component, and what it then counts as: only nodes are capped, and no management nodes.
fn refusal(state: &ApiState, name: &str) -> Option<(Refusal, Standing)> {
    let Some(row) = state.engine.fleet().get(name) else {
        let refusal = if Xname::parse(name).is_ok() {
            Refusal::NotInInventory
        } else {
            Refusal::InvalidName
        };
        return Some((refusal, Standing::Failed));
    };
    let component = &row.component;
    if component.kind != Kind::Node {
        let component_type = component
            .component_type
            .map_or("", |known| known.as_str())
            .to_owned();
        return Some((Refusal::NoPowerControl { component_type }, Standing::Unsupported));
    }
    let role = component.facts.role.as_deref().unwrap_or_default();
    let why = format!("its role is {role}");
    role.eq_ignore_ascii_case(MANAGEMENT)
        .then_some((Refusal::Protected { why }, Standing::Unsupported))
}

/// The answer to a task that was accepted.
type Created = ([(header::HeaderName, String); 1], Json<PowerCapCreated>);

/// Accepts a task. What is wrong with a single name does not refuse it: its part fails.
async fn create(
    state: &ApiState,
    caller: Caller,
    reservation: Reservation,
    track: Track,
    wishes: Vec<Wish>,
) -> Result<Created, Problem> {
    let names: Vec<&str> = wishes.iter().map(|wish| wish.name.as_str()).collect();
    let detail = json!({ "api": "v1", "track": track, "names": names.len() });
    let target = audit::target(&names);
    let now = state.engine.clock().now();
    let entry = || audit::entry(&caller, now, action::CONFIGURATION_CREATE, target, detail);
    let audit = (track != Track::Snapshot).then(entry);
    let id = ConfigurationId(reservation.id);
    let guard = guard(state, &caller);
    let request = ConfigurationRequest {
        repeated: reservation.repeated,
        requested_by: caller.name,
        reason: caller.reason,
        request_id: caller.request_id,
        audit,
        guard,
        ..ConfigurationRequest::new(id, track, wishes)
    };
    let id = match state.engine.configure(request).await? {
        ConfigurationAnswer::Accepted(accepted) => accepted.configuration.id,
        ConfigurationAnswer::Refused(_) => {
            return Err(Problem::bad_request("The request was refused as a whole"));
        }
    };
    let created = PowerCapCreated { id: id.to_string() };
    Ok(([(header::LOCATION, format!("../power-cap/{id}"))], Json(created)))
}
