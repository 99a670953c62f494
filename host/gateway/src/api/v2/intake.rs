//! A request for power as it came, checked as far as that is possible before the lines of its components are looked at.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use switchyard_core::machine::Deadline;
use switchyard_core::{FailureLimit, Operation, TransitionId, admission};
use switchyard_store::Key;
use switchyard_wire::DeputyKey;
use switchyard_wire::v2::{IfBusy, OnRefused, TransitionRequest};

use super::inclusion;
use super::obstacles::Obstacles;
use super::problem::Problem;
use super::selection::{self, Whole};
use crate::api::access::scope;
use crate::api::caller::Caller;
use crate::api::idempotency::Reservation;
use crate::api::refusal::Refusal;
use crate::api::{ApiState, deputy_keys};
use crate::engine::{Guard, Request};

/// Minutes for each step when the caller names none.
const DEADLINE_DEFAULT_MINUTES: i64 = 5;
/// The longest time that a caller may let a task wait to be sent, in seconds.
const START_WITHIN_MAX_SECONDS: u64 = 86_400;
/// A fleet of fewer components is not taken for large when all of it is named.
const FLEET_WIDE_FROM: usize = 10;

/// A request with what stands in its way so far.
#[derive(Debug)]
pub(super) struct Intake {
    /// The request, if there is an operation and anything to do it to.
    pub(super) request: Option<Request>,
    /// What stands in the way.
    pub(super) obstacles: Obstacles,
    /// Why it takes a confirmation or a plan, if it does.
    pub(super) large: Option<String>,
}

impl Intake {
    /// Checks a request that names its operation and components itself.
    pub(super) fn of(
        state: &ApiState,
        caller: &Caller,
        reservation: Reservation,
        body: &TransitionRequest,
    ) -> Self {
        let mut obstacles = Obstacles::default();
        let operation = operation(body, &mut obstacles);
        let fleet = state.engine.fleet();
        let names = selection::narrowed(
            &state.engine,
            &body.components,
            body.filter.as_deref(),
            Whole::Switched,
            &mut obstacles,
        );
        let (names, included) = inclusion::of(names, body.include, &fleet);
        let start_within = start_within(body, &mut obstacles);
        let max_failures = max_failures(body, &mut obstacles);
        let callback = callback(state, body, &mut obstacles);
        unused_keys(state, body, &names, &mut obstacles);
        let large = large(state, &names);
        let minutes = body.deadline_minutes.unwrap_or(DEADLINE_DEFAULT_MINUTES);
        let request = operation.filter(|_| !names.is_empty()).map(|operation| Request {
            requested_by: caller.name.clone(),
            reason: caller.reason.clone(),
            request_id: caller.request_id.clone(),
            start_within,
            max_failures,
            if_busy: if_busy(body.if_busy),
            all_or_none: body.on_refused == OnRefused::Reject,
            guard: guard(state, caller, body.force),
            callback,
            deputy_keys: deputy_keys(&body.deputy_keys),
            included,
            repeated: reservation.repeated,
            ..Request::new(
                TransitionId(reservation.id),
                operation,
                Deadline::from_minutes(minutes),
                names,
            )
        });
        Self {
            request,
            obstacles,
            large,
        }
    }

    /// The request when nothing stands in its way yet; else everything that does, that of its components included.
    pub(super) async fn admit(self, state: &ApiState) -> Result<Request, Problem> {
        let Self {
            request,
            mut obstacles,
            ..
        } = self;
        match request {
            Some(request) if obstacles.is_empty() => Ok(request),
            Some(request) => {
                let members = state.engine.preview(request).await?;
                obstacles.add_refused(&members);
                Err(obstacles.into_problem())
            }
            None => Err(obstacles.into_problem()),
        }
    }
}

fn operation(body: &TransitionRequest, obstacles: &mut Obstacles) -> Option<Operation> {
    let known = || Operation::ALL.map(Operation::name).join(", ");
    let Some(text) = &body.operation else {
        obstacles.add(
            "operation.unknown",
            format!("operation is missing; there are {}", known()),
        );
        return None;
    };
    let read = text.parse().ok();
    if read.is_none() {
        obstacles.add(
            "operation.unknown",
            format!("there is no operation {text:?}; there are {}", known()),
        );
    }
    read
}

