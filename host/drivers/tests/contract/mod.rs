//! Versions of the contract side by side.

use std::sync::Arc;

use switchyard_core::{Cause, Delivery};
use switchyard_drivers::{Contract, Grants, Manifest};

use crate::support::{Bench, MANIFEST, elder};

#[tokio::test]
async fn a_component_of_the_first_patch_runs_on_this_host() {
    let bench = Bench::new().await;
    let manifest = Manifest::parse(&MANIFEST.replace("hostile", "elder")).unwrap();
    let driver = bench
        .driver
        .runtime()
        .load_off_thread(elder(), manifest, Grants::all())
        .await
        .unwrap();
    assert_eq!(driver.shape().contract, Contract::V0_1);
    let exports = &driver.shape().exports;
    assert_eq!(exports.as_slice(), ["switchyard:driver/power@0.1.0"]);
    let bench = Bench {
        driver: Arc::clone(&driver),
        ..bench
    };
    let facts = driver.probe(bench.call()).await.unwrap();
    assert_eq!(facts.first().map(|fact| fact.value.as_str()), Some("elder"));
    let findings = driver.survey(bench.call()).await.unwrap();
    let node = findings.members.first().unwrap().subject.clone();
    assert_eq!(bench.told(&node.id).await, "200");
    let (acted, permit) = bench.act(&node.id).await;
    assert!(acted.is_ok());
    assert!(matches!(
        permit.settled().await,
        Delivery::Answered { status: 204, .. }
    ));
    // What came later it does not know, and says so.
    let offers = driver.offers();
    assert!(!offers.limits && !offers.boot && !offers.indicator && !offers.readings);
    let limits = driver.limits(bench.call(), &node).await.unwrap_err();
    assert_eq!(limits.cause, Cause::NotSupported);
}
