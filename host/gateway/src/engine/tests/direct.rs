//! What asks a BMC for one primitive as it is.

use super::*;

#[tokio::test]
async fn each_is_one_request_with_its_own_proof() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), model(4, PowerState::On)).await;
    let nodes = ["x0c0s0b0n0", "x0c0s1b0n0", "x0c0s2b0n0", "x0c0s3b0n0"];
    let asked = [
        (Operation::Reset, Primitive::ForceRestart, "verified"),
        (Operation::PowerCycle, Primitive::PowerCycle, "verified"),
        (Operation::FullPowerCycle, Primitive::FullPowerCycle, "verified"),
        (Operation::Nmi, Primitive::Nmi, "unproven"),
    ];
    for (index, (operation, primitive, outcome)) in asked.into_iter().enumerate() {
        let id = bench.ask(operation, &[nodes[index]]).await;
        assert_eq!(bench.ended(id).await[0].name(), outcome, "{operation}");
        assert_eq!(bench.hardware.executed(index), [primitive], "{operation}");
    }
}

#[tokio::test]
async fn what_is_off_is_not_reset_and_a_cycle_turns_it_on() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), model(2, PowerState::Off)).await;
    let reset = bench.ask(Operation::Reset, &["x0c0s0b0n0"]).await;
    assert_eq!(bench.ended(reset).await[0].name(), "failed");
    assert_eq!(bench.hardware.executed(0), []);
    let cycle = bench.ask(Operation::PowerCycle, &["x0c0s1b0n0"]).await;
    assert_eq!(bench.ended(cycle).await[0].name(), "verified");
    assert_eq!(bench.hardware.executed(1), [Primitive::On]);
}

/// A node and its BMC.
const BMC: &str = "[[controller]]\nid = \"x0c0s0b0\"\naddress = \"http://127.0.0.1:1\"\n\
                   [[component]]\nid = \"x0c0s0b0n0\"\n[[component]]\nid = \"x0c0s0b0\"\n";

#[tokio::test]
async fn a_bmc_that_restarts_has_its_controller_alone() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::with_inventory(folder.path(), model(1, PowerState::Off), BMC).await;
    let restart = bench.ask(Operation::SoftRestart, &["x0c0s0b0"]).await;
    bench.sent(restart).await;
    let on = bench.ask_as("tester", Operation::On, &["x0c0s0b0n0"]).await;
    let (node, task) = (&on.tasks[0].record.component, on.tasks[0].record.id);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !matches!(bench.engine.wait(node, task), Some(Wait::ControllerDown { .. })) {
        assert!(tokio::time::Instant::now() < deadline, "it never waited");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bench.hardware.heal(0);
    assert_eq!(bench.ended(restart).await[0].name(), "verified");
    assert_eq!(bench.ended(on.transition.id).await[0].name(), "verified");
    assert_eq!(bench.hardware.executed(0), [Primitive::On]);
}

#[tokio::test]
async fn a_bmc_offers_its_restart_alone() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::with_inventory(folder.path(), model(1, PowerState::On), BMC).await;
    let hard = bench.ask(Operation::HardRestart, &["x0c0s0b0"]).await;
    assert_eq!(bench.ended(hard).await[0].name(), "failed", "there is no off");
    let row = bench.engine.fleet().get("x0c0s0b0").unwrap();
    assert_eq!(row.supported(), [Operation::SoftRestart, Operation::Reset]);
}
