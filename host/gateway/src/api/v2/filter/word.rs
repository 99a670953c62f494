//! One word of a filter.

use std::collections::HashSet;

use switchyard_core::{ComponentId, Kind, Operation, PowerState};

use super::pattern::Pattern;
use super::{Condition, Field, NONE, Term, Test, words};
use crate::document::nearest;
use crate::engine::Flag;
use crate::inventory::Inventory;

/// The fields there are, for whoever wrote another.
const FIELDS: [&str; 12] = [
    "power",
    "desired",
    "phase",
    "op",
    "by",
    "transition",
    "is",
    "flag",
    "group",
    "kind",
    "role",
    "class",
];
const STATES: [PowerState; 7] = [
    PowerState::On,
    PowerState::Off,
    PowerState::PoweringOn,
    PowerState::PoweringOff,
    PowerState::Paused,
    PowerState::Asleep,
    PowerState::Unknown,
];
/// What has ended is in no line.
const PHASES: [&str; 9] = [
    "queued",
    "preparing",
    "reserving",
    "backoff",
    "intent",
    "pending",
    "verifying",
    "refused",
    "closing",
];
const KINDS: [Kind; 8] = [
    Kind::Node,
    Kind::Chassis,
    Kind::Module,
    Kind::Router,
    Kind::Controller,
    Kind::Outlet,
    Kind::NetworkSwitch,
    Kind::Other,
];

/// Reads a word, or says what is wrong with it.
pub(super) fn read(word: &str, inventory: &Inventory) -> Result<Term, String> {
    let (negated, bare) = match word.strip_prefix('-') {
        Some(bare) => (true, bare),
        None => (false, word),
    };
    if bare.is_empty() {
        return Err("- stands alone; it negates the word that it touches, as in -power:on".to_owned());
    }
    let test = match bare.split_once(':') {
        None => of_id(bare)?,
        Some((field, values)) => of_field(field, values, inventory)?,
    };
    Ok(Term { negated, test })
}

fn of_id(word: &str) -> Result<Test, String> {
    if let Some(group) = word.strip_prefix('@') {
        return Err(format!(
            "{word} is a set expression; in a filter it is group:{group}"
        ));
    }
    let lower = word.to_ascii_lowercase();
    if lower.contains(['*', '[', ']']) {
        Pattern::read(&lower).map(Test::Pattern)
    } else {
        Ok(Test::Contains(lower))
    }
}

fn of_field(field: &str, text: &str, inventory: &Inventory) -> Result<Test, String> {
    if !FIELDS.contains(&field) {
        let meant = match nearest(field, &FIELDS) {
            Some(near) => format!("did you mean {near}:?"),
            None => format!("there are {}", FIELDS.join(", ")),
        };
        return Err(format!("there is no field {field}:; {meant}"));
    }
    let values: Vec<&str> = text.split(',').collect();
    if values.contains(&"") {
        return Err(format!(
            "{field}: has an empty value; write {field}:value or {field}:value,value"
        ));
    }
    let any = |field| Ok(Test::Value(field, owned(&values)));
    let one_of = |kind: Field, known: &[&str]| {
        known_values(field, &values, known)?;
        Ok(Test::Value(kind, owned(&values)))
    };
    match field {
        "power" => one_of(Field::Power, &STATES.map(words::state)),
        "desired" => one_of(Field::Desired, &["on", "off", NONE]),
        "phase" => one_of(Field::Phase, &with_none(&PHASES)),
        "op" => one_of(Field::Operation, &with_none(&Operation::ALL.map(Operation::name))),
        "by" => any(Field::By),
        "transition" => any(Field::Transition),
        "role" => any(Field::Role),
        "class" => any(Field::Class),
        "is" => named(field, &values, &Condition::ALL, Condition::name).map(Test::Is),
        "flag" => named(field, &values, &Flag::ALL, Flag::name).map(Test::Flag),
        "kind" => named(field, &values, &KINDS, words::kind).map(Test::Kind),
        _ => of_groups(&values, inventory),
    }
}

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn with_none<'a>(known: &[&'a str]) -> Vec<&'a str> {
    known.iter().copied().chain([NONE]).collect()
}

/// Sees to it that a field has only values that it can have.
fn known_values(field: &str, values: &[&str], known: &[&str]) -> Result<(), String> {
    match values.iter().find(|value| !known.contains(value)) {
        None => Ok(()),
        Some(wrong) => Err(format!("{field}: knows {}; not {wrong}", known.join(", "))),
    }
}

/// The things that the values name.
fn named<T: Copy, const N: usize>(
    field: &str,
    values: &[&str],
    all: &[T; N],
    name: impl Fn(T) -> &'static str,
) -> Result<Vec<T>, String> {
    let names = all.map(&name);
    known_values(field, values, &names)?;
    let is_meant = |thing: &T| values.contains(&name(*thing));
    Ok(all.iter().copied().filter(is_meant).collect())
}

fn of_groups(values: &[&str], inventory: &Inventory) -> Result<Test, String> {
    let mut of = HashSet::new();
    let mut none_of = None;
    for value in values {
        if let Some(group) = inventory.group(value) {
            of.extend(group.members.iter().cloned());
        } else if *value == NONE {
            none_of = Some(in_any(inventory));
        } else {
            return Err(inventory.no_group("", value));
        }
    }
    Ok(Test::Member { of, none_of })
}

/// Everything that is in some group.
fn in_any(inventory: &Inventory) -> HashSet<ComponentId> {
    let groups = inventory.groups();
    groups.flat_map(|group| group.members.iter().cloned()).collect()
}
