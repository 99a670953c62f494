//! [`Journal::apply`](crate::Journal::apply).

use std::time::Duration;

use switchyard_core::machine::Phase;
use switchyard_core::{Ability, Operation, Outcome, PermitId, PowerState, Primitive, Replay, TaskId};

use super::Harness;
use super::sample::{
    CREATED, apply, at, component, done, event, events_of, fresh, intent, is_conflict, kinds, lease, line,
    listed, moved, moves, read, refusal, refused_delivery, second_controller, submit, submit_one, succeeded,
    view, words,
};
use crate::event::NewEvent;
use crate::journal::{AttemptChange, Change};
use crate::record::{AttemptRecord, Counts, TaskRecord};
use crate::store::Store;

/// A task has the state that it was given, and remembers when.
pub async fn a_task_moves<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let task = submit_one(&engine, "a").await;
    let reason = words();
    for phase in [
        Phase::Preparing,
        Phase::Backoff {
            until: at(CREATED + 10),
            reason,
        },
        Phase::Preparing,
        Phase::Closing,
        done(
            Outcome::CancelledAfterSend {
                left: PowerState::Paused,
            },
            CREATED + 5,
        ),
    ] {
        apply(&engine, &lease, &[moves(&task, phase.clone(), CREATED + 5)]).await;
        let mut expected = task.clone();
        expected.machine.phase = phase;
        expected.updated_at = at(CREATED + 5);
        assert_eq!(read(&engine, task.id).await, expected);
    }
}

/// Attempts are kept in order, open until their end is known.
pub async fn attempts_begin_and_end<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let task = submit_one(&engine, "a").await;
    let permits = [PermitId(fresh()), PermitId(fresh()), PermitId(fresh())];
    let open = |permit, millis| AttemptRecord {
        permit,
        task: task.id,
        step: 0,
        primitive: Primitive::On,
        controller: (millis % 2 == 0).then(second_controller),
        intent_at: at(millis),
        ended_at: None,
        delivery: None,
        failure: None,
    };
    let ended = |permit, millis| AttemptRecord {
        ended_at: Some(at(millis + 1)),
        delivery: Some(refused_delivery()),
        failure: Some(words()),
        ..open(permit, millis)
    };
    let attempts = async || engine.task(task.id).await.unwrap().unwrap().1;
    apply(&engine, &lease, &[intent(&task, permits[0], 1)]).await;
    assert_eq!(attempts().await, [open(permits[0], 1)]);
    apply(&engine, &lease, &[refusal(&task, permits[0], 2)]).await;
    assert_eq!(attempts().await, [ended(permits[0], 1)]);
    // A whole attempt and the beginning of another in one batch.
    let batch = [
        intent(&task, permits[1], 3),
        refusal(&task, permits[1], 4),
        intent(&task, permits[2], 6),
    ];
    apply(&engine, &lease, &batch).await;
    assert_eq!(
        attempts().await,
        [ended(permits[0], 1), ended(permits[1], 3), open(permits[2], 6)]
    );
}

/// Of several states of one task in one batch the last holds, and none of their events is lost.
pub async fn the_last_of_several_states_holds<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let task = submit_one(&engine, "a").await;
    let other = submit_one(&engine, "b").await;
    let said = |phase, millis, name| {
        let mut change = moved(&task, phase, millis);
        change.events = vec![event(name)];
        Change::Task(Box::new(change))
    };
    let changes = [
        said(Phase::Preparing, 1, "one"),
        moves(&other, Phase::Preparing, 1),
        said(Phase::Closing, 2, "two"),
        said(succeeded(3), 3, "three"),
    ];
    apply(&engine, &lease, &changes).await;
    assert_eq!(read(&engine, task.id).await.machine.phase, succeeded(3));
    assert_eq!(read(&engine, other.id).await.machine.phase, Phase::Preparing);
    assert_eq!(
        kinds(&engine).await[4..],
        ["one", "two", "three", "transition.ended"]
    );
}

/// The task behind can start in the batch in which the one in front ends.
pub async fn a_successor_starts_in_the_batch_that_ends_the_task<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    // The order in which an engine touches rows must not matter: the place of the task in front is now before, now after.
    for turn in 0..2 {
        let name = format!("n{turn}");
        let mut pair = line(&engine, &name, 2).await;
        if turn == 1 {
            pair.reverse();
        }
        let [front, behind] = &pair[..] else {
            panic!("two tasks")
        };
        apply(&engine, &lease, &[moves(front, Phase::Preparing, 1)]).await;
        apply(
            &engine,
            &lease,
            &[moves(front, succeeded(2), 2), moves(behind, Phase::Preparing, 2)],
        )
        .await;
        let line = engine.line(&component(&name)).await.unwrap();
        assert_eq!(
            line.iter().map(|task| task.record.id).collect::<Vec<_>>(),
            [behind.id]
        );
    }
}

