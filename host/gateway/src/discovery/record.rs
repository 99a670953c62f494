//! The file of what was accepted, in the form of an inventory file.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use switchyard_core::{ControllerId, Kind};
use switchyard_transport::{Fingerprint, LegacyTrust, Timeouts, TlsPolicy};

use crate::document;
use crate::engine::ReplaceError;
use crate::inventory::{Component, Controller, Part};
use crate::whole_file;

/// The name of the file.
pub const FILE: &str = "discovered.json";

/// Why what was accepted is not at hand, or not kept.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file cannot be read, or is wrong.
    #[error("what was accepted of discoveries cannot be read")]
    Read(#[source] document::Error),
    /// What would be written could not be read back.
    #[error(
        "what was accepted would contradict itself, so that nothing of it is stored; accept the host under another name"
    )]
    Contradiction(#[source] document::Report),
    /// The inventory holds the host or its name by now.
    #[error("the inventory has got the controller {0} meanwhile, which has this name or this address")]
    Known(ControllerId),
    /// What was to be done broke off.
    #[error("the change broke off; ask again")]
    BrokeOff(#[source] tokio::task::JoinError),
    /// A file cannot be read.
    #[error("{} cannot be read", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("{} cannot be written", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The inventory is not taken.
    #[error("the inventory was not taken")]
    Replace(#[source] ReplaceError),
}

/// Reads the file; without one nothing was accepted yet. Blocks.
pub(super) fn read(folder: &Path, timeouts: Timeouts) -> Result<Part, RecordError> {
    match Part::read(&folder.join(FILE), timeouts) {
        Err(error) if error.is_not_found() => Ok(Part::default()),
        read => read.map_err(RecordError::Read),
    }
}

/// Writes the file, whole or not at all, and only what the next start can read. Blocks.
pub(super) fn write(folder: &Path, part: &Part, timeouts: Timeouts) -> Result<(), RecordError> {
    let document = json!({
        "controller": part.controllers.iter().map(controller).collect::<Vec<_>>(),
        "component": part.components.iter().map(component).collect::<Vec<_>>(),
    });
    let path = folder.join(FILE);
    Part::parse(&path, format!("{document:#}"), timeouts).map_err(RecordError::Contradiction)?;
    replace(&path, &document)
}

/// Puts a document in the place of a file, whole or not at all.
pub(super) fn replace(path: &Path, document: &Value) -> Result<(), RecordError> {
    let failed = |source| RecordError::Write {
        path: path.to_owned(),
        source,
    };
    whole_file::replace(path, format!("{document:#}\n").as_bytes()).map_err(failed)
}

/// What is said of a controller beyond its defaults.
fn controller(controller: &Controller) -> Value {
    let endpoint = &controller.endpoint;
    let mut fields = Map::new();
    fields.insert("id".to_owned(), json!(endpoint.id));
    fields.insert("address".to_owned(), json!(endpoint.address.to_string()));
    fields.insert("credential".to_owned(), json!(endpoint.credential));
    if let Some(driver) = &controller.driver {
        fields.insert("driver".to_owned(), json!(driver.to_string()));
    }
    if let Some(tls) = tls(&endpoint.tls) {
        fields.insert("tls".to_owned(), tls);
    }
    Value::Object(fields)
}

/// What is accepted is pinned where it has a certificate at all.
fn tls(policy: &TlsPolicy) -> Option<Value> {
    let pin = |sha256: &[u8; 32]| json!({ "pin": format!("sha256:{}", Fingerprint(*sha256)) });
    match policy {
        TlsPolicy::Pin { sha256 } | TlsPolicy::Legacy(LegacyTrust::Pin { sha256 }) => Some(pin(sha256)),
        TlsPolicy::System
        | TlsPolicy::Authority { .. }
        | TlsPolicy::Unverified
        | TlsPolicy::Legacy(LegacyTrust::Unverified) => None,
    }
}

fn component(component: &Component) -> Value {
    let mut fields = Map::new();
    let facts = &component.facts;
    fields.insert("id".to_owned(), json!(component.id));
    fields.insert("kind".to_owned(), json!(kind(component.kind)));
    let optional = [
        ("controller", component.controller.as_ref().map(|id| json!(id))),
        ("path", component.path.as_ref().map(|path| json!(path))),
        ("host_name", facts.host_name.as_ref().map(|name| json!(name))),
        ("serial", facts.serial.as_ref().map(|serial| json!(serial))),
        (
            "aliases",
            (!facts.aliases.is_empty()).then(|| json!(facts.aliases)),
        ),
        ("macs", (!facts.macs.is_empty()).then(|| json!(facts.macs))),
    ];
    let optional = optional
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    fields.extend(optional);
    Value::Object(fields)
}

fn kind(kind: Kind) -> &'static str {
    crate::inventory::kind_name(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let timeouts = Timeouts::default();
        assert_eq!(read(folder.path(), timeouts).unwrap(), Part::default());
        let text = "[[controller]]\nid = \"x0c0s0b0\"\naddress = \"https://10.0.0.1:8443\"\ncredential = \"lab\"\ndriver = \"redfish-standard\"\n\
             tls = { pin = \"sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\" }\n\
             [[controller]]\nid = \"i\"\naddress = \"ipmi://10.0.0.2\"\n\
             [[component]]\nid = \"x0c0s0b0n0\"\npath = \"/redfish/v1/Systems/Node0\"\nserial = \"S\"\nhost_name = \"h\"\nmacs = [\"aa:bb\"]\naliases = [\"a\"]\n\
             [[component]]\nid = \"n\"\nkind = \"node\"\ncontroller = \"i\"\npath = \"0\"\n";
        let file = folder.path().join("inventory.toml");
        std::fs::write(&file, text).unwrap();
        let part = Part::read(&file, timeouts).unwrap();
        write(folder.path(), &part, timeouts).unwrap();
        assert_eq!(read(folder.path(), timeouts).unwrap(), part);
    }
}
