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
