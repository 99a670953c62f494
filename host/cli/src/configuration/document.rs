//! The file of the settings.

use std::collections::BTreeMap;
use std::env;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::Error;

/// The longest configuration file, in bytes.
pub(super) const FILE_MAX_BYTES: u64 = 64 << 10;

/// What the file holds.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) server: Option<String>,
    pub(super) token_file: Option<PathBuf>,
    pub(super) ca_file: Option<PathBuf>,
    /// Further services, by the name that `--at` takes.
    #[serde(default)]
    pub(super) servers: BTreeMap<String, Named>,
}

/// A service with a name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    pub(super) server: String,
    pub(super) token_file: Option<PathBuf>,
    pub(super) ca_file: Option<PathBuf>,
}

/// Where the file is, if there is a home.
pub(super) fn file_path() -> Option<PathBuf> {
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(folder.join("switchyard").join("cli.toml"))
}

/// Reads the file; one that does not exist says nothing.
pub(super) fn read(path: &Path) -> Result<Document, Error> {
    let failed = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Document::default()),
        Err(error) => return Err(failed(error)),
    };
    let mut text = String::new();
    let length = file
        .take(FILE_MAX_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(failed)?;
    if u64::try_from(length).is_ok_and(|length| length > FILE_MAX_BYTES) {
        return Err(Error::TooLong {
            path: path.to_owned(),
        });
    }
    toml::from_str(&text).map_err(|error: toml::de::Error| Error::Parse {
        path: path.to_owned(),
        line: error
            .span()
            .and_then(|span| text.get(..span.start))
            .map(|before| before.matches('\n').count() + 1),
        message: error.message().to_owned(),
    })
}
