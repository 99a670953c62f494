//! The inventory file that the configuration names.

use std::path::{Path, PathBuf};

use switchyard_transport::Timeouts;

use super::Part;
use crate::config::Config;
use crate::document::Error;

/// The inventory file, read alike at the start, by a check of the configuration, and again while the service runs.
#[derive(Debug, Clone)]
pub struct PartFile {
    path: PathBuf,
    timeouts: Timeouts,
    may_be_missing: bool,
}

impl PartFile {
    /// The file of a configuration. Where SMD says what there is, a file is for what it does not know, and there need not be one.
    pub fn of(config: &Config) -> Self {
        Self {
            path: config.inventory.file.clone(),
            timeouts: config.engine.timeouts(),
            may_be_missing: config.smd.url.is_some(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it, as [`Part::read`] does; `None` when there is none and there need not be one. Blocks.
    pub fn read(&self) -> Result<Option<Part>, Error> {
        match Part::read(&self.path, self.timeouts) {
            Err(error) if error.is_not_found() && self.may_be_missing => Ok(None),
            read => read.map(Some),
        }
    }
}
