//! The filter: words that must all hold for a component, as the dashboard knows them (docs/filter.md).
//!
//! A word is a part of an id, a pattern of a whole id, or `field:value,value`; `-` in front of it negates it. Words are held against what
//! the fleet stream shows of a component and against what the inventory says of it.

mod pattern;
#[cfg(test)]
mod tests;
mod word;

use std::collections::HashSet;

use switchyard_core::{ComponentId, Kind};

use self::pattern::Pattern;
use super::words;
use crate::engine::{Engine, Flag, Glance};
use crate::inventory::{Component, Inventory};

/// The most characters of a filter.
pub(super) const CHARS_MAX: usize = 4_096;
/// The most words of a filter.
pub(super) const WORDS_MAX: usize = 64;
/// What stands for the lack of a value.
const NONE: &str = "none";

/// A filter that was read.
#[derive(Debug)]
pub(super) struct Filter {
    terms: Vec<Term>,
}

#[derive(Debug)]
struct Term {
    negated: bool,
    test: Test,
}

/// What a word asks of a component.
#[derive(Debug)]
enum Test {
    /// The id contains this.
    Contains(String),
    /// The whole id is of this pattern.
    Pattern(Pattern),
    /// The field has one of these values.
    Value(Field, Vec<String>),
    /// One of these holds.
    Is(Vec<Condition>),
    /// It has one of these flags.
    Flag(Vec<Flag>),
    /// It is of one of these kinds.
    Kind(Vec<Kind>),
    /// It is one of these components, or none of the others.
    Member {
        of: HashSet<ComponentId>,
        none_of: Option<HashSet<ComponentId>>,
    },
}

/// A field with values of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Power,
    Desired,
    Phase,
    Operation,
    By,
    Transition,
    Role,
    Class,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Busy,
    Idle,
    Waiting,
    Unavailable,
}

impl Filter {
    /// Reads a filter. Groups stand for their members as they are in the inventory.
    pub(super) fn read(text: &str, inventory: &Inventory) -> Result<Self, String> {
        let chars = text.chars().count();
        if chars > CHARS_MAX {
            return Err(format!(
                "a filter has at most {CHARS_MAX} characters, not {chars}"
            ));
        }
        let count = text.split_whitespace().count();
        if count > WORDS_MAX {
            return Err(format!("a filter has at most {WORDS_MAX} words, not {count}"));
        }
        let terms: Vec<Term> = text
            .split_whitespace()
            .map(|word| word::read(word, inventory))
            .collect::<Result<_, _>>()?;
        if terms.is_empty() {
            return Err("the filter is empty; leave it out, or write a word such as power:on".to_owned());
        }
        Ok(Self { terms })
    }

    /// Whether it holds for a component.
    pub(super) fn holds(&self, glance: &Glance, component: &Component) -> bool {
        self.terms
            .iter()
            .all(|term| term.test.holds(glance, component) != term.negated)
    }

    /// Whether it asks for kinds of components.
    pub(super) fn asks_for_kinds(&self) -> bool {
        let asks = |term: &Term| !term.negated && matches!(term.test, Test::Kind(_));
        self.terms.iter().any(asks)
    }

    /// The components that it holds for now.
    pub(super) fn select(&self, engine: &Engine) -> HashSet<ComponentId> {
        let fleet = engine.fleet();
        let shown = engine.overview(None);
        let held = shown.rows.iter().filter(|(_, glance)| {
            let row = fleet.component(&glance.id);
            row.is_some_and(|row| self.holds(glance, &row.component))
        });
        held.map(|(_, glance)| glance.id.clone()).collect()
    }
}

impl Test {
    fn holds(&self, glance: &Glance, component: &Component) -> bool {
        match self {
            Self::Contains(part) => glance.id.as_str().to_ascii_lowercase().contains(part),
            Self::Pattern(pattern) => pattern.matches(&glance.id.as_str().to_ascii_lowercase()),
            Self::Value(field, values) => field.is_one_of(values, glance, component),
            Self::Is(conditions) => conditions.iter().any(|condition| condition.holds(glance)),
            Self::Flag(flags) => glance.flags.iter().any(|flag| flags.contains(flag)),
            Self::Kind(kinds) => kinds.contains(&component.kind),
            Self::Member { of, none_of } => {
                let is_in_none = |all: &HashSet<_>| !all.contains(&component.id);
                of.contains(&component.id) || none_of.as_ref().is_some_and(is_in_none)
            }
        }
    }
}

impl Field {
    fn is_one_of(self, values: &[String], glance: &Glance, component: &Component) -> bool {
        let front = glance.front.as_ref();
        let one = |value: Option<&str>| values.iter().any(|wanted| wanted == value.unwrap_or(NONE));
        // Roles and classes are words of other systems, each with its own letter case.
        let one_alike = |value: Option<&str>| {
            let value = value.unwrap_or(NONE);
            values.iter().any(|wanted| wanted.eq_ignore_ascii_case(value))
        };
        match self {
            Self::Power => one(Some(words::state(glance.state))),
            Self::Desired => one(glance.desired.map(words::level)),
            Self::Phase => one(front.map(|front| front.phase)),
            Self::Operation => one(front.map(|front| front.operation.name())),
            Self::By => one(front.map(|front| front.by.as_str())),
            Self::Transition => one(front.map(|front| front.transition.to_string()).as_deref()),
            Self::Role => one_alike(component.facts.role.as_deref()),
            Self::Class => one_alike(component.facts.class.as_deref()),
        }
    }
}

impl Condition {
    const ALL: [Self; 4] = [Self::Busy, Self::Idle, Self::Waiting, Self::Unavailable];

    const fn name(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Idle => "idle",
            Self::Waiting => "waiting",
            Self::Unavailable => "unavailable",
        }
    }

    fn holds(self, glance: &Glance) -> bool {
        match self {
            Self::Busy => glance.front.is_some(),
            Self::Idle => glance.front.is_none(),
            Self::Waiting => glance.front.as_ref().is_some_and(|front| front.waiting > 0),
            Self::Unavailable => !glance.available,
        }
    }
}
