//! The one suite over all drivers of the house.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that goes wrong"
)]

use std::sync::Arc;

use switchyard_driver_kit::{Component, KitError, Suite, Verdict, native};
use switchyard_drivers::{Driver, Policy, Registry, Runtime, RuntimeConfig};
use switchyard_redfish_standard::StandardRedfish;
use tokio::task::JoinSet;

fn drivers() -> Vec<Arc<Driver>> {
    let registry = Registry::new(
        Runtime::new(RuntimeConfig::default()).unwrap(),
        Policy::permissive(),
    );
    let drivers = switchyard_builtin_drivers::drivers();
    registry
        .load_builtin(drivers.iter().map(|driver| (driver.manifest, driver.component)))
        .unwrap();
    registry.list()
}

fn driver(id: &str) -> Component {
    let found = drivers().into_iter().find(|driver| driver.manifest().id == id);
    Component::new(found.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_driver_says_the_same_natively_and_as_a_component() -> Result<(), KitError> {
    let natively = Suite::redfish()
        .run(&native::<StandardRedfish>("redfish-standard"))
        .await?;
    assert!(natively.is_ok(), "{natively}");
    let component = Suite::redfish().run(&driver("redfish-standard")).await?;
    assert!(component.is_ok(), "{component}");
    assert_eq!(natively.cases, component.cases);
    let repeats = component.case("never_repeats").map(|case| &case.verdict);
    assert_eq!(repeats, Some(&Verdict::Passed));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_dialect_of_redfish_conforms() -> Result<(), KitError> {
    let mut running = JoinSet::new();
    for driver in drivers() {
        if driver.manifest().id.starts_with("redfish-") {
            running.spawn(async move { Suite::redfish().run(&Component::new(driver)).await });
        }
    }
    let mut wrong = Vec::new();
    while let Some(report) = running.join_next().await {
        let report = report.unwrap()?;
        if !report.is_ok() {
            wrong.push(report.to_string());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmi_conforms() -> Result<(), KitError> {
    let report = Suite::ipmi().run(&driver("ipmi")).await?;
    assert!(report.is_ok(), "{report}");
    Ok(())
}
