//! `/v2/components`.

pub(in crate::api) mod bmc;
pub(super) mod boot;
pub(super) mod cancel;
pub(super) mod diagnose;
pub(super) mod get;
pub(super) mod indicator;
pub(super) mod limits;
pub(super) mod list;
pub(super) mod readings;
pub(super) mod resolve;

use std::collections::HashMap;

use http::StatusCode;
use switchyard_core::power::Level;
use switchyard_core::{ComponentId, PowerState, TaskId};
use switchyard_store::ComponentRecord;
use switchyard_wire::v2;

use super::problem::Problem;
use super::words;
use crate::api::ApiState;
use crate::api::time::rfc3339;
use crate::engine::{Engine, ReservationLook, Row, Seen, is_bmc};

/// What the store knows of a component that the fleet does not.
#[derive(Debug, Clone, Copy, Default)]
struct Stored {
    /// The state that the last accepted operation wants.
    desired: Option<Level>,
    /// The task that left it unknown whether a restart was executed.
    uncertain: Option<TaskId>,
}

impl From<&ComponentRecord> for Stored {
    fn from(record: &ComponentRecord) -> Self {
        Self {
            desired: record.desired,
            uncertain: record.uncertain,
        }
    }
}

/// What the store knows of every component.
async fn stored(engine: &Engine) -> Result<HashMap<ComponentId, Stored>, switchyard_store::StoreError> {
    let records = engine.store().components().await?;
    Ok(records
        .iter()
        .map(|record| (record.id.clone(), Stored::from(record)))
        .collect())
}

/// A component without its queue.
fn show(state: &ApiState, row: &Row, stored: Stored) -> v2::Component {
    let engine = &state.engine;
    let component = &row.component;
    let seen = row.seen();
    let now = engine.clock().now();
    let is_on = is_bmc(component.kind) && seen.available;
    let idle = engine.look(&component.id).is_empty();
    v2::Component {
        id: component.id.to_string(),
        kind: words::kind(component.kind).to_owned(),
        hms_type: component.component_type.map(|known| known.as_str().to_owned()),
        controller: component.controller.as_ref().map(ToString::to_string),
        endpoint: component
            .controller
            .as_ref()
            .and_then(|id| engine.endpoints().get(id.as_str()))
            .map(|endpoint| endpoint.record().breaker.name().to_owned()),
        state: if is_on { "on" } else { words::state(seen.state) }.to_owned(),
        available: seen.available,
        fallback: row.second().map(|second| second.controller.to_string()),
        observed_at: seen.read_at.map(rfc3339),
        observed_through: seen.read_through.as_ref().map(ToString::to_string),
        age_ms: seen
            .read_at
            .map(|at| u64::try_from(now.since(at).as_millis()).unwrap_or(u64::MAX)),
        changed_at: rfc3339(seen.changed_at),
        desired: stored.desired.map(|level| words::level(level).to_owned()),
        drift: idle && stored.desired.is_some_and(|desired| drifts(&seen, desired)),
        booted: booted(state, row, &seen),
        role: component.facts.role.clone(),
        class: component.facts.class.clone(),
        nid: component.facts.nid,
        disabled: component.facts.disabled,
        supported: row
            .supported()
            .into_iter()
            .map(|operation| operation.name().to_owned())
            .collect(),
        failure: seen.failure.as_ref().map(words::failure),
        uncertain: stored.uncertain.map(|task| task.to_string()),
        hold: engine.holds_on(&component.id).first().map(|hold| v2::HoldMark {
            id: hold.id.to_string(),
            reason: hold.reason.clone(),
            by: hold.by.clone(),
            until: rfc3339(hold.until),
        }),
        reservation: reservation(&engine.reservation(&component.id)),
        flip_flop: engine.flip_flop(&component.id).map(|flip| v2::FlipFlop {
            by: flip.by,
            changes: u32::try_from(flip.changes).unwrap_or(u32::MAX),
        }),
        queue: None,
        raw: seen.raw,
    }
}

/// Whether its operating system has started: by its BMC, or else by an SMD that calls it ready, while it has power.
fn booted(state: &ApiState, row: &Row, seen: &Seen) -> Option<bool> {
    let by_smd = || {
        let smd = state.smd.as_ref()?;
        let ready = seen.state == PowerState::On && smd.is_booted(&row.component.id);
        ready.then_some(true)
    };
    seen.booted.or_else(by_smd)
}

/// Its reservation in SMD, if there is anything to say about it.
fn reservation(look: &ReservationLook) -> Option<v2::Reservation> {
    let refused = look.refused.as_ref();
    (*look != ReservationLook::default()).then(|| v2::Reservation {
        held_until: look.held_until.map(rfc3339),
        refused: refused.map(|(reason, _)| reason.to_string()),
        refused_at: refused.map(|(_, at)| rfc3339(*at)),
    })
}

/// What is said of a name that the inventory does not know.
fn not_found(id: &str) -> Problem {
    let detail = format!("the inventory holds no component {id:?}");
    Problem::new(StatusCode::NOT_FOUND, "component.not-found", detail)
        .hint("GET /v2/components lists those that it holds")
}

/// Whether it was read to be at the other level. A state that is no level tells nothing.
fn drifts(seen: &Seen, desired: Level) -> bool {
    match desired {
        Level::On => seen.state == PowerState::Off,
        Level::Off => seen.state == PowerState::On,
    }
}
