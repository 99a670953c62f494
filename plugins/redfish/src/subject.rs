//! From a subject to the path of its resource.

use switchyard_driver_sdk::{Cause, Failure, Kind, Subject, failure};

use crate::ROOT;
use crate::client::Client;
use crate::reset::{Reset, note};
use crate::resource::path_of;
use crate::root::collection;

/// The most members of a collection that are looked at in search of the only one that can be switched.
const LOOK_MAX: usize = 8;
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

/// The only member, or the only one of several that can be switched: collections also hold what is no component of its own.
fn only_member(client: &Client<'_>, name: &str) -> Result<String, Failure> {
    let Some((path, collection)) = collection(client, &client.get(ROOT)?, name)? else {
        return Err(failure(
            Cause::NotFound,
            format!("the service root has no {name}"),
        ));
    };
    let members = collection.links(&["Members"]);
    match members.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(failure(Cause::NotFound, format!("{path} has no members"))),
        many => only_switchable(client, many)?.ok_or_else(|| {
            failure(
                Cause::Invalid,
                format!("{path} has several members, name one of {}", many.join(", ")),
            )
        }),
    }
}

fn only_switchable(client: &Client<'_>, members: &[String]) -> Result<Option<String>, Failure> {
    if members.len() > LOOK_MAX {
        return Ok(None);
    }
    let mut found: Option<String> = None;
    for path in members {
        let switchable = match client.get(path) {
            Ok(resource) => Reset::of(client, &resource, &mut Vec::new())?.is_some(),
            Err(failure) => {
                note(path, failure)?;
                false
            }
        };
        if switchable && found.replace(path.clone()).is_some() {
            return Ok(None);
        }
    }
    Ok(found)
}
