//! From a subject to the path of its resource.

use switchyard_driver_sdk::{Cause, Failure, Kind, Subject, failure};

use crate::ROOT;
use crate::client::Client;
use crate::resource::path_of;

/// How long the only member of a collection is remembered, in milliseconds.
const CACHE_TTL_MS: u32 = 3_600_000;

/// The path of a subject. An empty id stands for the only resource of its kind.
pub(crate) fn path_of_subject(client: &Client<'_>, subject: &Subject) -> Result<String, Failure> {
    if !subject.id.is_empty() {
        return path_of(&subject.id).ok_or_else(|| {
            failure(
                Cause::Invalid,
                format!("{:?} is no path of a Redfish resource", subject.id),
            )
        });
    }
    let collection = match subject.kind {
        Kind::Node => "Systems",
        Kind::Chassis | Kind::Module | Kind::Router => "Chassis",
        Kind::Controller => "Managers",
        Kind::Outlet | Kind::NetworkSwitch | Kind::Other => {
            return Err(failure(
                Cause::Invalid,
                "a subject of this kind needs the path of its resource",
            ));
        }
    };
    let key = format!("only {collection}");
    if let Some(path) = client
        .host()
        .cached(&key)
        .and_then(|bytes| String::from_utf8(bytes).ok())
    {
        return Ok(path);
    }
    let path = only_member(client, collection)?;
    client.host().cache(&key, path.as_bytes(), CACHE_TTL_MS);
    Ok(path)
}

fn only_member(client: &Client<'_>, collection: &str) -> Result<String, Failure> {
    let root = client.get(ROOT)?;
    let Some(path) = root.link(&[collection]) else {
        return Err(failure(
            Cause::NotFound,
            format!("the service root has no {collection}"),
        ));
    };
    let members = client.get(&path)?.links(&["Members"]);
    match members.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(failure(Cause::NotFound, format!("{path} has no members"))),
        many => Err(failure(
            Cause::Invalid,
            format!("{path} has several members, name one of {}", many.join(", ")),
        )),
    }
}
