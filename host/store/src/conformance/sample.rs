//! Requests and changes to try an engine with.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use switchyard_core::machine::{Deadline, Machine, Phase, Sent};
use switchyard_core::{
    Cause, ComponentId, ControllerId, Delivery, Executed, Failure, Observation, Operation, Outcome, PermitId,
    PowerState, Primitive, TaskId, Timestamp, TransitionId,
};
use uuid::Uuid;

use crate::event::NewEvent;
use crate::journal::{Applied, AttemptChange, Change, Journal, Lease, TaskChange};
use crate::record::{Refusal, TaskRecord, TransitionRecord};
use crate::store::{NewMember, Store, Submission, Submitted, TransitionView, Want};

/// When the requests of the suite are made.
pub(super) const CREATED: i64 = 1_000_000;
/// When they expire.
pub(super) const EXPIRES: i64 = 2_000_000;

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(super) fn fresh() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u128(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)) << 48 | 0xABCD)
}

pub(super) fn component(name: &str) -> ComponentId {
    ComponentId::parse(name).unwrap()
}

/// The controller of a component in this suite.
pub(super) fn controller(name: &str) -> ControllerId {
    ControllerId::parse(&format!("bmc-{name}")).unwrap()
}

pub(super) fn wants(name: &str) -> NewMember {
    wants_as(name, Operation::On)
}

fn wants_as(name: &str, operation: Operation) -> NewMember {
    let machine = Machine::new(
        operation,
        Deadline::Within(Deadline::DEFAULT),
        at(CREATED),
        Duration::from_mins(15),
        at(EXPIRES),
    );
    NewMember {
        name: name.to_owned(),
        want: Want::Task {
            id: TaskId(fresh()),
            component: component(name),
            controller: controller(name),
            machine: Box::new(machine),
        },
    }
}

pub(super) fn refused(name: &str, refusal: Refusal) -> NewMember {
    NewMember {
        name: name.to_owned(),
        want: Want::Refused(refusal),
    }
}

pub(super) fn request(operation: Operation, members: Vec<NewMember>) -> Submission {
    Submission {
        transition: TransitionRecord {
            id: TransitionId(fresh()),
            operation,
            created_at: at(CREATED),
            expires_at: at(EXPIRES),
            requested_by: "an operator".to_owned(),
            reason: Some("a test".to_owned()),
            request_id: "request-1".to_owned(),
            cancel_asked_at: None,
            ended_at: None,
        },
        members,
        callback: None,
    }
}

/// Submits an operation for these components.
pub(super) async fn submit<E: Store>(engine: &E, operation: Operation, components: &[&str]) -> Submitted {
    let members = components.iter().map(|name| wants_as(name, operation)).collect();
    engine.submit(request(operation, members)).await.unwrap()
}

/// Submits a power-on of one component.
pub(super) async fn submit_one<E: Store>(engine: &E, name: &str) -> TaskRecord {
    submit(engine, Operation::On, &[name]).await.tasks.remove(0)
}

pub(super) async fn lease<E: Journal>(engine: &E) -> Lease {
    engine.begin("replica-1", at(CREATED)).await.unwrap()
}

pub(super) fn moved(task: &TaskRecord, phase: Phase, millis: i64) -> TaskChange {
    let mut machine = task.machine.clone();
    machine.phase = phase;
    TaskChange {
        task: task.id,
        machine,
        attempt: None,
        at: at(millis),
        events: Vec::new(),
    }
}

pub(super) fn moves(task: &TaskRecord, phase: Phase, millis: i64) -> Change {
    Change::Task(Box::new(moved(task, phase, millis)))
}

/// The intent to turn the task's component on.
pub(super) fn intent(task: &TaskRecord, permit: PermitId, millis: i64) -> Change {
    let primitive = Primitive::On;
    let mut change = moved(
        task,
        Phase::Intent {
            permit,
            primitive,
            at: at(millis),
        },
        millis,
    );
    change.machine.last_primitive = Some(primitive);
    change.attempt = Some(AttemptChange::Intent {
        permit,
        step: 0,
        primitive,
    });
    Change::Task(Box::new(change))
}

/// The end of an attempt that the BMC answered with a refusal.
pub(super) fn refusal(task: &TaskRecord, permit: PermitId, millis: i64) -> Change {
    let sent = Sent {
        permit,
        primitive: Primitive::On,
        at: at(millis),
        acknowledged: false,
        words: Some(words()),
        refused: true,
        seen_off: false,
        readings: 2,
    };
    let mut change = moved(
        task,
        Phase::Refused {
            sent,
            failure: words(),
        },
        millis,
    );
    change.machine.last_primitive = Some(Primitive::On);
    change.attempt = Some(AttemptChange::Ended {
        permit,
        delivery: refused_delivery(),
        failure: Some(words()),
    });
    Change::Task(Box::new(change))
}

pub(super) fn refused_delivery() -> Delivery {
    Delivery::Answered {
        status: 400,
        executed: Executed::No,
    }
}

pub(super) fn words() -> Failure {
    let mut failure = Failure::new(
        Cause::Invalid,
        "The \"power\" is locked: größer als \\0 erlaubt ☃",
    );
    failure.status = Some(400);
    failure.codes = vec!["Base.1.18.ActionNotSupported".to_owned()];
    failure
}

pub(super) fn done(outcome: Outcome, millis: i64) -> Phase {
    Phase::Done {
        outcome,
        at: at(millis),
    }
}

pub(super) fn succeeded(millis: i64) -> Phase {
    let reading = Observation {
        state: PowerState::On,
        raw: "On".to_owned(),
        evidence: Vec::new(),
        at: at(millis),
    };
    done(Outcome::Already { reading }, millis)
}

pub(super) fn event(kind: &str) -> NewEvent {
    NewEvent {
        at: at(CREATED),
        kind: kind.to_owned(),
        component: None,
        task: None,
        transition: None,
        data: json!({ "of": kind }),
    }
}

/// Applies changes that must be stored.
pub(super) async fn apply<E: Journal>(engine: &E, lease: &Lease, changes: &[Change]) {
    assert_eq!(
        engine.apply(lease, changes).await.unwrap(),
        vec![Applied::Stored; changes.len()]
    );
}

pub(super) async fn view<E: Store>(engine: &E, id: TransitionId) -> TransitionView {
    engine.transition(id).await.unwrap().unwrap()
}

pub(super) async fn read<E: Store>(engine: &E, id: TaskId) -> TaskRecord {
    engine.task(id).await.unwrap().unwrap().0
}

/// The kinds of all events.
pub(super) async fn kinds<E: Store>(engine: &E) -> Vec<String> {
    engine
        .events_after(None, 100_000)
        .await
        .unwrap()
        .events
        .into_iter()
        .map(|event| event.event.kind)
        .collect()
}
