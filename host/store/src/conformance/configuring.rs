//! The configuration lane.

use switchyard_core::configuration::admission::Disposition;
use switchyard_core::configuration::{
    Fault, Goal, LimitGoal, Machine, Objection, Outcome, Phase, Snapshot, Track, Values,
};
use switchyard_core::{
    ConfigurationId, Indicator, Light, LimitMode, PermitId, PowerLimit, Standing, TaskId, Watts,
};

use super::Harness;
use super::sample::{
    CREATED, EXPIRES, START_WITHIN, apply, at, component, controller, entry, events_of, fresh, kinds, lease,
};
use crate::audit::AuditFilter;
use crate::configuration::{
    ConfigurationAccepted, ConfigurationAnswer, ConfigurationCancel, ConfigurationCancelled,
    ConfigurationChange, ConfigurationFilter, ConfigurationRecord, ConfigurationTask, ConfigurationView,
    ConfigurationWant, Configurations, NewConfiguration, NewConfigurationMember, NewConfigurationTask,
};
use crate::error::StoreError;
use crate::event::{NewEvent, kind};
use crate::hold::{HoldId, HoldRecord};
use crate::journal::{Change, Journal};
use crate::record::{Counts, Part, Refusal};
use crate::store::Store;

const LIT: Goal = Goal::Indicator(Light::Lit);
const DARK: Goal = Goal::Indicator(Light::Off);

fn limits(watts: f64) -> Goal {
    let limit = |name: &str| LimitGoal {
        limit: Some(name.to_owned()),
        watts: Watts::new(watts),
    };
    Goal::Limits {
        limits: vec![limit("Node \"Power\" Limit"), limit("Accelerator0")],
        skip_invalid: true,
    }
}

fn wants(name: &str, goal: &Goal) -> NewConfigurationMember {
    let machine = Machine::new(
        goal.clone(),
        at(CREATED) + START_WITHIN,
        std::time::Duration::from_mins(2),
    );
    NewConfigurationMember {
        name: name.to_owned(),
        want: ConfigurationWant::Task(Box::new(NewConfigurationTask {
            id: TaskId(fresh()),
            component: component(name),
            controller: controller(name),
            machine,
        })),
    }
}

fn request(track: Track, members: Vec<NewConfigurationMember>) -> NewConfiguration {
    NewConfiguration {
        configuration: ConfigurationRecord {
            id: ConfigurationId(fresh()),
            track,
            created_at: at(CREATED),
            expires_at: at(EXPIRES),
            requested_by: "an operator".to_owned(),
            reason: Some("a \"test\"".to_owned()),
            request_id: "request-1".to_owned(),
            cancel_asked_at: None,
            ended_at: None,
        },
        members,
        all_or_none: false,
        audit: None,
    }
}

fn wish(goal: &Goal, names: &[&str]) -> NewConfiguration {
    let members = names.iter().map(|name| wants(name, goal)).collect();
    request(goal.track(), members)
}

async fn accept<E: Store>(engine: &E, request: NewConfiguration) -> ConfigurationAccepted {
    match engine.submit_configuration(request).await.unwrap() {
        ConfigurationAnswer::Accepted(accepted) => *accepted,
        ConfigurationAnswer::Refused(members) => panic!("refused: {members:?}"),
    }
}

async fn submit<E: Store>(engine: &E, goal: &Goal, names: &[&str]) -> ConfigurationAccepted {
    accept(engine, wish(goal, names)).await
}

async fn view<E: Store>(engine: &E, id: ConfigurationId) -> ConfigurationView {
    engine.configuration(id).await.unwrap().unwrap()
}

async fn cancel<E: Store>(engine: &E, id: ConfigurationId) -> ConfigurationCancelled {
    let ask = ConfigurationCancel {
        id,
        by: "somebody".to_owned(),
        at: at(CREATED + 5),
        audit: Some(entry("configuration.cancel")),
    };
    engine.cancel_configuration(ask).await.unwrap()
}

fn moved(task: &ConfigurationTask, phase: Phase, millis: i64) -> ConfigurationChange {
    let mut machine = task.machine.clone();
    machine.phase = phase;
    let events = if machine.outcome().is_some() {
        vec![NewEvent {
            at: at(millis),
            kind: kind::SETTING_ENDED.to_owned(),
            component: Some(task.component.clone()),
            task: Some(task.id),
            transition: None,
            data: serde_json::json!({ "configuration": task.configuration }),
        }]
    } else {
        Vec::new()
    };
    ConfigurationChange {
        task: task.id,
        machine,
        intent: false,
        at: at(millis),
        events,
    }
}

