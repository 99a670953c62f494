use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::failure::Cause;
use crate::id::{PermitId, TransitionId};
use crate::machine::{Deadline, Sent};
use crate::observation::Observation;
use crate::outcome::Proof;
use crate::power::PowerState;
use crate::time::Timestamp;

const T0: Timestamp = Timestamp::from_millis(0);

fn machine(operation: Operation, plan: &[Step], step: usize, phase: Phase) -> Machine {
    let minutes = Duration::from_mins(5);
    let mut machine = Machine::new(
        operation,
        Deadline::Within(minutes),
        T0,
        minutes,
        T0 + minutes * 288,
    );
    machine.plan = plan.to_vec();
    machine.step = step;
    machine.phase = phase;
    machine
}

fn sent(primitive: Primitive) -> Sent {
    Sent {
        permit: PermitId(Uuid::nil()),
        primitive,
        at: T0,
        acknowledged: true,
        words: None,
        refused: false,
        seen_off: false,
        away_since: None,
        seen_away: false,
        readings: 0,
    }
}

fn done(outcome: Outcome) -> Phase {
    Phase::Done { outcome, at: T0 }
}

fn failed(fault: Fault) -> Phase {
    done(Outcome::Failed { fault })
}

fn reading(state: PowerState) -> Observation {
    Observation {
        state,
        raw: String::new(),
        evidence: Vec::new(),
        at: T0,
        controller: None,
    }
}

fn verified() -> Phase {
    done(Outcome::Verified {
        proof: Proof::SeenOff { at: T0 },
    })
}

fn refusal() -> Failure {
    Failure {
        status: Some(400),
        ..Failure::new(Cause::Invalid, "The action Reset is not supported.")
    }
}

#[track_caller]
fn check(machine: &Machine, status: &str, description: &str, error: Option<&str>) {
    let text = describe(machine, &ComponentId::parse("x3000c0s1b0n0").unwrap(), None);
    let got = (
        text.standing.name(),
        text.description.as_str(),
        text.error.as_deref(),
    );
    assert_eq!(got, (status, description, error));
}

/// A machine that has made an intent, and one whose send may have arrived.
fn after_intent(mut machine: Machine, primitive: Primitive, sent: bool) -> Machine {
    machine.last_primitive = Some(primitive);
    machine.ever_sent = sent;
    machine
}

const OFF_ON: [Step; 2] = [Step::Shutdown, Step::On];

#[test]
fn before_the_first_intent_a_task_is_new() {
    let queued = machine(Operation::On, &[], 0, Phase::Queued);
    check(&queued, "new", "Gathering data", None);
    let component = ComponentId::parse("n1").unwrap();
    assert_eq!(
        describe(&queued, &component, Some("behind task 7")).description,
        "Waiting: behind task 7"
    );

    check(
        &machine(Operation::On, &[], 0, Phase::Preparing),
        "new",
        "Gathering data",
        None,
    );

    let reason = Failure::new(Cause::Unreachable, "connection refused");
    let backoff = machine(Operation::On, &[], 0, Phase::Backoff { until: T0, reason });
    check(&backoff, "new", "Waiting: connection refused", None);
}

#[test]
fn from_the_first_intent_on_a_task_is_in_progress() {
    let go = |step, phase, primitive, arrived| {
        after_intent(
            machine(Operation::HardRestart, &OFF_ON, step, phase),
            primitive,
            arrived,
        )
    };
    let intent = |primitive| Phase::Intent {
        permit: PermitId(Uuid::nil()),
        primitive,
        at: T0,
    };
    check(
        &go(1, intent(Primitive::On), Primitive::On, true),
        "in-progress",
        "Applying transition, on",
        None,
    );
    let shutdown = Primitive::GracefulShutdown;
    let confirming = "Confirming successful transition, gracefulshutdown";
    check(
        &go(0, Phase::Verifying { sent: sent(shutdown) }, shutdown, true),
        "in-progress",
        confirming,
        None,
    );
    let pending = Phase::Pending {
        sent: sent(shutdown),
        handle: "/tasks/1".to_owned(),
    };
    check(&go(0, pending, shutdown, true), "in-progress", confirming, None);
    let refused = Phase::Refused {
        sent: sent(shutdown),
        failure: refusal(),
    };
    check(&go(0, refused, shutdown, false), "in-progress", confirming, None);
    check(
        &go(0, Phase::Closing, shutdown, true),
        "in-progress",
        confirming,
        None,
    );

    let next = "Transition confirmed, gracefulshutdown. Waiting for next transition";
    check(
        &go(1, Phase::Preparing, shutdown, true),
        "in-progress",
        next,
        None,
    );
    let backoff = Phase::Backoff {
        until: T0,
        reason: Failure::new(Cause::Busy, "busy"),
    };
    check(
        &go(1, backoff.clone(), Primitive::On, true),
        "in-progress",
        next,
        None,
    );

    let escalated = [OFF_ON[0], Step::ForceOff { after_grace: true }];
    let waiting = after_intent(machine(Operation::Off, &escalated, 1, backoff), shutdown, true);
    check(&waiting, "in-progress", "Applying transition, forceoff", None);
}

