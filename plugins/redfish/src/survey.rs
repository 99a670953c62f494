//! The walk over a tree: systems, chassis and managers with what they can be asked for.

use switchyard_driver_sdk::{
    Cause, Fact, Failure, Findings, Host, Kind, Member, Pace, Subject, fact, failure,
};

use crate::ROOT;
use crate::client::Client;
use crate::probe::{copy, identity};
use crate::reset::{Reset, note_lasting};
use crate::resource::Resource;

/// The most members that are read of one collection.
const MEMBERS_MAX: usize = 256;
/// The most pages of one collection.
const PAGES_MAX: usize = 16;
/// The collections of the service root that hold subjects.
const COLLECTIONS: [&str; 3] = ["Systems", "Chassis", "Managers"];

struct Found {
    member: Member,
    parent: Option<String>,
}

/// Reads the whole tree once. Parts that are not there, or that the BMC does not show, become facts; a BMC that is away, a refusal of the
/// credentials, or a part that cannot be read for a reason that may pass ends it.
pub fn survey(host: &dyn Host) -> Result<Findings, Failure> {
    let client = Client::new(host);
    let root = client.get(ROOT)?;
    let mut notes = identity(&root);
    let mut found: Vec<Found> = Vec::new();
    let mut linked = false;
    for name in COLLECTIONS {
        let Some(path) = root.link(&[name]) else {
            notes.push(fact("missing", name));
            continue;
        };
        linked = true;
        for path in members(&client, &path, &mut notes)? {
            match client.get(&path) {
                Ok(resource) => found.push(member(&client, name, &path, &resource)?),
                Err(failure) => notes.push(note_lasting(&path, failure)?),
            }
        }
    }
    if !linked {
        return Err(failure(
            Cause::Malformed,
            "the service root links neither Systems, Chassis nor Managers",
        ));
    }
    name_maker(&found, &mut notes);
    Ok(Findings {
        identity: notes,
        pace: Pace {
            parallel: 1,
            gap_ms: 0,
            settle_ms: 0,
            poll_ms: 0,
        },
        members: with_parents(found),
    })
}

/// The paths of a collection's members, page by page, each once.
fn members(client: &Client<'_>, collection: &str, notes: &mut Vec<Fact>) -> Result<Vec<String>, Failure> {
    let mut paths: Vec<String> = Vec::new();
    let mut next = Some(collection.to_owned());
    for _ in 0..PAGES_MAX {
        let Some(page) = next.take() else { break };
        match client.get(&page) {
            Ok(resource) => {
                let strays = resource.strays(&["Members"]);
                if strays > 0 {
                    notes.push(fact("stray", format!("{page}: {strays} members without a link")));
                }
                for path in resource.links(&["Members"]) {
                    if !paths.iter().any(|known| same(known, &path)) {
                        paths.push(path);
                    }
                }
                next = resource
                    .text(&["Members@odata.nextLink"])
                    .and_then(crate::path_of);
            }
            Err(failure) => notes.push(note_lasting(&page, failure)?),
        }
    }
    if paths.len() > MEMBERS_MAX {
        notes.push(fact(
            "stray",
            format!(
                "{collection}: only {MEMBERS_MAX} of {} members were read",
                paths.len()
            ),
        ));
        paths.truncate(MEMBERS_MAX);
    }
    Ok(paths)
}

fn member(client: &Client<'_>, collection: &str, path: &str, resource: &Resource) -> Result<Found, Failure> {
    let kind = kind_of(collection, resource);
    let mut facts = Vec::new();
    copy(
        resource,
        &mut facts,
        &[
            ("Manufacturer", "manufacturer"),
            ("Model", "model"),
            ("FirmwareVersion", "firmware"),
            ("BiosVersion", "bios-version"),
            ("SystemType", "type"),
            ("ChassisType", "type"),
            ("ManagerType", "type"),
        ],
    );
    if let Some(state) = resource.text(&["Status", "State"]) {
        facts.push(fact("status", state));
    }
    let reset = Reset::of(client, resource, &mut facts)?;
    if let Some(reset) = &reset {
        reset.remember(client, path);
        facts.extend(
            reset
                .unknown_values()
                .map(|value| fact("unknown-reset-type", value)),
        );
    }
    let name = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(path)
        .to_owned();
    let member = Member {
        subject: Subject {
            kind,
            id: path.to_owned(),
        },
        name,
        parent: None,
        abilities: reset.map(|reset| reset.abilities(kind)).unwrap_or_default(),
        facts,
    };
    Ok(Found {
        member,
        parent: parent_of(resource),
    })
}

fn kind_of(collection: &str, resource: &Resource) -> Kind {
    match collection {
        "Systems" => Kind::Node,
        "Managers" => Kind::Controller,
        _ => match resource.text(&["ChassisType"]) {
            Some("Blade" | "Sled" | "Module") => Kind::Module,
            _ => Kind::Chassis,
        },
    }
}

fn parent_of(resource: &Resource) -> Option<String> {
    resource
        .links(&["Links", "Chassis"])
        .into_iter()
        .next()
        .or_else(|| resource.link(&["Links", "ContainedBy"]))
        .or_else(|| resource.link(&["Links", "ManagerInChassis"]))
}

/// Gives every member the parent that its resource names, when that was found too.
fn with_parents(found: Vec<Found>) -> Vec<Member> {
    let subjects: Vec<Subject> = found.iter().map(|found| found.member.subject.clone()).collect();
    let parent = |path: Option<String>, own: &str| {
        let path = path?;
        subjects
            .iter()
            .find(|subject| same(&subject.id, &path) && subject.id != own)
            .cloned()
    };
    found
        .into_iter()
        .map(
            |Found {
                 mut member,
                 parent: path,
             }| {
                member.parent = parent(path, &member.subject.id);
                member
            },
        )
        .collect()
}

/// A BMC whose root names no vendor is named after its first system or chassis.
fn name_maker(found: &[Found], notes: &mut Vec<Fact>) {
    for name in ["manufacturer", "model", "firmware"] {
        let value = found
            .iter()
            .flat_map(|found| &found.member.facts)
            .find(|fact| fact.name == name);
        notes.extend(value.cloned());
    }
}

fn same(left: &str, right: &str) -> bool {
    left.trim_end_matches('/') == right.trim_end_matches('/')
}