fn moves(task: &ConfigurationTask, phase: Phase, millis: i64) -> Change {
    Change::Configuration(Box::new(moved(task, phase, millis)))
}

fn done(outcome: Outcome, millis: i64) -> Phase {
    let at = at(millis);
    Phase::Done { outcome, at }
}

fn intent(task: &ConfigurationTask, millis: i64) -> Change {
    let phase = Phase::Intent {
        permit: PermitId(fresh()),
        at: at(millis),
    };
    let mut change = moved(task, phase, millis);
    change.intent = true;
    change.machine.sends = 1;
    Change::Configuration(Box::new(change))
}

fn counts(standing: Standing, n: u32) -> Counts {
    let mut counts = Counts::default();
    counts.add(standing, n);
    counts
}

/// Members, tasks and goals are read as they were stored, and survive a kill.
pub async fn requests_are_kept<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let refusal = Refusal::NoPowerControl {
        component_type: "NodeEnclosure".to_owned(),
    };
    let mut new = wish(&limits(500.5), &["b", "a"]);
    new.members.insert(
        1,
        NewConfigurationMember {
            name: "x\"".to_owned(),
            want: ConfigurationWant::Refused {
                refusal: refusal.clone(),
                standing: Standing::Unsupported,
                operations: 3,
            },
        },
    );
    new.audit = Some(entry("configuration.create"));
    let accepted = accept(&engine, new).await;
    harness.kill(engine).await;
    let engine = harness.open().await;
    let found = view(&engine, accepted.configuration.id).await;
    assert_eq!(found.configuration, accepted.configuration);
    let names: Vec<&str> = found
        .members
        .iter()
        .map(|(member, _)| member.name.as_str())
        .collect();
    assert_eq!(names, ["b", "x\"", "a"]);
    let members: Vec<_> = found.members.iter().map(|(member, _)| member.clone()).collect();
    assert_eq!(members, accepted.members);
    assert_eq!(members[1].part, Part::Refused { refusal });
    let tasks: Vec<_> = found.members.into_iter().filter_map(|(_, task)| task).collect();
    assert_eq!(tasks, accepted.tasks);
    assert_eq!(tasks[0].machine.goal, limits(500.5));
    assert!(tasks[0].seq < tasks[1].seq);
    let mut operations = counts(Standing::New, 4);
    operations.add(Standing::Unsupported, 3);
    assert_eq!(found.counts.operations, operations);
    assert_eq!(found.counts.components.total(), 3);
    let open = engine.open_configuration_tasks(i64::MIN, 10).await.unwrap();
    let records: Vec<_> = open.iter().map(|open| open.record.clone()).collect();
    assert_eq!(records, tasks);
    assert_eq!(open[0].callers, ["an operator"]);
    let after = engine.open_configuration_tasks(tasks[0].seq, 1).await.unwrap();
    assert_eq!(after[0].record, tasks[1]);
    assert_eq!(
        engine.configuration_task(tasks[1].id).await.unwrap(),
        Some(tasks[1].clone())
    );
    assert_eq!(engine.audits(&AuditFilter::default(), 10).await.unwrap().len(), 1);
    assert!(
        engine
            .configuration(ConfigurationId(fresh()))
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        engine
            .configuration_task(TaskId(fresh()))
            .await
            .unwrap()
            .is_none()
    );
}

/// An id makes one request.
pub async fn an_id_is_used_once<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let new = wish(&LIT, &["a"]);
    let mut again = wish(&DARK, &["b"]);
    again.configuration.id = new.configuration.id;
    accept(&engine, new).await;
    let events = kinds(&engine).await;
    let refused = engine.submit_configuration(again).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    assert_eq!(kinds(&engine).await, events);
}

