//! [`Store::ask_to_cancel`](crate::Store::ask_to_cancel).

use switchyard_core::outcome::Fault;
use switchyard_core::{FailureLimit, Operation, Outcome, PermitId, TaskId, TransitionId};

use super::Harness;
use super::sample::{
    accept, apply, ask, at, cancel, component, done, events_of, fresh, intent, kinds, lease, line, make,
    moves, read, refused, submit, submit_one, succeeded, view, wish,
};
use crate::audit::AuditFilter;
use crate::decision::Detached;
use crate::record::{CancelMode, MemberEnd, Refusal, TaskRecord};
use crate::store::{CancelAnswer, CancelScope, Store, StrikeAnswer};

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

fn asked(answer: CancelAnswer) -> (Vec<TaskId>, Vec<Detached>) {
    match answer {
        CancelAnswer::Asked { tasks, detached } => {
            (tasks.into_iter().map(|task| task.id).collect(), detached)
        }
        other => panic!("{other:?}"),
    }
}

/// From a task that others want, too, the request is detached at once; it ends when it has nothing else.
pub async fn detaches_from_what_others_want<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let first = submit(&engine, Operation::On, &["a"]).await;
    let task = first.tasks[0].clone();
    let second = submit(&engine, Operation::On, &["a", "b"]).await;
    let before = kinds(&engine).await.len();
    let id = first.transition.id;
    let (tasks, detached) = asked(cancel(&engine, id, 5).await);
    let expected = Detached {
        task: task.id,
        component: component("a"),
        goes_on_for: vec![second.transition.id],
    };
    assert_eq!((tasks, detached), (Vec::new(), vec![expected]));
    let ended = view(&engine, id).await;
    assert_eq!(ended.transition.ended_at, Some(at(5)));
    assert_eq!(ended.transition.cancel_asked_at, Some(at(5)));
    assert_eq!((ended.counts.failed, ended.counts.total()), (1, 1));
    let departure = MemberEnd {
        outcome: Outcome::Cancelled,
        at: at(5),
    };
    assert_eq!(ended.members[0].0.departure, Some(departure));
    assert_eq!(read(&engine, task.id).await, task);
    let expected = ["transition.cancel-asked", "task.detached", "transition.ended"];
    assert_eq!(kinds(&engine).await[before..], expected);
    let told = &events_of(&engine, "task.detached").await[0];
    assert_eq!(told.data["outcome"], "cancelled");
    assert_eq!(
        told.data["goes_on_for"],
        serde_json::json!([second.transition.id])
    );
    let stored = engine.component(&component("a")).await.unwrap().unwrap();
    assert!(stored.desired.is_some());

    // The one that is left has both tasks to itself.
    let (tasks, detached) = asked(cancel(&engine, second.transition.id, 6).await);
    assert_eq!((tasks, detached), (vec![task.id, second.tasks[0].id], Vec::new()));
}

/// A part of a request can be cancelled: the request goes on, and can be cancelled as a whole.
pub async fn of_some_components<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = submit(&engine, Operation::On, &["a", "b", "c", "d"]).await;
    let id = submitted.transition.id;
    let other = accept(&engine, wish(Operation::On, &["b"])).await.transition.id;
    apply(&engine, &lease, &[moves(&submitted.tasks[3], succeeded(3), 3)]).await;
    let before = kinds(&engine).await.len();
    let only = async |names: &[&str], millis| {
        let only = Some(names.iter().map(|name| component(name)).collect());
        let scope = CancelScope::Transition { id, only };
        engine.ask_to_cancel(ask(scope, millis)).await.unwrap()
    };
    assert_eq!(only(&["z"], 5).await, CancelAnswer::NotFound);
    assert_eq!(only(&["d"], 5).await, CancelAnswer::Ended);
    let (tasks, detached) = asked(only(&["b", "a", "d"], 5).await);
    assert_eq!(tasks, [submitted.tasks[0].id]);
    assert_eq!(detached[0].goes_on_for, [other]);
    assert_eq!(kinds(&engine).await[before..], ["task.detached"]);
    let part = view(&engine, id).await;
    assert_eq!(
        (part.transition.cancel_asked_at, part.transition.ended_at),
        (None, None)
    );
    assert_eq!(only(&["b"], 6).await, CancelAnswer::Ended, "it has left");
    let (tasks, _) = asked(cancel(&engine, id, 7).await);
    assert_eq!(tasks, [submitted.tasks[0].id, submitted.tasks[2].id]);
    assert_eq!(only(&["c"], 8).await, CancelAnswer::AskedBefore);
}

