//! Views, lists, lines and pages.

use switchyard_core::machine::Phase;
use switchyard_core::outcome::Fault;
use switchyard_core::{Operation, Outcome, PermitId, TaskId, TransitionId};

use super::Harness;
use super::sample::{
    CREATED, EXPIRES, accept, apply, at, component, done, fresh, intent, lease, line, listed, make, moves,
    request, submit, submit_one, succeeded, view, wants, wish,
};
use crate::journal::Journal;
use crate::record::{Breakdown, Counts};
use crate::store::{Store, TransitionFilter};

/// An empty store answers, with nothing.
pub async fn nothing<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    engine.ping().await.unwrap();
    assert!(engine.transition(TransitionId(fresh())).await.unwrap().is_none());
    assert!(engine.task(TaskId(fresh())).await.unwrap().is_none());
    assert!(listed(&engine, 0, 10).await.is_empty());
    assert!(engine.line(&component("a")).await.unwrap().is_empty());
    assert!(engine.open_tasks(0, 10).await.unwrap().is_empty());
    assert!(engine.components().await.unwrap().is_empty());
    assert!(engine.events_after(None, 10).await.unwrap().events.is_empty());
}

/// Counts follow the tasks while the transition runs, in the view and in the list.
pub async fn a_view_counts_live<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = submit(&engine, Operation::On, &["a", "b", "c", "d", "e", "f"]).await;
    let tasks = &submitted.tasks;
    let changes = [
        intent(&tasks[0], PermitId(fresh()), 1),
        moves(&tasks[1], succeeded(2), 2),
        moves(&tasks[2], done(Outcome::Cancelled, 3), 3),
        moves(
            &tasks[3],
            done(
                Outcome::Failed {
                    fault: Fault::Unsupported,
                },
                4,
            ),
            4,
        ),
        moves(&tasks[4], Phase::Preparing, 5),
    ];
    apply(&engine, &lease, &changes).await;
    let expected = Counts {
        new: 2,
        in_progress: 1,
        failed: 1,
        succeeded: 1,
        unsupported: 1,
    };
    assert_eq!(view(&engine, submitted.transition.id).await.counts, expected);
    assert_eq!(listed(&engine, 0, 10).await, [(submitted.transition, expected)]);
}

/// A breakdown tells apart what the counts throw together, while the transition runs and after it has ended.
pub async fn a_breakdown_counts_live_and_is_kept<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let names = ["a", "b", "c", "d", "e", "f"];
    let submitted = submit(&engine, Operation::On, &names).await;
    let tasks = &submitted.tasks;
    let id = submitted.transition.id;
    let failed = Outcome::Failed {
        fault: Fault::Unsupported,
    };
    let changes = [
        moves(&tasks[0], Phase::Preparing, 1),
        moves(&tasks[1], succeeded(2), 2),
        moves(&tasks[2], done(Outcome::Cancelled, 3), 3),
        moves(&tasks[3], done(failed, 4), 4),
        moves(&tasks[4], done(Outcome::Superseded { by: id }, 5), 5),
    ];
    apply(&engine, &lease, &changes).await;
    let nobody = TransitionId(fresh());
    let breakdown = async || {
        let mut found = engine.breakdowns(&[id, nobody]).await.unwrap();
        let breakdown = found.remove(&id).unwrap();
        assert!(found.is_empty(), "{found:?}");
        breakdown
    };
    let ended = Breakdown {
        already: 1,
        failed: 1,
        superseded: 1,
        cancelled: 1,
        ..Breakdown::default()
    };
    let running = Breakdown {
        queued: 1,
        running: 1,
        ..ended
    };
    assert_eq!(breakdown().await, running);
    let changes = [
        moves(&tasks[0], done(Outcome::Unproven, 6), 6),
        moves(&tasks[5], done(Outcome::Cancelled, 7), 7),
    ];
    apply(&engine, &lease, &changes).await;
    let ended = Breakdown {
        unproven: 1,
        cancelled: 2,
        ..ended
    };
    assert_eq!(breakdown().await, ended);
    assert_eq!(view(&engine, id).await.counts.failed, 3, "and one is unsupported");
    assert!(engine.breakdowns(&[]).await.unwrap().is_empty());
}

/// Every attempt of a task counts, whatever came of those before it.
pub async fn a_view_counts_attempts<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = submit(&engine, Operation::On, &["a", "b"]).await;
    let tasks = &submitted.tasks;
    let changes = [
        intent(&tasks[0], PermitId(fresh()), 1),
        intent(&tasks[0], PermitId(fresh()), 2),
        moves(&tasks[0], succeeded(3), 3),
    ];
    apply(&engine, &lease, &changes).await;
    let attempts = view(&engine, submitted.transition.id).await.attempts;
    assert_eq!(attempts.into_iter().collect::<Vec<_>>(), [(tasks[0].id, 2)]);
}

/// The list has the newest transition first and no more than asked for.
pub async fn transitions_are_listed_newest_first<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(submit(&engine, Operation::On, &[name]).await.transition.id);
    }
    ids.reverse();
    let listed = async |limit| -> Vec<TransitionId> {
        listed(&engine, 0, limit)
            .await
            .into_iter()
            .map(|(transition, _)| transition.id)
            .collect()
    };
    assert_eq!(listed(10).await, ids);
    assert_eq!(listed(2).await, ids[..2]);
}