/// Who asks for the same shares the task.
pub async fn the_same_joins<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let first = submit(&engine, &limits(500.0), &["a", "b"]).await;
    let second = submit(&engine, &limits(500.0), &["a", "c"]).await;
    assert_eq!(second.joined, [(first.tasks[0].id, component("a"))]);
    assert_eq!(second.tasks.len(), 1);
    let how = second.members[0].how.clone().unwrap();
    let task = first.tasks[0].id;
    assert_eq!(how.disposition, Disposition::Joins { task });
    let lease = lease(&engine).await;
    apply(
        &engine,
        &lease,
        &[moves(&first.tasks[0], done(Outcome::Verified, 30), 30)],
    )
    .await;
    let found = view(&engine, second.configuration.id).await;
    assert_eq!(
        found.members[0].1.as_ref().unwrap().machine.outcome(),
        Some(&Outcome::Verified)
    );
    assert_eq!(found.counts.components.succeeded, 1);
    assert_eq!(found.counts.operations.succeeded, 2);
    assert_eq!(events_of(&engine, kind::SETTING_JOINED).await.len(), 1);
}

/// The last writer takes the place of who waits, and the request that had that alone ends.
pub async fn the_last_writer_takes_the_place<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let first = submit(&engine, &LIT, &["a"]).await;
    let second = submit(&engine, &DARK, &["a"]).await;
    assert_eq!(second.ended.len(), 1);
    let by = second.configuration.id;
    let found = view(&engine, first.configuration.id).await;
    let task = found.members[0].1.as_ref().unwrap();
    assert_eq!(task.machine.outcome(), Some(&Outcome::Superseded { by }));
    assert_eq!(found.configuration.ended_at, Some(at(CREATED)));
    assert_eq!(found.counts.components, counts(Standing::Failed, 1));
    let told = events_of(&engine, kind::SETTING_SUPERSEDED).await;
    assert_eq!((told.len(), told[0].task), (1, Some(task.id)));
    assert_eq!(events_of(&engine, kind::CONFIGURATION_ENDED).await.len(), 1);
    let lease = lease(&engine).await;
    let refused = engine.apply(&lease, &[intent(&first.tasks[0], 20)]).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
}

/// What was sent is waited for, and the tracks of a component know nothing of each other.
pub async fn tracks_wait_for_themselves<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let first = submit(&engine, &LIT, &["a"]).await;
    apply(&engine, &lease, &[intent(&first.tasks[0], 10)]).await;
    let second = submit(&engine, &DARK, &["a"]).await;
    let behind = first.tasks[0].id;
    assert_eq!(
        second.members[0].how.as_ref().unwrap().disposition,
        Disposition::Queues { behind }
    );
    for goal in [limits(500.0), Goal::Snapshot] {
        let other = submit(&engine, &goal, &["a"]).await;
        assert_eq!(other.members[0].how, None);
        apply(&engine, &lease, &[moves(&other.tasks[0], Phase::Reading, 12)]).await;
    }
    let refused = engine
        .apply(&lease, &[moves(&second.tasks[0], Phase::Reading, 13)])
        .await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    apply(
        &engine,
        &lease,
        &[
            moves(&second.tasks[0], Phase::Reading, 14),
            moves(&first.tasks[0], done(Outcome::Verified, 14), 14),
        ],
    )
    .await;
}

/// A hold keeps off who would set something, not who only reads.
pub async fn a_hold_keeps_off<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let hold = HoldRecord {
        id: HoldId(fresh()),
        components: vec![component("a")],
        reason: "a disk".to_owned(),
        by: "a technician".to_owned(),
        at: at(10),
        until: at(EXPIRES),
        allow: Vec::new(),
    };
    engine.place_hold(hold, None).await.unwrap();
    let set = submit(&engine, &limits(500.0), &["a", "b"]).await;
    assert!(matches!(
        &set.members[0].part,
        Part::Refused {
            refusal: Refusal::OnHold { .. }
        }
    ));
    let counted = set.members[0].counted.unwrap();
    assert_eq!((counted.standing, counted.operations), (Standing::Failed, 2));
    assert_eq!(set.tasks.len(), 1);
    assert_eq!(submit(&engine, &Goal::Snapshot, &["a"]).await.tasks.len(), 1);
}

