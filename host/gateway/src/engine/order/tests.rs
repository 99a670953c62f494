use std::sync::Arc;

use switchyard_core::{Observation, Timestamp};

use super::*;
use crate::engine::Row;
use crate::inventory::{Component, Facts, Inventory};

const NOW: Timestamp = Timestamp::from_millis(1_000);

fn name(text: &str) -> ComponentId {
    ComponentId::parse(text).unwrap()
}

fn component(id: &str, kind: Kind, parents: &[&str]) -> Component {
    Component {
        id: name(id),
        kind,
        component_type: None,
        controller: None,
        path: None,
        fallback: None,
        parents: parents.iter().map(|parent| name(parent)).collect(),
        parents_named: true,
        facts: Facts::default(),
    }
}

/// A PDU of two outlets that feed a node, which stands in a blade and has a BMC there.
fn fleet() -> Fleet {
    let components = vec![
        component("blade", Kind::Module, &[]),
        component("bmc", Kind::Controller, &["blade"]),
        component("a", Kind::Outlet, &[]),
        component("b", Kind::Outlet, &[]),
        component("node", Kind::Node, &["blade", "a", "b"]),
    ];
    let inventory = Arc::new(Inventory::new(Vec::new(), components));
    Fleet::new(inventory, Vec::new(), NOW)
}

fn is_on(row: &Arc<Row>) {
    let reading = Observation {
        state: PowerState::On,
        raw: "On".to_owned(),
        evidence: Vec::new(),
        at: NOW,
        controller: None,
    };
    row.read(&Ok(reading), NOW);
}

fn of(fleet: &Fleet, operation: Operation, names: &[&str]) -> Vec<String> {
    let ids: BTreeSet<ComponentId> = names.iter().map(|id| name(id)).collect();
    let mut found: Vec<String> = relations(fleet, operation, &ids)
        .into_iter()
        .map(|(id, after)| format!("{id} {} {}", after.relation, after.component))
        .collect();
    found.sort();
    found
}

#[test]
fn one_of_two_outlets_cuts_nobody_while_the_other_is_on() {
    let fleet = fleet();
    // While nothing is known of the other, it may well be off.
    assert_eq!(of(&fleet, Operation::Off, &["a", "node"]), ["a off-first node"]);
    is_on(&fleet.get("b").unwrap());
    assert!(of(&fleet, Operation::Off, &["a", "node"]).is_empty());
    assert_eq!(
        of(&fleet, Operation::Off, &["a", "b", "node"]),
        ["a off-first node", "b off-first node"]
    );
}

#[test]
fn one_of_two_outlets_is_enough() {
    let fleet = fleet();
    assert_eq!(
        of(&fleet, Operation::On, &["a", "b", "blade", "node"]),
        [
            "node on-first blade",
            "node one-on-first a",
            "node one-on-first b"
        ]
    );
    assert_eq!(of(&fleet, Operation::On, &["a", "node"]), ["node end-first a"]);
}

#[test]
fn a_restart_goes_down_and_up() {
    let fleet = fleet();
    assert_eq!(
        of(&fleet, Operation::HardRestart, &["blade", "node"]),
        ["blade off-first node", "node between blade"]
    );
    assert_eq!(
        of(&fleet, Operation::PowerCycle, &["blade", "node"]),
        ["node end-first blade"]
    );
    assert!(of(&fleet, Operation::Nmi, &["blade", "node"]).is_empty());
}

#[test]
fn force_off_waits_briefly() {
    assert_eq!(
        of(&fleet(), Operation::ForceOff, &["blade", "node"]),
        ["blade end-first-briefly node"]
    );
}

#[test]
fn a_bmc_keeps_nobody_from_an_off() {
    let fleet = fleet();
    assert!(of(&fleet, Operation::Off, &["blade", "bmc"]).is_empty());
    assert_eq!(
        of(&fleet, Operation::SoftRestart, &["blade", "bmc"]),
        ["bmc end-first blade"]
    );
}
