//! What requests do to each other, over a BMC that takes its time.

use switchyard_core::admission::{Conflict, Disposition, IfBusy};
use switchyard_store::{HoldId, HoldRecord, PauseAnswer};

use super::*;

const NODE: &str = "x0c0s0b0n0";

/// One node, whose BMC accepts what it is asked for and does it when it is healed.
async fn slow(folder: &std::path::Path, state: PowerState) -> Bench {
    let hardware = model(1, state);
    hardware.fault(0, Fault::Slow);
    Bench::start(folder, hardware).await
}

/// A request that has been sent and is waited for.
async fn under_way(bench: &Bench, operation: Operation) -> TransitionId {
    let id = bench.ask(operation, &[NODE]).await;
    bench.sent(id).await;
    id
}

fn disposition(submitted: &Submitted) -> Disposition {
    match &submitted.members[0] {
        MemberRecord { how: Some(how), .. } => how.disposition,
        MemberRecord {
            part: Part::Refused {
                refusal: Refusal::Conflict { conflict },
            },
            ..
        } => Disposition::Refused { conflict: *conflict },
        _ => Disposition::Starts,
    }
}

async fn task(bench: &Bench, id: TransitionId) -> switchyard_core::TaskId {
    match bench.view(id).await.members[0].0.part {
        Part::Task { task } => task,
        Part::Refused { .. } => panic!("refused"),
    }
}

#[tokio::test]
async fn a_running_off_and_then_on_ends_with_the_node_on() {
    let folder = tempfile::tempdir().unwrap();
    let bench = slow(folder.path(), PowerState::On).await;
    let off = under_way(&bench, Operation::Off).await;
    let on = bench.ask_as("bob", Operation::On, &[NODE]).await;
    let behind = task(&bench, off).await;
    assert_eq!(disposition(&on), Disposition::Queues { behind });
    let line = bench.engine.look(&ComponentId::parse(NODE).unwrap());
    let shown: Vec<_> = line
        .iter()
        .map(|entry| (entry.operation, entry.by.as_str()))
        .collect();
    assert_eq!(shown, [(Operation::Off, "tester"), (Operation::On, "bob")]);
    assert_eq!(line[1].wait, Some(Wait::Turn { behind }));
    bench.hardware.heal(0);
    assert!(matches!(bench.ended(off).await[..], [Outcome::Verified { .. }]));
    assert!(matches!(
        bench.ended(on.transition.id).await[..],
        [Outcome::Verified { .. }]
    ));
    assert_eq!(
        bench.hardware.executed(0),
        [Primitive::GracefulShutdown, Primitive::On]
    );
    bench.engine.stop().await;
}

#[tokio::test]
async fn ten_callers_are_answered_ten_times_and_executed_once() {
    let folder = tempfile::tempdir().unwrap();
    let bench = slow(folder.path(), PowerState::On).await;
    let mut ids = vec![under_way(&bench, Operation::SoftRestart).await];
    for caller in 0..9 {
        let who = format!("caller-{caller}");
        let joined = bench.ask_as(&who, Operation::SoftRestart, &[NODE]).await;
        assert!(matches!(disposition(&joined), Disposition::Joins { .. }));
        ids.push(joined.transition.id);
    }
    bench.hardware.heal(0);
    for id in ids {
        assert!(matches!(bench.ended(id).await[..], [Outcome::Verified { .. }]));
    }
    assert_eq!(bench.hardware.executed(0), [Primitive::GracefulRestart]);
    bench.engine.stop().await;
}

#[tokio::test]
async fn one_of_two_leaves_and_the_other_gets_what_it_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let bench = slow(folder.path(), PowerState::Off).await;
    let first = under_way(&bench, Operation::On).await;
    let second = bench.ask(Operation::On, &[NODE]).await;
    let CancelAnswer::Asked { tasks, detached } = bench.cancel(first).await else {
        panic!("not asked");
    };
    assert!(tasks.is_empty());
    assert_eq!(detached[0].goes_on_for, [second]);
    let left = bench.view(first).await;
    assert!(left.transition.ended_at.is_some());
    let departure = left.members[0].0.departure.clone().unwrap();
    assert_eq!(departure.outcome, Outcome::Cancelled);
    bench.hardware.heal(0);
    assert!(matches!(
        bench.ended(second).await[..],
        [Outcome::Verified { .. }]
    ));
    bench.engine.stop().await;
}

