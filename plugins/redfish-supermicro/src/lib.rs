//! The driver for Supermicro BMCs.
//!
//! They accept actions with 202 and no task, keep some resources behind a licence, and cut mains by an action of their own.

use switchyard_redfish::sdk::Primitive;
use switchyard_redfish::{BootForm, Dialect, Meaning, OemAction, Says, export_dialect};

/// The AC cycle.
const AC_CYCLE: OemAction = OemAction {
    what: Primitive::FullPowerCycle,
    action: "OemSystemExtensions.Reset",
    value: "ACCycle",
    off_first: false,
};

export_dialect! {
    /// Redfish as Supermicro BMCs speak it.
    pub struct Supermicro speaks Dialect {
        name: "supermicro",
        oem_actions: &[AC_CYCLE],
        refusals: &[
            Says::new("OemLicenseNotPassed", Meaning::License),
            Says::new("not licensed to perform", Meaning::License),
            Says::new("system is in lockdown", Meaning::Lockdown),
            Says::new("SystemLockdown", Meaning::Lockdown),
        ],
        boot: BootForm {
            full: true,
            always_enabled: true,
            usb_cd: true,
            plain_cd_models: &["ars-111gl-nhr"],
            ..BootForm::STANDARD
        },
        ..Dialect::STANDARD
    };
}
