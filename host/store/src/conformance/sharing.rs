//! Tasks that several requests share: how they come to it, and how they leave it one by one.

use switchyard_core::power::Level;
use switchyard_core::{Demand, Departure, Operation, Outcome, PermitId, TransitionId};

use super::Harness;
use super::sample::{
    CREATED, accept, apply, at, cancel, component, events_of, fresh, intent, kinds, lease, make, moved,
    moves, places, read, submit, succeeded, view, wish,
};
use crate::journal::{Change, Journal};
use crate::record::{CancelMode, Counts, MemberEnd, Part, TaskRecord};
use crate::store::{CancelAnswer, Store, Submitted};

/// One more request for what is in line, made later.
async fn joins<E: Store>(engine: &E, operation: Operation, name: &str, millis: i64) -> Submitted {
    let mut submission = wish(operation, &[name]);
    submission.transition.created_at = at(CREATED + millis);
    accept(engine, submission).await
}

fn transitions(demands: &[Demand]) -> Vec<TransitionId> {
    demands.iter().map(|demand| demand.transition).collect()
}

/// A change of a task that some leave.
fn left_by(task: &TaskRecord, who: &[(TransitionId, Outcome)], millis: i64) -> Change {
    let mut change = moved(task, task.machine.phase.clone(), millis);
    change.departed = who
        .iter()
        .map(|(transition, outcome)| Departure {
            transition: *transition,
            outcome: outcome.clone(),
        })
        .collect();
    Change::Task(Box::new(change))
}

const LATE: Outcome = Outcome::TimedOut {
    sent: true,
    last: None,
};

/// Who asks for what is in line shares it: there is no second task, and both requests end with it.
pub async fn who_asks_for_the_same_joins<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let first = submit(&engine, Operation::On, &["a"]).await;
    let task = &first.tasks[0];
    let second = joins(&engine, Operation::On, "a", 7).await;
    assert_eq!(second.members[0].part, Part::Task { task: task.id });
    assert!(second.tasks.is_empty());
    assert_eq!(second.transition.ended_at, None);
    let demands = vec![first.transition.demand(), second.transition.demand()];
    assert_eq!(second.joined, [(task.id, component("a"), demands.clone())]);
    let joined = &events_of(&engine, "task.joined").await[0];
    assert_eq!(
        (joined.task, joined.transition, joined.at),
        (Some(task.id), Some(second.transition.id), at(CREATED + 7))
    );

    let line = engine.line(&component("a")).await.unwrap();
    assert_eq!(line.len(), 1);
    assert_eq!(line[0].demands, demands);
    assert_eq!(line[0].requested_by, first.transition.requested_by);
    assert_eq!(engine.open_tasks(0, 10).await.unwrap(), line);
    let shared = [first.transition.clone(), second.transition.clone()];
    assert_eq!(engine.requests_of(task.id).await.unwrap(), shared);

    apply(&engine, &lease, &[intent(task, PermitId(fresh()), 2)]).await;
    let mirrored = view(&engine, second.transition.id).await;
    assert_eq!(mirrored.counts.in_progress, 1);
    assert_eq!(mirrored.members[0].1, Some(read(&engine, task.id).await));
    apply(&engine, &lease, &[moves(task, succeeded(3), 3)]).await;
    for id in [first.transition.id, second.transition.id] {
        let view = view(&engine, id).await;
        assert_eq!(
            (view.transition.ended_at, view.counts.succeeded),
            (Some(at(3)), 1)
        );
    }
    assert_eq!(events_of(&engine, "transition.ended").await.len(), 2);
    assert_eq!(engine.requests_of(task.id).await.unwrap().len(), 2);
}

/// Who joins is stored to want it.
pub async fn who_joins_wants_it<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let desired = async || {
        let stored = engine.component(&component("a")).await.unwrap();
        stored.unwrap().desired
    };
    let off = submit(&engine, Operation::Off, &["a"]).await;
    cancel(&engine, off.transition.id, 5).await;
    assert_eq!(desired().await, None);
    joins(&engine, Operation::SoftOff, "a", 7).await;
    assert_eq!(desired().await, Some(Level::Off));
}

