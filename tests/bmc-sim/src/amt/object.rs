//! The objects that can be read.

use std::collections::BTreeMap;

use super::state::State;
use crate::power::PowerState;

/// The platform's id, as AMT writes it.
const PLATFORM: &str = "44454C4C42001048805AB4C04F4D3732";
/// What can be asked for while the machine is on, without and with the agent in its operating system.
const WHILE_ON: [u32; 4] = [8, 5, 10, 11];
const WITH_AGENT: [u32; 4] = [12, 14, 4, 7];
/// What can be asked for while it is not.
const WHILE_OFF: [u32; 1] = [2];

/// The boot options when nobody has set one.
pub(super) fn boot_options() -> BTreeMap<String, String> {
    [
        ("BIOSLastStatus", "2"),
        ("BIOSPause", "false"),
        ("BIOSSetup", "false"),
        ("BootMediaIndex", "0"),
        ("ElementName", "Intel(r) AMT Boot Configuration Settings"),
        ("IDERBootDevice", "0"),
        ("InstanceID", "Intel(r) AMT:BootSettingData 0"),
        ("OwningEntity", "Intel(r) AMT"),
        ("UseIDER", "false"),
        ("UseSOL", "false"),
        ("UserPasswordBypass", "false"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

/// The state that AMT shows for a machine.
pub(super) fn shown_state(state: &State, power: PowerState) -> u32 {
    match (power, state.asleep) {
        (PowerState::Off, Some(asleep)) => asleep,
        (PowerState::Off, None) => 8,
        (PowerState::PoweringOn, _) => 5,
        (PowerState::On | PowerState::PoweringOff | PowerState::Paused, _) => 2,
    }
}

/// What can be asked for now.
pub(super) fn available(state: &State, power: PowerState) -> Vec<u32> {
    match power {
        PowerState::Off => WHILE_OFF.to_vec(),
        _ if state.switches.agent => [WHILE_ON, WITH_AGENT].concat(),
        _ => WHILE_ON.to_vec(),
    }
}

/// The element of an object; nothing when this AMT has none of the class.
pub(super) fn read(state: &State, class: &str, power: PowerState, lie: Option<&str>) -> Option<String> {
    let shown = shown_state(state, power).to_string();
    let mut properties: Vec<(String, String)> = Vec::new();
    let mut put = |name: &str, value: &str| properties.push((name.to_owned(), value.to_owned()));
    match class {
        "CIM_AssociatedPowerManagementService" => {
            for available in available(state, power) {
                put("AvailableRequestedPowerStates", &available.to_string());
            }
            put("PowerState", lie.unwrap_or(&shown));
        }
        "CIM_PowerManagementCapabilities" => {
            for supported in [5, 8, 2, 10, 11, 12, 14] {
                put("PowerStatesSupported", &supported.to_string());
            }
        }
        "CIM_SoftwareIdentity" => {
            put("InstanceID", "AMT");
            put("VersionString", &state.switches.version);
        }
        "CIM_ComputerSystemPackage" => put("PlatformGUID", PLATFORM),
        "IPS_PowerManagementService" => {
            put(
                "OSPowerSavingState",
                if state.switches.saves_power { "3" } else { "2" },
            );
        }
        "CIM_KVMRedirectionSAP" => put(
            "EnabledState",
            if state.switches.remote_screen { "2" } else { "6" },
        ),
        "IPS_OptInService" => {
            put(
                "OptInRequired",
                if state.switches.consent_required {
                    "4294967295"
                } else {
                    "0"
                },
            );
            put("OptInState", if state.switches.consent_given { "3" } else { "0" });
        }
        "AMT_BootCapabilities" => {
            for source in [
                "ForcePXEBoot",
                "ForceHardDriveBoot",
                "ForceCDorDVDBoot",
                "BIOSSetup",
            ] {
                put(source, "true");
            }
        }
        "AMT_BootSettingData" => {
            for (name, value) in &state.boot_options {
                put(name, value);
            }
        }
        _ => return None,
    }
    Some(element(class, &properties))
}

/// An element with these properties.
pub(super) fn element(name: &str, properties: &[(String, String)]) -> String {
    let inner: Vec<String> = properties
        .iter()
        .map(|(name, value)| format!("<g:{name}>{value}</g:{name}>"))
        .collect();
    format!("<g:{name}>{}</g:{name}>", inner.concat())
}
