//! HPE Cray EX.

use bmc_sim::{PowerState, ResetType, Target};
use switchyard_core::{Cause, Kind, Operation, Outcome, Primitive};

use crate::bench::Bench;

#[tokio::test]
async fn cray_power_on_regress() {
    let bench = Bench::of("cray-power-on-regress").await;
    bench.sim.set_power(0, 0, PowerState::Off);
    let outcome = bench.run(Operation::On, Kind::Node).await;
    assert!(matches!(outcome, Outcome::Verified { .. }), "{outcome:?}");
    assert_eq!(
        (bench.executed(), bench.sim.counts(0).posts),
        (vec![ResetType::On], 2)
    );
}

#[tokio::test]
async fn cray_parent_off() {
    let bench = Bench::of("cray-parent-off").await;
    let chassis = bench.member(Kind::Chassis).subject.clone();
    bench.act(&chassis, Primitive::ForceOff).await.1.unwrap();
    assert_eq!(bench.sim.power_state_of(0, Target::Chassis), PowerState::Off);
    let (_, answer) = bench.act(&bench.node(), Primitive::On).await;
    let failure = answer.unwrap_err();
    assert_eq!(failure.cause, Cause::Conflict);
    assert!(failure.text.contains("switch that on first"), "{}", failure.text);
    let on = bench
        .member(Kind::Node)
        .abilities
        .iter()
        .find(|a| a.what == Primitive::On)
        .unwrap();
    assert_eq!((on.usual.as_secs(), on.limit.as_secs()), (55, 180));
}
