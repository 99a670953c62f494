//! What ends leave behind on their components: that it is uncertain what was executed, until somebody says so, and what is desired.

use switchyard_core::power::Level;
use switchyard_core::{Operation, Outcome, PowerState, Primitive, TaskId};

use super::Harness;
use super::sample::{
    apply, at, component, done, events_of, kinds, lease, line, moves, submit, submit_one, succeeded,
};
use crate::journal::{Journal, Lease};
use crate::record::{Part, Refusal, TaskRecord};
use crate::store::Store;

const UNCERTAIN: Outcome = Outcome::Uncertain {
    primitive: Primitive::GracefulRestart,
};

/// A restart of which nobody knows whether it was executed.
async fn uncertain<E: Store + Journal>(engine: &E, lease: &Lease, name: &str) -> TaskRecord {
    let task = submit(engine, Operation::SoftRestart, &[name])
        .await
        .tasks
        .remove(0);
    apply(engine, lease, &[moves(&task, done(UNCERTAIN, 5), 5)]).await;
    task
}

async fn mark<E: Store>(engine: &E, name: &str) -> Option<TaskId> {
    engine
        .component(&component(name))
        .await
        .unwrap()
        .unwrap()
        .uncertain
}

async fn desired<E: Store>(engine: &E, name: &str) -> Option<Level> {
    engine.component(&component(name)).await.unwrap().unwrap().desired
}

/// An uncertain end marks its component; restarts are refused there from then on, other operations are not.
pub async fn an_uncertain_end_is_marked<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let task = uncertain(&engine, &lease, "a").await;
    assert_eq!(mark(&engine, "a").await, Some(task.id));
    assert_eq!(engine.components().await.unwrap()[0].uncertain, Some(task.id));
    let said = &events_of(&engine, "component.uncertain").await[0];
    assert_eq!(said.data["primitive"], "graceful-restart");
    assert_eq!(
        (said.component.as_ref(), said.task),
        (Some(&component("a")), Some(task.id))
    );
    let refused = submit(&engine, Operation::SoftRestart, &["a", "b"]).await;
    let refusal = Refusal::Uncertain { task: task.id };
    assert_eq!(refused.members[0].part, Part::Refused { refusal });
    assert_eq!(refused.tasks.len(), 1);
    assert_eq!(submit(&engine, Operation::Off, &["a"]).await.tasks.len(), 1);
    harness.kill(engine).await;
    assert_eq!(mark(&harness.open().await, "a").await, Some(task.id));
}

/// Somebody can say what became of it, of those that are uncertain and once.
pub async fn somebody_resolves_it<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let task = uncertain(&engine, &lease, "b").await;
    uncertain(&engine, &lease, "a").await;
    submit_one(&engine, "c").await;
    let all = ["c", "b", "unknown"].map(component);
    let resolve = async |done| engine.resolve(&all, done, at(9), None).await.unwrap();
    assert_eq!(resolve(true).await, [component("b")]);
    assert_eq!(resolve(true).await, []);
    assert_eq!(mark(&engine, "b").await, None);
    assert!(mark(&engine, "a").await.is_some());
    let said = events_of(&engine, "component.resolved").await;
    assert_eq!(said.len(), 1);
    assert_eq!(
        (said[0].task, &said[0].data["verdict"]),
        (Some(task.id), &"done".into())
    );
    assert_eq!(
        submit(&engine, Operation::SoftRestart, &["b"]).await.tasks.len(),
        1
    );
    engine
        .resolve(&[component("a")], false, at(10), None)
        .await
        .unwrap();
    let said = events_of(&engine, "component.resolved").await;
    assert_eq!(said[1].data["verdict"], "not-done");
}

/// When a level is reached it no longer matters.
pub async fn a_level_makes_it_moot<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let task = uncertain(&engine, &lease, "a").await;
    let on = submit(&engine, Operation::On, &["a", "b"]).await;
    let failed = done(
        Outcome::TimedOut {
            sent: true,
            last: None,
        },
        7,
    );
    apply(&engine, &lease, &[moves(&on.tasks[0], failed, 7)]).await;
    assert!(mark(&engine, "a").await.is_some(), "nothing was reached");
    let on = [submit_one(&engine, "a").await, on.tasks[1].clone()];
    let ends = on.map(|task| moves(&task, succeeded(8), 8));
    apply(&engine, &lease, &ends).await;
    assert_eq!(mark(&engine, "a").await, None);
    let said = events_of(&engine, "component.resolved").await;
    assert_eq!(said.len(), 1, "the other component was certain");
    assert_eq!(
        (said[0].task, &said[0].data["verdict"]),
        (Some(task.id), &"moot".into())
    );
}

/// A restart that was in line before does not make it certain that the one before it was executed.
pub async fn a_restart_leaves_it_open<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let tasks = line(&engine, "a", 4).await;
    apply(&engine, &lease, &[moves(&tasks[1], done(UNCERTAIN, 5), 5)]).await;
    apply(&engine, &lease, &[moves(&tasks[3], succeeded(6), 6)]).await;
    assert_eq!(mark(&engine, "a").await, Some(tasks[1].id));
    // An end is an end once: what is stored again does not mark anew.
    apply(&engine, &lease, &[moves(&tasks[0], succeeded(7), 7)]).await;
    let events = kinds(&engine).await;
    apply(&engine, &lease, &[moves(&tasks[1], done(UNCERTAIN, 8), 8)]).await;
    assert_eq!(mark(&engine, "a").await, None);
    assert_eq!(kinds(&engine).await, events);
}

/// Ends by a cancel and uncertain ends leave nothing desired, others do.
pub async fn some_ends_leave_nothing_desired<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let left = PowerState::Off;
    for (name, outcome, after) in [
        ("a", Outcome::Cancelled, None),
        ("b", Outcome::CancelledAfterSend { left }, None),
        ("c", UNCERTAIN, None),
        ("d", Outcome::Unproven, Some(Level::On)),
    ] {
        let task = submit_one(&engine, name).await;
        apply(&engine, &lease, &[moves(&task, done(outcome, 5), 5)]).await;
        assert_eq!(desired(&engine, name).await, after, "{name}");
    }
}

/// What is desired stays as long as other work for it is in line.
pub async fn other_work_keeps_what_is_desired<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let tasks = line(&engine, "a", 3).await;
    let cancelled = |task: &TaskRecord| moves(task, done(Outcome::Cancelled, 5), 5);
    apply(&engine, &lease, &[cancelled(&tasks[0])]).await;
    assert_eq!(desired(&engine, "a").await, Some(Level::On));
    apply(&engine, &lease, &[cancelled(&tasks[1]), cancelled(&tasks[2])]).await;
    assert_eq!(desired(&engine, "a").await, None);
}
