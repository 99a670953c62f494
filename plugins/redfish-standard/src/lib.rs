//! The driver for BMCs that speak Redfish as DMTF wrote it.

use switchyard_redfish::{Dialect, export_dialect};

export_dialect! {
    /// Standard Redfish, without a dialect.
    pub struct StandardRedfish speaks Dialect::STANDARD;
}
