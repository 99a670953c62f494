//! [`Store::pause`](crate::Store::pause).

use switchyard_core::admission::Conflict;
use switchyard_core::machine::Phase;
use switchyard_core::{Operation, Outcome, PermitId, TaskId};

use super::Harness;
use super::sample::{
    CREATED, START_WITHIN, accept, apply, at, component, done, events_of, fresh, intent, is_conflict, kinds,
    lease, line, moves, places, read, submit, submit_one, succeeded, view, wish,
};
use crate::journal::Journal;
use crate::record::TaskRecord;
use crate::store::{PauseAnswer, Paused, Store};

async fn pause<E: Store>(engine: &E, task: TaskId, millis: i64) -> Paused {
    engine
        .pause(&[task], true, at(millis), None)
        .await
        .unwrap()
        .remove(0)
}

async fn resume<E: Store>(engine: &E, task: TaskId, millis: i64) -> Paused {
    engine
        .pause(&[task], false, at(millis), None)
        .await
        .unwrap()
        .remove(0)
}

/// A waiting task steps out, once; what it is stays stored.
pub async fn a_waiting_task_steps_out<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let waiting = submit_one(&engine, "a").await;
    let prepared = submit_one(&engine, "b").await;
    apply(&engine, &lease, &[moves(&prepared, Phase::Preparing, 2)]).await;
    let tasks = [waiting.id, TaskId(fresh()), prepared.id];
    let answers = engine.pause(&tasks, true, at(5), None).await.unwrap();
    assert_eq!(answers.len(), 2, "unknown tasks are left out");
    for (answer, id) in answers.iter().zip([waiting.id, prepared.id]) {
        assert_eq!((&answer.answer, answer.record.id), (&PauseAnswer::Paused, id));
        assert!(answer.record.paused);
        assert_eq!(read(&engine, id).await, answer.record);
    }
    assert_eq!(events_of(&engine, "task.paused").await.len(), 2);
    let events = kinds(&engine).await;
    assert_eq!(pause(&engine, waiting.id, 6).await.answer, PauseAnswer::Unchanged);
    assert_eq!(kinds(&engine).await, events);
    let line = engine.line(&component("a")).await.unwrap();
    assert_eq!(line[0].record.updated_at, at(5));
    assert_eq!(view(&engine, waiting.transition).await.counts.new, 1);
}

/// What was sent, has ended or is to be cancelled does not step out.
pub async fn what_was_sent_stays<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let sent = submit_one(&engine, "a").await;
    let ended = submit_one(&engine, "b").await;
    apply(
        &engine,
        &lease,
        &[
            intent(&sent, PermitId(fresh()), 2),
            moves(&ended, succeeded(2), 2),
        ],
    )
    .await;
    for task in [&sent, &ended] {
        let stored = read(&engine, task.id).await;
        let answer = pause(&engine, task.id, 5).await;
        assert_eq!((answer.answer, &answer.record), (PauseAnswer::Unchanged, &stored));
        assert_eq!(read(&engine, task.id).await, stored);
    }
}

/// A paused task gets in again at the end, with a place of its own and the whole time to start.
pub async fn a_task_goes_on_at_the_end<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let tasks = line(&engine, "a", 3).await;
    pause(&engine, tasks[1].id, 5).await;
    let resumed = resume(&engine, tasks[1].id, CREATED + 50).await;
    assert_eq!(resumed.answer, PauseAnswer::Resumed);
    let record = resumed.record;
    assert_eq!(record.seq, tasks[1].seq);
    assert!(record.place > tasks[2].place);
    assert!(!record.paused);
    assert_eq!(record.machine.start_by, at(CREATED + 50) + START_WITHIN);
    assert_eq!(read(&engine, record.id).await, record);
    assert_eq!(
        places(&engine, "a").await,
        [tasks[0].id, tasks[2].id, tasks[1].id]
    );
    let open = engine.open_tasks(tasks[2].place, 10).await.unwrap();
    assert_eq!(
        open.iter().map(|task| &task.record).collect::<Vec<_>>(),
        [&record]
    );
    assert_eq!(events_of(&engine, "task.resumed").await.len(), 1);
    assert_eq!(
        resume(&engine, tasks[1].id, CREATED + 51).await.answer,
        PauseAnswer::Unchanged
    );
}

