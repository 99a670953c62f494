//! The driver for AMI MegaRAC and the boards built on it.
//!
//! A MegaRAC refuses the tags that it gives and takes `*` alone, restarts its BMC by `ForceRestart` only, loses single members while a
//! module behind it restarts, and leaves collections out of its root until it has seen its host.

use serde_json::Value;
use switchyard_redfish::sdk::{Cause, Failure, Primitive, failure};
use switchyard_redfish::{
    BootForm, Client, Dialect, Difference, Match, Meaning, ModelRule, OemAction, Says, export_dialect,
};

/// The AC cycle, an action of the chassis.
const AUX_POWER_CYCLE: OemAction = OemAction {
    what: Primitive::FullPowerCycle,
    action: "AMIChassis.AuxPowerCycle",
    value: "AuxPowerCycle",
    off_first: false,
};
/// The AC cycle as DGX systems have it.
const AUX_POWER_RESET: OemAction = OemAction {
    what: Primitive::FullPowerCycle,
    action: "NvidiaChassis.AuxPowerReset",
    value: "AuxPowerCycle",
    off_first: true,
};
/// What alone answers while a BMC of an `ASRock` board writes its firmware; everything else is 401 then.
const FLASH_PROGRESS: &str = "/api/maintenance/firmware/flash-progress";
/// When a BMC that writes its firmware is asked again, in milliseconds.
const FLASHING_MS: u32 = 30_000;

export_dialect! {
    /// Redfish as AMI MegaRAC speaks it.
    pub struct AmiMegaRac speaks Dialect {
        name: "ami",
        doubts_unauthorized: true,
        unauthorized: flashing,
        oem_actions: &[AUX_POWER_CYCLE, AUX_POWER_RESET],
        refusals: &[
            Says::new("HMCCommunicationFailed", Meaning::Busy { wait_ms: 10_000 }),
        ],
        patch_matches: &[Match::Any],
        manager_match: Match::Any,
        boot: BootForm { full: true, ..BootForm::STANDARD },
        survives_lost_members: true,
        models: &[ModelRule {
            when: &[("model", "dgxh100")],
            then: &[
                Difference::Drops(Primitive::ForceRestart),
                Difference::Drops(Primitive::GracefulRestart),
                Difference::Advises("a restart over Redfish cuts the power of DPUs in a DGX H100: restart it over IPMI"),
            ],
        }],
        ..Dialect::STANDARD
    };
}

/// A BMC that took the credentials a moment ago and refuses them now may be writing its firmware, and then says so to everyone.
fn flashing(client: &Client<'_>) -> Option<Failure> {
    let answer = client.fetch_anonymously(FLASH_PROGRESS).ok()?;
    if answer.status != 200 {
        return None;
    }
    let progress = serde_json::from_slice::<Value>(&answer.body).ok()?;
    let at = progress
        .get("progress")
        .and_then(Value::as_str)
        .unwrap_or("under way");
    Some(Failure {
        retry_after_ms: Some(FLASHING_MS),
        ..failure(Cause::Busy, format!("the BMC is updating its firmware ({at})"))
    })
}
