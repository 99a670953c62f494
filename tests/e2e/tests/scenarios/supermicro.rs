//! Supermicro.

use bmc_sim::ResetType;
use switchyard_core::{Cause, Kind, Operation, Outcome, Primitive};
use switchyard_drivers::Submitted;

use crate::bench::{Bench, Faults};

#[tokio::test]
async fn supermicro_ac_cycle() {
    let bench = Bench::of("supermicro-ac-cycle").await;
    bench
        .act(&bench.node(), Primitive::FullPowerCycle)
        .await
        .1
        .unwrap();
    assert_eq!(bench.executed(), [ResetType::FullPowerCycle]);
}

#[tokio::test]
async fn supermicro_license() {
    let bench = Bench::of("supermicro-license").await;
    let (_, answer) = bench.act(&bench.node(), Primitive::ForceOff).await;
    let failure = answer.unwrap_err();
    assert_eq!(failure.cause, Cause::NotSupported);
    assert!(failure.text.contains("licence"), "{}", failure.text);
}

#[tokio::test]
async fn supermicro_202_without_task() {
    let bench = Bench::of("supermicro-202-without-task").await;
    let (_, answer) = bench.act(&bench.node(), Primitive::ForceOff).await;
    assert_eq!(answer.unwrap(), Submitted::Accepted);
    let outcome = bench.run(Operation::On, Kind::Node).await;
    assert!(matches!(outcome, Outcome::Verified { .. }), "{outcome:?}");
}

#[tokio::test]
async fn supermicro_shared_chassis() {
    let bench = Bench::with("supermicro-shared-chassis", Faults::AfterSurvey, 2, &[]).await;
    assert!(!bench.offers(Kind::Node, Primitive::FullPowerCycle));
    let at_chassis = bench.findings.members.iter().any(|member| {
        member.subject.id.contains("/Chassis/")
            && member
                .abilities
                .iter()
                .any(|ability| ability.what == Primitive::FullPowerCycle)
    });
    assert!(at_chassis);
}