/// What has expired and ended is not listed; what has expired but runs is.
pub async fn expired_transitions_are_not_listed<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let running = submit(&engine, Operation::On, &["a"]).await;
    let ended = submit(&engine, Operation::On, &["b"]).await;
    let mut late = request(Operation::On, vec![wants("c")]);
    late.transition.expires_at = at(EXPIRES + 1);
    let late = make(&engine, late).await;
    apply(
        &engine,
        &lease,
        &[
            moves(&ended.tasks[0], succeeded(2), 2),
            moves(&late.tasks[0], succeeded(2), 2),
        ],
    )
    .await;
    let listed = async |now| -> Vec<TransitionId> {
        listed(&engine, now, 10)
            .await
            .into_iter()
            .map(|(transition, _)| transition.id)
            .collect()
    };
    let (running, ended, late) = (running.transition.id, ended.transition.id, late.transition.id);
    assert_eq!(listed(CREATED).await, [late, ended, running]);
    assert_eq!(listed(EXPIRES).await, [late, running]);
    assert_eq!(listed(EXPIRES + 1).await, [running]);
    assert!(
        engine.transition(ended).await.unwrap().is_some(),
        "it is still there"
    );
}

/// The list holds what the filter wants.
pub async fn transitions_are_filtered<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let mut ids = Vec::new();
    for (operation, names, who) in [
        (Operation::On, &["a", "b"][..], "one"),
        (Operation::SoftRestart, &["a"], "two"),
        (Operation::On, &["c"], "one"),
        (Operation::On, &["c"], "two"),
    ] {
        let mut submission = wish(operation, names);
        submission.transition.requested_by = who.to_owned();
        ids.push(accept(&engine, submission).await.transition.id);
    }
    let c = engine.line(&component("c")).await.unwrap().remove(0).record;
    apply(&engine, &lease, &[moves(&c, succeeded(2), 2)]).await;
    let by = |who: &str| TransitionFilter {
        requested_by: Some(who.to_owned()),
        ..TransitionFilter::default()
    };
    let of = |name| TransitionFilter {
        component: Some(component(name)),
        ..TransitionFilter::default()
    };
    let ended = |ended| TransitionFilter {
        ended: Some(ended),
        ..TransitionFilter::default()
    };
    let operation = TransitionFilter {
        operation: Some(Operation::SoftRestart),
        ..TransitionFilter::default()
    };
    let before = |n: usize| TransitionFilter {
        before: Some(ids[n]),
        ..TransitionFilter::default()
    };
    let alive = TransitionFilter {
        alive_at: Some(at(EXPIRES)),
        ..of("c")
    };
    for (filter, expected) in [
        (TransitionFilter::default(), &[3, 2, 1, 0][..]),
        (by("two"), &[3, 1]),
        (of("a"), &[1, 0]),
        (of("c"), &[3, 2]),
        (of("z"), &[]),
        (ended(true), &[3, 2]),
        (ended(false), &[1, 0]),
        (operation, &[1]),
        (before(2), &[1, 0]),
        (before(0), &[]),
        (alive, &[]),
        (
            TransitionFilter {
                operation: Some(Operation::On),
                before: Some(ids[3]),
                ended: Some(false),
                alive_at: Some(at(EXPIRES)),
                component: Some(component("b")),
                requested_by: Some("one".to_owned()),
            },
            &[0],
        ),
    ] {
        let listed = engine.transitions(&filter, 10).await.unwrap();
        let listed: Vec<TransitionId> = listed.into_iter().map(|(transition, _)| transition.id).collect();
        let expected: Vec<TransitionId> = expected.iter().map(|n| ids[*n]).collect();
        assert_eq!(listed, expected, "{filter:?}");
    }
    let unknown = TransitionFilter {
        before: Some(TransitionId(fresh())),
        ..TransitionFilter::default()
    };
    assert!(engine.transitions(&unknown, 10).await.unwrap().is_empty());
}

/// A line has its active task first and the others in order; tasks that have ended are not in line.
pub async fn a_line_has_the_active_task_first<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let tasks = line(&engine, "a", 4).await;
    submit_one(&engine, "b").await;
    let ids = async || -> Vec<TaskId> {
        engine
            .line(&component("a"))
            .await
            .unwrap()
            .into_iter()
            .map(|task| task.record.id)
            .collect()
    };
    assert_eq!(ids().await, tasks.iter().map(|task| task.id).collect::<Vec<_>>());
    apply(
        &engine,
        &lease,
        &[
            moves(&tasks[0], succeeded(2), 2),
            moves(&tasks[2], Phase::Preparing, 3),
        ],
    )
    .await;
    assert_eq!(ids().await, [tasks[2].id, tasks[1].id, tasks[3].id]);
}

/// Unfinished tasks come in order, page by page.
pub async fn open_tasks_in_pages<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = submit(&engine, Operation::On, &["a", "b", "c", "d", "e"]).await;
    apply(&engine, &lease, &[moves(&submitted.tasks[1], succeeded(2), 2)]).await;
    let mut found = Vec::new();
    let mut after = 0;
    loop {
        let page = engine.open_tasks(after, 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = last.record.place;
        found.extend(page.into_iter().map(|task| task.record));
    }
    let mut expected = submitted.tasks;
    expected.remove(1);
    assert_eq!(found, expected);
}
