//! Reading again and again: whole or not at all, and from the cache while SMD is away.

use std::sync::Arc;
use std::time::Duration;

use smd_sim::{Fault, Site};
use tokio_util::sync::CancellationToken;

use super::bench::{Bench, Parts, ids, site, until};
use crate::dependencies::{Dependency, State};
use crate::smd::Liveness;

#[tokio::test]
async fn a_reading_that_fails_halfway_changes_nothing() {
    let bench = Bench::start(site(&["x0c0s0b0"])).await;
    assert!(bench.source.read().await.unwrap());
    assert!(!bench.source.read().await.unwrap());
    bench.smd.site().add_node("x0c0s1b0", "127.1.0.2:9443", 2);
    bench.smd.site().remove_endpoint("x0c0s0b0");
    for path in [
        "ComponentEndpoints",
        "RedfishEndpoints",
        "powermaps",
        "groups",
        "partitions",
        "Query",
    ] {
        for fault in [Fault::Unauthorized, Fault::Broken, Fault::Half] {
            bench.smd.set_fault(path, fault);
            bench.source.read().await.unwrap_err();
            assert_eq!(bench.ids(), ["x0c0s0b0", "x0c0s0b0n0"], "{path} {fault:?}");
        }
    }
    bench.smd.clear_fault();
    assert!(bench.source.read().await.unwrap());
    assert_eq!(bench.ids(), ["x0c0s1b0", "x0c0s1b0n0"]);
}

#[tokio::test]
async fn losing_everything_is_believed_when_it_has_lasted() {
    const LASTING: Duration = Duration::from_mins(10);
    let bench = Bench::start(site(&["x0c0s0b0"])).await;
    bench.source.read().await.unwrap();
    for _ in 0..3 {
        *bench.smd.site() = Site::default();
        let error = bench.source.read().await.unwrap_err();
        assert!(error.to_string().contains("for 10 minutes"), "{error}");
        bench.clock.advance(Duration::from_millis(599_999));
        bench.source.read().await.unwrap_err();
        assert_eq!(bench.ids().len(), 2);
        // The cache knows them still, and a later process doubts as this one does.
        let later = bench.restarted();
        later.take_cache().await;
        later.read().await.unwrap_err();
        assert_eq!(ids(&later.part()).len(), 2);
        // What comes back in between begins the time anew.
        *bench.smd.site() = site(&["x0c0s0b0"]);
        bench.source.read().await.unwrap();
    }
    *bench.smd.site() = Site::default();
    bench.source.read().await.unwrap_err();
    bench.clock.advance(LASTING);
    assert!(bench.source.read().await.unwrap());
    assert!(bench.ids().is_empty());
}

#[tokio::test]
async fn an_smd_that_is_seldom_read_is_believed_after_three_readings() {
    let bench = Bench::every(Duration::from_hours(1), site(&["x0c0s0b0"])).await;
    bench.source.read().await.unwrap();
    *bench.smd.site() = Site::default();
    bench.source.read().await.unwrap_err();
    bench
        .clock
        .advance(Duration::from_hours(3) - Duration::from_millis(1));
    bench.source.read().await.unwrap_err();
    bench.clock.advance(Duration::from_millis(1));
    assert!(bench.source.read().await.unwrap());
}

#[tokio::test]
async fn the_cache_holds_while_smd_is_away() {
    let mut bench = Bench::start(site(&["x0c0s0b0"])).await;
    bench.source.read().await.unwrap();
    bench.smd.leave().await;
    let later = bench.restarted();
    assert!(later.standing().read_at.is_none());
    later.take_cache().await;
    assert_eq!(later.part(), bench.source.part());
    let standing = later.standing();
    assert!(standing.from_cache && standing.read_at.is_some());
    later.read().await.unwrap_err();
    assert_eq!(ids(&later.part()), ["x0c0s0b0", "x0c0s0b0n0"]);
    assert_eq!(later.standing().liveness, Liveness::NotConnected);
    let told = bench.dependencies.standing(Dependency::Smd).unwrap();
    assert_eq!(told.state, State::Away);
    assert!(told.cached_at.is_some());
    bench.smd.come_back().await.unwrap();
    assert!(!later.read().await.unwrap());
    assert!(!later.standing().from_cache);
    assert_eq!(
        bench.dependencies.standing(Dependency::Smd).unwrap().state,
        State::Ok
    );
}

#[tokio::test]
async fn states_come_and_go_without_another_inventory() {
    let bench = Bench::start(site(&["x0c0s0b0"])).await;
    bench.source.read().await.unwrap();
    bench.smd.site().set_state("x0c0s0b0n0", "Ready");
    assert!(!bench.source.read().await.unwrap());
    let states = bench.source.states.load();
    assert_eq!(states.get("x0c0s0b0n0").map(String::as_str), Some("Ready"));
}

#[tokio::test(start_paused = true)]
async fn a_hint_is_followed_soon_and_not_too_often() {
    let bench = Bench::start(site(&["x0c0s0b0"])).await;
    let (parts, stop) = (Arc::new(Parts::default()), CancellationToken::new());
    let following = tokio::spawn(Arc::clone(&bench.source).follow(Arc::clone(&parts) as _, stop.clone()));
    until("SMD was read", || parts.0.lock().unwrap().len() == 1).await;
    bench.smd.site().add_node("x0c0s1b0", "127.1.0.2:9443", 2);
    let before = tokio::time::Instant::now();
    for _ in 0..100 {
        bench.source.hint();
    }
    until("the hint was followed", || parts.0.lock().unwrap().len() == 2).await;
    assert!(before.elapsed() < Duration::from_secs(20));
    assert_eq!(parts.0.lock().unwrap()[1].components.len(), 4);
    stop.cancel();
    following.await.unwrap();
}
