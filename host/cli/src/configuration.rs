//! Where the service is and what opens it: the command line, the environment, a file, or the default.

use std::env;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use reqwest::header::HeaderValue;
use serde::Deserialize;

/// The environment variable with the address of the service.
const SERVER_VARIABLE: &str = "SWITCHYARD_SERVER";
/// The environment variable with the token.
const TOKEN_VARIABLE: &str = "SWITCHYARD_TOKEN";
/// The environment variable with the file of the token.
const TOKEN_FILE_VARIABLE: &str = "SWITCHYARD_TOKEN_FILE";
/// The environment variable with the certificate authorities.
const CA_FILE_VARIABLE: &str = "SWITCHYARD_CA_FILE";
/// The longest token, in bytes.
const TOKEN_MAX_BYTES: u64 = 16 << 10;
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
                "it holds server = \"URL\", and perhaps token_file and ca_file".to_owned()
            }
            Self::Token { .. } => "it is one line, as `switchyard tokens create` prints it".to_owned(),
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
    /// What opens the service: the header Authorization, which debug output does not show.
    pub(crate) authorization: Option<HeaderValue>,
    /// The only certificate authorities that the service may be known by.
    pub(crate) ca_file: Option<PathBuf>,
    origin: Origin,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    server: Option<String>,
    token_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
}

/// What was given on the command line.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flags<'a> {
    /// The address of the service.
    pub(crate) server: Option<&'a str>,
    /// The file of the token.
    pub(crate) token_file: Option<&'a Path>,
    /// The certificate authorities.
    pub(crate) ca_file: Option<&'a Path>,
}

impl Configuration {
    /// Finds the settings; flags come before the environment, and that before the file.
    pub(crate) fn find(flags: Flags<'_>) -> Result<Self, Error> {
        let variable = |name| env::var(name).ok().filter(|text| !text.is_empty());
        let file = file_path();
        let document = file.as_deref().map(read).transpose()?.unwrap_or_default();
        // A path in the file is relative to its folder.
        let beside = |path: PathBuf| match file.as_deref().and_then(Path::parent) {
            Some(folder) => folder.join(path),
            None => path,
        };
        let chosen = |flag: Option<&Path>, name, in_file: Option<PathBuf>| {
            let given = flag
                .map(Path::to_owned)
                .or_else(|| variable(name).map(PathBuf::from));
            given.or_else(|| in_file.map(beside))
        };
        let authorization = match (flags.token_file, variable(TOKEN_VARIABLE)) {
            (None, Some(token)) => Some(bearer(&token, TOKEN_VARIABLE.to_owned())?),
            (flag, _) => chosen(flag, TOKEN_FILE_VARIABLE, document.token_file)
                .map(|path| read_token(&path))
                .transpose()?,
        };
        let chosen_server = Self::choose(
            flags.server,
            variable(SERVER_VARIABLE).as_deref(),
            file.as_deref(),
        )?;
        Ok(Self {
            authorization,
            ca_file: chosen(flags.ca_file, CA_FILE_VARIABLE, document.ca_file),
            ..chosen_server
        })
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
        Ok(Self {
            server,
            authorization: None,
            ca_file: None,
            origin,
        })
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

/// The token in a file: its first line.
fn read_token(path: &Path) -> Result<HeaderValue, Error> {
    let failed = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let mut text = String::new();
    File::open(path)
        .map_err(failed)?
        .take(TOKEN_MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(failed)?;
    bearer(text.trim(), path.display().to_string())
}

/// The header that presents a token.
fn bearer(token: &str, origin: String) -> Result<HeaderValue, Error> {
    let sound = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    let header = sound.then(|| HeaderValue::from_str(&format!("Bearer {token}")).ok());
    let Some(mut header) = header.flatten() else {
        return Err(Error::Token { origin });
    };
    header.set_sensitive(true);
    Ok(header)
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
            error.ends_with(
                "cli.toml, line 2: unknown field `sever`, expected one of `server`, `token_file`, `ca_file`"
            ),
            "{error}"
        );
    }

    #[test]
    fn a_token_is_one_word_and_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "swy_0123456789abcdef_secret\n").unwrap();
        let header = read_token(&file).unwrap();
        assert_eq!(header, "Bearer swy_0123456789abcdef_secret");
        assert!(!format!("{header:?}").contains("secret"));
        for bad in ["", "two words", "a\nb"] {
            let error = bearer(bad, TOKEN_VARIABLE.to_owned()).unwrap_err();
            assert_eq!(error.to_string(), "SWITCHYARD_TOKEN: it holds no token");
        }
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
