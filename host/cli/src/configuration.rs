//! Where the service is and what opens it: the command line, the environment, a file, or the default.

mod document;
mod error;
mod token;

use std::env;
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use reqwest::Url;
use reqwest::header::HeaderValue;

use self::document::{Document, Named};
pub(crate) use self::error::Error;

/// The environment variable with the address of the service.
const SERVER_VARIABLE: &str = "SWITCHYARD_SERVER";
/// The environment variable with the token.
const TOKEN_VARIABLE: &str = "SWITCHYARD_TOKEN";
/// The environment variable with the file of the token.
const TOKEN_FILE_VARIABLE: &str = "SWITCHYARD_TOKEN_FILE";
/// The environment variable with the certificate authorities.
const CA_FILE_VARIABLE: &str = "SWITCHYARD_CA_FILE";
/// The address of a service on the same machine.
const SERVER_DEFAULT: &str = "http://127.0.0.1:28007";

/// Where the address of the service comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    Flag,
    /// `--at` with this name.
    Named(String),
    Environment,
    File(PathBuf),
    Default,
}

impl Origin {
    fn name(&self) -> String {
        match self {
            Self::Flag => "--server".to_owned(),
            Self::Named(name) => format!("server in [servers.{name}]"),
            Self::Environment => SERVER_VARIABLE.to_owned(),
            Self::File(path) => format!("server in {}", path.display()),
            Self::Default => "the default address".to_owned(),
        }
    }
}

/// Where the token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum TokenSource {
    /// The variable that holds it.
    Variable,
    /// This file.
    File(PathBuf),
}

/// The settings in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Configuration {
    /// The address of the service, without a slash at the end.
    pub(crate) server: Url,
    /// What opens the service: the header Authorization, which debug output does not show.
    pub(crate) authorization: Option<HeaderValue>,
    /// The only certificate authorities that the service may be known by.
    pub(crate) ca_file: Option<PathBuf>,
    /// The token of the file, where it is for another service than this one and therefore not sent.
    pub(crate) kept_back: Option<PathBuf>,
    token: Option<TokenSource>,
    origin: Origin,
}

/// What was given on the command line.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flags<'a> {
    /// The address of the service.
    pub(crate) server: Option<&'a str>,
    /// The name of the service in the file.
    pub(crate) at: Option<&'a str>,
    /// The file of the token.
    pub(crate) token_file: Option<&'a Path>,
    /// The certificate authorities.
    pub(crate) ca_file: Option<&'a Path>,
}

/// What the environment says; a named service does without, for a token of the environment is not meant for it.
#[derive(Debug, Default)]
struct Environment {
    server: Option<String>,
    token: Option<String>,
    token_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
}

impl Environment {
    fn read() -> Self {
        let variable = |name| env::var(name).ok().filter(|text| !text.is_empty());
        Self {
            server: variable(SERVER_VARIABLE),
            token: variable(TOKEN_VARIABLE),
            token_file: variable(TOKEN_FILE_VARIABLE).map(PathBuf::from),
            ca_file: variable(CA_FILE_VARIABLE).map(PathBuf::from),
        }
    }
}

impl Configuration {
    /// Finds the settings; flags come before the environment, and that before the file.
    pub(crate) fn find(flags: Flags<'_>) -> Result<Self, Error> {
        Self::choose(flags, Environment::read(), document::file_path().as_deref())
    }

