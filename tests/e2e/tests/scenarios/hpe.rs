//! HPE iLO.

use bmc_sim::{PowerState, ResetType};
use switchyard_core::{Cause, Delivery, Kind, Operation, Outcome, Primitive};

use crate::bench::{Bench, well};

#[tokio::test]
async fn ilo_already_400() {
    let bench = Bench::of("ilo-already-400").await;
    let outcome = bench.run(Operation::On, Kind::Node).await;
    assert!(matches!(outcome, Outcome::Already { .. }), "{outcome:?}");
    assert_eq!(bench.sim.counts(0).posts, 1, "it was asked and refused");
}

#[tokio::test]
async fn ilo_warm_reset() {
    let bench = Bench::of("ilo-warm-reset").await;
    let (_, answer) = bench.act(&bench.node(), Primitive::ForceRestart).await;
    answer.unwrap();
    assert_eq!(bench.executed(), [ResetType::GracefulRestart]);
}

#[tokio::test]
async fn ilo_undigested() {
    let bench = Bench::of("ilo-undigested").await;
    let outcome = bench.run(Operation::HardRestart, Kind::Node).await;
    assert!(matches!(outcome, Outcome::Verified { .. }), "{outcome:?}");
    assert_eq!(bench.executed(), [ResetType::GracefulShutdown, ResetType::On]);
    bench.sim.set_power(0, 0, PowerState::Off);
    let (_, answer) = bench.act(&bench.node(), Primitive::ForceRestart).await;
    assert_eq!(
        answer.unwrap_err().cause,
        Cause::Conflict,
        "a restart of what is off never passes"
    );
}

#[tokio::test]
async fn ilo5_closes_after_reply() {
    let bench = Bench::of("ilo5-closes-after-reply").await;
    for operation in [Operation::ForceOff, Operation::On, Operation::SoftRestart] {
        let outcome = bench.run(operation, Kind::Node).await;
        assert!(well(&outcome), "{operation}: {outcome:?}");
    }
    assert_eq!(bench.sim.counts(0).cuts, 0);
}

#[tokio::test]
async fn ilo_wrong_401() {
    let bench = Bench::of("ilo-wrong-401").await;
    assert!(bench.observe(&bench.node()).await.is_ok());
    assert_eq!(bench.sim.faults()[0].hits, 1);
}

#[tokio::test]
async fn ilo_aux_cycle() {
    let bench = Bench::of("ilo-aux-cycle").await;
    let (delivery, answer) = bench.act(&bench.node(), Primitive::FullPowerCycle).await;
    let failure = answer.unwrap_err();
    assert_eq!((delivery, failure.cause), (Delivery::NotSent, Cause::Conflict));
    assert!(failure.text.contains("switch off first"), "{}", failure.text);
    bench.sim.set_power(0, 0, PowerState::Off);
    bench
        .act(&bench.node(), Primitive::FullPowerCycle)
        .await
        .1
        .unwrap();
    assert_eq!(bench.executed(), [ResetType::FullPowerCycle]);
}

#[tokio::test]
async fn ilo4_bare_manager_reset() {
    let bench = Bench::of("ilo4-bare-manager-reset").await;
    let outcome = bench.run(Operation::SoftRestart, Kind::Controller).await;
    assert!(well(&outcome), "{outcome:?}");
    let executed = bench.sim.executed_of(0, bmc_sim::Target::Manager);
    assert_eq!((executed.len(), bench.sim.counts(0).posts), (1, 1));
}
