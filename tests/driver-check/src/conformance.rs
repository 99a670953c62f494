//! A driver against the conformance suite.

use std::path::Path;

use switchyard_driver_kit::{KitError, Report, Suite, component};

/// Runs the suite over the component of a folder (`driver.toml`, `driver.wasm`).
pub async fn conformance(folder: &Path) -> Result<Report, KitError> {
    let driver = component(folder).await?;
    Suite::redfish().run(&driver).await
}