/// Who wants all or none gets all or none, and who only asks changes nothing.
pub async fn a_preview_changes_nothing<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let refused = || ConfigurationWant::Refused {
        refusal: Refusal::NotInInventory,
        standing: Standing::Failed,
        operations: 1,
    };
    let mut new = wish(&LIT, &["a"]);
    new.members.push(NewConfigurationMember {
        name: "z".to_owned(),
        want: refused(),
    });
    new.all_or_none = true;
    let seen = engine.preview_configuration(new.clone()).await.unwrap();
    match engine.submit_configuration(new).await.unwrap() {
        ConfigurationAnswer::Refused(members) => assert_eq!(members[1], seen[1]),
        ConfigurationAnswer::Accepted(accepted) => panic!("{accepted:?}"),
    }
    assert_eq!(kinds(&engine).await, Vec::<String>::new());
    assert!(
        engine
            .open_configuration_tasks(i64::MIN, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

/// A request of which nothing is left has ended.
pub async fn a_request_without_a_task_has_ended<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let accepted = accept(&engine, request(Track::Limits, Vec::new())).await;
    assert_eq!(accepted.configuration.ended_at, Some(at(CREATED)));
    let found = view(&engine, accepted.configuration.id).await;
    assert_eq!((found.counts.components.total(), found.members.len()), (0, 0));
    assert_eq!(
        kinds(&engine).await,
        [kind::CONFIGURATION_ACCEPTED, kind::CONFIGURATION_ENDED]
    );
}

/// A request ends with its last task, once, and its counts stay; what is left out of a success counts as failed.
pub async fn a_request_ends_with_its_last_task<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let accepted = submit(&engine, &limits(500.0), &["a", "b"]).await;
    let [a, b] = accepted.tasks.as_slice() else {
        panic!()
    };
    let mut first = moved(a, done(Outcome::Verified, 40), 40);
    first.machine.objections = vec![Objection::NoLimits];
    apply(&engine, &lease, &[Change::Configuration(Box::new(first))]).await;
    assert_eq!(
        view(&engine, accepted.configuration.id)
            .await
            .configuration
            .ended_at,
        None
    );
    let invalid = Outcome::Failed {
        fault: Fault::Invalid {
            objections: vec![Objection::NoLimits],
        },
    };
    let end = moves(b, done(invalid.clone(), 50), 50);
    let late = moves(b, done(Outcome::Cancelled, 60), 60);
    apply(&engine, &lease, &[end, late.clone()]).await;
    apply(&engine, &lease, &[late]).await;
    let found = view(&engine, accepted.configuration.id).await;
    assert_eq!(found.configuration.ended_at, Some(at(50)));
    let task = found.members[1].1.as_ref().unwrap();
    assert_eq!(task.machine.outcome(), Some(&invalid));
    let operations = found.counts.operations;
    assert_eq!((operations.succeeded, operations.failed), (1, 3));
    let components = found.counts.components;
    assert_eq!((components.succeeded, components.failed), (1, 1));
    assert_eq!(events_of(&engine, kind::CONFIGURATION_ENDED).await.len(), 1);
    assert_eq!(events_of(&engine, kind::SETTING_ENDED).await.len(), 2);
}

/// What a snapshot shows is kept and counted.
pub async fn a_snapshot_is_kept<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let accepted = submit(&engine, &Goal::Snapshot, &["a"]).await;
    assert_eq!(
        view(&engine, accepted.configuration.id).await.counts.operations,
        counts(Standing::New, 1)
    );
    let limit = |id: &str| PowerLimit {
        id: id.to_owned(),
        name: format!("Limit {id}"),
        watts: Watts::new(499.5),
        min: None,
        max: Watts::new(900.0),
        mode: LimitMode::Automatic,
        writable: true,
        facts: Vec::new(),
    };
    let snapshot = Snapshot {
        at: at(20),
        values: Values::Limits(vec![limit("0"), limit("1"), limit("2")]),
    };
    let mut change = moved(&accepted.tasks[0], done(Outcome::Read, 30), 30);
    change.machine.seen = Some(snapshot.clone());
    apply(&engine, &lease, &[Change::Configuration(Box::new(change))]).await;
    let found = view(&engine, accepted.configuration.id).await;
    assert_eq!(found.counts.operations, counts(Standing::Succeeded, 3));
    let task = found.members[0].1.as_ref().unwrap();
    assert_eq!(task.machine.seen, Some(snapshot));
}

/// An unknown task is a conflict, and nothing of the batch is stored.
pub async fn an_unknown_task_is_a_conflict<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let accepted = submit(&engine, &LIT, &["a", "b"]).await;
    let mut unknown = accepted.tasks[1].clone();
    unknown.id = TaskId(fresh());
    let changes = [
        moves(&accepted.tasks[0], Phase::Reading, 10),
        moves(&unknown, Phase::Reading, 10),
    ];
    let refused = engine.apply(&lease, &changes).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    let open = engine.open_configuration_tasks(i64::MIN, 10).await.unwrap();
    assert_eq!(open[0].record.machine.phase, Phase::Queued);
}

