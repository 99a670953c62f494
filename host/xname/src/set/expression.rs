//! Evaluation of an expression, term by term from left to right.

use super::error::Error;
use super::pattern::{Cursor, Pattern};
use super::{EXPRESSION_MAX_BYTES, GROUPS_MAX, NAMES_MAX, NameSet};
use crate::name::Name;

/// How a term changes the set that stands before it.
#[derive(Clone, Copy)]
enum Operator {
    Union,
    Difference,
    Intersection,
    SymmetricDifference,
}

impl Operator {
    fn take(cursor: &mut Cursor<'_>) -> Option<Self> {
        [
            (',', Self::Union),
            ('!', Self::Difference),
            ('&', Self::Intersection),
            ('^', Self::SymmetricDifference),
        ]
        .into_iter()
        .find_map(|(sign, operator)| cursor.take(sign).then_some(operator))
    }

    /// The work is proportional to the term, save for names that leave the set for good.
    fn apply(self, set: &mut NameSet, term: NameSet) {
        match self {
            Self::Union if set.is_empty() => *set = term,
            Self::Union => set.extend(term),
            Self::Difference => term.iter().for_each(|name| {
                set.remove(name);
            }),
            Self::Intersection => set.0.retain(|name| term.contains(name)),
            Self::SymmetricDifference => {
                for name in term {
                    if !set.remove(&name) {
                        set.insert(name);
                    }
                }
            }
        }
    }
}

/// Reads and works through an expression; see [`NameSet::parse`].
pub(super) fn evaluate(expression: &str, groups: &dyn Fn(&str) -> Option<NameSet>) -> Result<NameSet, Error> {
    if expression.len() > EXPRESSION_MAX_BYTES {
        return Err(Error::ExpressionTooLong {
            bytes: expression.len(),
        });
    }
    let mut cursor = Cursor::new(expression);
    let mut set = NameSet::new();
    let mut terms = Terms {
        groups,
        names: 0,
        references: 0,
    };
    skip_space(&mut cursor);
    if cursor.peek().is_none() {
        return Ok(set);
    }
    let mut operator = Operator::Union;
    loop {
        let position = cursor.position();
        operator.apply(&mut set, terms.read(&mut cursor)?);
        if set.len() > NAMES_MAX {
            return Err(Error::TooManyNames { position });
        }
        skip_space(&mut cursor);
        operator = match (Operator::take(&mut cursor), cursor.peek()) {
            (Some(next), _) => next,
            (None, None) => return Ok(set),
            (None, Some(found)) => {
                return Err(Error::UnexpectedCharacter {
                    position: cursor.position(),
                    found,
                });
            }
        };
        skip_space(&mut cursor);
    }
}

fn skip_space(cursor: &mut Cursor<'_>) {
    cursor.take_while(|c| c.is_ascii_whitespace());
}

/// Reads terms and counts what they cost against the limits of one expression.
struct Terms<'g> {
    groups: &'g dyn Fn(&str) -> Option<NameSet>,
    names: usize,
    references: usize,
}

impl Terms<'_> {
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Result<NameSet, Error> {
        let position = cursor.position();
        let is_group = cursor.take('@');
        let pattern = Pattern::read(cursor)?;
        if pattern.is_empty() {
            return Err(match cursor.peek() {
                Some(found) if !matches!(found, ',' | '!' | '&' | '^') => Error::UnexpectedCharacter {
                    position: cursor.position(),
                    found,
                },
                _ => Error::MissingName {
                    position: cursor.position(),
                },
            });
        }
        if is_group {
            self.members(&pattern, position)
        } else {
            self.names(&pattern, position)
        }
    }

    fn names(&mut self, pattern: &Pattern<'_>, position: usize) -> Result<NameSet, Error> {
        self.names = self.names.saturating_add(pattern.count());
        if self.names > NAMES_MAX {
            return Err(Error::TooManyNames { position });
        }
        let names = pattern.expand().into_iter().map(|name| Name::parse(&name));
        names
            .collect::<Result<_, _>>()
            .map_err(|_| Error::NameTooLong { position })
    }

    fn members(&mut self, pattern: &Pattern<'_>, position: usize) -> Result<NameSet, Error> {
        self.references = self.references.saturating_add(pattern.count());
        if self.references > GROUPS_MAX {
            return Err(Error::TooManyGroups { position });
        }
        let mut members = NameSet::new();
        for group in pattern.expand() {
            match (self.groups)(&group) {
                Some(found) => members.extend(found),
                None => return Err(Error::UnknownGroup { position, group }),
            }
        }
        Ok(members)
    }
}
