//! The driver for HPE iLO.
//!
//! An iLO calls a restart that does not ask the operating system `GracefulRestart` (warm) or `ForceRestart` (cold); the warm one is what
//! a forced restart means. It refuses what does not fit the state of power with one message, also while it still digests the last change
//! of power, and closes connections right after its reply.

use switchyard_redfish::sdk::{Kind, Primitive};
use switchyard_redfish::{Dialect, Difference, Match, Meaning, ModelRule, OemAction, Says, export_dialect};

/// The AC cycle of Gen10 and later; it works while the server is off.
const AUX_CYCLE: OemAction = OemAction {
    what: Primitive::FullPowerCycle,
    action: "HpeComputerSystemExt.SystemReset",
    value: "AuxCycle",
    off_first: true,
};
/// A change of power is digested within this, in milliseconds.
const DIGESTED_MS: u32 = 60_000;

export_dialect! {
    /// Redfish as HPE iLO speaks it.
    pub struct HpeIlo speaks Dialect {
        name: "hpe",
        close: true,
        doubts_unauthorized: true,
        spellings: &[(Primitive::ForceRestart, "GracefulRestart")],
        bare_manager_reset: true,
        oem_actions: &[AUX_CYCLE],
        refusals: &[
            Says::new(
                "InvalidOperationForSystemState",
                Meaning::WrongState { wait_ms: 5_000, for_ms: DIGESTED_MS },
            ),
            Says::new("UnableToModifyDuringSystemPOST", Meaning::Busy { wait_ms: 5_000 }),
            Says::new("LicenseKeyRequired", Meaning::License),
            Says::new("InvalidLicense", Meaning::License),
        ],
        // An iLO refuses `*`.
        patch_matches: &[Match::Tag, Match::Strong, Match::Nothing],
        times: |kind, _| (kind == Kind::Controller).then_some((120_000, 600_000)),
        models: &[ModelRule {
            when: &[("manager-model", "ilo 7")],
            then: &[Difference::KeepsConnection],
        }],
        ..Dialect::STANDARD
    };
}
