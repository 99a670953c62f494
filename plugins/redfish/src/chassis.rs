//! Where the power of a subject is regulated and metered: its chassis.

use serde_json::Value;
use switchyard_driver_sdk::{Cause, Failure, Kind, Subject, failure};

use crate::ROOT;
use crate::client::Client;
use crate::error::{failure_of_body, is_passing, needs_licence};
use crate::resource::Resource;
use crate::subject::path_of_subject;
use crate::tagged::Tagged;

/// The most chassis that are read to find the one of a system.
const SEARCH_MAX: usize = 12;
/// How long the chassis of a system are remembered, in milliseconds.
const CACHE_TTL_MS: u32 = 3_600_000;
/// Chassis that hold the meters of a system without saying so: Intel's and Foxconn's.
const KNOWN: [&str; 2] = ["Baseboard", "ProcessorModule_0"];

/// A subject's resource and the chassis that regulate and meter it.
pub(crate) struct Regulated {
    /// The subject's own resource.
    pub(crate) own: Tagged,
    /// The chassis; of a chassis itself the one and only.
    pub(crate) chassis: Vec<Resource>,
}

impl Regulated {
    /// Reads a system or chassis, and of a system its chassis.
    pub(crate) fn read(client: &Client<'_>, of: &Subject, what: &str) -> Result<Self, Failure> {
        let path = path_of_subject(client, of)?;
        match of.kind {
            Kind::Node => {
                let own = Tagged::read(client, &path)?;
                let chassis = of_system(client, &own)?;
                Ok(Self { own, chassis })
            }
            Kind::Chassis | Kind::Module | Kind::Router => {
                let own = Tagged::read(client, &path)?;
                let chassis = vec![own.resource.clone()];
                Ok(Self { own, chassis })
            }
            _ => Err(failure(Cause::NotSupported, format!("{path} has no {what}"))),
        }
    }

    /// Whether the subject says that it is off.
    pub(crate) fn is_off(&self) -> bool {
        self.own
            .resource
            .text(&["PowerState"])
            .is_some_and(|state| state.eq_ignore_ascii_case("Off"))
    }
}

/// The chassis of a system: those that it links, else the one of its name, else the only one, else those that link it.
fn of_system(client: &Client<'_>, system: &Tagged) -> Result<Vec<Resource>, Failure> {
    let key = format!("chassis {}", system.path);
    let remembered = client.host().cached(&key);
    if let Some(paths) = remembered.and_then(|bytes| serde_json::from_slice::<Vec<String>>(&bytes).ok()) {
        let found = read_all(client, &paths)?;
        if found.len() == paths.len() {
            return Ok(found.into_iter().map(|(_, resource)| resource).collect());
        }
    }
    let mut found = read_all(client, &system.resource.links(&["Links", "Chassis"]))?;
    if found.is_empty() {
        found = search(client, system)?;
    }
    let paths: Vec<&String> = found.iter().map(|(path, _)| path).collect();
    if let Ok(bytes) = serde_json::to_vec(&paths) {
        client.host().cache(&key, &bytes, CACHE_TTL_MS);
    }
    Ok(found.into_iter().map(|(_, resource)| resource).collect())
}

fn search(client: &Client<'_>, system: &Tagged) -> Result<Vec<(String, Resource)>, Failure> {
    let Some(collection) = client.get(ROOT)?.link(&["Chassis"]) else {
        return Ok(Vec::new());
    };
    let Some(collection) = optional(client, &collection)? else {
        return Ok(Vec::new());
    };
    let members = collection.resource.links(&["Members"]);
    let named: Vec<String> = members
        .iter()
        .filter(|path| last(path) == last(&system.path) || KNOWN.contains(&last(path)))
        .cloned()
        .collect();
    if !named.is_empty() {
        return read_all(client, &named);
    }
    if let [only] = members.as_slice() {
        return read_all(client, std::slice::from_ref(only));
    }
    let mut found = read_all(client, members.get(..SEARCH_MAX).unwrap_or(&members))?;
    found.retain(|(_, chassis)| {
        let systems = chassis.links(&["Links", "ComputerSystems"]);
        systems.iter().any(|path| same(path, &system.path))
    });
    Ok(found)
}

fn read_all(client: &Client<'_>, paths: &[String]) -> Result<Vec<(String, Resource)>, Failure> {
    let mut found = Vec::new();
    for path in paths.iter().take(SEARCH_MAX) {
        found.extend(optional(client, path)?.map(|tagged| (tagged.path, tagged.resource)));
    }
    Ok(found)
}

/// Reads a resource that need not be there. A link that dangles, and an answer that holds nothing but an error of that kind, is nothing;
/// everything else that keeps it from being read is a failure.
pub(crate) fn optional(client: &Client<'_>, path: &str) -> Result<Option<Tagged>, Failure> {
    let read =
        Tagged::read(client, path).and_then(|tagged| match tagged.resource.at(&[]).and_then(error_alone) {
            Some(body) => Err(failure_of_body(body)),
            None => Ok(tagged),
        });
    match read {
        Ok(tagged) => Ok(Some(tagged)),
        Err(failure) if needs_licence(&failure) => Err(failure),
        Err(failure) => match failure.cause {
            Cause::NotFound | Cause::NotSupported => Ok(None),
            _ if is_passing(&failure) => Err(Failure {
                text: format!("{path}: {}", failure.text),
                ..failure
            }),
            _ => Err(failure),
        },
    }
}

/// The body, if it is an error and no resource, which some BMCs send with 200.
fn error_alone(body: &Value) -> Option<&Value> {
    let resource = body.get("@odata.id").or_else(|| body.get("Id"));
    (body.get("error").is_some() && resource.is_none()).then_some(body)
}

/// The last segment of a path.
pub(crate) fn last(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

/// Whether two paths lead to the same resource.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.trim_end_matches('/') == right.trim_end_matches('/')
}
