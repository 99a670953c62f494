//! The embedded driver over small trees, written after the shapes of real ones.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that goes wrong"
)]

use std::path::Path;

use driver_check::{Checker, MemberReport, Report, trees};
use switchyard_core::{Kind, PowerState, Primitive, Replay};

async fn reports() -> Vec<Report> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("trees");
    let checker = Checker::new(None).unwrap();
    let mut reports = Vec::new();
    for tree in trees(&folder).unwrap() {
        reports.push(checker.check(tree).await.unwrap());
    }
    reports
}

fn member<'r>(report: &'r Report, id: &str) -> &'r MemberReport {
    report
        .members
        .iter()
        .find(|member| member.id == format!("/redfish/v1/{id}"))
        .unwrap()
}

fn primitives(member: &MemberReport) -> Vec<Primitive> {
    member.abilities.iter().map(|ability| ability.what).collect()
}

fn state(member: &MemberReport) -> PowerState {
    member.reading.as_ref().unwrap().state
}

#[tokio::test]
async fn small_trees_are_read_as_they_are() {
    let reports = reports().await;
    let [chassis, rack, blade] = reports.as_slice() else {
        panic!("three trees")
    };
    for report in &reports {
        assert!(report.is_ok(), "{report}");
    }
    chassis_controller(chassis);
    rack_server(rack);
    two_node_blade(blade);
}

fn chassis_controller(report: &Report) {
    assert_eq!(report.members.len(), 3);
    let slot = member(report, "Chassis/Blade1");
    assert_eq!((slot.kind, state(slot)), (Kind::Module, PowerState::Off));
    assert_eq!(
        primitives(slot),
        [Primitive::On, Primitive::ForceOff, Primitive::GracefulShutdown]
    );
    assert!(
        slot.facts
            .iter()
            .any(|fact| fact.name == "status" && fact.value == "Absent")
    );
    assert!(
        report
            .problems
            .iter()
            .any(|problem| problem == "missing: Systems")
    );
    assert!(
        report
            .problems
            .iter()
            .any(|problem| problem.starts_with("stray: "))
    );
}

fn rack_server(report: &Report) {
    assert!(
        report
            .probe
            .iter()
            .any(|fact| fact.name == "vendor" && fact.value == "Contoso")
    );
    let node = member(report, "Systems/1");
    let evidence: Vec<&str> = node
        .reading
        .as_ref()
        .unwrap()
        .evidence
        .iter()
        .map(|fact| fact.name.as_str())
        .collect();
    assert_eq!(
        evidence,
        ["last-reset-time", "boot-progress", "boot-progress-time"]
    );
    assert_eq!(node.abilities.len(), 8);
    assert_eq!(node.parent.as_deref(), Some("/redfish/v1/Chassis/1"));
    let restart = node
        .abilities
        .iter()
        .find(|ability| ability.what == Primitive::ForceRestart)
        .unwrap();
    assert_eq!(restart.replay, Replay::Never);
    let manager = member(report, "Managers/1");
    assert_eq!(
        (primitives(manager), state(manager)),
        (vec![Primitive::ForceRestart], PowerState::On)
    );
    assert!(!manager.abilities[0].advertised);
    assert!(manager.reading.as_ref().unwrap().evidence.is_empty());
    assert_eq!(report.problems, ["dangling: /redfish/v1/Chassis/Backplane"]);
}

fn two_node_blade(report: &Report) {
    assert!(
        report
            .probe
            .iter()
            .any(|fact| fact.name == "manufacturer" && fact.value == "Examplar")
    );
    let (on, off) = (member(report, "Systems/Node0"), member(report, "Systems/Node1"));
    assert_eq!((state(on), state(off)), (PowerState::On, PowerState::Off));
    assert_eq!(
        primitives(on),
        [Primitive::ForceOff, Primitive::On, Primitive::GracefulShutdown]
    );
    assert_eq!(on.parent.as_deref(), Some("/redfish/v1/Chassis/Node0"));
    assert_eq!(
        member(report, "Chassis/Node0").parent.as_deref(),
        Some("/redfish/v1/Chassis/Enclosure")
    );
    assert_eq!(
        report.problems,
        ["unknown-reset-type: StatefulReset of /redfish/v1/Managers/BMC"]
    );
}

#[tokio::test]
async fn what_is_no_tree_is_an_error() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert!(trees(&folder).is_err());
    assert!(trees(&folder.join("none")).is_err());
}