#[tokio::test]
async fn force_off_overtakes_an_on_that_is_being_verified() {
    let folder = tempfile::tempdir().unwrap();
    let bench = slow(folder.path(), PowerState::Off).await;
    let on = under_way(&bench, Operation::On).await;
    bench.hardware.set(0, PowerState::PoweringOn);
    let force = bench.ask(Operation::ForceOff, &[NODE]).await;
    assert_eq!(bench.ended(on).await, [Outcome::Superseded { by: force }]);
    assert!(matches!(bench.ended(force).await[..], [Outcome::Verified { .. }]));
    assert_eq!(bench.hardware.executed(0), [Primitive::ForceOff]);
    bench.engine.stop().await;
}

#[tokio::test]
async fn force_off_cuts_short_the_grace_of_an_off() {
    let folder = tempfile::tempdir().unwrap();
    let bench = slow(folder.path(), PowerState::On).await;
    let off = under_way(&bench, Operation::Off).await;
    let force = bench.ask_as("bob", Operation::ForceOff, &[NODE]).await;
    assert!(matches!(disposition(&force), Disposition::Joins { .. }));
    for id in [off, force.transition.id] {
        assert!(matches!(bench.ended(id).await[..], [Outcome::Verified { .. }]));
    }
    assert_eq!(bench.hardware.executed(0), [Primitive::ForceOff]);
    bench.engine.stop().await;
}

#[tokio::test]
async fn what_waits_is_superseded_absorbed_and_refused_by_the_matrix() {
    let folder = tempfile::tempdir().unwrap();
    let bench = slow(folder.path(), PowerState::On).await;
    let restart = under_way(&bench, Operation::SoftRestart).await;
    let on = bench.ask(Operation::On, &[NODE]).await;
    let soft = bench.ask_as("bob", Operation::SoftOff, &[NODE]).await;
    assert_eq!(
        bench.ended(on).await,
        [Outcome::Superseded {
            by: soft.transition.id
        }]
    );
    let off = bench.ask_as("carol", Operation::Off, &[NODE]).await;
    let how = off.members[0].how.clone().unwrap();
    assert_eq!(how.absorbed.len(), 1);
    assert_eq!(
        task(&bench, soft.transition.id).await,
        task(&bench, off.transition.id).await
    );
    let refused = bench.ask_as("dave", Operation::SoftRestart, &[NODE]).await;
    assert!(matches!(
        disposition(&refused),
        Disposition::Refused {
            conflict: Conflict::WouldBeOff { .. }
        }
    ));
    bench.hardware.heal(0);
    assert!(matches!(
        bench.ended(restart).await[..],
        [Outcome::Verified { .. }]
    ));
    for id in [soft.transition.id, off.transition.id] {
        assert!(matches!(bench.ended(id).await[..], [Outcome::Verified { .. }]));
    }
    assert_eq!(
        bench.hardware.executed(0),
        [Primitive::GracefulRestart, Primitive::GracefulShutdown]
    );
    bench.engine.stop().await;
}

#[tokio::test]
async fn a_task_superseded_while_its_bmc_is_away_sends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(1, PowerState::On);
    hardware.fault(0, Fault::Unreachable);
    let bench = Bench::start(folder.path(), hardware).await;
    let off = bench.ask(Operation::Off, &[NODE]).await;
    let on = bench.ask(Operation::On, &[NODE]).await;
    assert_eq!(bench.ended(off).await, [Outcome::Superseded { by: on }]);
    bench.hardware.heal(0);
    assert!(matches!(bench.ended(on).await[..], [Outcome::Already { .. }]));
    assert_eq!(bench.hardware.received(0), 0);
    bench.engine.stop().await;
}

#[tokio::test]
async fn a_paused_task_steps_out_and_goes_on_when_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let bench = slow(folder.path(), PowerState::Off).await;
    let on = under_way(&bench, Operation::On).await;
    let restart = bench.ask(Operation::HardRestart, &[NODE]).await;
    let waiting = task(&bench, restart).await;
    let paused = bench.engine.pause(vec![waiting], true, None).await.unwrap();
    assert_eq!(paused[0].answer, PauseAnswer::Paused);
    let again = bench.engine.pause(vec![waiting], true, None).await.unwrap();
    assert_eq!(again[0].answer, PauseAnswer::Unchanged);
    bench.hardware.heal(0);
    bench.ended(on).await;
    bench
        .until(restart, "still paused", |view| view.transition.ended_at.is_none())
        .await;
    assert_eq!(bench.hardware.executed(0), [Primitive::On]);
    let resumed = bench.engine.pause(vec![waiting], false, None).await.unwrap();
    assert_eq!(resumed[0].answer, PauseAnswer::Resumed);
    assert!(matches!(
        bench.ended(restart).await[..],
        [Outcome::Verified { .. }]
    ));
    bench.engine.stop().await;
}