/// Weaker tasks end in a stronger one of the same end; all who shared them share it, in the order in which they came.
pub async fn the_weaker_is_absorbed<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let first = submit(&engine, Operation::SoftOff, &["a"]).await;
    let second = joins(&engine, Operation::SoftOff, "a", 1).await;
    let third = joins(&engine, Operation::Off, "a", 2).await;
    let (weak, strong) = (first.tasks[0].id, third.tasks[0].record.clone());
    let ended = read(&engine, weak).await;
    assert_eq!(
        ended.machine.outcome(),
        Some(&Outcome::Absorbed { into: strong.id })
    );
    assert_eq!(third.ended, [ended]);
    let all = [&first.transition, &second.transition, &third.transition];
    let ids = all.map(|transition| transition.id);
    assert_eq!(transitions(&third.tasks[0].demands), ids);
    let how = third.members[0].how.clone().unwrap();
    assert_eq!(
        how.absorbed.iter().map(|task| task.task).collect::<Vec<_>>(),
        [weak]
    );
    let absorbed = &events_of(&engine, "task.absorbed").await[0];
    assert_eq!(absorbed.data["into"], strong.id.to_string());
    assert_eq!(places(&engine, "a").await, [strong.id]);
    assert_eq!(engine.requests_of(weak).await.unwrap(), []);
    for id in ids {
        let view = view(&engine, id).await;
        assert_eq!((view.transition.ended_at, view.counts.new), (None, 1));
        assert_eq!(view.members[0].0.part, Part::Task { task: strong.id });
    }
    apply(&engine, &lease, &[moves(&strong, succeeded(9), 9)]).await;
    for id in ids {
        assert_eq!(view(&engine, id).await.transition.ended_at, Some(at(9)));
    }
    // Nobody shares the absorbed one, and it goes all the same.
    while engine.prune(&lease, at(i64::MAX), at(0), 2).await.unwrap() > 0 {}
    assert!(engine.task(weak).await.unwrap().is_none());
    assert!(engine.task(strong.id).await.unwrap().is_none());
}

/// A request can leave a task that goes on: its part ends, and it with its last part.
pub async fn a_departure_ends_one_part<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let first = submit(&engine, Operation::On, &["a", "b"]).await;
    let task = &first.tasks[0];
    let second = joins(&engine, Operation::On, "a", 1).await;
    let third = joins(&engine, Operation::On, "a", 2).await;
    let (one, two, three) = (first.transition.id, second.transition.id, third.transition.id);
    apply(
        &engine,
        &lease,
        &[left_by(task, &[(one, LATE), (two, Outcome::Unproven)], 5)],
    )
    .await;
    let ended = view(&engine, two).await;
    assert_eq!(
        (ended.transition.ended_at, ended.counts.succeeded),
        (Some(at(5)), 1)
    );
    let departure = MemberEnd {
        outcome: Outcome::Unproven,
        at: at(5),
    };
    assert_eq!(ended.members[0].0.departure, Some(departure));
    assert_eq!(ended.members[0].0.part, Part::Task { task: task.id });
    let running = view(&engine, one).await;
    assert_eq!(running.transition.ended_at, None);
    assert_eq!((running.counts.failed, running.counts.new), (1, 1));
    let said = events_of(&engine, "task.detached").await;
    assert_eq!(said.len(), 2);
    for (event, outcome, id) in [(&said[0], "timed-out", one), (&said[1], "unproven", two)] {
        assert_eq!(event.data["outcome"], outcome);
        assert_eq!(event.data["goes_on_for"], serde_json::json!([three]));
        assert_eq!((event.task, event.transition), (Some(task.id), Some(id)));
    }
    let line = engine.line(&component("a")).await.unwrap();
    assert_eq!(transitions(&line[0].demands), [three]);
    assert_eq!(
        engine.requests_of(task.id).await.unwrap(),
        std::slice::from_ref(&third.transition)
    );

    // Who has left is not counted again.
    apply(&engine, &lease, &[moves(task, succeeded(8), 8)]).await;
    assert_eq!(view(&engine, three).await.transition.ended_at, Some(at(8)));
    assert_eq!(view(&engine, two).await.transition.ended_at, Some(at(5)));
    assert_eq!(view(&engine, one).await.transition.ended_at, None);
    apply(&engine, &lease, &[moves(&first.tasks[1], succeeded(9), 9)]).await;
    let counts = Counts {
        succeeded: 1,
        failed: 1,
        ..Counts::default()
    };
    let ended = view(&engine, one).await;
    assert_eq!((ended.transition.ended_at, ended.counts), (Some(at(9)), counts));
}

/// Departures and ends of one batch make one end, at the time of the last.
pub async fn departures_and_ends_in_one_batch<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let first = submit(&engine, Operation::On, &["a", "b"]).await;
    let [a, b] = &first.tasks[..] else {
        panic!("two tasks")
    };
    let second = joins(&engine, Operation::On, "a", 1).await;
    let batch = [
        left_by(a, &[(first.transition.id, LATE)], 7),
        moves(b, succeeded(5), 5),
    ];
    apply(&engine, &lease, &batch).await;
    let ended = view(&engine, first.transition.id).await;
    assert_eq!(
        (ended.transition.ended_at, ended.counts.succeeded),
        (Some(at(7)), 1)
    );
    assert_eq!(
        view(&engine, second.transition.id).await.transition.ended_at,
        None
    );
    let order = kinds(&engine).await;
    assert_eq!(order[order.len() - 2..], ["task.detached", "transition.ended"]);
    // A state of the task that its end follows in the batch takes its departures with it.
    let third = joins(&engine, Operation::On, "a", 2).await;
    let batch = [
        left_by(a, &[(second.transition.id, LATE)], 8),
        moves(a, succeeded(9), 9),
    ];
    apply(&engine, &lease, &batch).await;
    for (id, millis) in [(second.transition.id, 8), (third.transition.id, 9)] {
        assert_eq!(view(&engine, id).await.transition.ended_at, Some(at(millis)));
    }
}

