//! The driver for NVIDIA systems on OpenBMC: GH200, GB200, GB300 and `BlueField`, also as built by others.
//!
//! Beside the host they show systems that nothing switches, such as the baseboard of the GPUs. Mains are cut by an action of a chassis, which
//! works while the host is off.

use switchyard_redfish::sdk::{Kind, Primitive};
use switchyard_redfish::{Dialect, Match, Meaning, OemAction, Resource, Says, export_dialect};

/// The AC cycle, an action of a chassis.
const AUX_POWER_RESET: OemAction = OemAction {
    what: Primitive::FullPowerCycle,
    action: "NvidiaChassis.AuxPowerReset",
    value: "AuxPowerCycle",
    off_first: true,
};

export_dialect! {
    /// Redfish as NVIDIA systems speak it.
    pub struct Nvidia speaks Dialect {
        name: "nvidia",
        doubts_unauthorized: true,
        oem_actions: &[AUX_POWER_RESET],
        refusals: &[
            Says::new("HMCCommunicationFailed", Meaning::Busy { wait_ms: 10_000 }),
            Says::new("ServiceTemporarilyUnavailable", Meaning::Busy { wait_ms: 10_000 }),
            Says::new("ResourceInUse", Meaning::Busy { wait_ms: 10_000 }),
        ],
        manager_match: Match::Any,
        placeholders: &["0000", "1970-01-01"],
        survives_lost_members: true,
        times,
        kind,
        ..Dialect::STANDARD
    };
}

/// A host follows half a minute after the answer; an AC cycle takes the BMC with it.
fn times(kind: Kind, what: Primitive) -> Option<(u32, u32)> {
    match (kind, what) {
        (Kind::Controller, _) => Some((180_000, 600_000)),
        (_, Primitive::On | Primitive::ForceOn | Primitive::ForceOff) => Some((30_000, 180_000)),
        (_, Primitive::ForceRestart | Primitive::PowerCycle) => Some((60_000, 300_000)),
        (_, Primitive::FullPowerCycle) => Some((300_000, 900_000)),
        _ => None,
    }
}

/// A system that has no action to switch it is a part of one.
fn kind(collection: &str, resource: &Resource, usual: Kind) -> Kind {
    let switched = resource
        .text(&["Actions", "#ComputerSystem.Reset", "target"])
        .is_some();
    if collection == "Systems" && !switched {
        Kind::Other
    } else {
        usual
    }
}
