//! The suite over the drivers of the house.

use switchyard_driver_kit::{Component, Suite, Verdict, native};
use switchyard_drivers::{Grants, Registry, Runtime, RuntimeConfig};
use switchyard_redfish_standard::StandardRedfish;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn standard_redfish_conforms_natively_and_as_a_component() {
    let natively = Suite::redfish()
        .run(&native::<StandardRedfish>("redfish-standard"))
        .await
        .unwrap();
    assert!(natively.is_ok(), "{natively}");

    let registry = Registry::new(Runtime::new(RuntimeConfig::default()).unwrap(), Grants::all());
    let drivers = switchyard_builtin_drivers::drivers();
    registry
        .load_builtin(drivers.iter().map(|driver| (driver.manifest, driver.component)))
        .unwrap();
    let driver = registry.get("redfish-standard").unwrap();
    let component = Suite::redfish().run(&Component::new(driver)).await.unwrap();
    assert!(component.is_ok(), "{component}");
    assert_eq!(natively.cases, component.cases);
    assert_eq!(
        component.case("never_repeats").map(|case| &case.verdict),
        Some(&Verdict::Passed)
    );
}
