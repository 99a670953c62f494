//! Requests that are given up when too many of their parts fail.

use switchyard_core::FailureLimit;
use switchyard_core::outcome::Fault as Why;
use switchyard_store::EventId;

use super::*;

/// A restart fails at once where the node is off, and waits where the BMC is away.
const RESTART: Operation = Operation::SoftRestart;

async fn ask(bench: &Bench, limit: FailureLimit, names: &[&str]) -> TransitionId {
    let request = Request {
        max_failures: Some(limit),
        ..request("tester", RESTART, names)
    };
    match bench.engine.submit(request).await.unwrap() {
        Answer::Accepted { submitted, .. } => submitted.transition.id,
        Answer::Refused(members) => panic!("refused: {members:?}"),
    }
}

fn is_wrong_state(outcome: &Outcome) -> bool {
    let wrong = Outcome::Failed {
        fault: Why::WrongState {
            state: PowerState::Off,
        },
    };
    *outcome == wrong
}

async fn strikes(bench: &Bench) -> Vec<serde_json::Value> {
    let page = bench.store.events_after(None::<&EventId>, 1_000).await.unwrap();
    let events = page.events.into_iter().map(|event| event.event);
    events
        .filter(|event| event.kind == "transition.max-failures")
        .map(|event| event.data)
        .collect()
}

#[tokio::test]
async fn when_too_many_fail_what_was_not_sent_is_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(6, PowerState::Off);
    for index in [3, 4, 5] {
        hardware.fault(index, Fault::Unreachable);
    }
    let bench = Bench::start(folder.path(), hardware).await;
    let names = [
        "x0c0s0b0n0",
        "x0c0s1b0n0",
        "x0c0s2b0n0",
        "x0c0s3b0n0",
        "x0c0s4b0n0",
    ];
    let id = ask(&bench, FailureLimit::Count(2), &names).await;
    let outcomes = bench.ended(id).await;
    assert_eq!(
        outcomes.iter().filter(|outcome| is_wrong_state(outcome)).count(),
        3
    );
    assert_eq!(outcomes[3..], [Outcome::Cancelled, Outcome::Cancelled]);
    let view = bench.view(id).await;
    assert!(view.transition.struck_at.is_some() && view.transition.cancel_asked_at.is_none());
    let told = strikes(&bench).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["reason"], "more than 2 failed");
    assert_eq!(
        (&told[0]["failed"], &told[0]["cancelled"]),
        (&3.into(), &2.into())
    );
    let within = ask(&bench, FailureLimit::Percent(50), &["x0c0s0b0n0", "x0c0s5b0n0"]).await;
    bench
        .until(within, "one failed, one waits", |view| view.counts.failed == 1)
        .await;
    assert!(bench.view(within).await.transition.struck_at.is_none());
    bench.engine.stop().await;
}

#[tokio::test]
async fn what_was_sent_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(2, PowerState::On);
    hardware.fault(0, Fault::Slow);
    hardware.set(1, PowerState::Off);
    hardware.fault(1, Fault::Unreachable);
    let bench = Bench::start(folder.path(), hardware).await;
    let id = ask(&bench, FailureLimit::Count(0), &["x0c0s0b0n0", "x0c0s1b0n0"]).await;
    bench
        .until(id, "one is sent", |view| {
            let first = view.members[0].1.as_ref();
            first.is_some_and(|task| task.machine.ever_sent)
        })
        .await;
    bench.hardware.heal(1);
    bench
        .until(id, "struck", |view| view.transition.struck_at.is_some())
        .await;
    bench.hardware.heal(0);
    let outcomes = bench.ended(id).await;
    assert!(
        matches!(outcomes[0], Outcome::Verified { .. }) && is_wrong_state(&outcomes[1]),
        "{outcomes:?}"
    );
    assert_eq!(strikes(&bench).await[0]["cancelled"], 0);
    bench.engine.stop().await;
}

#[tokio::test]
async fn the_count_goes_on_after_a_restart_of_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(3, PowerState::Off);
    hardware.fault(1, Fault::Unreachable);
    hardware.fault(2, Fault::Unreachable);
    let bench = Bench::start(folder.path(), Arc::clone(&hardware)).await;
    let names = ["x0c0s0b0n0", "x0c0s1b0n0", "x0c0s2b0n0"];
    let id = ask(&bench, FailureLimit::Count(1), &names).await;
    bench
        .until(id, "one failed", |view| view.counts.failed == 1)
        .await;
    bench.engine.stop().await;
    drop(bench);
    hardware.heal(1);
    let bench = Bench::start(folder.path(), hardware).await;
    let outcomes = bench.ended(id).await;
    assert!(
        is_wrong_state(&outcomes[0]) && is_wrong_state(&outcomes[1]),
        "{outcomes:?}"
    );
    assert_eq!(outcomes[2], Outcome::Cancelled);
    assert_eq!(strikes(&bench).await.len(), 1);
    assert_eq!(bench.store.limited_transitions().await.unwrap(), []);
    bench.engine.stop().await;
}

#[tokio::test]
async fn what_is_refused_at_once_counts() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(1, PowerState::Off);
    hardware.fault(0, Fault::Unreachable);
    let bench = Bench::start(folder.path(), hardware).await;
    let id = ask(&bench, FailureLimit::Count(0), &["x0c0s0b0n0", "x9c0s0b0n0"]).await;
    assert_eq!(bench.ended(id).await, [Outcome::Cancelled]);
    assert_eq!(strikes(&bench).await[0]["failed"], 1);
    bench.engine.stop().await;
}
