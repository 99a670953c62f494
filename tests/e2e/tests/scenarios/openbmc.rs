//! OpenBMC, and Intel on it.

use bmc_sim::{PowerState, ResetType};
use switchyard_core::{Kind, Operation, Outcome};

use crate::bench::{Bench, well};

#[tokio::test]
async fn openbmc_slow() {
    let bench = Bench::of("openbmc-slow").await;
    bench.sim.set_power(0, 0, PowerState::Off);
    let outcome = bench.run(Operation::On, Kind::Node).await;
    assert!(matches!(outcome, Outcome::Verified { .. }), "{outcome:?}");
    assert_eq!(bench.sim.counts(0).posts, 1, "slow is not deaf");
}

#[tokio::test]
async fn openbmc_not_ready() {
    let bench = Bench::of("openbmc-not-ready").await;
    bench.sim.set_power(0, 0, PowerState::Off);
    let outcome = bench.run(Operation::On, Kind::Node).await;
    assert!(matches!(outcome, Outcome::Verified { .. }), "{outcome:?}");
    assert_eq!(
        (bench.executed(), bench.sim.counts(0).posts),
        (vec![ResetType::On], 2)
    );
}

#[tokio::test]
async fn openbmc_restart_stays_off() {
    let bench = Bench::of("openbmc-restart-stays-off").await;
    let outcome = bench.run(Operation::SoftRestart, Kind::Node).await;
    assert!(!well(&outcome), "never success: {outcome:?}");
    let outcome = bench.run(Operation::Init, Kind::Node).await;
    assert!(well(&outcome) && bench.is_on(), "off and on works: {outcome:?}");
}

#[tokio::test]
async fn openbmc_policy_wakes() {
    let bench = Bench::of("openbmc-policy-wakes").await;
    bench.sim.set_power(0, 0, PowerState::Off);
    let outcome = bench.run(Operation::SoftRestart, Kind::Controller).await;
    assert!(well(&outcome), "{outcome:?}");
    bench
        .sim
        .wait_executed(0, 0, 1, std::time::Duration::from_secs(10))
        .await
        .unwrap();
    let seen = async {
        while bench.observe(&bench.node()).await.unwrap().state != switchyard_core::PowerState::On {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), seen)
        .await
        .unwrap();
}

#[tokio::test]
async fn intel_board() {
    let bench = Bench::of("intel-board").await;
    let outcome = bench.run(Operation::Off, Kind::Node).await;
    assert!(well(&outcome), "{outcome:?}");
}
