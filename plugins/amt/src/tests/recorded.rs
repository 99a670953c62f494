//! Recorded answers of real controllers, where somebody has them: `SWITCHYARD_AMT_ANSWERS` names their folder. Without it the same checks
//! run over an answer in this file, so that they are run in any case.

use std::fs;
use std::path::{Path, PathBuf};

use switchyard_driver_sdk::testing::FakeHost;
use switchyard_driver_sdk::{Driver as _, PowerState, Primitive, Submitted};

use super::{ASSOCIATED, absent, node, object};
use crate::xml::documents;
use crate::{Amt, probe};

/// The variable that names the folder.
const FOLDER: &str = "SWITCHYARD_AMT_ANSWERS";

fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "xml") {
            found.push(path);
        }
    }
}

/// The recorded answer at this place, or one of the same shape.
fn answer(place: &str, own: switchyard_driver_sdk::Response) -> switchyard_driver_sdk::Response {
    match folder() {
        Some(folder) => switchyard_driver_sdk::Response {
            body: fs::read(folder.join(place)).unwrap(),
            ..own
        },
        None => own,
    }
}

#[test]
fn every_recorded_answer_is_an_envelope() {
    let mut answers = vec![object(ASSOCIATED, &[("PowerState", "2")]).body];
    if let Some(folder) = folder() {
        let mut found = Vec::new();
        files(&folder, &mut found);
        assert!(!found.is_empty(), "{} holds no answers", folder.display());
        answers.extend(found.iter().map(|path| fs::read(path).unwrap()));
    }
    for answer in answers {
        let documents = documents(&answer).unwrap();
        assert!(!documents.is_empty());
        for document in documents {
            assert_eq!(document.name, "Envelope");
            assert!(document.child("Header").is_some() && document.child("Body").is_some());
        }
    }
}

#[test]
fn recorded_answers_are_understood() {
    let states = [
        ("AvailableRequestedPowerStates", "10"),
        ("AvailableRequestedPowerStates", "14"),
        ("AvailableRequestedPowerStates", "12"),
        ("PowerState", "2"),
    ];
    let machine = answer(
        "cim/associatedpower/managementservice/get.xml",
        object(ASSOCIATED, &states),
    );
    let package = object(
        "CIM_ComputerSystemPackage",
        &[("PlatformGUID", "13AEE355D2BFBB6117A088AEDD7037EA")],
    );
    let changed = "cim/power/managementservice/requestpowerstatechange.xml";
    let host = FakeHost::new()
        .on_query(ASSOCIATED, Ok(machine))
        .on_query("IPS_PowerManagementService", Ok(absent()))
        .on_query(
            "CIM_SoftwareIdentity",
            Ok(answer(
                "cim/software/identity/get.xml",
                object("CIM_SoftwareIdentity", &[("VersionString", "12.0.67")]),
            )),
        )
        .on_query(
            "CIM_ComputerSystemPackage",
            Ok(answer("cim/computer/systempackage/get.xml", package)),
        )
        .on_query(
            "CIM_PowerManagementCapabilities",
            Ok(answer(
                "cim/power/capabilities/get.xml",
                object(
                    "CIM_PowerManagementCapabilities",
                    &[("PowerStatesSupported", "2")],
                ),
            )),
        )
        .on_query(
            "AMT_BootSettingData",
            Ok(answer(
                "amt/boot/settingdata/get.xml",
                object("AMT_BootSettingData", &[("BIOSSetup", "false")]),
            )),
        )
        .on_query(
            "AMT_BootCapabilities",
            Ok(answer(
                "amt/boot/capabilities/get.xml",
                object("AMT_BootCapabilities", &[("ForcePXEBoot", "true")]),
            )),
        )
        .on_query("IPS_OptInService", Ok(absent()))
        .on_change(Ok(answer(changed, super::output("RequestPowerStateChange", 0))));
    assert_eq!(Amt::observe(&host, &node()).unwrap().state, PowerState::On);
    let findings = Amt::survey(&host).unwrap();
    let told = |name: &str| {
        let fact = findings.identity.iter().find(|fact| fact.name == name);
        fact.map(|fact| fact.value.clone()).unwrap()
    };
    assert_eq!(told("firmware"), "12.0.67");
    assert_eq!(told("uuid"), "55e3ae13-bfd2-61bb-17a0-88aedd7037ea");
    let abilities = &findings.members[0].abilities;
    assert!(
        abilities
            .iter()
            .any(|ability| ability.what == Primitive::GracefulShutdown)
    );
    assert_eq!(
        Amt::act(&host, &node(), Primitive::ForceRestart),
        Ok(Submitted::Accepted)
    );
    let boot = Amt::boot(&host, &node()).unwrap();
    assert!(boot.sources.contains(&switchyard_driver_sdk::BootSource::Pxe));
}

#[test]
fn a_platform_guid_is_a_uuid_in_another_order() {
    assert_eq!(probe::uuid("zz"), None);
    assert_eq!(
        probe::uuid("00112233445566778899AABBCCDDEEFF").unwrap(),
        "33221100-5544-7766-8899-aabbccddeeff"
    );
}
