//! What stands between an accepted task and its component: its controller, or SMD.

use std::time::Duration;

use switchyard_core::breaker::Reason;
use switchyard_wire::v2::PlanVerdict;

use crate::engine::{Engine, Row, Selection};

/// How long a refusal of SMD says anything about the next request: others give back what they reserved, and locks are taken off.
const REFUSAL_HOLDS: Duration = Duration::from_mins(1);

/// What it makes of the task, under which code, and in a sentence that holds for all components alike.
pub(super) type Hindrance = (PlanVerdict, &'static str, String);

/// What the controller of a component, and the second one where there is one, stand in the way with.
pub(super) fn of_controller(engine: &Engine, row: &Row) -> Option<Hindrance> {
    let own = row.component.controller.as_ref()?;
    let is_missing = |controller| matches!(engine.selection(controller), Some(Selection::Missing(_)));
    let trip = |controller: &switchyard_core::ControllerId| {
        let endpoint = engine.endpoints().get(controller.as_str())?;
        endpoint.record().breaker.trip()
    };
    let second = row.second().map(|second| &second.controller);
    if is_missing(own) && second.is_none_or(is_missing) {
        return Some((
            PlanVerdict::Blocked,
            "driver.missing",
            "it would fail: no driver speaks to its controller".to_owned(),
        ));
    }
    let reason = trip(own)?.reason;
    if second.is_some_and(|second| trip(second).is_none()) {
        return None;
    }
    let (verdict, text) = match reason {
        Reason::Auth => (
            PlanVerdict::Blocked,
            "it would fail: its controller refuses the login, and is left alone",
        ),
        Reason::Unreachable | Reason::Unanswered => (
            PlanVerdict::Act,
            "it is switched if its controller answers in time; now it does not, and is left alone for a while",
        ),
        Reason::SessionsFull => (
            PlanVerdict::Act,
            "it is switched if its controller has room for a session in time; now it has none",
        ),
    };
    Some((verdict, "endpoint.breaker-open", text.to_owned()))
}

/// What SMD stands in the way with, by what it said last of the component.
pub(super) fn of_smd(engine: &Engine, row: &Row) -> Option<Hindrance> {
    let look = engine.reservation(&row.component.id);
    if look.held_until.is_some() {
        return None;
    }
    let lately = engine.clock().now() - REFUSAL_HOLDS;
    let refused = look.refused.filter(|(_, at)| *at >= lately);
    let why = look.standing.or_else(|| refused.map(|(why, _)| why))?;
    let text =
        format!("it would fail without a deputy key: by its last word SMD reserves it for nobody ({why})");
    Some((PlanVerdict::Blocked, why.code(), text))
}
