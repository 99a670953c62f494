//! Lenovo XCC.

use bmc_sim::{PowerState, ResetType};
use switchyard_core::{Kind, Operation, Outcome, Primitive};
use switchyard_drivers::{Progress, Submitted};

use crate::bench::{Bench, well};

#[tokio::test]
async fn xcc_on_without_effect() {
    let bench = Bench::of("xcc-on-without-effect").await;
    bench.sim.set_power(0, 0, PowerState::Off);
    let outcome = bench.run(Operation::On, Kind::Node).await;
    assert!(matches!(outcome, Outcome::Verified { .. }), "{outcome:?}");
    assert_eq!(
        (bench.executed(), bench.sim.counts(0).posts),
        (vec![ResetType::On], 2)
    );
}

#[tokio::test]
async fn xcc_sr675_restart_hangs() {
    let bench = Bench::of("xcc-sr675-restart-hangs").await;
    let outcome = bench.run(Operation::SoftRestart, Kind::Node).await;
    assert!(well(&outcome), "{outcome:?}");
    assert_eq!(bench.executed(), [ResetType::GracefulShutdown, ResetType::On]);
    assert_eq!(bench.findings.pace.settle.as_secs(), 10);
}

#[tokio::test]
async fn xcc_sr650_v4_dpu() {
    let bench = Bench::of("xcc-sr650-v4-dpu").await;
    for restart in [Primitive::ForceRestart, Primitive::GracefulRestart] {
        assert!(!bench.offers(Kind::Node, restart));
        assert!(bench.act(&bench.node(), restart).await.1.is_err());
    }
    assert!(bench.advice(Kind::Node).unwrap().contains("IPMI"));
    assert_eq!(bench.sim.counts(0).posts, 0);
}

#[tokio::test]
async fn xcc_monitor_deletes_task() {
    let bench = Bench::of("xcc-monitor-deletes-task").await;
    let (_, answer) = bench.act(&bench.node(), Primitive::ForceOff).await;
    let Submitted::Pending { handle, .. } = answer.unwrap() else {
        panic!("a task")
    };
    assert!(!handle.contains("Monitor"), "{handle}");
    let progress = bench.driver.poll(bench.call(), &handle).await.unwrap();
    assert_eq!(progress, Progress::Done);
}
