use std::path::Path;

use switchyard_transport::Timeouts;

use super::super::reader;
use super::*;
use crate::document::{Document, Language};

fn part(text: &str) -> Part {
    let document = Document::parse("part.toml", text.to_owned(), Language::Toml).unwrap();
    reader::part(&document, Path::new("."), Timeouts::default()).unwrap()
}

fn controller(id: &str, address: &str) -> String {
    format!("[[controller]]\nid = \"{id}\"\naddress = \"{address}\"\n")
}

fn component(id: &str, controller: &str, path: &str) -> String {
    format!(
        "[[component]]\nid = \"{id}\"\nkind = \"node\"\ncontroller = \"{controller}\"\npath = \"{path}\"\n"
    )
}

fn id(name: &str) -> ComponentId {
    ComponentId::parse(name).unwrap()
}

fn of(inventory: &Inventory, name: &str) -> Option<Arc<Component>> {
    inventory.component(&id(name)).cloned()
}

#[test]
fn the_stronger_source_wins_whole() {
    let file = part(&[controller("b", "https://10.0.0.1"), component("n", "b", "/1")].concat());
    let smd = part(
        &[
            controller("b", "https://10.0.0.9"),
            component("n", "b", "/2") + "role = \"Compute\"\n",
            component("m", "b", "/3"),
        ]
        .concat(),
    );
    let Merged { inventory, notes } = Inventory::merged([(Source::File, &file), (Source::Smd, &smd)]);
    assert_eq!(notes, []);
    let n = of(&inventory, "n").unwrap();
    assert_eq!((n.path.as_deref(), n.facts.role.as_deref()), (Some("/1"), None));
    assert_eq!(of(&inventory, "m").unwrap().path.as_deref(), Some("/3"));
    let only = inventory.controllers().next().unwrap();
    assert_eq!(only.endpoint.address.to_string(), "https://10.0.0.1:443");
}

#[test]
fn one_address_has_one_controller_and_one_resource_one_component() {
    let file = part(&[controller("bmc", "https://10.0.0.1"), component("n", "bmc", "/1")].concat());
    let smd = part(
        &[
            controller("x0c0s0b0", "https://10.0.0.1"),
            component("x0c0s0b0n0", "x0c0s0b0", "/1/"),
            component("x0c0s0b0n1", "x0c0s0b0", "/2"),
        ]
        .concat(),
    );
    let Merged { inventory, notes } = Inventory::merged([(Source::File, &file), (Source::Smd, &smd)]);
    assert_eq!(inventory.controllers().len(), 1);
    assert!(of(&inventory, "x0c0s0b0n0").is_none(), "it is n");
    let other = of(&inventory, "x0c0s0b0n1").unwrap();
    assert_eq!(other.controller.as_ref().map(ControllerId::as_str), Some("bmc"));
    let texts: Vec<_> = notes
        .iter()
        .map(|note| (note.source, note.text.as_str()))
        .collect();
    assert_eq!(
        texts,
        [
            (
                Source::Smd,
                "the controller x0c0s0b0 is left out: its address https://10.0.0.1:443 is that of bmc, says the file; its components are reached through bmc"
            ),
            (
                Source::Smd,
                "the component x0c0s0b0n0 is left out: it is the same resource of bmc as n"
            ),
        ]
    );
}

#[test]
fn an_alias_names_one_component() {
    let bmc = controller("b", "https://10.0.0.1");
    let file = part(&[bmc.clone(), component("n", "b", "/1") + "aliases = [\"web\"]\n"].concat());
    let found = part(
        &[
            bmc,
            component("m", "b", "/2") + "aliases = [\"web\", \"n\", \"db\"]\n",
        ]
        .concat(),
    );
    let Merged { inventory, notes } =
        Inventory::merged([(Source::File, &file), (Source::Discovered, &found)]);
    assert_eq!(of(&inventory, "m").unwrap().facts.aliases, [id("db")]);
    assert_eq!(of(&inventory, "n").unwrap().facts.aliases, [id("web")]);
    assert_eq!(notes.len(), 2);
}

#[test]
fn xnames_find_their_parents_in_other_sources() {
    let file = part(
        "[[component]]\nid = \"x0c0s0\"\nkind = \"other\"\ncontroller = \"b\"\npath = \"/c\"\n[[controller]]\nid = \"b\"\naddress = \"https://10.0.0.1\"",
    );
    let node = component("x0c0s0b0n0", "d", "/1");
    let free = component("x0c0s0b0n1", "d", "/2") + "parents = []\n";
    let smd = part(&[controller("d", "https://10.0.0.2"), node, free].concat());
    let inventory = Inventory::merged([(Source::File, &file), (Source::Smd, &smd)]).inventory;
    assert_eq!(of(&inventory, "x0c0s0b0n0").unwrap().parents, [id("x0c0s0")]);
    assert_eq!(of(&inventory, "x0c0s0b0n1").unwrap().parents, []);
}

#[test]
fn groups_hold_what_there_is() {
    let text = [
        controller("b", "https://10.0.0.1"),
        component("n1", "b", "/1") + "aliases = [\"web\"]\n",
        component("n2", "b", "/2"),
        "[[group]]\nname = \"all\"\ncomponents = \"n[1-3],web\"\n".to_owned(),
        "[[group]]\nname = \"one\"\ncomponents = \"@all!n2\"\n".to_owned(),
    ]
    .concat();
    let Merged { inventory, notes } = Inventory::merged([(Source::File, &part(&text))]);
    assert_eq!(inventory.group("all").unwrap().members, [id("n1"), id("n2")]);
    assert_eq!(inventory.group("one").unwrap().members, [id("n1")]);
    assert!(inventory.group("two").is_none());
    assert_eq!(
        notes[0].text,
        "1 members of the group all are not in the inventory, the first is n3"
    );
}

#[test]
fn notes_are_bounded() {
    let mut file = String::new();
    let mut smd = String::new();
    for n in 0..NOTES_MAX + 50 {
        file += &controller(
            &format!("a{n}"),
            &format!("https://127.0.{}.{}", n / 200, n % 200 + 1),
        );
        smd += &controller(
            &format!("b{n}"),
            &format!("https://127.0.{}.{}", n / 200, n % 200 + 1),
        );
    }
    let notes = Inventory::merged([(Source::File, &part(&file)), (Source::Smd, &part(&smd))]).notes;
    assert_eq!(notes.len(), NOTES_MAX);
    assert_eq!(notes[NOTES_MAX - 1].text, "and 51 more of the kind");
}