/// A departure that is stored again, or comes after the end, changes nothing.
pub async fn a_departure_is_counted_once<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let first = make(&engine, wish(Operation::On, &["a", "b"])).await;
    let task = &first.tasks[0];
    let second = joins(&engine, Operation::On, "a", 1).await;
    let leaves = left_by(task, &[(first.transition.id, LATE)], 5);
    apply(&engine, &lease, &[leaves.clone(), leaves.clone()]).await;
    apply(&engine, &lease, &[leaves]).await;
    apply(&engine, &lease, &[moves(task, succeeded(6), 6)]).await;
    let after = left_by(task, &[(second.transition.id, LATE)], 7);
    apply(&engine, &lease, &[after]).await;
    assert_eq!(view(&engine, first.transition.id).await.transition.ended_at, None);
    let ended = view(&engine, second.transition.id).await;
    assert_eq!(
        (ended.counts.succeeded, ended.members[0].0.departure.clone()),
        (1, None)
    );
    assert_eq!(events_of(&engine, "task.detached").await.len(), 1);
}

/// A task that all have left, whatever the order in which they go, is cancelled: nobody joins it, and what drives it learns so after a
/// kill.
pub async fn what_all_have_left_is_cancelled<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let first = submit(&engine, Operation::Off, &["a", "b"]).await;
    let second = accept(&engine, wish(Operation::Off, &["a", "b"])).await;
    let [one, two] = [first.transition.id, second.transition.id];
    let [a, b] = &first.tasks[..] else {
        panic!("two tasks")
    };
    let goes = |task| left_by(task, &[(two, LATE)], 6);
    apply(&engine, &lease, &[goes(b)]).await;
    assert_eq!(read(&engine, b.id).await.cancel_asked, None, "one still wants it");
    let CancelAnswer::Asked { tasks, detached } = cancel(&engine, one, 5).await else {
        panic!("it is to be cancelled")
    };
    assert_eq!(tasks.iter().map(|task| task.id).collect::<Vec<_>>(), [b.id]);
    assert_eq!(detached[0].goes_on_for, [two]);
    assert_eq!(read(&engine, a.id).await.cancel_asked, None);

    apply(&engine, &lease, &[goes(a)]).await;
    let left = read(&engine, a.id).await;
    assert_eq!(
        (left.cancel_asked, left.updated_at),
        (Some(CancelMode::Now), at(6))
    );
    let stored = engine.component(&component("a")).await.unwrap().unwrap();
    assert_eq!(stored.desired, None);
    assert_eq!(view(&engine, two).await.transition.ended_at, Some(at(6)));
    let third = accept(&engine, wish(Operation::Off, &["a"])).await;
    let own = third.tasks[0].record.id;
    assert_eq!(third.members[0].part, Part::Task { task: own });

    harness.kill(engine).await;
    let engine = harness.open().await;
    let open = engine.open_tasks(0, 10).await.unwrap();
    let asked: Vec<_> = open.iter().map(|task| task.record.cancel_asked).collect();
    assert_eq!(asked, [Some(CancelMode::Now), Some(CancelMode::Now), None]);
}

/// What ends in the batch in which the last one leaves it has ended, and is not to be cancelled.
pub async fn what_ends_as_all_leave_is_not_cancelled<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let made = submit(&engine, Operation::On, &["a"]).await;
    let task = &made.tasks[0];
    let batch = [
        left_by(task, &[(made.transition.id, LATE)], 5),
        moves(task, succeeded(6), 6),
    ];
    apply(&engine, &lease, &batch).await;
    let ended = read(&engine, task.id).await;
    assert_eq!((ended.cancel_asked, ended.machine.phase), (None, succeeded(6)));
}

/// Thousands of tasks are absorbed, joined and left in one transaction each.
pub async fn thousands_come_and_go<H: Harness>(harness: &H) {
    const MANY: usize = 5_000;
    let engine = harness.open().await;
    let names: Vec<String> = (0..MANY).map(|n| format!("n{n:04}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let first = submit(&engine, Operation::SoftOff, &names).await;
    let second = accept(&engine, wish(Operation::Off, &names)).await;
    assert_eq!((second.tasks.len(), second.ended.len()), (MANY, MANY));
    let both = [first.transition.id, second.transition.id];
    assert!(second.tasks.iter().all(|task| transitions(&task.demands) == both));
    let third = accept(&engine, wish(Operation::SoftOff, &names)).await;
    assert_eq!((third.tasks.len(), third.joined.len()), (0, MANY));
    for left in [first.transition.id, third.transition.id] {
        let CancelAnswer::Asked { tasks, detached } = cancel(&engine, left, 5).await else {
            panic!("it is to be cancelled")
        };
        assert_eq!((tasks.len(), detached.len()), (0, MANY));
        let view = view(&engine, left).await;
        assert_eq!(
            (view.transition.ended_at, view.counts.failed as usize),
            (Some(at(5)), MANY)
        );
    }
    let left = engine.open_tasks(0, u32::MAX).await.unwrap();
    assert!(left.iter().all(|task| transitions(&task.demands) == both[1..]));
}