/// Places of new tasks and of those that go on are one order, and none is given twice.
pub async fn places_are_given_once<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let first = submit_one(&engine, "a").await;
    let again = async |task: &TaskRecord| {
        pause(&engine, task.id, 5).await;
        resume(&engine, task.id, 6).await.record
    };
    let one = again(&first).await;
    let two = again(&one).await;
    let second = submit_one(&engine, "b").await;
    assert!(one.place > first.place && two.place > one.place && second.place > two.place);
    let three = again(&two).await;
    assert!(three.place > second.place);
    apply(
        &engine,
        &lease,
        &[moves(&three, succeeded(7), 7), moves(&second, succeeded(7), 7)],
    )
    .await;
    while engine.prune(&lease, at(i64::MAX), at(0), 100).await.unwrap() > 0 {}
    harness.kill(engine).await;
    let engine = harness.open().await;
    let later = submit_one(&engine, "a").await;
    assert!(later.place > three.place && later.seq > second.seq);
}

/// Several tasks go on in the order in which they are named.
pub async fn several_go_on_in_order<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let tasks = line(&engine, "a", 3).await;
    let ids: Vec<TaskId> = tasks.iter().map(|task| task.id).collect();
    engine.pause(&ids, true, at(5), None).await.unwrap();
    let order = [ids[2], ids[1], ids[0]];
    let answers = engine.pause(&order, false, at(6), None).await.unwrap();
    assert_eq!(places(&engine, "a").await, order);
    let resumed = |paused: &Paused| paused.answer == PauseAnswer::Resumed;
    assert!(answers.iter().all(resumed), "{answers:?}");
}

/// Nothing is sent for a paused task.
pub async fn a_paused_task_has_no_intent<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let task = submit_one(&engine, "a").await;
    let paused = pause(&engine, task.id, 5).await.record;
    is_conflict(&engine, &[intent(&task, PermitId(fresh()), 6)]).await;
    assert_eq!(read(&engine, task.id).await, paused);
    assert_eq!(engine.task(task.id).await.unwrap().unwrap().1, []);
    let lease = lease(&engine).await;
    let resumed = resume(&engine, task.id, 7).await.record;
    apply(&engine, &lease, &[intent(&resumed, PermitId(fresh()), 8)]).await;
}

/// The contrary ends a paused task, too.
pub async fn a_paused_task_is_superseded<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let on = submit_one(&engine, "a").await;
    pause(&engine, on.id, 5).await;
    let off = submit(&engine, Operation::Off, &["a"]).await;
    let by = off.transition.id;
    let ended = read(&engine, on.id).await;
    assert_eq!(ended.machine.outcome(), Some(&Outcome::Superseded { by }));
    assert_eq!(resume(&engine, on.id, 6).await.answer, PauseAnswer::Unchanged);
    assert_eq!(view(&engine, on.transition).await.counts.failed, 1);
}

/// Nobody joins a paused task; when it goes on, its requests join what leads there meanwhile.
pub async fn a_paused_task_is_absorbed<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let first = submit(&engine, Operation::On, &["a"]).await;
    let old = first.tasks[0].id;
    pause(&engine, old, 5).await;
    let second = accept(&engine, wish(Operation::On, &["a"])).await;
    let new = second.tasks[0].record.clone();
    let resumed = resume(&engine, old, 6).await;
    let expected = PauseAnswer::Absorbed {
        into: new.id,
        demands: vec![first.transition.demand()],
    };
    assert_eq!(resumed.answer, expected);
    let outcome = Outcome::Absorbed { into: new.id };
    assert_eq!(resumed.record.machine.phase, done(outcome, 6));
    assert_eq!(read(&engine, old).await, resumed.record);
    let line = engine.line(&component("a")).await.unwrap();
    assert_eq!(
        line[0].demands,
        [first.transition.demand(), second.transition.demand()]
    );
    assert_eq!(events_of(&engine, "task.absorbed").await[0].task, Some(old));
    assert_eq!(view(&engine, first.transition.id).await.transition.ended_at, None);
    apply(&engine, &lease, &[moves(&new, succeeded(7), 7)]).await;
    assert_eq!(
        view(&engine, first.transition.id).await.transition.ended_at,
        Some(at(7))
    );
}

/// What the line no longer takes stays paused, and says why.
pub async fn a_refused_task_stays_paused<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let off = submit(&engine, Operation::SoftOff, &["a"]).await.tasks.remove(0);
    apply(&engine, &lease, &[intent(&off, PermitId(fresh()), 2)]).await;
    let on = submit_one(&engine, "a").await;
    let restart = submit(&engine, Operation::SoftRestart, &["a"])
        .await
        .tasks
        .remove(0);
    let paused = pause(&engine, restart.id, 5).await.record;
    apply(&engine, &lease, &[moves(&on, done(Outcome::Cancelled, 6), 6)]).await;
    let events = kinds(&engine).await;
    let refused = resume(&engine, restart.id, 7).await;
    let conflict = Conflict::WouldBeOff { task: off.id };
    assert_eq!(refused.answer, PauseAnswer::Refused { conflict });
    assert_eq!(refused.record, paused);
    assert_eq!(read(&engine, restart.id).await, paused);
    assert_eq!(kinds(&engine).await, events);
}
