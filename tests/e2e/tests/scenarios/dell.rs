//! Dell iDRAC.

use bmc_sim::{PowerState, ResetType};
use switchyard_core::{Cause, Delivery, Kind, Operation, Outcome, Primitive};

use crate::bench::{Bench, well};

#[tokio::test]
async fn idrac10_on_conflict() {
    let bench = Bench::of("idrac10-on-conflict").await;
    let outcome = bench.run(Operation::HardRestart, Kind::Node).await;
    assert!(matches!(outcome, Outcome::Verified { .. }), "{outcome:?}");
    assert_eq!(bench.executed(), [ResetType::GracefulShutdown, ResetType::On]);
    assert!(
        bench.sim.counts(0).posts > 2,
        "On was refused and asked for again"
    );
}

#[tokio::test]
async fn idrac_already_409() {
    let bench = Bench::of("idrac-already-409").await;
    let outcome = bench.run(Operation::On, Kind::Node).await;
    assert!(matches!(outcome, Outcome::Already { .. }), "{outcome:?}");
    assert_eq!(bench.sim.counts(0).posts, 1, "it was asked and refused");
}

#[tokio::test]
async fn idrac9_without_graceful_restart() {
    let bench = Bench::of("idrac9-without-graceful-restart").await;
    assert!(!bench.offers(Kind::Node, Primitive::GracefulRestart));
    let outcome = bench.run(Operation::SoftRestart, Kind::Node).await;
    assert!(well(&outcome), "{outcome:?}");
    assert_eq!(bench.executed(), [ResetType::GracefulShutdown, ResetType::On]);
}

#[tokio::test]
async fn idrac_on_without_effect() {
    let bench = Bench::of("idrac-on-without-effect").await;
    assert!(bench.advice(Kind::Node).unwrap().contains("5.10.10.05"));
    bench.sim.set_power(0, 0, PowerState::Off);
    let outcome = bench.run(Operation::On, Kind::Node).await;
    assert!(matches!(outcome, Outcome::Verified { .. }), "{outcome:?}");
    assert_eq!(
        (bench.executed(), bench.sim.counts(0).posts),
        (vec![ResetType::On], 2)
    );
}

#[tokio::test]
async fn idrac_lockdown() {
    let bench = Bench::of("idrac-lockdown").await;
    assert!(bench.offers(Kind::Node, Primitive::FullPowerCycle));
    let (delivery, answer) = bench.act(&bench.node(), Primitive::FullPowerCycle).await;
    assert_eq!(
        (delivery, answer.unwrap_err().cause),
        (Delivery::NotSent, Cause::Locked)
    );
    assert_eq!(bench.sim.counts(0).posts, 0);
}

#[tokio::test]
async fn idrac_sys518() {
    let bench = Bench::of("idrac-sys518").await;
    let failure = bench.observe(&bench.node()).await.unwrap_err();
    assert_eq!(
        (failure.cause, failure.retry_after.map(|d| d.as_secs())),
        (Cause::Busy, Some(3))
    );
    let outcome = bench.run(Operation::Off, Kind::Node).await;
    assert!(matches!(outcome, Outcome::Verified { .. }), "{outcome:?}");
}

#[tokio::test]
async fn idrac_sessions_full() {
    let bench = Bench::of("idrac-sessions-full").await;
    let failure = bench.observe(&bench.node()).await.unwrap_err();
    assert_eq!(
        (failure.cause, failure.retry_after.map(|d| d.as_secs())),
        (Cause::Busy, Some(30))
    );
    let outcome = bench.run(Operation::Off, Kind::Node).await;
    assert!(matches!(outcome, Outcome::Verified { .. }), "{outcome:?}");
    assert_eq!(bench.sim.counts(0).posts, 1, "no session is opened");
}

#[tokio::test]
async fn idrac10_no_conditions() {
    let bench = Bench::of("idrac10-no-conditions").await;
    let manager = bench.member(Kind::Controller).subject.clone();
    for (subject, what) in [
        (bench.node(), Primitive::ForceOff),
        (manager, Primitive::GracefulRestart),
    ] {
        let (delivery, answer) = bench.act(&subject, what).await;
        assert!(delivery.is_accepted() && answer.is_ok(), "{delivery:?}");
    }
    assert_eq!(bench.sim.counts(0).posts, 2, "nothing was refused first");
}

#[tokio::test]
async fn idrac10_zero_dates() {
    let bench = Bench::of("idrac10-zero-dates").await;
    assert!(bench.observe(&bench.node()).await.unwrap().evidence.is_empty());
    let outcome = bench.run(Operation::SoftRestart, Kind::Node).await;
    assert!(
        matches!(outcome, Outcome::Verified { .. }),
        "seen off: {outcome:?}"
    );
    assert_eq!(bench.executed(), [ResetType::GracefulRestart]);
}

#[tokio::test]
async fn idrac_silent_root() {
    let bench = Bench::of("idrac-silent-root").await;
    assert_eq!(bench.driver.manifest().id, "redfish-dell");
}
