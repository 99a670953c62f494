//! [`Store::ask_to_cancel`](crate::Store::ask_to_cancel).

use switchyard_core::{Operation, TransitionId};

use super::Harness;
use super::sample::{apply, at, fresh, kinds, lease, moves, read, submit, succeeded, view};
use crate::store::{CancelAnswer, Store};

/// A transition that does not exist.
pub async fn of_nothing<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let answer = engine
        .ask_to_cancel(TransitionId(fresh()), "somebody", at(5))
        .await
        .unwrap();
    assert_eq!(answer, CancelAnswer::NotFound);
    assert!(kinds(&engine).await.is_empty());
}

/// The transition and its unfinished tasks are marked, those that have ended are not.
pub async fn marks_what_is_unfinished<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = submit(&engine, Operation::On, &["a", "b", "c"]).await;
    let other = submit(&engine, Operation::On, &["a"]).await;
    apply(&engine, &lease, &[moves(&submitted.tasks[1], succeeded(3), 3)]).await;
    let id = submitted.transition.id;
    let answer = engine.ask_to_cancel(id, "somebody", at(5)).await.unwrap();
    assert_eq!(
        answer,
        CancelAnswer::Asked {
            tasks: vec![submitted.tasks[0].id, submitted.tasks[2].id]
        }
    );
    let view = view(&engine, id).await;
    assert_eq!(view.transition.cancel_asked_at, Some(at(5)));
    assert_eq!(view.transition.ended_at, None);
    let asked: Vec<bool> = view
        .members
        .into_iter()
        .map(|(_, task)| task.unwrap().cancel_asked)
        .collect();
    assert_eq!(asked, [true, false, true]);
    assert!(!read(&engine, other.tasks[0].id).await.cancel_asked);
    assert_eq!(kinds(&engine).await.last().unwrap(), "transition.cancel-asked");
}

/// A second wish changes nothing.
pub async fn twice<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let id = submit(&engine, Operation::On, &["a"]).await.transition.id;
    engine.ask_to_cancel(id, "somebody", at(5)).await.unwrap();
    assert_eq!(
        engine.ask_to_cancel(id, "somebody", at(6)).await.unwrap(),
        CancelAnswer::AskedBefore
    );
    assert_eq!(view(&engine, id).await.transition.cancel_asked_at, Some(at(5)));
}

/// A transition that has ended cannot be cancelled.
pub async fn after_the_end<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = submit(&engine, Operation::On, &["a"]).await;
    apply(&engine, &lease, &[moves(&submitted.tasks[0], succeeded(3), 3)]).await;
    let id = submitted.transition.id;
    assert_eq!(
        engine.ask_to_cancel(id, "somebody", at(5)).await.unwrap(),
        CancelAnswer::Ended
    );
    assert_eq!(view(&engine, id).await.transition.cancel_asked_at, None);
}

/// A transition that was cancelled and has ended says that it was asked for before.
pub async fn after_a_cancel_and_the_end<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = submit(&engine, Operation::On, &["a"]).await;
    let id = submitted.transition.id;
    engine.ask_to_cancel(id, "somebody", at(5)).await.unwrap();
    apply(&engine, &lease, &[moves(&submitted.tasks[0], succeeded(6), 6)]).await;
    assert_eq!(
        engine.ask_to_cancel(id, "somebody", at(7)).await.unwrap(),
        CancelAnswer::AskedBefore
    );
    assert!(read(&engine, submitted.tasks[0].id).await.cancel_asked);
}
