//! Recognising Intel AMT in two queries.

use switchyard_driver_sdk::{Fact, Failure, Host, fact};

use crate::client::Client;
use crate::soap::{Class, cim};

/// Versions of the firmware's parts.
const SOFTWARE: Class = cim("CIM_SoftwareIdentity");
/// The platform's id.
const PACKAGE: Class = cim("CIM_ComputerSystemPackage");

/// Reads version and id.
pub(crate) fn probe(host: &dyn Host) -> Result<Vec<Fact>, Failure> {
    identity(&Client::new(host))
}

pub(crate) fn identity(client: &Client<'_>) -> Result<Vec<Fact>, Failure> {
    let mut facts = vec![
        fact("protocol", "amt"),
        fact("vendor", "Intel"),
        fact("product", "AMT"),
    ];
    let software = client.get(SOFTWARE, &[("InstanceID", "AMT")])?;
    if let Some(version) = software.text("VersionString") {
        facts.push(fact("firmware", version));
    }
    if let Some(package) = client.get_if_there(PACKAGE, &[])?
        && let Some(uuid) = package.text("PlatformGUID").and_then(uuid)
    {
        facts.push(fact("uuid", uuid));
    }
    Ok(facts)
}

/// The UUID in a platform GUID: 32 digits of which the first three groups stand byte by byte the other way round (SMBIOS, section
/// 7.2.1).
pub(crate) fn uuid(guid: &str) -> Option<String> {
    let digits: Vec<char> = guid.chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 || !digits.iter().all(char::is_ascii_hexdigit) {
        return None;
    }
    let bytes: Vec<String> = digits.chunks(2).map(|pair| pair.iter().collect()).collect();
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::new();
    for (at, from) in order.into_iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(bytes.get(from)?);
    }
    Some(text.to_ascii_lowercase())
}