fn start_within(body: &TransitionRequest, obstacles: &mut Obstacles) -> Option<Duration> {
    let seconds = body.start_within_seconds?;
    if !(1..=START_WITHIN_MAX_SECONDS).contains(&seconds) {
        obstacles.add(
            "request.out-of-range",
            format!("startWithinSeconds is a number from 1 to {START_WITHIN_MAX_SECONDS}, not {seconds}"),
        );
    }
    Some(Duration::from_secs(seconds))
}

fn max_failures(body: &TransitionRequest, obstacles: &mut Obstacles) -> Option<FailureLimit> {
    match body.max_failures.as_deref()?.parse() {
        Ok(limit) => Some(limit),
        Err(error) => {
            obstacles.add("request.out-of-range", format!("maxFailures: {error}"));
            None
        }
    }
}

fn callback(state: &ApiState, body: &TransitionRequest, obstacles: &mut Obstacles) -> Option<String> {
    let url = body.callback.as_deref()?;
    match state.webhooks.check_callback(url) {
        Ok(_) => Some(url.to_owned()),
        Err(error) => {
            let refusal = Refusal::from(error);
            obstacles.add(refusal.code, refusal.detail);
            None
        }
    }
}

/// An empty key is none, as on v1: SMD refuses a whole batch for it.
pub(super) fn deputy_keys(keys: &BTreeMap<String, DeputyKey>) -> Vec<(String, Key)> {
    let keys = keys.iter();
    keys.map(|(name, key)| (name.clone(), deputy_keys::read(key.clone())))
        .filter(|(_, key)| !key.expose().is_empty())
        .collect()
}

/// A key for a component that the request does not name is a mistake that would show too late.
fn unused_keys(state: &ApiState, body: &TransitionRequest, names: &[String], obstacles: &mut Obstacles) {
    if body.deputy_keys.is_empty() {
        return;
    }
    let fleet = state.engine.fleet();
    let id = |name: &str| {
        fleet
            .get(name)
            .map_or_else(|| name.to_owned(), |row| row.component.id.to_string())
    };
    let named: HashSet<String> = names.iter().map(|name| id(name)).collect();
    for name in body.deputy_keys.keys().filter(|name| !named.contains(&id(name))) {
        let detail = format!("deputyKeys has a key for {name:?}, which the request does not name");
        obstacles.add("deputy-key.unused", detail);
    }
}

/// Why so many components take a confirmation, if they do.
pub(super) fn large(state: &ApiState, names: &[String]) -> Option<String> {
    let (named, most) = (names.len(), state.guards.load().confirm_above);
    if named > most {
        return Some(format!("the request names {named} components, more than {most}"));
    }
    (named >= FLEET_WIDE_FROM && selection::is_whole_fleet(names, &state.engine.fleet()))
        .then(|| format!("the request names the whole fleet of {named} components"))
}

fn if_busy(wanted: IfBusy) -> admission::IfBusy {
    match wanted {
        IfBusy::Queue => admission::IfBusy::Queue,
        IfBusy::Reject => admission::IfBusy::Reject,
        IfBusy::Replace => admission::IfBusy::Replace,
    }
}

/// The checks of a request of v2; `force` means protected components as well.
pub(super) fn guard(state: &ApiState, caller: &Caller, force: bool) -> Guard {
    let guards = state.guards.load();
    let roles = &guards.protected_roles;
    Guard {
        protected_roles: (!force && !roles.is_empty()).then(|| roles.clone()),
        supported: true,
        allowed: scope::allowed(state, caller),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_deputy_key_is_none() {
        let keys = [("x0c0s0b0n0", ""), ("x0c0s1b0n0", "dk")];
        let keys = keys.map(|(name, key)| (name.to_owned(), DeputyKey::new(key.to_owned())));
        let read = deputy_keys(&keys.into());
        assert_eq!(read, [("x0c0s1b0n0".to_owned(), Key::new("dk".to_owned()))]);
    }
}