/// A transition ends exactly when its last task does, with that time and frozen counts.
pub async fn a_transition_ends_with_its_last_task<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = submit(&engine, Operation::On, &["a", "b", "c"]).await;
    let other = submit(&engine, Operation::On, &["d"]).await;
    let id = submitted.transition.id;
    let tasks = &submitted.tasks;
    apply(&engine, &lease, &[moves(&tasks[1], succeeded(2), 2)]).await;
    assert_eq!(view(&engine, id).await.transition.ended_at, None);
    apply(&engine, &lease, &[moves(&tasks[0], Phase::Preparing, 3)]).await;
    assert_eq!(view(&engine, id).await.transition.ended_at, None);
    let last = [
        moves(&tasks[2], done(Outcome::Cancelled, 9), 9),
        moves(&tasks[0], succeeded(7), 7),
    ];
    apply(&engine, &lease, &last).await;
    let view = view(&engine, id).await;
    assert_eq!(view.transition.ended_at, Some(at(9)));
    let counts = Counts {
        succeeded: 2,
        failed: 1,
        ..Counts::default()
    };
    assert_eq!(view.counts, counts);
    let listed = listed(&engine, 0, 10).await;
    assert_eq!(listed[1].1, counts);
    assert_eq!(
        (listed[0].0.id, listed[0].0.ended_at),
        (other.transition.id, None)
    );
    let ended = engine
        .events_after(None, 100)
        .await
        .unwrap()
        .events
        .pop()
        .unwrap()
        .event;
    assert_eq!(
        (ended.kind.as_str(), ended.transition, ended.at),
        ("transition.ended", Some(id), at(9))
    );
}

/// A task that has ended moves no more, and is counted once, however often it is stored.
pub async fn an_end_is_counted_once<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = submit(&engine, Operation::On, &["a", "b"]).await;
    let end = moves(&submitted.tasks[0], succeeded(2), 2);
    apply(&engine, &lease, &[end.clone(), end.clone()]).await;
    apply(
        &engine,
        &lease,
        &[end, moves(&submitted.tasks[0], Phase::Preparing, 3)],
    )
    .await;
    assert_eq!(
        read(&engine, submitted.tasks[0].id).await.machine.phase,
        succeeded(2)
    );
    assert_eq!(
        view(&engine, submitted.transition.id).await.transition.ended_at,
        None
    );
    apply(&engine, &lease, &[moves(&submitted.tasks[1], succeeded(4), 4)]).await;
    assert_eq!(
        view(&engine, submitted.transition.id).await.transition.ended_at,
        Some(at(4))
    );
}

/// A task ends once in the log: the end of its runner that came too late is not told. What else it tells is.
pub async fn an_end_is_told_once<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let [superseded, other] = [submit_one(&engine, "a").await, submit_one(&engine, "b").await];
    submit(&engine, Operation::Off, &["a"]).await;
    let before = kinds(&engine).await.len();
    let ends = |task: &TaskRecord, millis| {
        let mut change = moved(task, succeeded(millis), millis);
        change.events = ["task.answered", "task.ended"]
            .map(|kind| NewEvent {
                task: Some(task.id),
                ..event(kind)
            })
            .to_vec();
        Change::Task(Box::new(change))
    };
    let batch = [ends(&superseded, 3), ends(&other, 3), ends(&other, 4)];
    apply(&engine, &lease, &batch).await;
    let told = events_of(&engine, "task.ended").await;
    assert_eq!(
        told.iter().map(|event| event.task).collect::<Vec<_>>(),
        [Some(other.id)]
    );
    let expected = [
        "task.answered",
        "task.answered",
        "task.ended",
        "task.answered",
        "transition.ended",
    ];
    assert_eq!(kinds(&engine).await[before..], expected);
    apply(&engine, &lease, &[ends(&other, 5)]).await;
    assert_eq!(events_of(&engine, "task.ended").await.len(), 1);
}

/// A component never has two active tasks.
pub async fn a_second_active_task_is_a_conflict<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let tasks = line(&engine, "a", 2).await;
    let [first, second] = &tasks[..] else {
        panic!("two tasks")
    };
    apply(&engine, &lease, &[moves(first, Phase::Preparing, 1)]).await;
    is_conflict(
        &engine,
        &[Change::Event(event("x")), moves(second, Phase::Preparing, 2)],
    )
    .await;
    assert_eq!(read(&engine, second.id).await, *second);
}

/// A task that was never submitted cannot move.
pub async fn an_unknown_task_is_a_conflict<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let known = submit_one(&engine, "a").await;
    let mut unknown = known.clone();
    unknown.id = TaskId(fresh());
    is_conflict(
        &engine,
        &[
            moves(&known, Phase::Preparing, 1),
            moves(&unknown, Phase::Preparing, 1),
        ],
    )
    .await;
    assert_eq!(read(&engine, known.id).await, known);
}

/// An attempt cannot end that did not begin.
pub async fn an_attempt_needs_its_intent<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let task = submit_one(&engine, "a").await;
    is_conflict(&engine, &[refusal(&task, PermitId(fresh()), 1)]).await;
}