/// A task can be cancelled for everybody.
pub async fn of_tasks_for_everybody<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let shared = submit_one(&engine, "a").await;
    let second = submit(&engine, Operation::On, &["a"]).await.transition.id;
    let ended = submit_one(&engine, "b").await;
    apply(&engine, &lease, &[moves(&ended, succeeded(3), 3)]).await;
    let tasks = async |ids: Vec<TaskId>, mode| {
        let mut ask = ask(CancelScope::Tasks(ids), 5);
        ask.mode = mode;
        engine.ask_to_cancel(ask).await.unwrap()
    };
    let nobody = vec![TaskId(fresh())];
    assert_eq!(tasks(nobody, CancelMode::Now).await, CancelAnswer::NotFound);
    assert_eq!(tasks(vec![ended.id], CancelMode::Now).await, CancelAnswer::Ended);
    for (mode, stored) in [
        (CancelMode::Finish, CancelMode::Finish),
        (CancelMode::Now, CancelMode::Now),
        (CancelMode::Finish, CancelMode::Now),
    ] {
        let answer = tasks(vec![ended.id, shared.id], mode).await;
        let expected = TaskRecord {
            cancel_asked: Some(stored),
            updated_at: at(5),
            ..shared.clone()
        };
        assert_eq!(read(&engine, shared.id).await, expected);
        assert_eq!(
            answer,
            CancelAnswer::Asked {
                tasks: vec![expected],
                detached: Vec::new()
            }
        );
    }
    assert_eq!(read(&engine, ended.id).await.cancel_asked, None);
    assert_eq!(view(&engine, second).await.transition.cancel_asked_at, None);
}

/// Nothing desired is left of components whose tasks all end by it.
pub async fn leaves_nothing_desired<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let tasks = line(&engine, "a", 2).await;
    let desired = async || {
        let stored = engine.component(&component("a")).await.unwrap();
        stored.unwrap().desired
    };
    cancel(&engine, tasks[0].transition, 5).await;
    assert!(desired().await.is_some(), "the other one is still wanted");
    cancel(&engine, tasks[1].transition, 6).await;
    assert_eq!(desired().await, None);
    // A paused one is not put in line again meanwhile.
    let paused = engine.pause(&[tasks[0].id], true, at(7), None).await.unwrap();
    assert!(!paused[0].record.paused);
}

fn failed() -> Outcome {
    Outcome::Failed {
        fault: Fault::Unsupported,
    }
}

/// More failures than may be give up what has not been sent, once; what was sent goes on, and so does what others want.
pub async fn too_many_failures_give_up_what_was_not_sent_once<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let shared = submit_one(&engine, "d").await;
    let mut wish = wish(Operation::On, &["a", "b", "c", "d"]);
    wish.transition.max_failures = Some(FailureLimit::Count(1));
    wish.members.push(refused("e", Refusal::NotInInventory));
    let made = make(&engine, wish).await;
    let (id, tasks) = (made.transition.id, &made.tasks);
    assert_eq!(engine.limited_transitions().await.unwrap()[0].members, 5);
    assert_eq!(
        engine.strike(id, at(5)).await.unwrap(),
        StrikeAnswer::Below { failed: 1 }
    );
    let sent = intent(&tasks[1], PermitId(fresh()), 6);
    apply(&engine, &lease, &[moves(&tasks[0], done(failed(), 6), 6), sent]).await;
    let before = kinds(&engine).await.len();
    let StrikeAnswer::Struck {
        failed,
        tasks: ending,
        detached,
    } = engine.strike(id, at(7)).await.unwrap()
    else {
        panic!("it does not strike");
    };
    assert_eq!(failed, 2);
    let ending: Vec<TaskId> = ending.into_iter().map(|task| task.id).collect();
    assert_eq!(ending, [tasks[2].id], "the second one was about to be sent");
    assert_eq!(detached[0].task, shared.id);
    assert_eq!(read(&engine, tasks[1].id).await.cancel_asked, None);
    assert_eq!(
        read(&engine, tasks[2].id).await.cancel_asked,
        Some(CancelMode::Now)
    );
    assert_eq!(
        kinds(&engine).await[before..],
        ["transition.max-failures", "task.detached"]
    );
    let told = &events_of(&engine, "transition.max-failures").await[0];
    assert_eq!(told.data["reason"], "more than 1 failed");
    let audit = engine.audits(&AuditFilter::default(), 1).await.unwrap().remove(0);
    assert_eq!(
        (audit.entry.who.as_str(), audit.entry.reason.as_deref()),
        ("an operator", Some("more than 1 failed"))
    );
    let struck = view(&engine, id).await.transition;
    assert_eq!((struck.struck_at, struck.cancel_asked_at), (Some(at(7)), None));
    assert_eq!(engine.strike(id, at(8)).await.unwrap(), StrikeAnswer::Over);
    assert_eq!(engine.limited_transitions().await.unwrap(), []);
    assert!(matches!(cancel(&engine, id, 9).await, CancelAnswer::Asked { .. }));
}

/// A request without a limit, and one that has ended, is never given up; what was cancelled has not failed.
pub async fn what_may_fail_is_no_strike<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let free = submit(&engine, Operation::On, &["a"]).await;
    assert_eq!(
        engine.strike(free.transition.id, at(5)).await.unwrap(),
        StrikeAnswer::Over
    );
    let mut wish = wish(Operation::On, &["b", "c"]);
    wish.transition.max_failures = Some(FailureLimit::Percent(0));
    let made = make(&engine, wish).await;
    let id = made.transition.id;
    assert_eq!(
        view(&engine, id).await.transition.max_failures,
        Some(FailureLimit::Percent(0))
    );
    apply(
        &engine,
        &lease,
        &[moves(&made.tasks[0], done(Outcome::Cancelled, 6), 6)],
    )
    .await;
    assert_eq!(
        engine.strike(id, at(7)).await.unwrap(),
        StrikeAnswer::Below { failed: 0 }
    );
    apply(&engine, &lease, &[moves(&made.tasks[1], done(failed(), 8), 8)]).await;
    assert_eq!(engine.strike(id, at(9)).await.unwrap(), StrikeAnswer::Over);
}
