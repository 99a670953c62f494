//! [`Store::ask_to_cancel`](crate::Store::ask_to_cancel).

use switchyard_core::{Operation, TransitionId};

use super::Harness;
use super::sample::{apply, at, cancel, fresh, kinds, lease, moves, read, submit, succeeded, view};
use crate::record::{CancelMode, TaskRecord};
use crate::store::CancelAnswer;

/// A transition that does not exist.
pub async fn of_nothing<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let answer = cancel(&engine, TransitionId(fresh()), 5).await;
    assert_eq!(answer, CancelAnswer::NotFound);
    assert!(kinds(&engine).await.is_empty());
}

/// The transition and its unfinished tasks are marked, those that have ended are not.
pub async fn marks_what_is_unfinished<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = submit(&engine, Operation::On, &["a", "b", "c"]).await;
    let other = submit(&engine, Operation::SoftRestart, &["a"]).await;
    apply(&engine, &lease, &[moves(&submitted.tasks[1], succeeded(3), 3)]).await;
    let id = submitted.transition.id;
    let answer = cancel(&engine, id, 5).await;
    let asked = |task: &TaskRecord| TaskRecord {
        cancel_asked: Some(CancelMode::Now),
        updated_at: at(5),
        ..task.clone()
    };
    assert_eq!(
        answer,
        CancelAnswer::Asked {
            tasks: vec![asked(&submitted.tasks[0]), asked(&submitted.tasks[2])],
            detached: Vec::new()
        }
    );
    let view = view(&engine, id).await;
    assert_eq!(view.transition.cancel_asked_at, Some(at(5)));
    assert_eq!(view.transition.ended_at, None);
    let asked: Vec<bool> = view
        .members
        .into_iter()
        .map(|(_, task)| task.unwrap().cancel_asked.is_some())
        .collect();
    assert_eq!(asked, [true, false, true]);
    assert_eq!(read(&engine, other.tasks[0].id).await.cancel_asked, None);
    assert_eq!(kinds(&engine).await.last().unwrap(), "transition.cancel-asked");
}

/// A second wish changes nothing.
pub async fn twice<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let id = submit(&engine, Operation::On, &["a"]).await.transition.id;
    cancel(&engine, id, 5).await;
    assert_eq!(cancel(&engine, id, 6).await, CancelAnswer::AskedBefore);
    assert_eq!(view(&engine, id).await.transition.cancel_asked_at, Some(at(5)));
}

/// A transition that has ended cannot be cancelled.
pub async fn after_the_end<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = submit(&engine, Operation::On, &["a"]).await;
    apply(&engine, &lease, &[moves(&submitted.tasks[0], succeeded(3), 3)]).await;
    let id = submitted.transition.id;
    assert_eq!(cancel(&engine, id, 5).await, CancelAnswer::Ended);
    assert_eq!(view(&engine, id).await.transition.cancel_asked_at, None);
}

/// A transition that was cancelled and has ended says that it was asked for before.
pub async fn after_a_cancel_and_the_end<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = submit(&engine, Operation::On, &["a"]).await;
    let id = submitted.transition.id;
    cancel(&engine, id, 5).await;
    apply(&engine, &lease, &[moves(&submitted.tasks[0], succeeded(6), 6)]).await;
    assert_eq!(cancel(&engine, id, 7).await, CancelAnswer::AskedBefore);
    let task = read(&engine, submitted.tasks[0].id).await;
    assert_eq!(task.cancel_asked, Some(CancelMode::Now));
}