/// A permit is minted once.
pub async fn a_permit_is_used_once<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let task = submit_one(&engine, "a").await;
    let permit = PermitId(fresh());
    apply(&engine, &lease, &[intent(&task, permit, 1)]).await;
    is_conflict(&engine, &[intent(&task, permit, 2)]).await;
}

/// Nothing may be sent for a task that has ended, before the batch or within it; what came before its end is stored.
pub async fn an_ended_task_has_no_intent<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let [before, within, by_itself] = [
        submit_one(&engine, "a").await,
        submit_one(&engine, "b").await,
        submit_one(&engine, "c").await,
    ];
    let attempts = async |task: &TaskRecord| engine.task(task.id).await.unwrap().unwrap().1;
    let first = PermitId(fresh());
    let whole = [
        intent(&before, first, 1),
        refusal(&before, first, 2),
        moves(&before, succeeded(3), 3),
    ];
    apply(&engine, &lease, &whole).await;
    is_conflict(
        &engine,
        &[
            Change::Event(event("x")),
            moves(&within, Phase::Preparing, 4),
            intent(&before, PermitId(fresh()), 4),
        ],
    )
    .await;
    assert_eq!(attempts(&before).await.len(), 1);
    assert_eq!(read(&engine, before.id).await.machine.phase, succeeded(3));
    is_conflict(
        &engine,
        &[
            moves(&within, succeeded(5), 5),
            intent(&within, PermitId(fresh()), 6),
        ],
    )
    .await;
    let mut ends = moved(&by_itself, succeeded(7), 7);
    ends.attempt = Some(AttemptChange::Intent {
        permit: PermitId(fresh()),
        step: 0,
        primitive: Primitive::On,
        controller: None,
    });
    is_conflict(&engine, &[Change::Task(Box::new(ends))]).await;
    for task in [&within, &by_itself] {
        assert_eq!(attempts(task).await, []);
        assert_eq!(read(&engine, task.id).await, *task);
    }
}

/// The last reading and the last survey of a component in a batch hold.
pub async fn components_change<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    submit(&engine, Operation::On, &["a", "b"]).await;
    let observed = |state, raw: &str, available, millis| Change::Observed {
        component: component("a"),
        state,
        raw: raw.to_owned(),
        available,
        at: at(millis),
    };
    let ability = |what| Ability {
        what,
        replay: Replay::Never,
        advertised: true,
        usual: Duration::from_millis(1_501),
        limit: Duration::from_mins(1),
    };
    let surveyed = |abilities| Change::Surveyed {
        component: component("a"),
        abilities,
    };
    let changes = [
        observed(PowerState::On, "On", true, 1),
        surveyed(vec![ability(Primitive::On)]),
        observed(PowerState::PoweringOff, "\"Powering\" Off\u{0}", true, 2),
        surveyed(vec![ability(Primitive::Nmi), ability(Primitive::ForceOff)]),
    ];
    apply(&engine, &lease, &changes).await;
    let components = engine.components().await.unwrap();
    let a = &components[0];
    assert_eq!(
        (a.observed, a.raw.as_str()),
        (PowerState::PoweringOff, "\"Powering\" Off\u{0}")
    );
    assert_eq!((a.available, a.changed_at), (true, at(2)));
    assert_eq!(
        a.abilities,
        [ability(Primitive::Nmi), ability(Primitive::ForceOff)]
    );
    assert!(a.desired.is_some());
    assert_eq!(components[1].observed, PowerState::Unknown);
    apply(&engine, &lease, &[observed(PowerState::Unknown, "", false, 3)]).await;
    assert!(!engine.components().await.unwrap()[0].available);
}

/// An empty batch is no error.
pub async fn nothing_at_all<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    apply(&engine, &lease, &[]).await;
}

/// Thousands of mixed changes are one transaction.
pub async fn thousands_at_once<H: Harness>(harness: &H) {
    const MANY: u32 = 2_048;
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let names: Vec<String> = (0..MANY).map(|n| format!("n{n:04}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let submitted = submit(&engine, Operation::On, &names).await;
    let tasks = &submitted.tasks;
    let intents: Vec<Change> = tasks
        .iter()
        .map(|task| intent(task, PermitId(task.id.0), 1))
        .collect();
    apply(&engine, &lease, &intents).await;
    let id = submitted.transition.id;
    assert_eq!(
        view(&engine, id).await.counts,
        Counts {
            in_progress: MANY,
            ..Counts::default()
        }
    );
    let mut ends = Vec::new();
    for task in tasks {
        ends.push(refusal(task, PermitId(task.id.0), 2));
        ends.push(moves(task, succeeded(3), 3));
    }
    apply(&engine, &lease, &ends).await;
    let view = view(&engine, id).await;
    assert_eq!(
        view.counts,
        Counts {
            succeeded: MANY,
            ..Counts::default()
        }
    );
    assert_eq!(view.transition.ended_at, Some(at(3)));
    let (_, attempts) = engine.task(tasks[77].id).await.unwrap().unwrap();
    assert_eq!(attempts[0].delivery, Some(refused_delivery()));
}
