//! What can be wrong with a set expression.

use super::{DIMENSIONS_MAX, EXPRESSION_MAX_BYTES, GROUPS_MAX, NAMES_MAX};
use crate::name::NAME_MAX_BYTES;

/// Why a text is no set of names. Positions are characters of the expression, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The expression is longer than [`EXPRESSION_MAX_BYTES`].
    #[error("the set expression has {bytes} bytes, more than {EXPRESSION_MAX_BYTES}; use ranges or groups")]
    ExpressionTooLong {
        /// The length of the expression.
        bytes: usize,
    },
    /// A name or group is missing, at the end or beside an operator.
    #[error("a name or @group is missing at character {position}")]
    MissingName {
        /// Where it should begin.
        position: usize,
    },
    /// A character that can stand in no expression, or not here.
    #[error("unexpected {found:?} at character {position}; names are joined by ',', '!', '&' or '^'")]
    UnexpectedCharacter {
        /// Where it stands.
        position: usize,
        /// The character.
        found: char,
    },
    /// A `[` without its `]`.
    #[error("the '[' at character {position} is not closed")]
    UnclosedBracket {
        /// Where the bracket opens.
        position: usize,
    },
    /// A number is missing or too large inside brackets.
    #[error("a number of 1 to 18 digits is needed at character {position}, as in [0-3,5]")]
    BadNumber {
        /// Where it should begin.
        position: usize,
    },
    /// A range that counts downwards.
    #[error("the range {range} at character {position} does not ascend; write the smaller number first")]
    Descending {
        /// Where the range begins.
        position: usize,
        /// The range as written.
        range: String,
    },
    /// The ends of a range with leading zeros differ in width.
    #[error(
        "the range {range} at character {position} mixes widths; give both ends the same number of digits"
    )]
    MixedWidths {
        /// Where the range begins.
        position: usize,
        /// The range as written.
        range: String,
    },
    /// A name with more than [`DIMENSIONS_MAX`] ranges.
    #[error("the name at character {position} has more than {DIMENSIONS_MAX} bracketed ranges")]
    TooManyDimensions {
        /// Where the name begins.
        position: usize,
    },
    /// A name longer than [`NAME_MAX_BYTES`].
    #[error("the name at character {position} would be longer than {NAME_MAX_BYTES} bytes")]
    NameTooLong {
        /// Where the name begins.
        position: usize,
    },
    /// The expression stands for more than [`NAMES_MAX`] names.
    #[error("the set grows beyond {NAMES_MAX} names at character {position}; split it into smaller sets")]
    TooManyNames {
        /// Where the term begins that goes beyond.
        position: usize,
    },
    /// The expression refers to more than [`GROUPS_MAX`] groups.
    #[error("more than {GROUPS_MAX} references to groups, at character {position}")]
    TooManyGroups {
        /// Where the term begins that goes beyond.
        position: usize,
    },
    /// Nobody knows the group.
    #[error("there is no group @{group} (at character {position})")]
    UnknownGroup {
        /// Where the term begins.
        position: usize,
        /// The group's name without `@`.
        group: String,
    },
}
