//! Components with a second controller.

use super::*;

/// One node behind two controllers, the first and the second model BMC, which switch the same machine.
const TWO: &str = "[[controller]]\nid = \"x0c0s0b0\"\naddress = \"http://127.0.0.1:1\"\n\
                   [[controller]]\nid = \"x0c0s1b0\"\naddress = \"http://127.0.0.1:2\"\n\
                   [[component]]\nid = \"x0c0s0b0n0\"\nfallback = \"x0c0s1b0\"\n";

async fn twins(folder: &std::path::Path, state: PowerState) -> Bench {
    Bench::with_inventory(folder, ModelHardware::twins(state), TWO).await
}

async fn run(bench: &Bench, operation: Operation) -> (Outcome, Option<String>) {
    let id = bench.ask(operation, &["x0c0s0b0n0"]).await;
    let view = bench
        .until(id, "ended", |view| view.transition.ended_at.is_some())
        .await;
    let task = view.members[0].1.clone().unwrap();
    let (_, attempts) = bench.store.task(task.id).await.unwrap().unwrap();
    let through = attempts.last().map(|attempt| {
        let controller = attempt.controller.as_ref().unwrap_or(&task.controller);
        controller.to_string()
    });
    (task.machine.outcome().unwrap().clone(), through)
}

#[tokio::test]
async fn what_the_first_gets_the_second_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let bench = twins(folder.path(), PowerState::Off).await;
    let (outcome, through) = run(&bench, Operation::On).await;
    assert_eq!(
        (outcome.name(), through.as_deref()),
        ("verified", Some("x0c0s0b0"))
    );
    assert_eq!((bench.hardware.received(0), bench.hardware.received(1)), (1, 0));
}

#[tokio::test]
async fn the_second_does_what_the_first_cannot_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let bench = twins(folder.path(), PowerState::Off).await;
    bench.hardware.fault(0, Fault::Unreachable);
    let (outcome, through) = run(&bench, Operation::On).await;
    assert_eq!(
        (outcome.name(), through.as_deref()),
        ("verified", Some("x0c0s1b0"))
    );
    let (outcome, through) = run(&bench, Operation::SoftRestart).await;
    assert_eq!(
        (outcome.name(), through.as_deref()),
        ("verified", Some("x0c0s1b0"))
    );
    assert_eq!((bench.hardware.received(0), bench.hardware.received(1)), (0, 2));
    let row = bench.engine.fleet().get("x0c0s0b0n0").unwrap();
    let seen = row.seen();
    assert!(seen.available && seen.read_through.is_some_and(|id| id.as_str() == "x0c0s1b0"));
    bench.hardware.heal(0);
    bench.engine.endpoints().try_now("x0c0s0b0", "tester").await;
    let (outcome, through) = run(&bench, Operation::ForceOff).await;
    assert_eq!(
        (outcome.name(), through.as_deref()),
        ("verified", Some("x0c0s0b0")),
        "the first is back"
    );
}

#[tokio::test]
async fn a_restart_that_may_have_arrived_goes_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let bench = twins(folder.path(), PowerState::On).await;
    bench.hardware.fault(0, Fault::LostThenUnreachable);
    let mut asked = request("tester", Operation::SoftRestart, &["x0c0s0b0n0"]);
    asked.deadline = Deadline::Within(Duration::from_secs(2));
    let Answer::Accepted { submitted, .. } = bench.engine.submit(asked).await.unwrap() else {
        panic!("refused")
    };
    let outcome = bench.ended(submitted.transition.id).await.remove(0);
    assert_eq!(outcome.name(), "uncertain", "{outcome:?}");
    let restarts = |index| {
        let executed = bench.hardware.executed(index);
        executed
            .iter()
            .filter(|primitive| **primitive == Primitive::GracefulRestart)
            .count()
    };
    assert_eq!((restarts(0), restarts(1)), (1, 0));
}

#[tokio::test]
async fn what_only_the_second_offers_goes_there() {
    let folder = tempfile::tempdir().unwrap();
    let bench = twins(folder.path(), PowerState::On).await;
    bench.hardware.leave_out(0, Primitive::Nmi);
    let (outcome, through) = run(&bench, Operation::Nmi).await;
    assert_eq!(
        (outcome.name(), through.as_deref()),
        ("unproven", Some("x0c0s1b0"))
    );
    let row = bench.engine.fleet().get("x0c0s0b0n0").unwrap();
    assert!(row.supported().contains(&Operation::Nmi));
    let (_, through) = row.abilities_for(Operation::Nmi);
    assert_eq!(through.unwrap().as_str(), "x0c0s1b0");
}

#[tokio::test]
async fn the_second_goes_on_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = ModelHardware::twins(PowerState::Off);
    hardware.fault(0, Fault::Unreachable);
    hardware.fault(1, Fault::Slow);
    let bench = Bench::with_inventory(folder.path(), Arc::clone(&hardware), TWO).await;
    let id = bench.ask(Operation::On, &["x0c0s0b0n0"]).await;
    bench.sent(id).await;
    bench.engine.stop().await;
    drop(bench);
    hardware.heal(1);
    let bench = Bench::with_inventory(folder.path(), hardware, TWO).await;
    assert_eq!(bench.ended(id).await[0].name(), "verified");
    assert_eq!(bench.hardware.received(1), 1);
}
