//! What one source says there is.

use std::fmt;
use std::path::Path;

use switchyard_core::ComponentId;
use switchyard_transport::Timeouts;

use super::{Component, Controller, reader};
use crate::document::{Document, Error, Language, Report};

/// Where a part of the inventory comes from, the strongest first: of what two sources name alike, the stronger one's word holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The inventory file.
    File,
    /// What an administrator accepted of a discovery.
    Discovered,
    /// The Hardware State Manager.
    Smd,
}

impl Source {
    /// Every source, the strongest first.
    pub const ALL: [Self; 3] = [Self::File, Self::Discovered, Self::Smd];

    /// Its stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Discovered => "discovered",
            Self::Smd => "smd",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "the file",
            Self::Discovered => "discovery",
            Self::Smd => "SMD",
        })
    }
}

/// Components under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name, without the `@` that marks it in set expressions.
    pub name: String,
    /// Its members.
    pub members: Vec<ComponentId>,
}

/// What one source says there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Its controllers.
    pub controllers: Vec<Controller>,
    /// Its components.
    pub components: Vec<Component>,
    /// Its groups.
    pub groups: Vec<Group>,
}

impl Part {
    /// Reads a file in TOML or JSON, told apart by its extension. Blocks; certificate files named in it are read too.
    ///
    /// `timeouts` hold for every controller. Fails with all mistakes at once, each with its line and column.
    pub fn read(path: &Path, timeouts: Timeouts) -> Result<Self, Error> {
        let document = Document::read(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(reader::part(&document, folder, timeouts)?)
    }

    /// Reads a text in JSON as if it stood in this file.
    pub(crate) fn parse(path: &Path, text: String, timeouts: Timeouts) -> Result<Self, Report> {
        let document = Document::parse(&path.display().to_string(), text, Language::Json)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        reader::part(&document, folder, timeouts)
    }
}
