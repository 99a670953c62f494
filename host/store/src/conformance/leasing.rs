//! Leases, claims, and what a kill leaves behind.

use switchyard_core::machine::Phase;
use switchyard_core::{Operation, PermitId};

use super::Harness;
use super::sample::{
    apply, at, cancel, component, controller, event, fresh, intent, kinds, lease, moves, read, refusal,
    submit, submit_one, view,
};
use crate::journal::{Applied, Change, Journal};
use crate::store::{CancelAnswer, Store};

/// Every lease has a higher epoch than all before.
pub async fn an_epoch_grows<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let first = lease(&engine).await;
    let second = lease(&engine).await;
    assert!(second.epoch > first.epoch);
    assert_eq!(second.replica, "replica-1");
}

/// Whatever is asked under a void lease: the answer says so and nothing is written.
pub async fn a_void_lease_writes_nothing<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let void = lease(&engine).await;
    let task = submit_one(&engine, "a").await;
    let other = submit_one(&engine, "b").await;
    let valid = lease(&engine).await;
    let events = kinds(&engine).await;
    let changes = [
        intent(&task, PermitId(fresh()), 5),
        moves(&other, Phase::Preparing, 5),
        Change::Event(event("void")),
    ];
    assert_eq!(engine.apply(&void, &changes).await.unwrap(), [Applied::Fenced; 3]);
    assert_eq!(
        engine.sync_inventory(&void, &[], &[]).await.unwrap(),
        Applied::Fenced
    );
    assert!(engine.claim(&void, &[controller("a")]).await.unwrap().is_empty());
    assert_eq!(
        engine
            .prune(&void, at(i64::MAX), at(i64::MAX), 100)
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        engine.task(task.id).await.unwrap().unwrap(),
        (task.clone(), Vec::new())
    );
    assert_eq!(read(&engine, other.id).await, other);
    assert_eq!(kinds(&engine).await, events);
    assert_eq!(engine.components().await.unwrap().len(), 2);
    apply(&engine, &valid, &changes).await;
}

/// Controllers that are known are given; others are not.
pub async fn controllers_are_claimed<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let known = [controller("b"), controller("a")];
    engine.sync_inventory(&lease, &known, &[]).await.unwrap();
    let wanted = [controller("b"), controller("nowhere"), controller("a")];
    assert_eq!(engine.claim(&lease, &wanted).await.unwrap(), known);
    assert_eq!(
        engine.claim(&lease, &wanted).await.unwrap(),
        known,
        "what is owned stays owned"
    );
}

/// Everything that was acknowledged is there after a kill.
pub async fn everything_survives_a_kill<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = submit(&engine, Operation::Off, &["a", "b"]).await;
    let permit = PermitId(fresh());
    let task = &submitted.tasks[0];
    apply(&engine, &lease, &[intent(task, permit, 5)]).await;
    apply(&engine, &lease, &[refusal(task, permit, 6)]).await;
    let id = submitted.transition.id;
    assert!(matches!(cancel(&engine, id, 7).await, CancelAnswer::Asked { .. }));
    let before = view(&engine, id).await;
    let task_before = engine.task(task.id).await.unwrap().unwrap();
    let events = engine.events_after(None, 100).await.unwrap();
    let components = engine.components().await.unwrap();
    harness.kill(engine).await;

    let engine = harness.open().await;
    let after = view(&engine, id).await;
    assert_eq!(
        (after.transition, after.counts, after.members),
        (before.transition, before.counts, before.members)
    );
    assert_eq!(engine.task(task.id).await.unwrap().unwrap(), task_before);
    assert_eq!(engine.events_after(None, 100).await.unwrap(), events);
    assert_eq!(engine.components().await.unwrap(), components);
    assert_eq!(engine.line(&component("a")).await.unwrap().len(), 1);
}

/// The lease of a process that was killed is void as soon as the next one has begun.
pub async fn a_lease_is_void_after_the_next_start<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let old = lease(&engine).await;
    let task = submit_one(&engine, "a").await;
    harness.kill(engine).await;
    let engine = harness.open().await;
    let new = lease(&engine).await;
    assert!(new.epoch > old.epoch);
    let change = [moves(&task, Phase::Preparing, 5)];
    assert_eq!(engine.apply(&old, &change).await.unwrap(), [Applied::Fenced]);
    apply(&engine, &new, &change).await;
}
