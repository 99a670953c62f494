//! What is known of the driver of a controller.

use switchyard_core::Failure;
use switchyard_drivers::{Choice, DriverName};

/// Which driver speaks to a controller, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// The one that the inventory names.
    Named(DriverName),
    /// The one that a probe found to be right.
    Probed {
        /// The driver.
        driver: DriverName,
        /// What the probe found.
        choice: Choice,
    },
    /// The controller has not been asked yet.
    Unknown,
    /// The one that the inventory names is not loaded, or none recognises the controller.
    Missing(Failure),
}
