//! From a plan to the request that executes it.

use std::collections::HashSet;

use http::StatusCode;
use switchyard_store::PlanRecord;
use switchyard_wire::v2::{Include, Plan, PlanMember, PlanVerdict, TransitionRequest};

use super::{became, find, parse_id};
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::idempotency::Reservation;
use crate::api::time::rfc3339;
use crate::api::v2::intake::Intake;
use crate::api::v2::obstacles::Obstacles;
use crate::api::v2::problem::Problem;
use crate::engine::{Fleet, Request};

/// The request for exactly what the plan holds for possible: all of it or nothing.
pub(in crate::api::v2) async fn request(
    state: &ApiState,
    caller: &Caller,
    reservation: Reservation,
    plan: &str,
    body: &TransitionRequest,
) -> Result<Request, Problem> {
    let id = parse_id(plan)?;
    let (record, plan) = find(state, id).await?;
    if !reservation.repeated {
        check(state, &record, &plan)?;
    }
    let mut obstacles = mismatches(caller, &plan, body);
    let reason = caller.reason.clone().or_else(|| plan.request.reason.clone());
    let wanted = TransitionRequest {
        components: names(&plan.members, &state.engine.fleet()),
        filter: None,
        include: Include::None,
        reason: None,
        deputy_keys: body.deputy_keys.clone(),
        ..plan.request
    };
    let intake = Intake::of(state, caller, reservation, &wanted);
    if obstacles.is_empty() {
        obstacles = intake.obstacles;
    }
    let Some(request) = intake.request.filter(|_| obstacles.is_empty()) else {
        return Err(obstacles.into_problem());
    };
    Ok(Request {
        included: included(&plan.members),
        id: became(id),
        all_or_none: true,
        reason,
        ..request
    })
}

/// The components that the plan does not refuse, under the caller's names: by these it knows what became of them. A name that means another
/// component by now gives way to the id.
fn names(members: &[PlanMember], fleet: &Fleet) -> Vec<String> {
    let still_means = |name: &str, id: &str| {
        fleet
            .get(name)
            .is_some_and(|row| row.component.id.to_string() == id)
    };
    members
        .iter()
        .filter(|member| !is_refusal(member.verdict))
        .map(|member| match &member.component {
            Some(id) if !still_means(&member.name, id) => id.clone(),
            Some(_) | None => member.name.clone(),
        })
        .collect()
}

/// Those of them that nobody named.
fn included(members: &[PlanMember]) -> HashSet<String> {
    let included = members.iter().filter(|member| member.included);
    included.filter_map(|member| member.component.clone()).collect()
}

/// Whether components of this verdict are no part of what a plan executes.
pub(super) fn is_refusal(verdict: PlanVerdict) -> bool {
    match verdict {
        PlanVerdict::Act | PlanVerdict::Already | PlanVerdict::Blocked => false,
        PlanVerdict::Held | PlanVerdict::Unsupported | PlanVerdict::Refused => true,
    }
}

/// Whether the plan can be executed at all.
fn check(state: &ApiState, record: &PlanRecord, plan: &Plan) -> Result<(), Problem> {
    if let Some(transition) = &plan.transition {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "plan.executed",
            format!("plan {} has been executed as transition {transition}", plan.id),
        )
        .hint("a plan is executed once; make a new one")
        .see(became(record.id)));
    }
    if record.expires_at <= state.engine.clock().now() {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "plan.expired",
            format!("plan {} expired at {}", plan.id, rfc3339(record.expires_at)),
        )
        .hint("make a new plan, look at it, and execute that"));
    }
    Ok(())
}

/// What of the body is not of the plan.
fn mismatches(caller: &Caller, plan: &Plan, body: &TransitionRequest) -> Obstacles {
    let mut obstacles = Obstacles::default();
    if plan.requested_by != caller.name {
        let detail = format!(
            "the plan is {}'s; who executes it makes a plan of their own",
            plan.requested_by
        );
        obstacles.add("plan.other-caller", detail);
    }
    if body
        .operation
        .as_ref()
        .is_some_and(|operation| *operation != plan.operation)
    {
        obstacles.add(
            "plan.mismatch",
            format!("the operation of the plan is {}", plan.operation),
        );
    }
    if !body.components.is_empty() || body.filter.is_some() {
        obstacles.add(
            "plan.mismatch",
            "the components are those of the plan; leave components and filter out",
        );
    }
    if body.max_failures.is_some() && body.max_failures != plan.request.max_failures {
        obstacles.add("plan.mismatch", "maxFailures is that of the plan; leave it out");
    }
    if body.expect != Some(plan.expect) {
        let expected = body
            .expect
            .map_or_else(|| "nothing".to_owned(), |expect| expect.to_string());
        obstacles.add(
            "plan.expect-mismatch",
            format!(
                "the plan stands for {} components, and expect says {expected}",
                plan.expect
            ),
        );
    }
    obstacles
}
