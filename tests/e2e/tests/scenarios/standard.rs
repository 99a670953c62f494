//! What many makes do, and no dialect is needed for.

use bmc_sim::{PowerState, ResetType};
use switchyard_core::{Kind, Operation, Outcome};

use crate::bench::{Bench, Faults, well};

async fn off_and_on(name: &str) -> Bench {
    let bench = Bench::of(name).await;
    for operation in [Operation::ForceOff, Operation::On] {
        let outcome = bench.run(operation, Kind::Node).await;
        assert!(
            matches!(outcome, Outcome::Verified { .. }),
            "{name} {operation}: {outcome:?}"
        );
    }
    let mut executed = bench.executed();
    executed.dedup();
    assert_eq!(executed, [ResetType::ForceOff, ResetType::On], "{name}");
    bench
}

#[tokio::test]
async fn names_of_any_kind() {
    off_and_on("names-of-any-kind").await;
}

#[tokio::test]
async fn headers_insisted_on() {
    off_and_on("headers-insisted-on").await;
}

#[tokio::test]
async fn links_missing() {
    off_and_on("links-missing").await;
}

#[tokio::test]
async fn slash_wanted() {
    off_and_on("slash-wanted").await;
}

#[tokio::test]
async fn slash_unwanted() {
    off_and_on("slash-unwanted").await;
}

#[tokio::test]
async fn action_moved() {
    let bench = off_and_on("action-moved").await;
    assert_eq!(bench.sim.counts(0).posts, 3, "the new place is remembered");
}

#[tokio::test]
async fn state_cached() {
    off_and_on("state-cached").await;
}

#[tokio::test]
async fn one_request_per_connection() {
    let close = [("connection", "close")];
    let bench = Bench::with("one-request-per-connection", Faults::AfterSurvey, 1, &close).await;
    for operation in [Operation::ForceOff, Operation::On] {
        let outcome = bench.run(operation, Kind::Node).await;
        assert!(well(&outcome), "{outcome:?}");
    }
    assert_eq!(bench.sim.counts(0).cuts, 0);
}

#[tokio::test]
async fn bmc_restart_takes_long() {
    let bench = Bench::of("bmc-restart-takes-long").await;
    let outcome = bench.run(Operation::SoftRestart, Kind::Controller).await;
    assert!(matches!(outcome, Outcome::Verified { .. }), "{outcome:?}");
    assert_eq!(bench.sim.power_state(0, 0), PowerState::On);
    let restart = &bench.member(Kind::Controller).abilities[0];
    assert!(restart.limit.as_secs() >= 200, "a BMC needs minutes");
}
