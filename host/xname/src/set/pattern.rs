//! One term of an expression: a name with bracketed ranges.

use std::ops::RangeInclusive;

use super::error::Error;
use super::{DIMENSIONS_MAX, NAMES_MAX};
use crate::name::{NAME_MAX_BYTES, is_name_character};

/// The most digits of a number inside brackets; all such numbers fit into 64 bits.
pub(super) const NUMBER_MAX_DIGITS: usize = 18;

/// What is still unread of an expression.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    whole: &'a str,
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(whole: &'a str) -> Self {
        Self { whole, rest: whole }
    }

    /// The place of the next character, counted from 1. Everything that was read is ASCII.
    pub(super) fn position(&self) -> usize {
        self.whole.len() - self.rest.len() + 1
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Reads the next character if it is this one.
    pub(super) fn take(&mut self, wanted: char) -> bool {
        let found = self.rest.strip_prefix(wanted);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// Reads on while the characters fit.
    pub(super) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let after = self.rest.trim_start_matches(fits);
        let (taken, _) = self.rest.split_at(self.rest.len() - after.len());
        self.rest = after;
        taken
    }
}

/// A range of numbers, each written with at least `width` digits.
#[derive(Debug)]
struct NumberRange {
    numbers: RangeInclusive<u64>,
    width: usize,
    digits_max: usize,
}

#[derive(Debug)]
enum Part<'a> {
    Text(&'a str),
    Ranges(Vec<NumberRange>),
}

/// A name with up to [`DIMENSIONS_MAX`] bracketed ranges, checked but not expanded.
#[derive(Debug)]
pub(super) struct Pattern<'a> {
    parts: Vec<Part<'a>>,
    count: usize,
}

impl<'a> Pattern<'a> {
    /// Reads a pattern up to the first character that belongs to none; empty if that is the next one.
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Error> {
        let position = cursor.position();
        let mut pattern = Self {
            parts: Vec::new(),
            count: 1,
        };
        let (mut dimensions, mut bytes) = (0, 0);
        loop {
            let text = cursor.take_while(is_name_character);
            if !text.is_empty() {
                bytes += text.len();
                pattern.parts.push(Part::Text(text));
            } else if cursor.peek() == Some('[') {
                dimensions += 1;
                if dimensions > DIMENSIONS_MAX {
                    return Err(Error::TooManyDimensions { position });
                }
                let ranges = read_ranges(cursor)?;
                bytes += ranges.iter().map(|range| range.digits_max).max().unwrap_or(0);
                pattern.count = pattern.count.saturating_mul(count(&ranges));
                pattern.parts.push(Part::Ranges(ranges));
            } else {
                break;
            }
        }
        if bytes > NAME_MAX_BYTES {
            return Err(Error::NameTooLong { position });
        }
        Ok(pattern)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// How many names the pattern stands for, duplicates included, up to `usize::MAX`.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Every name, in the order of the ranges. The caller has checked the [`count`](Self::count).
    pub(super) fn expand(&self) -> Vec<String> {
        let mut names = vec![String::new()];
        for part in &self.parts {
            match part {
                Part::Text(text) => names.iter_mut().for_each(|name| name.push_str(text)),
                Part::Ranges(ranges) => {
                    let numbers = numerals(ranges);
                    names = names
                        .iter()
                        .flat_map(|name| numbers.iter().map(move |number| format!("{name}{number}")))
                        .collect();
                }
            }
        }
        names
    }
}

fn numerals(ranges: &[NumberRange]) -> Vec<String> {
    let numerals = |range: &NumberRange| {
        let width = range.width;
        range
            .numbers
            .clone()
            .map(move |number| format!("{number:0width$}"))
    };
    ranges.iter().flat_map(numerals).collect()
}

fn count(ranges: &[NumberRange]) -> usize {
    ranges.iter().fold(0, |sum, range| {
        let span = (range.numbers.end() - range.numbers.start()).saturating_add(1);
        sum.saturating_add(usize::try_from(span).unwrap_or(usize::MAX))
    })
}

/// Reads `[0-3,5]`.
fn read_ranges(cursor: &mut Cursor<'_>) -> Result<Vec<NumberRange>, Error> {
    let position = cursor.position();
    cursor.take('[');
    let mut ranges = Vec::new();
    loop {
        if ranges.len() >= NAMES_MAX {
            return Err(Error::TooManyNames { position });
        }
        ranges.push(read_range(cursor, position)?);
        if cursor.take(']') {
            return Ok(ranges);
        }
        if !cursor.take(',') {
            return Err(match cursor.peek() {
                Some(found) if !matches!(found, '[' | '!' | '&' | '^' | '@') => Error::UnexpectedCharacter {
                    position: cursor.position(),
                    found,
                },
                _ => Error::UnclosedBracket { position },
            });
        }
    }
}

fn read_range(cursor: &mut Cursor<'_>, bracket: usize) -> Result<NumberRange, Error> {
    let position = cursor.position();
    let (first_text, first) = read_number(cursor, bracket)?;
    let (last_text, last) = if cursor.take('-') {
        read_number(cursor, bracket)?
    } else {
        (first_text, first)
    };
    let written = || format!("{first_text}-{last_text}");
    if first > last {
        return Err(Error::Descending {
            position,
            range: written(),
        });
    }
    let padded = is_padded(first_text) || is_padded(last_text);
    if padded && first_text.len() != last_text.len() {
        return Err(Error::MixedWidths {
            position,
            range: written(),
        });
    }
    let width = if padded { first_text.len() } else { 0 };
    Ok(NumberRange {
        numbers: first..=last,
        width,
        digits_max: last_text.len(),
    })
}

fn read_number<'a>(cursor: &mut Cursor<'a>, bracket: usize) -> Result<(&'a str, u64), Error> {
    let position = cursor.position();
    if cursor.peek().is_none() {
        return Err(Error::UnclosedBracket { position: bracket });
    }
    let digits = cursor.take_while(|c| c.is_ascii_digit());
    if digits.len() > NUMBER_MAX_DIGITS {
        return Err(Error::BadNumber { position });
    }
    digits
        .parse()
        .map(|number| (digits, number))
        .map_err(|_| Error::BadNumber { position })
}

/// Whether a number is written with leading zeros.
pub(super) fn is_padded(digits: &str) -> bool {
    digits.len() > 1 && digits.starts_with('0')
}
