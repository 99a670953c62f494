//! Recognising a BMC in a few reads.

use serde_json::Value;
use switchyard_driver_sdk::{Fact, Failure, Host, fact};

use crate::ROOT;
use crate::client::Client;
use crate::dialect::Dialect;
use crate::reset::note;
use crate::resource::Resource;
use crate::root;

/// The most members of a collection that are tried in search of one that can be read.
const TRIES_MAX: usize = 3;
/// Vendors of firmware that others sell under their own name, so that the machine tells more than the root.
const FIRMWARE_VENDORS: [&str; 2] = ["AMI", "American Megatrends"];

/// Reads the service root and the first manager; and, when the root names nobody or only the maker of the firmware, the first system,
/// or else the first chassis.
pub fn probe(host: &dyn Host) -> Result<Vec<Fact>, Failure> {
    let client = Client::new(host, &Dialect::STANDARD);
    let root = client.get(ROOT)?;
    let mut facts = identity(&root);
    if let Some(manager) = first_member(&client, &root, "Managers", &mut facts)? {
        let names = [("Model", "manager-model"), ("FirmwareVersion", "firmware")];
        copy(&manager, &mut facts, &names);
        keys(&manager, &["Oem"], "manager-oem", &mut facts);
        keys(&manager, &["Actions", "Oem"], "manager-action", &mut facts);
    }
    let vendor = root.text(&["Vendor"]);
    if vendor.is_some_and(|vendor| !FIRMWARE_VENDORS.iter().any(|name| vendor.starts_with(name))) {
        return Ok(facts);
    }
    let maker = [("Manufacturer", "manufacturer"), ("Model", "model")];
    if let Some(system) = first_member(&client, &root, "Systems", &mut facts)? {
        copy(&system, &mut facts, &maker);
        keys(&system, &["Oem"], "system-oem", &mut facts);
        if system.text(&["Manufacturer"]).is_some() {
            return Ok(facts);
        }
    }
    if let Some(chassis) = first_member(&client, &root, "Chassis", &mut facts)? {
        copy(&chassis, &mut facts, &maker);
        keys(&chassis, &["Oem"], "chassis-oem", &mut facts);
    }
    Ok(facts)
}

/// The first member of a collection that can be read; of managers the first with actions, since auxiliary ones tell nothing of the make.
/// What cannot be read on the way becomes a fact.
fn first_member(
    client: &Client<'_>,
    root: &Resource,
    name: &str,
    facts: &mut Vec<Fact>,
) -> Result<Option<Resource>, Failure> {
    let collection = match root::collection(client, root, name) {
        Ok(Some((_, collection))) => collection,
        Ok(None) => return Ok(None),
        Err(failure) => {
            facts.push(note(name, failure)?);
            return Ok(None);
        }
    };
    let mut mute = None;
    for path in collection.links(&["Members"]).iter().take(TRIES_MAX) {
        match client.get(path) {
            Ok(member) if member.at(&["Actions"]).is_some() || name != "Managers" => return Ok(Some(member)),
            Ok(member) => mute = mute.or(Some(member)),
            Err(failure) => facts.push(note(path, failure)?),
        }
    }
    Ok(mute)
}

/// What the service root says about the BMC.
pub(crate) fn identity(root: &Resource) -> Vec<Fact> {
    let mut facts = Vec::new();
    copy(
        root,
        &mut facts,
        &[
            ("RedfishVersion", "redfish-version"),
            ("Vendor", "vendor"),
            ("Product", "product"),
        ],
    );
    keys(root, &["Oem"], "oem", &mut facts);
    facts
}

/// Makes a fact of each name in the object at `path`.
fn keys(resource: &Resource, path: &[&str], name: &str, facts: &mut Vec<Fact>) {
    if let Some(Value::Object(members)) = resource.at(path) {
        facts.extend(
            members
                .keys()
                .filter(|key| !key.contains('@'))
                .map(|key| fact(name, key.trim_start_matches('#'))),
        );
    }
}

/// Copies properties that are there into facts.
pub(crate) fn copy(resource: &Resource, facts: &mut Vec<Fact>, names: &[(&str, &str)]) {
    facts.extend(
        names
            .iter()
            .filter_map(|(property, name)| Some(fact(name, resource.text(&[property])?))),
    );
}
