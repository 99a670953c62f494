//! What is wrong with a document, and where.

use std::fmt;

use super::{Lines, Position};

/// The most problems that one report holds; the others are counted.
pub const PROBLEMS_SHOWN_MAX: usize = 100;

/// One mistake and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it is.
    pub position: Position,
    /// What it is.
    pub text: String,
}

/// Everything that is wrong with one document, in the order of its lines, one problem per line of text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Report {
    /// The file.
    pub name: String,
    /// The first [`PROBLEMS_SHOWN_MAX`] problems; never empty.
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub more: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:{}: {}", self.name, problem.position, problem.text)?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\n{}: {more} more problems are not shown", self.name),
        }
    }
}

/// Collects problems of one document.
#[derive(Debug)]
pub(crate) struct Problems<'d> {
    lines: &'d Lines,
    found: Vec<(usize, String)>,
}

impl<'d> Problems<'d> {
    pub(super) fn new(lines: &'d Lines) -> Self {
        Self {
            lines,
            found: Vec::new(),
        }
    }

    /// Notes a problem at a byte of the text.
    pub(crate) fn add(&mut self, at: usize, text: impl Into<String>) {
        self.found.push((at, text.into()));
    }

    /// Whether there are more problems than will be shown, so that costly hints can be left out.
    pub(crate) fn is_full(&self) -> bool {
        self.found.len() >= PROBLEMS_SHOWN_MAX
    }

    /// The line of a byte, for problems that point to another place.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.lines.position(at).line
    }

    /// The value, unless a problem was noted.
    pub(crate) fn into_result<T>(mut self, value: T) -> Result<T, Report> {
        if self.found.is_empty() {
            return Ok(value);
        }
        self.found.sort_by_key(|(at, _)| *at);
        let more = self.found.len().saturating_sub(PROBLEMS_SHOWN_MAX);
        let problems = self
            .found
            .into_iter()
            .take(PROBLEMS_SHOWN_MAX)
            .map(|(at, text)| Problem {
                position: self.lines.position(at),
                text,
            })
            .collect();
        Err(Report {
            name: self.lines.name.clone(),
            problems,
            more,
        })
    }
}
