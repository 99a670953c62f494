use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::id::TransitionId;
use crate::machine::Deadline;
use crate::observation::Observation;
use crate::operation::Operation;
use crate::outcome::Proof;
use crate::power::PowerState;

const END: Timestamp = Timestamp::from_millis(5_000);

fn component() -> ComponentId {
    ComponentId::parse("x0c0s0b0n0").unwrap()
}

fn task() -> TaskId {
    TaskId(Uuid::from_u128(7))
}

fn ended(operation: Operation, outcome: Outcome) -> Machine {
    let minute = Duration::from_mins(1);
    let start = Timestamp::from_millis(1_000);
    let mut machine = Machine::new(
        operation,
        Deadline::Within(minute),
        start,
        minute,
        start + minute * 60,
    );
    machine.phase = Phase::Done { outcome, at: END };
    machine
}

fn reading(state: PowerState) -> Observation {
    Observation {
        state,
        raw: String::new(),
        evidence: Vec::new(),
        at: END,
        controller: None,
    }
}

fn verified(state: PowerState) -> Outcome {
    Outcome::Verified {
        proof: Proof::Reading {
            reading: reading(state),
        },
    }
}

fn of(relation: Relation, machine: &Machine) -> Settled {
    settle(relation, &component(), task(), machine, None)
}

const TIMED_OUT: Outcome = Outcome::TimedOut {
    sent: true,
    last: None,
};

#[test]
fn only_a_reading_makes_it_safe_to_cut_the_power_above() {
    let off = |outcome| of(Relation::OffFirst, &ended(Operation::Off, outcome));
    assert_eq!(off(verified(PowerState::Off)), Settled::Met { at: END });
    let already = Outcome::Already {
        reading: reading(PowerState::Off),
    };
    assert_eq!(off(already), Settled::Met { at: END });
    assert_eq!(off(Outcome::Unproven), Settled::Unshown { at: END });
    for outcome in [
        TIMED_OUT,
        Outcome::Cancelled,
        Outcome::Failed {
            fault: Fault::Unsupported,
        },
        Outcome::Superseded {
            by: TransitionId(Uuid::nil()),
        },
    ] {
        assert!(matches!(off(outcome.clone()), Settled::Blocked(_)), "{outcome:?}");
    }
    for (state, safe) in [
        (PowerState::Off, true),
        (PowerState::Unknown, false),
        (PowerState::PoweringOff, false),
    ] {
        let fault = Fault::WrongState { state };
        let restart = ended(Operation::HardRestart, Outcome::Failed { fault });
        let met = of(Relation::OffFirst, &restart) == Settled::Met { at: END };
        assert_eq!(met, safe, "{state:?}");
    }
    let restarted = ended(Operation::HardRestart, verified(PowerState::On));
    assert!(matches!(of(Relation::OffFirst, &restarted), Settled::Blocked(_)));
}

#[test]
fn on_is_believed_without_proof() {
    let on = |outcome| of(Relation::OnFirst, &ended(Operation::On, outcome));
    assert_eq!(on(Outcome::Unproven), Settled::Met { at: END });
    assert!(matches!(on(TIMED_OUT), Settled::Blocked(_)));
}

#[test]
fn what_was_not_turned_off_still_feeds_what_is_below() {
    let mut machine = ended(Operation::HardRestart, TIMED_OUT);
    machine.plan = vec![Step::Shutdown, Step::On];
    assert_eq!(of(Relation::Between, &machine), Settled::Met { at: END });
    machine.step = 1;
    assert!(matches!(of(Relation::Between, &machine), Settled::Blocked(_)));
}

#[test]
fn an_end_is_an_end() {
    for relation in [Relation::EndFirst, Relation::EndFirstBriefly] {
        let failed = ended(Operation::ForceOff, TIMED_OUT);
        assert_eq!(of(relation, &failed), Settled::Met { at: END });
    }
}

#[test]
fn what_blocks_is_named_and_not_who_passes_it_on() {
    let slow = ended(Operation::Off, TIMED_OUT);
    let Settled::Blocked(fault) = of(Relation::OffFirst, &slow) else {
        panic!("not blocked");
    };
    let blade = ended(Operation::Off, Outcome::Failed { fault: fault.clone() });
    let above = ComponentId::parse("x0c0s0").unwrap();
    let passed_on = settle(
        Relation::OffFirst,
        &above,
        TaskId(Uuid::from_u128(8)),
        &blade,
        None,
    );
    assert_eq!(passed_on, Settled::Blocked(fault.clone()));
    let Fault::Dependency {
        component: named,
        text,
        ..
    } = fault
    else {
        panic!("another fault");
    };
    assert_eq!(named, component());
    assert_eq!(
        text,
        "Timeout waiting for transition, gracefulshutdown, on dependency, x0c0s0b0n0."
    );
}

#[test]
fn a_part_that_left_its_task_counts_as_it_left() {
    let mut machine = ended(Operation::Off, TIMED_OUT);
    machine.phase = Phase::Queued;
    assert_eq!(of(Relation::OffFirst, &machine), Settled::Waits);
    let left = settle(
        Relation::OffFirst,
        &component(),
        task(),
        &machine,
        Some((&Outcome::Cancelled, END)),
    );
    assert!(matches!(left, Settled::Blocked(_)));
}

#[test]
fn names_are_read_back() {
    for relation in Relation::ALL {
        assert_eq!(relation.name().parse(), Ok(relation));
    }
}