#[tokio::test]
async fn a_hold_refuses_others_and_keeps_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let bench = slow(folder.path(), PowerState::Off).await;
    let on = under_way(&bench, Operation::On).await;
    let off = bench.ask(Operation::Off, &[NODE]).await;
    let now = SystemClock.now();
    let hold = HoldRecord {
        id: HoldId(fresh_id(now)),
        components: vec![ComponentId::parse(NODE).unwrap()],
        reason: "a new board".to_owned(),
        by: "bob".to_owned(),
        at: now,
        until: now + Duration::from_hours(1),
        allow: vec!["carol".to_owned()],
    };
    bench.engine.place_hold(hold.clone(), None).await.unwrap();
    let refused = bench.ask_as("tester", Operation::On, &[NODE]).await;
    assert!(matches!(
        &refused.members[0].part,
        Part::Refused { refusal: Refusal::OnHold { by, .. } } if by == "bob"
    ));
    bench.hardware.heal(0);
    bench.ended(on).await;
    let id = ComponentId::parse(NODE).unwrap();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !matches!(
        bench.engine.look(&id)[..],
        [InLine {
            wait: Some(Wait::Held { .. }),
            ..
        }]
    ) {
        assert!(tokio::time::Instant::now() < deadline, "never held");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let released = bench.engine.release_hold(hold.id, "bob", None).await.unwrap();
    assert_eq!(released.map(|hold| hold.id), Some(hold.id));
    assert!(matches!(bench.ended(off).await[..], [Outcome::Verified { .. }]));
    bench.engine.stop().await;
}

#[tokio::test]
async fn an_emergency_waits_for_nothing_and_is_one_try() {
    let folder = tempfile::tempdir().unwrap();
    let bench = slow(folder.path(), PowerState::On).await;
    let restart = under_way(&bench, Operation::SoftRestart).await;
    let on = bench.ask(Operation::On, &[NODE]).await;
    let emergency = Request {
        if_busy: IfBusy::Overtake,
        ..request("admin", Operation::ForceOff, &[NODE])
    };
    let Answer::Accepted { submitted, .. } = bench.engine.submit(emergency).await.unwrap() else {
        panic!("refused");
    };
    let by = submitted.transition.id;
    assert_eq!(bench.ended(on).await, [Outcome::Superseded { by }]);
    assert_eq!(bench.ended(restart).await, [Outcome::Superseded { by }]);
    assert!(matches!(bench.ended(by).await[..], [Outcome::Verified { .. }]));
    assert_eq!(bench.hardware.executed(0), [Primitive::ForceOff]);
    bench.engine.stop().await;
}

#[tokio::test]
async fn one_refused_name_refuses_all_when_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), model(1, PowerState::Off)).await;
    let all = Request {
        all_or_none: true,
        ..request("tester", Operation::On, &[NODE, "x9c0s0b0n0"])
    };
    let preview = bench.engine.preview(all.clone()).await.unwrap();
    assert_eq!(preview.len(), 2);
    let Answer::Refused(members) = bench.engine.submit(all).await.unwrap() else {
        panic!("accepted");
    };
    assert!(matches!(members[1].part, Part::Refused { .. }));
    assert_eq!(bench.hardware.received(0), 0);
    assert!(
        !bench
            .engine
            .look(&ComponentId::parse(NODE).unwrap())
            .iter()
            .any(|_| true)
    );
    bench.engine.stop().await;
}

#[tokio::test]
async fn what_was_overtaken_and_shared_is_so_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(1, PowerState::On);
    hardware.fault(0, Fault::Slow);
    let bench = Bench::start(folder.path(), Arc::clone(&hardware)).await;
    let soft = under_way(&bench, Operation::SoftOff).await;
    let again = bench.ask(Operation::SoftOff, &[NODE]).await;
    let on = bench.ask(Operation::On, &[NODE]).await;
    bench.engine.stop().await;
    drop(bench);
    let bench = Bench::start(folder.path(), Arc::clone(&hardware)).await;
    let line = bench.engine.look(&ComponentId::parse(NODE).unwrap());
    assert_eq!(line.len(), 2);
    hardware.heal(0);
    for id in [soft, again, on] {
        assert!(matches!(bench.ended(id).await[..], [Outcome::Verified { .. }]));
    }
    assert_eq!(hardware.executed(0), [Primitive::GracefulShutdown, Primitive::On]);
    bench.engine.stop().await;
}
