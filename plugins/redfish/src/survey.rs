//! The walk over a tree: systems, chassis and managers with what they can be asked for.

use switchyard_driver_sdk::{
    Cause, Fact, Failure, Findings, Host, Kind, Member, Pace, Subject, fact, failure,
};

use crate::ROOT;
use crate::client::Client;
use crate::dialect::{Dialect, Difference, differences};
use crate::error::is_passing;
use crate::outlet;
use crate::probe::{copy, identity};
use crate::reset::{Reset, note, note_lasting};
use crate::resource::Resource;
use crate::root;

/// The most members that are read of one collection.
const MEMBERS_MAX: usize = 256;
/// The most pages of one collection.
const PAGES_MAX: usize = 16;
/// The collections of the service root that hold subjects.
const COLLECTIONS: [&str; 3] = ["Systems", "Chassis", "Managers"];

struct Found {
    member: Member,
    reset: Option<Reset>,
    parent: Option<String>,
    /// The systems that a chassis holds.
    systems: Vec<String>,
}

/// Reads the whole tree once. Parts that are not there, or that the BMC does not show, become facts; a BMC that is away, a refusal of the
/// credentials, or a part that cannot be read for a reason that may pass ends it.
pub fn survey(host: &dyn Host, dialect: &'static Dialect) -> Result<Findings, Failure> {
    let client = Client::new(host, dialect);
    let root = client.get(ROOT)?;
    let mut notes = identity(&root);
    let mut found: Vec<Found> = Vec::new();
    let mut linked = false;
    for name in COLLECTIONS {
        let Some(path) = path_of_collection(&client, &root, name)? else {
            notes.push(fact("missing", name));
            continue;
        };
        linked = true;
        for path in members(&client, &path, &mut notes)? {
            match client.get(&path) {
                Ok(resource) => found.push(member(&client, name, &path, &resource)?),
                Err(failure) => notes.push(note_lost(dialect, &path, failure)?),
            }
        }
    }
    if let Some(path) = root.link(&["PowerEquipment"]) {
        linked = true;
        match client.get(&path) {
            Ok(equipment) => found.extend(outlets(&client, &equipment, &mut notes)?),
            Err(failure) => notes.push(note_lost(dialect, &path, failure)?),
        }
    }
    if !linked {
        return Err(failure(
            Cause::Malformed,
            "the service root links neither Systems, Chassis, Managers nor PowerEquipment",
        ));
    }
    name_maker(&found, &mut notes);
    lend_to_systems(&mut found);
    let pace = apply_models(&client, &mut found);
    for found in &mut found {
        if let Some(reset) = &found.reset {
            reset.remember(&client, &found.member.subject.id);
            found.member.abilities = reset.abilities(dialect, found.member.subject.kind);
        }
    }
    Ok(Findings {
        identity: notes,
        pace,
        members: with_parents(dialect, found),
    })
}

/// The power distribution units and their outlets.
fn outlets(client: &Client<'_>, equipment: &Resource, notes: &mut Vec<Fact>) -> Result<Vec<Found>, Failure> {
    let of_member = |member: Member| Found {
        parent: member.parent.as_ref().map(|unit| unit.id.clone()),
        member,
        reset: None,
        systems: Vec::new(),
    };
    let members = outlet::find(client, equipment, notes)?;
    Ok(members.into_iter().map(of_member).collect())
}

fn path_of_collection(client: &Client<'_>, root: &Resource, name: &str) -> Result<Option<String>, Failure> {
    match root.link(&[name]) {
        Some(path) => Ok(Some(path)),
        None => Ok(root::collection(client, root, name)?.map(|(path, _)| path)),
    }
}

/// A member that cannot be read. Where the make loses single members for a while without losing the others, it becomes a fact.
fn note_lost(dialect: &Dialect, path: &str, failure: Failure) -> Result<Fact, Failure> {
    let answered = failure.status.is_some();
    if dialect.survives_lost_members && answered && is_passing(&failure) {
        note(path, failure)
    } else {
        note_lasting(path, failure)
    }
}

/// A chassis that holds one system alone lends it the make's own actions that the system lacks: who switches the node need not know
/// where the make has put them.
fn lend_to_systems(found: &mut [Found]) {
    let lent: Vec<(String, Vec<crate::OemTarget>)> = found
        .iter()
        .filter_map(|chassis| match (chassis.systems.as_slice(), &chassis.reset) {
            ([only], Some(reset)) if !reset.oem.is_empty() => Some((only.clone(), reset.oem.clone())),
            _ => None,
        })
        .collect();
    for (system, actions) in lent {
        let borrower = found
            .iter_mut()
            .find(|found| found.member.subject.kind == Kind::Node && same(&found.member.subject.id, &system));
        if let Some(Found {
            reset: Some(reset), ..
        }) = borrower
        {
            for action in actions {
                if !reset.oem.iter().any(|own| own.what == action.what) {
                    reset.oem.push(action);
                }
            }
        }
    }
}

/// Applies the make's rules on single models, which may look at a member and at the BMC's own firmware. Gives the pace.
fn apply_models(client: &Client<'_>, found: &mut [Found]) -> Pace {
    let dialect = client.dialect();
    let mut pace = dialect.pace;
    let of_bmc: Vec<Fact> = found
        .iter()
        .filter(|found| found.member.subject.kind == Kind::Controller)
        .flat_map(|found| &found.member.facts)
        .filter_map(|known| match known.name.as_str() {
            "firmware" => Some(known.clone()),
            "model" => Some(fact("manager-model", known.value.as_str())),
            _ => None,
        })
        .collect();
    for found in found.iter_mut() {
        let facts: Vec<Fact> = found.member.facts.iter().chain(&of_bmc).cloned().collect();
        let facts: Vec<&Fact> = facts.iter().collect();
        for difference in differences(dialect.models, &facts) {
            match difference {
                Difference::Drops(what) => {
                    if let Some(reset) = &mut found.reset {
                        reset.drop(what);
                    }
                }
                Difference::Advises(advice) => found.member.facts.push(fact("advice", advice)),
                Difference::KeepsConnection => client.note_keeps_connections(),
                Difference::Settles(ms) => pace.settle_ms = pace.settle_ms.max(ms),
            }
        }
    }
    pace
}

/// The paths of a collection's members, page by page, each once.
pub(crate) fn members(
    client: &Client<'_>,
    collection: &str,
    notes: &mut Vec<Fact>,
) -> Result<Vec<String>, Failure> {
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
    let kind = (client.dialect().kind)(collection, resource, kind_of(collection, resource));
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
        abilities: Vec::new(),
        facts,
    };
    Ok(Found {
        member,
        reset,
        parent: parent_of(resource),
        systems: resource.links(&["Links", "ComputerSystems"]),
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

/// Gives every member the parent that its resource, or else the dialect, names, when that was found too.
fn with_parents(dialect: &Dialect, found: Vec<Found>) -> Vec<Member> {
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
                 ..
             }| {
                let path = path.or_else(|| (dialect.parent)(&member.subject.id).map(str::to_owned));
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
