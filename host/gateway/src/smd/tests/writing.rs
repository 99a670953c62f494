//! States that are written back.

use std::collections::BTreeMap;

use smd_sim::Fault;
use switchyard_core::ComponentId;
use switchyard_core::power::Level;

use super::bench::{Bench, site};
use crate::smd::write_back::write;

fn changes(changes: &[(&str, Level)]) -> BTreeMap<ComponentId, Level> {
    let of = |(id, level): &(&str, Level)| (ComponentId::parse(id).unwrap(), *level);
    changes.iter().map(of).collect()
}

#[tokio::test]
async fn on_and_off_are_written_in_one_request_each_and_ready_stays() {
    let bench = Bench::start(site(&["x0c0s0b0", "x0c0s1b0", "x0c0s2b0", "x0c0s3b0"])).await;
    bench.source.read().await.unwrap();
    for (id, state) in [
        ("x0c0s0b0n0", "Off"),
        ("x0c0s1b0n0", "Ready"),
        ("x0c0s2b0n0", "Ready"),
        ("x0c0s3b0n0", "On"),
    ] {
        bench.smd.site().set_state(id, state);
    }
    bench.smd.clear_requests();
    let changes = changes(&[
        ("x0c0s0b0n0", Level::On),
        ("x0c0s1b0n0", Level::On),
        ("x0c0s2b0n0", Level::Off),
        ("x0c0s3b0n0", Level::Off),
        ("x9c0s0b0n0", Level::Off),
    ]);
    write(&bench.source, changes).await.unwrap();
    let states: Vec<String> = (0..4)
        .map(|slot| {
            bench
                .smd
                .site()
                .state(&format!("x0c0s{slot}b0n0"))
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(states, ["On", "Ready", "Off", "Off"]);
    let patches = bench.smd.requests();
    let patches = patches.iter().filter(|sent| sent.method == "PATCH");
    assert_eq!(patches.count(), 2);
}

#[tokio::test]
async fn what_cannot_be_written_comes_back() {
    let mut bench = Bench::start(site(&["x0c0s0b0"])).await;
    bench.source.read().await.unwrap();
    bench.smd.leave().await;
    let changes = changes(&[("x0c0s0b0n0", Level::Off)]);
    let (_, left) = write(&bench.source, changes.clone()).await.unwrap_err();
    assert_eq!(left, changes);
    bench.smd.come_back().await.unwrap();
    write(&bench.source, left).await.unwrap();
    assert_eq!(bench.smd.site().state("x0c0s0b0n0"), Some("Off"));
}

#[tokio::test]
async fn nothing_is_asked_when_nothing_changed() {
    let bench = Bench::start(site(&["x0c0s0b0"])).await;
    bench.source.read().await.unwrap();
    bench.smd.clear_requests();
    write(&bench.source, BTreeMap::new()).await.unwrap();
    assert!(bench.smd.requests().is_empty());
}

#[tokio::test]
async fn a_refusal_that_may_pass_is_tried_again() {
    let bench = Bench::start(site(&["x0c0s0b0"])).await;
    bench.source.read().await.unwrap();
    bench.smd.set_fault("BulkStateData", Fault::Unauthorized);
    let changes = changes(&[("x0c0s0b0n0", Level::Off)]);
    let (_, left) = write(&bench.source, changes.clone()).await.unwrap_err();
    assert_eq!(left, changes);
}

#[tokio::test]
async fn a_component_that_smd_refuses_costs_the_others_nothing() {
    let bmcs: Vec<String> = (0..9).map(|slot| format!("x0c0s{slot}b0")).collect();
    let bmcs: Vec<&str> = bmcs.iter().map(String::as_str).collect();
    let bench = Bench::start(site(&bmcs)).await;
    bench.source.read().await.unwrap();
    bench.smd.site().stateless.insert("x0c0s4b0n0".to_owned());
    let nodes: Vec<String> = bmcs.iter().map(|bmc| format!("{bmc}n0")).collect();
    let all: Vec<_> = nodes.iter().map(|node| (node.as_str(), Level::Off)).collect();
    for node in &nodes {
        bench.smd.site().set_state(node, "On");
    }
    write(&bench.source, changes(&all)).await.unwrap();
    let site = bench.smd.site();
    let on: Vec<_> = nodes
        .iter()
        .filter(|node| site.state(node) == Some("On"))
        .collect();
    assert_eq!(on, ["x0c0s4b0n0"]);
}
