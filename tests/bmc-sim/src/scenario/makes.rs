//! What the makes of BMC look like, as far as it matters to who recognises and switches them.

use serde_json::{Map, Value, json};

use crate::make::{Make, OwnAction};
use crate::power::ResetType;
use crate::profile::{Acceptance, Announce, IdStyle, LastResetTime, Profile, Refusal, WhenOff};
use crate::settings::{BootHabit, SettingsProfile, Tags};

/// The members of an object.
pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// A make that signs its root and its manager with a key of its own.
fn signed(key: &str, manager: Value) -> Make {
    Make {
        root: object(json!({"Product": null, "Oem": {key: {}}})),
        manager: object(manager),
        ..Make::default()
    }
}

/// HPE iLO.
pub(super) fn ilo(generation: u8) -> Profile {
    let model = format!("iLO {generation}");
    Profile {
        vendor: "HPE".into(),
        model: "Simulated Gen".into(),
        reset_types: vec![
            ResetType::On,
            ResetType::ForceOff,
            ResetType::GracefulShutdown,
            ResetType::ForceRestart,
            ResetType::Nmi,
            ResetType::PushPowerButton,
            ResetType::GracefulRestart,
        ],
        chassis_reset_types: Vec::new(),
        manager_reset_types: vec![ResetType::ForceRestart, ResetType::GracefulRestart],
        acceptance: Acceptance::Ok,
        already_there: Some(Refusal::invalid_operation_400()),
        when_off: WhenOff::Refuse(Refusal::invalid_operation_400()),
        last_reset_time: LastResetTime::Absent,
        boot_progress: false,
        settings: SettingsProfile {
            tags: Tags::NeverAny,
            ..SettingsProfile::standard()
        },
        make: signed(
            "Hpe",
            json!({"Model": model, "FirmwareVersion": format!("{model} v2.72"), "Oem": {"Hpe": {}}}),
        ),
        ..Profile::standard()
    }
}

/// The AC cycle of HPE.
pub(super) fn aux_cycle() -> OwnAction {
    OwnAction {
        of_chassis: false,
        place: ["Oem", "Hpe", "Actions"].map(str::to_owned).to_vec(),
        name: "HpeComputerSystemExt.SystemReset".into(),
        value: "AuxCycle".into(),
        listed: true,
        needs_off: Some(Refusal::invalid_operation_400()),
    }
}

/// Dell iDRAC.
pub(super) fn idrac(firmware: &str) -> Profile {
    Profile {
        vendor: "Dell".into(),
        model: "PowerEdge R750".into(),
        system_ids: IdStyle::Named("System.Embedded.1".into()),
        chassis_id: "System.Embedded.1".into(),
        manager_id: "iDRAC.Embedded.1".into(),
        manager_reset_types: vec![ResetType::GracefulRestart],
        chassis_reset_types: vec![ResetType::On, ResetType::ForceOff],
        already_there: Some(Refusal::already_409()),
        make: Make {
            system: object(json!({"Manufacturer": "Dell Inc."})),
            ..signed("Dell", json!({"FirmwareVersion": firmware, "Oem": {"Dell": {}}}))
        },
        ..Profile::standard()
    }
}

/// Supermicro.
pub(super) fn supermicro() -> Profile {
    Profile {
        vendor: "Supermicro".into(),
        model: "SYS-SIM".into(),
        announce: Announce::ActionInfo,
        acceptance: Acceptance::AcceptedWithoutTask,
        last_reset_time: LastResetTime::Absent,
        chassis_reset_types: Vec::new(),
        manager_reset_types: vec![ResetType::GracefulRestart],
        settings: SettingsProfile {
            boot: BootHabit::AlwaysEnabled,
            ..SettingsProfile::standard()
        },
        make: Make {
            root: object(json!({"Vendor": null, "Product": null, "Oem": {"Supermicro": {}}})),
            ..signed(
                "Supermicro",
                json!({"Model": "ASPEED", "Oem": {"Supermicro": {}}}),
            )
        },
        ..Profile::standard()
    }
}

