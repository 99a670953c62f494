//! Files that people write, in TOML or JSON, read so that every complaint names its line and column.
//!
//! A `Document` is a tree of values that know where they stand. Whoever reads one collects all problems it finds and hands
//! them out as one [`Report`], for a person corrects a file once and not once per mistake.

mod fields;
mod json;
mod problem;
mod settings;
mod toml;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

pub(crate) use fields::{Fields, Found, nearest, unknown_key};
pub(crate) use problem::Problems;
pub use problem::{PROBLEMS_SHOWN_MAX, Problem, Report};
pub(crate) use settings::settings;

/// The largest file that is read, in bytes: a hundred thousand components need a quarter of it.
pub const FILE_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A place in a text, counted from 1. Columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Why a file gives no document.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is larger than [`FILE_MAX_BYTES`].
    #[error("{} is larger than {FILE_MAX_BYTES} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The name does not say in which language the file is written.
    #[error("{}: the name must end in .toml or .json", path.display())]
    Extension {
        /// The file.
        path: PathBuf,
    },
    /// The file breaks the rules of its language, or of what it is meant to be.
    #[error(transparent)]
    Invalid(#[from] Report),
}

impl Error {
    /// Whether there is no such file.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }
}

/// The language of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Toml,
    Json,
}

/// A value and where it begins, in bytes from the start of the text.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) at: usize,
    pub(crate) value: Value,
}

/// What stands in a document. Dates, fractions and nulls are kept by name only: no setting takes one.
#[derive(Debug)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<Node>),
    Table(Vec<Entry>),
    Other(&'static str),
}

impl Value {
    /// The kind of value, with its article.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "an integer",
            Self::Boolean(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }
}

/// One key of a table with its value.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) at: usize,
    pub(crate) node: Node,
}

/// A parsed text.
#[derive(Debug)]
pub(crate) struct Document {
    lines: Lines,
    pub(crate) root: Node,
}

impl Document {
    /// Reads and parses a file. Blocks.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let language = match path.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => Language::Toml,
            Some("json") => Language::Json,
            _ => {
                return Err(Error::Extension {
                    path: path.to_owned(),
                });
            }
        };
        let failed = |source| Error::Read {
            path: path.to_owned(),
            source,
        };
        let file = std::fs::File::open(path).map_err(failed)?;
        let mut text = String::new();
        file.take(FILE_MAX_BYTES + 1)
            .read_to_string(&mut text)
            .map_err(failed)?;
        if text.len() as u64 > FILE_MAX_BYTES {
            return Err(Error::TooLarge {
                path: path.to_owned(),
            });
        }
        Ok(Self::parse(&path.display().to_string(), text, language)?)
    }

    /// Parses a text; `name` stands before every problem.
    pub(crate) fn parse(name: &str, text: String, language: Language) -> Result<Self, Report> {
        let lines = Lines::of(name, text);
        let mut problems = Problems::new(&lines);
        let root = match language {
            Language::Toml => toml::parse(&lines.text, &mut problems),
            Language::Json => json::parse(&lines.text, &mut problems),
        };
        problems.into_result(root).map(|root| Self { lines, root })
    }

    /// A collection for problems of this document.
    pub(crate) fn problems(&self) -> Problems<'_> {
        Problems::new(&self.lines)
    }

    /// Where a byte of the text stands.
    pub(crate) fn position(&self, at: usize) -> Position {
        self.lines.position(at)
    }
}

/// A text that can tell the line of every byte.
#[derive(Debug)]
pub(crate) struct Lines {
    name: String,
    text: String,
    starts: Vec<usize>,
}

impl Lines {
    fn of(name: &str, text: String) -> Self {
        let starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            name: name.to_owned(),
            text,
            starts,
        }
    }

    fn position(&self, at: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let before = self
            .text
            .as_bytes()
            .get(start..at.min(self.text.len()))
            .unwrap_or_default();
        // Continuation bytes of UTF-8 begin no character.
        let column = 1 + before.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        Position { line, column }
    }
}
