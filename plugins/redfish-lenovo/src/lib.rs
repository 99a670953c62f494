//! The driver for the controllers of Lenovo servers (XCC).
//!
//! An XCC deletes a finished task when its monitor is read, so that the task is asked. Trays of other makers under Lenovo's name speak AMI's
//! dialect.

use switchyard_redfish::sdk::Primitive;
use switchyard_redfish::{
    BootForm, Dialect, Difference, Match, Meaning, ModelRule, OemAction, Says, export_dialect,
};

/// The AC cycle.
const AC_CYCLE: OemAction = OemAction {
    what: Primitive::FullPowerCycle,
    action: "LenovoComputerSystem.SystemReset",
    value: "ACPowerCycle",
    off_first: false,
};

export_dialect! {
    /// Redfish as Lenovo's XCC speaks it.
    pub struct LenovoXcc speaks Dialect {
        name: "lenovo",
        oem_actions: &[AC_CYCLE],
        refusals: &[
            Says::new("ServiceTemporarilyUnavailable", Meaning::Busy { wait_ms: 10_000 }),
            Says::new("LicenseRequired", Meaning::License),
        ],
        // A change without a condition is dropped.
        patch_matches: &[Match::Tag, Match::Strong, Match::Any],
        boot: BootForm { full: true, once_only: true, ..BootForm::STANDARD },
        models: &[
            ModelRule {
                when: &[("model", "sr675 v3")],
                then: &[
                    Difference::Drops(Primitive::ForceRestart),
                    Difference::Drops(Primitive::GracefulRestart),
                    Difference::Settles(10_000),
                    Difference::Advises("restarts of the SR675 V3 hang: it is switched off and on instead"),
                ],
            },
            ModelRule {
                when: &[("model", "sr650 v4")],
                then: &[
                    Difference::Drops(Primitive::ForceRestart),
                    Difference::Drops(Primitive::GracefulRestart),
                    Difference::Advises(
                        "a restart over Redfish cuts the power of DPUs in an SR650 V4: restart it over IPMI",
                    ),
                ],
            },
        ],
        ..Dialect::STANDARD
    };
}
