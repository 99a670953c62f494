//! The driver for Dell iDRAC.
//!
//! An iDRAC refuses what does not fit the state of power with 409, and an iDRAC10 refuses `On` so for up to a minute after the power went
//! off. Its sources of data are not always there, and its lockdown forbids changes with words of no particular code.

use switchyard_redfish::sdk::Primitive;
use switchyard_redfish::sdk::{Cause, Failure, failure};
use switchyard_redfish::{
    BootForm, Client, Dialect, Difference, Match, Meaning, ModelRule, Says, export_dialect,
};

/// How long an iDRAC10 refuses `On` after an off at the longest, in milliseconds: a minute is reported, and some more is left.
const SETTLED_MS: u32 = 90_000;
/// The attributes of the iDRAC, where lockdown is found (iDRAC9 and later).
const ATTRIBUTES: &str = "/redfish/v1/Managers/iDRAC.Embedded.1/Oem/Dell/DellAttributes/iDRAC.Embedded.1";
/// The attribute of lockdown.
const LOCKDOWN: &str = "Lockdown.1.SystemLockdown";

export_dialect! {
    /// Redfish as Dell iDRAC speaks it.
    pub struct DellIdrac speaks Dialect {
        name: "dell",
        refusals: &[
            Says::new("PSU501", Meaning::Already),
            Says::new(
                "ActionParameterValueConflict",
                Meaning::WrongState { wait_ms: 10_000, for_ms: SETTLED_MS },
            ),
            Says::new("SYS518", Meaning::Busy { wait_ms: 3_000 }),
            Says::new("RAC0218", Meaning::Busy { wait_ms: 30_000 }),
            Says::new("lockdown mode", Meaning::Lockdown),
        ],
        // An iDRAC10 answers 412 to a condition on an action; properties take their tag.
        manager_match: Match::Nothing,
        boot: BootForm { pending: true, ..BootForm::STANDARD },
        models: &[
            ModelRule {
                when: &[("model", "r650"), ("firmware", "5.10.10.05")],
                then: &[Difference::Advises(
                    "iDRAC 5.10.10.05 accepts On without an error and may leave the server off: update it",
                )],
            },
            ModelRule {
                when: &[("model", "r640"), ("firmware", "5.10.10.05")],
                then: &[Difference::Advises(
                    "iDRAC 5.10.10.05 accepts On without an error and may leave the server off: update it",
                )],
            },
        ],
        before,
        ..Dialect::STANDARD
    };
}

/// A cut of mains is refused in lockdown with an error that tells nothing, so that lockdown is looked for first.
fn before(client: &Client<'_>, _: &str, what: Primitive) -> Result<(), Failure> {
    if what != Primitive::FullPowerCycle {
        return Ok(());
    }
    match client.get(ATTRIBUTES) {
        Ok(found) if found.text(&["Attributes", LOCKDOWN]) == Some("Enabled") => Err(failure(
            Cause::Locked,
            "the iDRAC is in lockdown mode, in which no full power cycle works: leave lockdown first",
        )),
        Err(lost) if lost.cause == Cause::Unreachable => Err(lost),
        Ok(_) | Err(_) => Ok(()),
    }
}