    fn choose(flags: Flags<'_>, environment: Environment, file: Option<&Path>) -> Result<Self, Error> {
        let document = file.map(document::read).transpose()?.unwrap_or_default();
        let named = flags.at.map(|name| named(&document, name, file)).transpose()?;
        let environment = if named.is_some() {
            Environment::default()
        } else {
            environment
        };
        let names_one = document.server.is_some();
        let of_file = document
            .server
            .as_deref()
            .and_then(|text| parse_server(text).ok());
        let (text, origin) = match (flags.server, &named, environment.server, document.server) {
            (Some(text), ..) => (text.to_owned(), Origin::Flag),
            (None, Some((name, named)), ..) => (named.server.clone(), Origin::Named(name.clone())),
            (None, None, Some(text), _) => (text, Origin::Environment),
            (None, None, None, Some(text)) => (text, Origin::File(file.unwrap_or(Path::new("")).to_owned())),
            (None, None, None, None) => (SERVER_DEFAULT.to_owned(), Origin::Default),
        };
        let server = parse_server(&text).map_err(|why| Error::Server {
            origin: origin.name(),
            why,
        })?;
        // Whoever types another address does not mean to show it the token of the one in the file.
        let is_of_file = !names_one || of_file.is_some_and(|of_file| is_same(&of_file, &server));
        let (token_file, ca_file, kept_back) = match named {
            Some((_, named)) => (named.token_file, named.ca_file, None),
            None if is_of_file => (document.token_file, document.ca_file, None),
            None => (None, document.ca_file, document.token_file),
        };
        // A path in the file is relative to its folder.
        let beside = |path: PathBuf| match file.and_then(Path::parent) {
            Some(folder) => folder.join(path),
            None => path,
        };
        let token = match (flags.token_file, environment.token) {
            (None, Some(token)) => Some((
                token::bearer(&token, TOKEN_VARIABLE.to_owned())?,
                TokenSource::Variable,
            )),
            (flag, _) => flag
                .map(Path::to_owned)
                .or(environment.token_file)
                .or_else(|| token_file.map(beside))
                .map(|path| Ok((token::read_token(&path)?, TokenSource::File(path))))
                .transpose()?,
        };
        let (authorization, token) = token.unzip();
        let kept_back = kept_back.map(beside).filter(|_| authorization.is_none());
        Ok(Self {
            server,
            authorization,
            ca_file: flags
                .ca_file
                .map(Path::to_owned)
                .or(environment.ca_file)
                .or_else(|| ca_file.map(beside)),
            kept_back,
            token,
            origin,
        })
    }

    /// The names of the services in the file; none where it cannot be read.
    pub(crate) fn names() -> Vec<String> {
        let document = document::file_path().and_then(|file| document::read(&file).ok());
        document.unwrap_or_default().servers.into_keys().collect()
    }

    /// A command for the operator to type, which reaches the same service.
    pub(crate) fn command(&self, words: &str) -> String {
        match &self.origin {
            Origin::Flag => format!("switchyard --server {} {words}", self.server_text()),
            Origin::Named(name) => format!("switchyard --at {name} {words}"),
            Origin::Environment | Origin::File(_) | Origin::Default => format!("switchyard {words}"),
        }
    }

    /// The address as it is shown.
    pub(crate) fn server_text(&self) -> &str {
        self.server.as_str().trim_end_matches('/')
    }

    /// Whether whoever is on the path can read the token.
    pub(crate) fn exposes_token(&self) -> bool {
        let host = self.server.host_str().unwrap_or_default();
        let address = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        let loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        self.authorization.is_some() && self.server.scheme() == "http" && !loopback
    }

    /// The environment in which another program reaches the same service: what is set, and what is taken away.
    pub(crate) fn environment(&self) -> Vec<(&'static str, Option<OsString>)> {
        // That program may stand in another folder.
        let absolute = |path: &Path| {
            std::path::absolute(path)
                .unwrap_or_else(|_| path.to_owned())
                .into_os_string()
        };
        let mut variables = vec![
            (SERVER_VARIABLE, Some(self.server_text().into())),
            (CA_FILE_VARIABLE, self.ca_file.as_deref().map(absolute)),
        ];
        match &self.token {
            // It is there already.
            Some(TokenSource::Variable) => {}
            Some(TokenSource::File(path)) => {
                variables.push((TOKEN_VARIABLE, None));
                variables.push((TOKEN_FILE_VARIABLE, Some(absolute(path))));
            }
            None => variables.extend([(TOKEN_VARIABLE, None), (TOKEN_FILE_VARIABLE, None)]),
        }
        variables
    }
}

/// The service of that name.
fn named(document: &Document, name: &str, file: Option<&Path>) -> Result<(String, Named), Error> {
    let found = document
        .servers
        .get(name)
        .map(|named| (name.to_owned(), named.clone()));
    found.ok_or_else(|| Error::Name {
        name: name.to_owned(),
        file: file.map(Path::to_owned),
        known: document.servers.keys().cloned().collect(),
    })
}

/// Whether two addresses are the same, with or without a slash at the end.
fn is_same(one: &Url, other: &Url) -> bool {
    one.as_str().trim_end_matches('/') == other.as_str().trim_end_matches('/')
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
mod tests;