/// A cancel marks what a request has alone and leaves what it shares.
pub async fn a_cancel_detaches<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let first = submit(&engine, &limits(500.0), &["a", "b"]).await;
    let second = submit(&engine, &limits(500.0), &["a"]).await;
    let answer = cancel(&engine, first.configuration.id).await;
    let ConfigurationCancelled::Asked { tasks, detached } = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(detached, [(first.tasks[0].id, component("a"))]);
    assert_eq!((tasks.len(), tasks[0].id), (1, first.tasks[1].id));
    assert!(tasks[0].cancel_asked);
    assert_eq!(
        cancel(&engine, first.configuration.id).await,
        ConfigurationCancelled::AskedBefore
    );
    let found = view(&engine, first.configuration.id).await;
    assert_eq!(found.members[0].0.departed_at, Some(at(CREATED + 5)));
    assert_eq!(found.counts.operations.failed, 2);
    let open = engine.open_configuration_tasks(i64::MIN, 10).await.unwrap();
    assert_eq!(open[0].callers.len(), 1);
    let lease = lease(&engine).await;
    apply(
        &engine,
        &lease,
        &[
            moves(&first.tasks[1], done(Outcome::Cancelled, 30), 30),
            moves(&first.tasks[0], done(Outcome::Verified, 40), 40),
        ],
    )
    .await;
    let found = view(&engine, first.configuration.id).await;
    assert_eq!(found.configuration.ended_at, Some(at(30)));
    let other = view(&engine, second.configuration.id).await;
    assert_eq!(other.configuration.ended_at, Some(at(40)));
    assert_eq!(
        cancel(&engine, second.configuration.id).await,
        ConfigurationCancelled::Ended
    );
    assert_eq!(
        cancel(&engine, ConfigurationId(fresh())).await,
        ConfigurationCancelled::NotFound
    );
    assert_eq!(engine.audits(&AuditFilter::default(), 10).await.unwrap().len(), 1);
    assert_eq!(events_of(&engine, kind::SETTING_DETACHED).await.len(), 1);
}

/// Who leaves a task that is shared by all its requests ends at once.
pub async fn who_leaves_last_is_not_left_waiting<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let first = submit(&engine, &LIT, &["a"]).await;
    let second = submit(&engine, &LIT, &["a"]).await;
    cancel(&engine, first.configuration.id).await;
    let found = view(&engine, first.configuration.id).await;
    assert_eq!(found.configuration.ended_at, Some(at(CREATED + 5)));
    let answer = cancel(&engine, second.configuration.id).await;
    assert!(matches!(answer, ConfigurationCancelled::Asked { tasks, .. } if tasks.len() == 1));
    let third = submit(&engine, &LIT, &["a"]).await;
    assert_eq!(third.tasks.len(), 1, "nobody joins what is leaving");
}

/// Lists are filtered and newest first.
pub async fn lists_are_filtered<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lit = submit(&engine, &LIT, &["a"]).await;
    let limited = submit(&engine, &limits(500.0), &["b"]).await;
    let mut other = wish(&Goal::Snapshot, &["c"]);
    "another".clone_into(&mut other.configuration.requested_by);
    let read = accept(&engine, other).await;
    let list = async |filter: ConfigurationFilter, limit| {
        let found = engine.configurations(&filter, limit).await.unwrap();
        found.into_iter().map(|(record, _)| record.id).collect::<Vec<_>>()
    };
    let [lit, limited, read] = [lit, limited, read].map(|accepted| accepted.configuration.id);
    let all = ConfigurationFilter::default;
    assert_eq!(list(all(), 10).await, [read, limited, lit]);
    assert_eq!(list(all(), 1).await, [read]);
    let before = ConfigurationFilter {
        before: Some(read),
        ..all()
    };
    assert_eq!(list(before, 10).await, [limited, lit]);
    let tracks = ConfigurationFilter {
        tracks: vec![Track::Limits, Track::Snapshot],
        ..all()
    };
    assert_eq!(list(tracks, 10).await, [read, limited]);
    let mine = ConfigurationFilter {
        requested_by: Some("another".to_owned()),
        ..all()
    };
    assert_eq!(list(mine, 10).await, [read]);
    let ended = |ended| ConfigurationFilter {
        ended: Some(ended),
        ..all()
    };
    assert_eq!(list(ended(true), 10).await, []);
    assert_eq!(list(ended(false), 10).await.len(), 3);
    let alive = |millis| ConfigurationFilter {
        alive_at: Some(at(millis)),
        ..all()
    };
    assert_eq!(list(alive(EXPIRES + 1), 10).await.len(), 3, "none has ended");
}

