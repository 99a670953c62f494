//! [`Journal::prune`](crate::Journal::prune).

use switchyard_core::{Operation, PermitId};

use super::Harness;
use super::sample::{
    apply, at, event, fresh, intent, kinds, lease, listed, moves, submit, submit_one, succeeded,
};
use crate::journal::{Change, Journal};
use crate::store::Store;

/// Transitions with their tasks and attempts, and events.
pub async fn deletes_what_is_old<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = submit(&engine, Operation::On, &["a", "b"]).await;
    let [a, b] = &submitted.tasks[..] else {
        panic!("two tasks")
    };
    let changes = [
        intent(a, PermitId(fresh()), 5),
        moves(a, succeeded(6), 6),
        moves(b, succeeded(7), 7),
    ];
    apply(&engine, &lease, &changes).await;
    let events = kinds(&engine).await.len() as u64;
    assert_eq!(
        engine.prune(&lease, at(8), at(i64::MAX), 100).await.unwrap(),
        3 + events
    );
    assert!(
        engine
            .transition(submitted.transition.id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(engine.task(a.id).await.unwrap().is_none());
    assert!(kinds(&engine).await.is_empty());
    assert_eq!(engine.components().await.unwrap().len(), 2);
    assert_eq!(engine.prune(&lease, at(8), at(i64::MAX), 100).await.unwrap(), 0);
}

/// Nothing that runs, and nothing that ended or happened at the limit or later.
pub async fn keeps_what_is_unfinished_or_young<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let running = submit(&engine, Operation::On, &["a", "b"]).await;
    let young = submit(&engine, Operation::On, &["c"]).await;
    apply(
        &engine,
        &lease,
        &[
            moves(&running.tasks[0], succeeded(2), 2),
            moves(&young.tasks[0], succeeded(9), 9),
        ],
    )
    .await;
    assert_eq!(engine.prune(&lease, at(9), at(0), 100).await.unwrap(), 0);
    assert_eq!(listed(&engine, 0, 10).await.len(), 2);
    assert!(engine.task(running.tasks[0].id).await.unwrap().is_some());
}

/// Of the log only its beginning is deleted, up to the first event that is kept, so that what is kept has no hole.
pub async fn leaves_no_hole_in_the_log<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let events: Vec<Change> = [5, 8, 7, 9, 6, 10]
        .into_iter()
        .map(|millis| {
            let mut event = event(&millis.to_string());
            event.at = at(millis);
            Change::Event(event)
        })
        .collect();
    apply(&engine, &lease, &events).await;
    assert_eq!(engine.prune(&lease, at(0), at(9), 2).await.unwrap(), 2);
    assert_eq!(engine.prune(&lease, at(0), at(9), 2).await.unwrap(), 1);
    assert_eq!(engine.prune(&lease, at(0), at(9), 2).await.unwrap(), 0);
    assert_eq!(kinds(&engine).await, ["9", "6", "10"]);
}

/// A piece is bounded, and a caller that goes on gets everything.
pub async fn goes_piece_by_piece<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    for names in [&["a", "b", "c"][..], &["d"], &["e"], &["f"]] {
        let submitted = submit(&engine, Operation::On, names).await;
        let changes: Vec<Change> = submitted
            .tasks
            .iter()
            .map(|task| moves(task, succeeded(2), 2))
            .collect();
        apply(&engine, &lease, &changes).await;
    }
    let mut pieces = Vec::new();
    loop {
        match engine.prune(&lease, at(3), at(0), 2).await.unwrap() {
            0 => break,
            n => pieces.push(n),
        }
    }
    assert_eq!(
        pieces,
        [1 + 3, 2 + 2, 1 + 1],
        "a transition and its tasks; two at once; the last one"
    );
    assert!(listed(&engine, 0, 10).await.is_empty());
}

/// Places and event ids are not given again when the last ones have been deleted.
pub async fn never_gives_a_place_twice<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let first = submit_one(&engine, "a").await;
    apply(&engine, &lease, &[moves(&first, succeeded(2), 2)]).await;
    let last = engine.events_after(None, 100).await.unwrap().end;
    while engine
        .prune(&lease, at(i64::MAX), at(i64::MAX), 100)
        .await
        .unwrap()
        > 0
    {}
    let nothing = engine.events_after(Some(&last), 100).await.unwrap();
    assert_eq!((nothing.events.len(), nothing.gap), (0, None));
    let second = submit_one(&engine, "a").await;
    assert!(second.seq > first.seq);
    let new = engine.events_after(Some(&last), 100).await.unwrap();
    assert_eq!((new.events.len(), new.gap), (2, None));
}

/// [`Journal::retire`]: of the finished transitions only the newest are shown, and those that run do not count.
pub async fn hides_all_but_the_newest<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let running = submit_one(&engine, "running").await;
    let mut finished = Vec::new();
    for name in ["a", "b", "c"] {
        let made = submit(&engine, Operation::On, &[name]).await;
        apply(&engine, &lease, &[moves(&made.tasks[0], succeeded(2), 2)]).await;
        finished.push(made.transition.id);
    }
    assert_eq!(engine.retire(&lease, at(3), 3, 10).await.unwrap(), 0);
    assert_eq!(
        engine.retire(&lease, at(3), 1, 1).await.unwrap(),
        1,
        "a piece is bounded"
    );
    assert_eq!(engine.retire(&lease, at(3), 1, 10).await.unwrap(), 1);
    assert_eq!(engine.retire(&lease, at(3), 1, 10).await.unwrap(), 0);
    let shown: Vec<_> = listed(&engine, 3, 10)
        .await
        .into_iter()
        .map(|(transition, _)| transition.id)
        .collect();
    assert_eq!(shown, [finished[2], running.transition]);
    let hidden = engine.transition(finished[0]).await.unwrap();
    assert!(hidden.is_some(), "the history keeps it");
    let void = crate::journal::Lease {
        epoch: lease.epoch - 1,
        ..lease
    };
    assert_eq!(engine.retire(&void, at(3), 0, 10).await.unwrap(), 0);
}