/// Lenovo XCC.
pub(super) fn xcc(model: &str) -> Profile {
    Profile {
        vendor: "Lenovo".into(),
        model: model.into(),
        announce: Announce::Both,
        last_reset_time: LastResetTime::Absent,
        boot_progress: false,
        chassis_reset_types: Vec::new(),
        settings: SettingsProfile {
            boot: BootHabit::FullOnce,
            ..SettingsProfile::standard()
        },
        make: Make {
            root: object(json!({"Product": null})),
            manager: object(json!({"Model": "Lenovo XClarity Controller", "Oem": {"Lenovo": {}}})),
            ..Make::default()
        },
        ..Profile::standard()
    }
}

/// AMI MegaRAC under a maker's name.
pub(super) fn megarac(maker: &str, model: &str) -> Profile {
    Profile {
        vendor: "AMI".into(),
        model: model.into(),
        system_ids: IdStyle::Named("Self".into()),
        chassis_id: "Self".into(),
        manager_id: "Self".into(),
        announce: Announce::ActionInfo,
        last_reset_time: LastResetTime::Absent,
        boot_progress: false,
        manager_reset_types: vec![ResetType::ForceRestart],
        settings: SettingsProfile {
            tags: Tags::AnyOnly,
            boot: BootHabit::Full,
            ..SettingsProfile::standard()
        },
        make: Make {
            system: object(json!({"Manufacturer": maker})),
            chassis: object(json!({"Manufacturer": maker})),
            ..signed("Ami", json!({"Model": "410810600"}))
        },
        ..Profile::standard()
    }
}

/// OpenBMC.
pub(super) fn openbmc() -> Profile {
    Profile {
        system_ids: IdStyle::Named("system".into()),
        chassis_id: "chassis".into(),
        manager_id: "bmc".into(),
        announce: Announce::ActionInfo,
        transitional_states: false,
        make: Make {
            root: object(json!({"Vendor": null, "Product": null})),
            system: object(json!({"Manufacturer": null, "Model": null})),
            manager: object(json!({"Model": "OpenBmc", "Oem": {"OpenBmc": {}}})),
            ..Make::default()
        },
        ..Profile::standard()
    }
}

/// NVIDIA on OpenBMC.
pub(super) fn nvidia() -> Profile {
    Profile {
        vendor: "NVIDIA".into(),
        system_ids: IdStyle::Named("System_0".into()),
        chassis_id: "BMC_0".into(),
        manager_id: "BMC_0".into(),
        chassis_reset_types: vec![ResetType::PowerCycle],
        make: Make {
            root: object(json!({"Product": "P3809"})),
            manager: object(json!({"Model": "OpenBmc", "Oem": {"Nvidia": {}, "OpenBmc": {}}})),
            chassis: object(json!({"ChassisType": "Component"})),
            ..Make::default()
        },
        ..openbmc()
    }
}

/// The AC cycle of NVIDIA.
pub(super) fn aux_power_reset() -> OwnAction {
    OwnAction {
        of_chassis: true,
        place: ["Actions", "Oem"].map(str::to_owned).to_vec(),
        name: "NvidiaChassis.AuxPowerReset".into(),
        value: "AuxPowerCycle".into(),
        listed: true,
        needs_off: Some(Refusal::new(
            400,
            "Nvidia.1.0.ChassisPowerStateOffRequired",
            "The chassis must be powered off.",
        )),
    }
}

/// A node BMC of HPE Cray EX.
pub(super) fn cray_node() -> Profile {
    Profile {
        vendor: "HPE".into(),
        model: "HPE CRAY EX425 (SIM)".into(),
        system_ids: IdStyle::Node,
        chassis_id: "Enclosure".into(),
        manager_id: "BMC".into(),
        reset_types: vec![ResetType::On, ResetType::ForceOff, ResetType::Off],
        manager_reset_types: vec![ResetType::ForceRestart],
        announce: Announce::ActionInfo,
        last_reset_time: LastResetTime::Absent,
        boot_progress: false,
        make: Make {
            root: object(json!({"Vendor": null, "Product": null})),
            chassis: object(json!({"ChassisType": "Enclosure"})),
            manager: object(json!({"Actions": {"Oem": {"#CrayProcess.Schedule": {
                "target": "/redfish/v1/Managers/BMC/Actions/Oem/CrayProcess.Schedule"}}}})),
            ..Make::default()
        },
        ..Profile::standard()
    }
}
