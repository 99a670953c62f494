//! Sets of names, written and read as expressions with ranges.

use std::collections::{BTreeSet, btree_set};
use std::fmt;

use crate::name::{self, Name};

mod error;
mod expression;
mod fold;
mod pattern;

pub use error::Error;

/// The most names that one expression may stand for, before duplicates are removed.
pub const NAMES_MAX: usize = 100_000;
/// The most bracketed ranges in one name.
pub const DIMENSIONS_MAX: usize = 6;
/// The most references to groups in one expression.
pub const GROUPS_MAX: usize = 256;
/// The longest expression, in bytes.
pub const EXPRESSION_MAX_BYTES: usize = 4 << 20;

/// A set of component names in natural order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NameSet(BTreeSet<Name>);

impl NameSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads an expression such as `x1000c[0-7]s[0-7]b0n[0-1],node[001-100]!node050,@gpu`.
    ///
    /// - A range `[0-3,5]` stands for its numbers; `[001-100]` keeps the leading zeros. Up to
    ///   [`DIMENSIONS_MAX`] ranges make all combinations.
    /// - `,` adds names, `!` removes them, `&` keeps those in both, `^` those in one of the two. They are
    ///   worked through from left to right, none binds closer.
    /// - `@name` is a group; `groups` is asked for its members and answers `None` when there is no such
    ///   group. Groups may have ranges too: `@rack[1-3]`.
    /// - White space is allowed around terms. A blank expression is the empty set.
    ///
    /// # Errors
    /// Every [`Error`] about the text tells its position. The limits [`NAMES_MAX`], [`DIMENSIONS_MAX`],
    /// [`GROUPS_MAX`] and [`EXPRESSION_MAX_BYTES`] hold before anything is expanded.
    pub fn parse(expression: &str, groups: impl Fn(&str) -> Option<Self>) -> Result<Self, Error> {
        expression::evaluate(expression, &groups)
    }

    /// Reads an expression in which groups are unknown; see [`parse`](Self::parse).
    pub fn parse_names(expression: &str) -> Result<Self, Error> {
        Self::parse(expression, |_| None)
    }

    /// Collects names that are still text. The first that is no name is the error.
    pub fn from_texts<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Result<Self, name::Error> {
        texts.into_iter().map(|text| Name::parse(text.as_ref())).collect()
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the set has no names.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the name is in the set.
    pub fn contains(&self, name: &Name) -> bool {
        self.0.contains(name)
    }

    /// The names in natural order.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.0.iter())
    }

    /// Adds a name; false if it was there already.
    pub fn insert(&mut self, name: Name) -> bool {
        self.0.insert(name)
    }

    /// Removes a name; false if it was not there.
    pub fn remove(&mut self, name: &Name) -> bool {
        self.0.remove(name)
    }

    /// The names in either set (`,`).
    pub fn union(&self, other: &Self) -> Self {
        Self(&self.0 | &other.0)
    }

    /// The names in this set and not in the other (`!`).
    pub fn difference(&self, other: &Self) -> Self {
        Self(&self.0 - &other.0)
    }

    /// The names in both sets (`&`).
    pub fn intersection(&self, other: &Self) -> Self {
        Self(&self.0 & &other.0)
    }

    /// The names in exactly one of the sets (`^`).
    pub fn symmetric_difference(&self, other: &Self) -> Self {
        Self(&self.0 ^ &other.0)
    }

    /// Writes the set as a short expression, folded in all dimensions:
    /// `x1000c0s[0-1]b0n[0-1],x1000c0s2b0n0`.
    ///
    /// [`parse_names`](Self::parse_names) reads it back to the same set, if it has at most [`NAMES_MAX`]
    /// names. The terms are in natural order; the empty set is the empty text.
    pub fn fold(&self) -> String {
        fold::fold(self.0.iter().map(Name::as_str))
    }
}

impl fmt::Display for NameSet {
    /// The folded set; see [`NameSet::fold`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fold())
    }
}

impl fmt::Debug for NameSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NameSet({})", self.fold())
    }
}

impl FromIterator<Name> for NameSet {
    fn from_iter<I: IntoIterator<Item = Name>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

impl Extend<Name> for NameSet {
    fn extend<I: IntoIterator<Item = Name>>(&mut self, names: I) {
        self.0.extend(names);
    }
}

impl IntoIterator for NameSet {
    type Item = Name;
    type IntoIter = btree_set::IntoIter<Name>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a NameSet {
    type Item = &'a Name;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The names of a [`NameSet`] in natural order.
#[derive(Debug, Clone)]
pub struct Iter<'a>(btree_set::Iter<'a, Name>);

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Name;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back()
    }
}

impl ExactSizeIterator for Iter<'_> {}
