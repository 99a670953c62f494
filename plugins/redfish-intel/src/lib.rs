//! The driver for Intel server boards.
//!
//! Their BMC is an OpenBMC with properties of Intel's own; what concerns power is OpenBMC's.

use switchyard_redfish::{Dialect, Meaning, Says, export_dialect};

export_dialect! {
    /// Redfish as Intel server boards speak it.
    pub struct IntelBoard speaks Dialect {
        name: "intel",
        refusals: &[
            Says::new("ServiceTemporarilyUnavailable", Meaning::Busy { wait_ms: 10_000 }),
            Says::new("ResourceInUse", Meaning::Busy { wait_ms: 10_000 }),
        ],
        placeholders: &["0000", "1970-01-01"],
        ..Dialect::STANDARD
    };
}
