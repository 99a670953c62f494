//! The embedded drivers over small trees of each make, of makes under other names, and of makes that nobody knows. A tree is one file of
//! `makes/`: its name begins with the driver that must be chosen; it holds resources by their path below `/redfish/v1`.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that goes wrong"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use driver_check::{Checker, MemberReport, Report, Tree};
use serde_json::Value;
use switchyard_core::{Kind, Primitive};

struct Make {
    name: String,
    driver: String,
    report: Report,
}

async fn makes() -> Vec<Make> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("makes");
    let checker = Checker::new(None).unwrap();
    let mut makes = Vec::new();
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let unfolded = tempfile::tempdir().unwrap();
        let resources: BTreeMap<String, Value> = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        for (path, resource) in resources {
            let folder = unfolded.path().join(path);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("index.json"), resource.to_string()).unwrap();
        }
        let report = checker.check(Tree::open(unfolded.path()).unwrap()).await.unwrap();
        makes.push(Make {
            driver: name.split('.').next().unwrap().to_owned(),
            name,
            report,
        });
    }
    makes
}

fn make<'m>(makes: &'m [Make], name: &str) -> &'m Report {
    &makes.iter().find(|make| make.name == name).unwrap().report
}

fn member<'r>(report: &'r Report, id: &str) -> &'r MemberReport {
    let id = format!("/redfish/v1/{id}");
    report.members.iter().find(|member| member.id == id).unwrap()
}

fn offers(member: &MemberReport, what: Primitive) -> bool {
    member.abilities.iter().any(|ability| ability.what == what)
}

#[tokio::test]
async fn every_tree_gets_its_dialect_and_nobody_a_strangers() {
    let makes = makes().await;
    let wrong: Vec<String> = makes
        .iter()
        .filter(|make| make.report.driver.split('@').next() != Some(make.driver.as_str()))
        .map(|make| {
            format!(
                "{}: {} for {:?}",
                make.name, make.report.driver, make.report.probe
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for make in &makes {
        let broken = make.name.ends_with(".broken");
        assert!(broken || make.report.is_ok(), "{}", make.report);
    }
    slots_and_routers_have_their_kind(&makes);
    cuts_of_mains_are_found(&makes);
    models_differ(&makes);
}

fn slots_and_routers_have_their_kind(makes: &[Make]) {
    let chassis = make(makes, "redfish-cray.chassis");
    let kinds = ["Blade0", "Perif3", "Enclosure"].map(|id| {
        let found = member(chassis, &format!("Chassis/{id}"));
        assert!(offers(found, Primitive::GracefulShutdown), "Off is a shutdown");
        (found.kind, found.parent.is_some())
    });
    assert_eq!(
        kinds,
        [(Kind::Module, true), (Kind::Router, true), (Kind::Chassis, false)]
    );
    let router = make(makes, "redfish-cray.router");
    assert_eq!(member(router, "Chassis/Enclosure").kind, Kind::Router);
    let nvidia = make(makes, "redfish-nvidia.gb200");
    assert_eq!(member(nvidia, "Systems/System_0").kind, Kind::Node);
    assert_eq!(member(nvidia, "Systems/HGX_Baseboard_0").kind, Kind::Other);
}

fn cuts_of_mains_are_found(makes: &[Make]) {
    for (name, id) in [
        ("redfish-hpe.ilo6", "Systems/1"),
        ("redfish-supermicro.x13", "Systems/1"),
        ("redfish-lenovo.xcc", "Systems/1"),
        ("redfish-ami.gigabyte", "Systems/Self"),
        ("redfish-ami.gigabyte", "Chassis/Self"),
        ("redfish-nvidia.gb200", "Systems/System_0"),
        ("redfish-nvidia.gb200", "Chassis/BMC_0"),
    ] {
        assert!(
            offers(member(make(makes, name), id), Primitive::FullPowerCycle),
            "{name} {id}"
        );
    }
    let ilo4 = member(make(makes, "redfish-hpe.ilo4"), "Systems/1");
    assert!(!offers(ilo4, Primitive::FullPowerCycle), "nothing is guessed");
}

fn models_differ(makes: &[Make]) {
    for (name, id) in [
        ("redfish-lenovo.xcc3-openbmc", "Systems/1"),
        ("redfish-ami.dgx-without-links", "Systems/DGX"),
    ] {
        let found = member(make(makes, name), id);
        assert!(!offers(found, Primitive::ForceRestart) && offers(found, Primitive::ForceOff));
        assert!(found.facts.iter().any(|fact| fact.name == "advice"), "{name}");
    }
    let idrac = member(make(makes, "redfish-dell.idrac10"), "Systems/System.Embedded.1");
    assert!(
        idrac.reading.as_ref().unwrap().evidence.is_empty(),
        "zeros prove nothing"
    );
}