/// What ended long ago is deleted with its tasks; what is shared with younger requests stays.
pub async fn old_requests_are_pruned<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let old = submit(&engine, &LIT, &["a", "b"]).await;
    let young = submit(&engine, &LIT, &["b"]).await;
    let open = submit(&engine, &LIT, &["c"]).await;
    apply(
        &engine,
        &lease,
        &[moves(&old.tasks[0], done(Outcome::Already, 30), 30)],
    )
    .await;
    cancel(&engine, old.configuration.id).await;
    let before = at(CREATED + 6);
    while engine.prune(&lease, before, at(0), 10).await.unwrap() > 0 {}
    assert!(
        engine
            .configuration(old.configuration.id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        engine
            .configuration_task(old.tasks[0].id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        engine
            .configuration_task(old.tasks[1].id)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(view(&engine, young.configuration.id).await.members.len(), 1);
    assert_eq!(view(&engine, open.configuration.id).await.members.len(), 1);
}

/// Of finished limits and snapshots only the newest are shown; a snapshot is deleted with its time, a limit stays in the history.
pub async fn old_snapshots_are_deleted<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let read = submit(&engine, &Goal::Snapshot, &["a"]).await;
    let set = submit(&engine, &limits(500.0), &["b"]).await;
    let lit = submit(&engine, &LIT, &["c"]).await;
    let young = submit(&engine, &Goal::Snapshot, &["d"]).await;
    let open = submit(&engine, &Goal::Snapshot, &["e"]).await;
    let finished = [&read, &set, &lit, &young];
    let changes = finished.map(|made| moves(&made.tasks[0], done(Outcome::Already, 30), 30));
    apply(&engine, &lease, &changes).await;
    let now = at(CREATED + 40);
    assert_eq!(
        engine.retire(&lease, now, 2, 10).await.unwrap(),
        3,
        "one ended, deleted with its task"
    );
    assert_eq!(engine.retire(&lease, now, 2, 10).await.unwrap(), 0);
    assert!(
        engine
            .configuration(read.configuration.id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        engine
            .configuration_task(read.tasks[0].id)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(engine.retire(&lease, now, 1, 10).await.unwrap(), 1);
    let hidden = view(&engine, set.configuration.id).await.configuration;
    assert_eq!(hidden.expires_at, now);
    assert_eq!(
        view(&engine, lit.configuration.id).await.configuration.expires_at,
        at(EXPIRES)
    );
    while engine.retire(&lease, at(EXPIRES), 10, 10).await.unwrap() > 0 {}
    assert!(
        engine
            .configuration(young.configuration.id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        engine
            .configuration(open.configuration.id)
            .await
            .unwrap()
            .is_some(),
        "it runs"
    );
    assert!(
        engine
            .configuration(set.configuration.id)
            .await
            .unwrap()
            .is_some()
    );
}

/// A light as a task may have seen it survives in its machine, and thousands are stored at once.
pub async fn thousands_at_once<H: Harness>(harness: &H) {
    const MANY: usize = 3_000;
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let names: Vec<String> = (0..MANY).map(|i| format!("x{i}c0s0b0n0")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let accepted = submit(&engine, &LIT, &names).await;
    assert_eq!(accepted.tasks.len(), MANY);
    let indicator = Indicator {
        light: Light::Lit,
        raw: "Lit".to_owned(),
        lights: vec![Light::Lit],
        facts: Vec::new(),
    };
    let changes: Vec<Change> = accepted
        .tasks
        .iter()
        .map(|task| {
            let mut change = moved(task, done(Outcome::Verified, 40), 40);
            change.machine.seen = Some(Snapshot {
                at: at(39),
                values: Values::Indicator(indicator.clone()),
            });
            Change::Configuration(Box::new(change))
        })
        .collect();
    apply(&engine, &lease, &changes).await;
    let found = view(&engine, accepted.configuration.id).await;
    assert_eq!(
        found.counts.components,
        counts(Standing::Succeeded, u32::try_from(MANY).unwrap())
    );
    assert!(
        engine
            .open_configuration_tasks(i64::MIN, 10)
            .await
            .unwrap()
            .is_empty()
    );
}
