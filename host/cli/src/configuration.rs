//! Where the service is: the command line, the environment, a file, or the default.

use std::env;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The environment variable with the address of the service.
const SERVER_VARIABLE: &str = "SWITCHYARD_SERVER";
/// The address of a service on the same machine.
const SERVER_DEFAULT: &str = "http://127.0.0.1:28007";
/// The longest configuration file, in bytes.
const FILE_MAX_BYTES: u64 = 64 << 10;

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
}

impl Error {
    /// What to do next.
    pub(crate) fn advice(&self) -> String {
        match self {
            Self::Read { .. } => "make it readable or remove it".to_owned(),
            Self::TooLong { .. } | Self::Parse { .. } => "it holds one line: server = \"URL\"".to_owned(),
            Self::Server { .. } => format!("write it like {SERVER_DEFAULT}"),
        }
    }
}

/// Where the address of the service comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    Flag,
    Environment,
    File(PathBuf),
    Default,
}

impl Origin {
    fn name(&self) -> String {
        match self {
            Self::Flag => "--server".to_owned(),
            Self::Environment => SERVER_VARIABLE.to_owned(),
            Self::File(path) => format!("server in {}", path.display()),
            Self::Default => "the default address".to_owned(),
        }
    }
}

/// The settings in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Configuration {
    /// The address of the service, without a slash at the end.
    pub(crate) server: reqwest::Url,
    origin: Origin,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    server: Option<String>,
}

impl Configuration {
    /// Finds the settings; the flag comes before the environment, and that before the file.
    pub(crate) fn find(flag: Option<&str>) -> Result<Self, Error> {
        Self::choose(
            flag,
            env::var(SERVER_VARIABLE).ok().as_deref(),
            file_path().as_deref(),
        )
    }

    fn choose(flag: Option<&str>, variable: Option<&str>, file: Option<&Path>) -> Result<Self, Error> {
        let (text, origin) = if let Some(text) = flag {
            (text.to_owned(), Origin::Flag)
        } else if let Some(text) = variable.filter(|text| !text.is_empty()) {
            (text.to_owned(), Origin::Environment)
        } else {
            match file.map(|path| Ok((path, read(path)?.server))).transpose()? {
                Some((path, Some(text))) => (text, Origin::File(path.to_owned())),
                _ => (SERVER_DEFAULT.to_owned(), Origin::Default),
            }
        };
        let server = parse_server(&text).map_err(|why| Error::Server {
            origin: origin.name(),
            why,
        })?;
        Ok(Self { server, origin })
    }

    /// A command for the operator to type, which reaches the same service.
    pub(crate) fn command(&self, words: &str) -> String {
        match self.origin {
            Origin::Flag => format!("switchyard --server {} {words}", self.server_text()),
            Origin::Environment | Origin::File(_) | Origin::Default => format!("switchyard {words}"),
        }
    }

    /// The address as it is shown.
    pub(crate) fn server_text(&self) -> &str {
        self.server.as_str().trim_end_matches('/')
    }
}

fn file_path() -> Option<PathBuf> {
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(folder.join("switchyard").join("cli.toml"))
}

/// Reads the file; one that does not exist says nothing.
fn read(path: &Path) -> Result<Document, Error> {
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

fn parse_server(text: &str) -> Result<reqwest::Url, String> {
    let url = reqwest::Url::parse(text).map_err(|error| format!("no URL ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("the URL begins with neither http:// nor https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("no user and no password belong into the URL".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("the URL has a query or a fragment".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(found: &Configuration) -> &str {
        found.server_text()
    }

    #[test]
    fn the_flag_comes_first_and_the_default_last() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cli.toml");
        let choose = |flag, variable| Configuration::choose(flag, variable, Some(&file)).unwrap();
        assert_eq!(server(&choose(None, None)), SERVER_DEFAULT);
        std::fs::write(&file, "server = \"http://file:1/\"\n").unwrap();
        assert_eq!(server(&choose(None, None)), "http://file:1");
        assert_eq!(server(&choose(None, Some(""))), "http://file:1");
        assert_eq!(server(&choose(None, Some("http://env:2"))), "http://env:2");
        assert_eq!(
            server(&choose(Some("http://flag:3"), Some("http://env:2"))),
            "http://flag:3"
        );
    }

    #[test]
    fn commands_to_type_name_the_server_when_it_was_typed() {
        let typed = Configuration::choose(Some("http://flag:3/base/"), None, None).unwrap();
        assert_eq!(
            typed.command("status"),
            "switchyard --server http://flag:3/base status"
        );
        assert_eq!(
            Configuration::choose(None, None, None).unwrap().command("status"),
            "switchyard status"
        );
    }

    #[test]
    fn mistakes_in_the_file_have_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cli.toml");
        std::fs::write(&file, "# the service\nsever = \"http://file:1\"\n").unwrap();
        let error = Configuration::choose(None, None, Some(&file))
            .unwrap_err()
            .to_string();
        assert!(
            error.ends_with("cli.toml, line 2: unknown field `sever`, expected `server`"),
            "{error}"
        );
    }

    #[test]
    fn an_address_holds_no_password() {
        for bad in [
            "ftp://a",
            "127.0.0.1",
            "http://",
            "http://a?b",
            "http://root:secret@a",
        ] {
            let error = Configuration::choose(Some(bad), None, None)
                .unwrap_err()
                .to_string();
            assert!(
                error.starts_with("--server: ") && !error.contains("secret"),
                "{error}"
            );
        }
    }
}