#[test]
fn success_has_three_texts() {
    let end = |operation, plan: &[Step], phase| {
        let step = plan.len().saturating_sub(1);
        after_intent(machine(operation, plan, step, phase), Primitive::On, true)
    };
    check(
        &end(Operation::On, &[Step::On], verified()),
        "succeeded",
        "Transition confirmed, on",
        None,
    );
    check(
        &end(Operation::HardRestart, &OFF_ON, verified()),
        "succeeded",
        "Transition confirmed, on",
        None,
    );
    check(
        &end(Operation::Off, &OFF_ON[..1], verified()),
        "succeeded",
        "Transition confirmed, gracefulshutdown",
        None,
    );
    let forced = [OFF_ON[0], Step::ForceOff { after_grace: true }];
    check(
        &end(Operation::Off, &forced, verified()),
        "succeeded",
        "Transition confirmed, forceoff",
        None,
    );
    let already = done(Outcome::Already {
        reading: reading(PowerState::On),
    });
    check(
        &machine(Operation::On, &[], 0, already),
        "succeeded",
        "Component already in desired state",
        None,
    );
    let restart = [Step::Restart {
        primitive: Primitive::GracefulRestart,
    }];
    let unproven = end(Operation::SoftRestart, &restart, done(Outcome::Unproven));
    check(
        &unproven,
        "succeeded",
        "Transition applied, gracefulrestart. Not confirming.",
        None,
    );
}

#[test]
fn what_cannot_be_is_said_as_pcs_says_it() {
    let on = |phase| machine(Operation::On, &[Step::On], 0, phase);
    check(
        &machine(Operation::On, &[], 0, failed(Fault::Unsupported)),
        "unsupported",
        "Component does not support the specified transition operation, On",
        Some("Unsupported for transition operation"),
    );
    check(
        &machine(
            Operation::HardRestart,
            &[],
            0,
            failed(Fault::WrongState {
                state: PowerState::Unknown,
            }),
        ),
        "failed",
        "Component must be in the On state for Hard-Restart",
        Some("Component is in the wrong power state"),
    );
    check(
        &on(failed(Fault::NoPrimitive)),
        "failed",
        "Failed to construct payload",
        Some("Power action not supported for x3000c0s1b0n0"),
    );
}

#[test]
fn a_refusal_carries_the_words_of_the_bmc() {
    let refused = Fault::Refused {
        primitive: Primitive::On,
        failure: refusal(),
    };
    check(
        &machine(Operation::On, &[Step::On], 0, failed(refused)),
        "failed",
        "Failed to apply transition, on",
        Some("400: The action Reset is not supported."),
    );
    let failure = Failure {
        status: Some(401),
        ..Failure::new(Cause::Auth, "Unauthorized")
    };
    check(
        &machine(Operation::Off, &[], 0, failed(Fault::NotPrepared { failure })),
        "failed",
        "Failed to apply transition, gracefulshutdown",
        Some("401: Unauthorized"),
    );
}

#[test]
fn waiting_ends_in_a_timeout_that_names_the_action() {
    let timed_out = |sent| {
        done(Outcome::TimedOut {
            sent,
            last: Some(refusal()),
        })
    };
    let on = machine(Operation::On, &[Step::On], 0, timed_out(true));
    check(&on, "failed", FAILED, Some("Timeout waiting for transition, on."));
    for (operation, action) in [
        (Operation::On, "on"),
        (Operation::Off, "gracefulshutdown"),
        (Operation::SoftOff, "gracefulshutdown"),
        (Operation::ForceOff, "forceoff"),
        (Operation::SoftRestart, "gracefulrestart"),
        (Operation::HardRestart, "gracefulshutdown"),
        (Operation::Init, "gracefulshutdown"),
    ] {
        let unsent = machine(operation, &[], 0, timed_out(false));
        check(
            &unsent,
            "failed",
            FAILED,
            Some(&format!("Timeout waiting for transition, {action}.")),
        );
    }
}

#[test]
fn people_and_other_requests_end_tasks_too() {
    let by = TransitionId(Uuid::from_u128(7));
    check(
        &machine(Operation::On, &[], 0, done(Outcome::Superseded { by })),
        "failed",
        FAILED,
        Some("Superseded by transition 00000000-0000-0000-0000-000000000007"),
    );
    let aborted = Some("Transition aborted");
    let unsent = machine(Operation::On, &[], 0, done(Outcome::Cancelled));
    check(
        &unsent,
        "failed",
        "Aborted. Last status - Gathering data",
        aborted,
    );
    let refused = after_intent(unsent, Primitive::On, false);
    check(
        &refused,
        "failed",
        "Aborted. Last status - Applying transition, on",
        aborted,
    );
    let left = done(Outcome::CancelledAfterSend {
        left: PowerState::Off,
    });
    let after = after_intent(
        machine(Operation::HardRestart, &OFF_ON, 0, left),
        Primitive::GracefulShutdown,
        true,
    );
    let text = "Aborted. Last status - Confirming successful transition, gracefulshutdown";
    check(&after, "failed", text, aborted);
}

#[test]
fn an_uncertain_restart_says_so() {
    let primitive = Primitive::GracefulRestart;
    let uncertain = done(Outcome::Uncertain { primitive });
    check(
        &machine(
            Operation::SoftRestart,
            &[Step::Restart { primitive }],
            0,
            uncertain,
        ),
        "failed",
        FAILED,
        Some("Outcome uncertain: gracefulrestart may or may not have been executed"),
    );
}
