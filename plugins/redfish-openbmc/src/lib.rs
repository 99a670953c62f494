//! The driver for OpenBMC.
//!
//! It answers long before the host has followed, says for how long it is not ready, and dates what never happened at the beginning of 1970.

use switchyard_redfish::sdk::{Kind, Primitive};
use switchyard_redfish::{Dialect, Meaning, Says, export_dialect};

export_dialect! {
    /// Redfish as OpenBMC speaks it.
    pub struct OpenBmc speaks Dialect {
        name: "openbmc",
        refusals: &[
            Says::new("ServiceTemporarilyUnavailable", Meaning::Busy { wait_ms: 10_000 }),
            Says::new("ResourceInUse", Meaning::Busy { wait_ms: 10_000 }),
            Says::new("BMCNotReady", Meaning::Busy { wait_ms: 10_000 }),
        ],
        placeholders: &["0000", "1970-01-01"],
        times,
        ..Dialect::STANDARD
    };
}

/// A host follows 20 to 25 s after the answer, and a reading may lag behind the host for minutes.
fn times(kind: Kind, what: Primitive) -> Option<(u32, u32)> {
    match (kind, what) {
        (Kind::Controller, _) => Some((180_000, 600_000)),
        (_, Primitive::On | Primitive::ForceOn | Primitive::ForceOff) => Some((25_000, 180_000)),
        (_, Primitive::ForceRestart | Primitive::PowerCycle) => Some((45_000, 240_000)),
        _ => None,
    }
}
