//! Why the settings cannot be used.

use std::io;
use std::path::PathBuf;

use super::SERVER_DEFAULT;
use super::document::FILE_MAX_BYTES;

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The file cannot be read.
    #[error("{}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is too long.
    #[error("{}: longer than {FILE_MAX_BYTES} bytes", .path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// The file is no TOML, or has keys that mean nothing.
    #[error("{}{}: {message}", .path.display(), .line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Parse {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: Option<usize>,
        /// What is wrong.
        message: String,
    },
    /// The address is no address of a service.
    #[error("{origin}: {why}")]
    Server {
        /// Where it was set.
        origin: String,
        /// What is wrong; the address itself may hold a password and is not shown.
        why: String,
    },
    /// No server has that name.
    #[error("--at {name}: {}", .file.as_deref().map_or("there is no home folder with a cli.toml".to_owned(), |file| format!("no [servers.{name}] in {}", file.display())))]
    Name {
        /// What was asked for.
        name: String,
        /// The file.
        file: Option<PathBuf>,
        /// The names that are there.
        known: Vec<String>,
    },
    /// The token cannot be sent.
    #[error("{origin}: it holds no token")]
    Token {
        /// Where it was set.
        origin: String,
    },
}

impl Error {
    /// What to do next.
    pub(crate) fn advice(&self) -> String {
        match self {
            Self::Read { .. } => "make it readable or remove it".to_owned(),
            Self::TooLong { .. } | Self::Parse { .. } => {
                "it holds server = \"URL\", and perhaps token_file, ca_file and [servers.NAME] with the same"
                    .to_owned()
            }
            Self::Token { .. } => "it is one line, as `switchyard tokens create` prints it".to_owned(),
            Self::Name { known, .. } if known.is_empty() => {
                "write it there, with server = \"URL\", and perhaps token_file and ca_file".to_owned()
            }
            Self::Name { known, .. } => format!("there are: {}", known.join(", ")),
            Self::Server { .. } => format!("write it like {SERVER_DEFAULT}"),
        }
    }
}
