//! Recognising a BMC in a few reads.

use serde_json::Value;
use switchyard_driver_sdk::{Fact, Failure, Host, fact};

use crate::ROOT;
use crate::client::Client;
use crate::reset::note;
use crate::resource::Resource;

/// Reads the service root and, when it names no vendor, the first chassis.
pub fn probe(host: &dyn Host) -> Result<Vec<Fact>, Failure> {
    let client = Client::new(host);
    let root = client.get(ROOT)?;
    let mut facts = identity(&root);
    if root.text(&["Vendor"]).is_none()
        && let Some(collection) = root.link(&["Chassis"])
    {
        match first_member(&client, &collection) {
            Ok(Some(chassis)) => {
                copy(
                    &chassis,
                    &mut facts,
                    &[("Manufacturer", "manufacturer"), ("Model", "model")],
                );
            }
            Ok(None) => {}
            Err(failure) => facts.push(note(&collection, failure)?),
        }
    }
    Ok(facts)
}

fn first_member(client: &Client<'_>, collection: &str) -> Result<Option<Resource>, Failure> {
    match client.get(collection)?.links(&["Members"]).first() {
        Some(path) => client.get(path).map(Some),
        None => Ok(None),
    }
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
    if let Some(Value::Object(oem)) = root.at(&["Oem"]) {
        facts.extend(
            oem.keys()
                .filter(|key| !key.contains('@'))
                .map(|key| fact("oem", key.as_str())),
        );
    }
    facts
}

/// Copies properties that are there into facts.
pub(crate) fn copy(resource: &Resource, facts: &mut Vec<Fact>, names: &[(&str, &str)]) {
    facts.extend(
        names
            .iter()
            .filter_map(|(property, name)| Some(fact(name, resource.text(&[property])?))),
    );
}
