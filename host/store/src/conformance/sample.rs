//! Requests and changes to try an engine with.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use switchyard_core::admission::IfBusy;
use switchyard_core::machine::{Deadline, Machine, Phase, Sent};
use switchyard_core::{
    Cause, ComponentId, ControllerId, Delivery, Executed, Failure, Observation, Operation, Outcome, PermitId,
    PowerState, Primitive, TaskId, Timestamp, TransitionId,
};
use uuid::Uuid;

use crate::audit::NewAudit;
use crate::error::StoreError;
use crate::event::NewEvent;
use crate::journal::{Applied, AttemptChange, Change, Journal, Lease, TaskChange};
use crate::record::{CancelMode, Counts, MemberRecord, Refusal, TaskRecord, TransitionRecord};
use crate::store::{
    CancelAnswer, CancelAsk, CancelScope, NewMember, Store, Submission, SubmitAnswer, Submitted,
    TransitionFilter, TransitionView, Want, Wanted,
};

/// When the requests of the suite are made.
pub(super) const CREATED: i64 = 1_000_000;
/// When they expire.
pub(super) const EXPIRES: i64 = 2_000_000;

/// How long their tasks wait for the first send.
pub(super) const START_WITHIN: Duration = Duration::from_mins(15);

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

pub(super) fn wants_as(name: &str, operation: Operation) -> NewMember {
    let machine = Machine::new(
        operation,
        Deadline::Within(Deadline::DEFAULT),
        at(CREATED),
        START_WITHIN,
        at(EXPIRES),
    );
    NewMember {
        name: name.to_owned(),
        want: Want::Task(Box::new(Wanted {
            id: TaskId(fresh()),
            component: component(name),
            controller: controller(name),
            machine,
            below: Vec::new(),
            deputy_keys: Vec::new(),
            after: Vec::new(),
        })),
        included: false,
    }
}

/// As [`wants_as`], with components below.
pub(super) fn wants_below(name: &str, operation: Operation, below: &[&str]) -> NewMember {
    let mut member = wants_as(name, operation);
    if let Want::Task(wanted) = &mut member.want {
        wanted.below = below.iter().map(|name| component(name)).collect();
    }
    member
}

pub(super) fn refused(name: &str, refusal: Refusal) -> NewMember {
    NewMember {
        name: name.to_owned(),
        want: Want::Refused(refusal),
        included: false,
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
            deadline: Deadline::Within(Deadline::DEFAULT),
            start_by: at(CREATED) + START_WITHIN,
            retry_of: None,
            max_failures: None,
            struck_at: None,
            cancel_asked_at: None,
            ended_at: None,
        },
        members,
        if_busy: IfBusy::Queue,
        all_or_none: false,
        audit: None,
        callback: None,
    }
}

/// What became of a request, with its new tasks alone.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) transition: TransitionRecord,
    pub(super) members: Vec<MemberRecord>,
    pub(super) tasks: Vec<TaskRecord>,
}

/// Submits a request that must be accepted.
pub(super) async fn accept<E: Store>(engine: &E, submission: Submission) -> Submitted {
    match engine.submit(submission).await.unwrap() {
        SubmitAnswer::Accepted(submitted) => *submitted,
        SubmitAnswer::Refused(members) => panic!("refused: {members:?}"),
    }
}

/// Submits a request of which the new tasks alone are of interest.
pub(super) async fn make<E: Store>(engine: &E, submission: Submission) -> Made {
    let submitted = accept(engine, submission).await;
    Made {
        transition: submitted.transition,
        members: submitted.members,
        tasks: submitted.tasks.into_iter().map(|task| task.record).collect(),
    }
}

/// Submits an operation for these components.
pub(super) async fn submit<E: Store>(engine: &E, operation: Operation, components: &[&str]) -> Made {
    make(engine, wish(operation, components)).await
}

/// An operation for these components.
pub(super) fn wish(operation: Operation, components: &[&str]) -> Submission {
    let members = components.iter().map(|name| wants_as(name, operation)).collect();
    request(operation, members)
}

/// Submits a power-on of one component.
pub(super) async fn submit_one<E: Store>(engine: &E, name: &str) -> TaskRecord {
    submit(engine, Operation::On, &[name]).await.tasks.remove(0)
}

/// Puts tasks in the line of a component, of which none takes the place of another.
pub(super) async fn line<E: Store>(engine: &E, name: &str, length: usize) -> Vec<TaskRecord> {
    let operations = [Operation::On, Operation::SoftRestart];
    let mut tasks = Vec::new();
    for operation in operations.into_iter().cycle().take(length) {
        tasks.extend(submit(engine, operation, &[name]).await.tasks);
    }
    assert_eq!(tasks.len(), length);
    tasks
}

/// Asks to cancel a whole request.
pub(super) async fn cancel<E: Store>(engine: &E, id: TransitionId, millis: i64) -> CancelAnswer {
    let scope = CancelScope::Transition { id, only: None };
    engine.ask_to_cancel(ask(scope, millis)).await.unwrap()
}

pub(super) fn ask(scope: CancelScope, millis: i64) -> CancelAsk {
    CancelAsk {
        scope,
        mode: CancelMode::Now,
        by: "somebody".to_owned(),
        at: at(millis),
        audit: None,
    }
}

/// The transitions that are alive at a time.
pub(super) async fn listed<E: Store>(engine: &E, now: i64, limit: u32) -> Vec<(TransitionRecord, Counts)> {
    let filter = TransitionFilter {
        alive_at: Some(at(now)),
        ..TransitionFilter::default()
    };
    engine.transitions(&filter, limit).await.unwrap()
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
        departed: Vec::new(),
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
        controller: (millis % 2 == 0).then(second_controller),
    });
    Change::Task(Box::new(change))
}

/// A controller that is not that of any task.
pub(super) fn second_controller() -> ControllerId {
    ControllerId::parse("second").unwrap()
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
        away_since: None,
        seen_away: false,
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
        controller: None,
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

/// The events of this kind.
pub(super) async fn events_of<E: Store>(engine: &E, kind: &str) -> Vec<NewEvent> {
    let page = engine.events_after(None, 100_000).await.unwrap();
    let events = page.events.into_iter().map(|event| event.event);
    events.filter(|event| event.kind == kind).collect()
}

/// The tasks in the line of a component, in order.
pub(super) async fn places<E: Store>(engine: &E, name: &str) -> Vec<TaskId> {
    let line = engine.line(&component(name)).await.unwrap();
    line.into_iter().map(|task| task.record.id).collect()
}

/// An entry of the audit.
pub(super) fn entry(action: &str) -> NewAudit {
    NewAudit {
        at: at(CREATED),
        who: "an operator".to_owned(),
        action: action.to_owned(),
        target: "x[1-3]".to_owned(),
        reason: Some("a \"test\"".to_owned()),
        origin: Some("192.0.2.7".to_owned()),
        request_id: "request-1".to_owned(),
        detail: json!({ "of": action, "none": null }),
    }
}

/// Changes that contradict what is stored: nothing of them is.
pub(super) async fn is_conflict<E: Store + Journal>(engine: &E, changes: &[Change]) {
    let lease = lease(engine).await;
    let events = kinds(engine).await;
    let result = engine.apply(&lease, changes).await;
    assert!(matches!(result, Err(StoreError::Conflict { .. })), "{result:?}");
    assert_eq!(kinds(engine).await, events, "nothing of the batch is stored");
}
