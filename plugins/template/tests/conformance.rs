//! The driver against the conformance suite, natively: with a debugger and with backtraces.
//!
//! `cargo xtask driver check FOLDER` runs the same suite over the component.

use switchyard_driver_kit::{KitError, Suite, native};
use switchyard_template_driver::TemplateDriver;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_conforms() -> Result<(), KitError> {
    let report = Suite::redfish()
        .run(&native::<TemplateDriver>("template"))
        .await?;
    assert!(report.is_ok(), "{report}");
    Ok(())
}
