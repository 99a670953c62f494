//! `[smd]`, `[smd.controllers]` and `[smd.oauth2]`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use reqwest::Url;
use switchyard_core::ControllerId;
use switchyard_transport::Secret;

use super::Sources;
use super::layers::Layers;
use crate::credentials::KeySource;
use crate::inventory::DEFAULT_CREDENTIAL;

/// The file of what was last read, beside the database.
pub const CACHE_FILE: &str = "smd-cache.json";
/// The longest URL of SMD and of what belongs to it, in bytes.
pub const URL_MAX_BYTES: usize = 2_048;

/// SMD, the service that knows the components of a site.
#[derive(Debug, Clone)]
pub struct Smd {
    /// Where it is; without it there is none.
    pub url: Option<BaseUrl>,
    /// The only certificate authorities that it may be known by; `None`: those of the system.
    pub ca_file: Option<PathBuf>,
    /// How long one answer may take, and how long it takes to give up on one that is tried again.
    pub timeout: Duration,
    /// The time between two readings.
    pub poll_interval: Duration,
    /// Where what was last read is kept.
    pub cache_file: PathBuf,
    /// The credential of its controllers.
    pub credential: String,
    #[expect(clippy::struct_field_names, reason = "the key of the section is named so")]
    /// Whether the logins in its endpoints are used where no other is known. For laboratories only.
    pub credentials_from_smd: bool,
    /// Whom the certificates of its controllers have to satisfy.
    pub controllers_verify: Verify,
    /// The only certificate authorities that its controllers may be known by.
    pub controllers_ca_file: Option<PathBuf>,
    /// Where it can reach this service with its notifications; without it there are none.
    pub callback_url: Option<BaseUrl>,
    /// Whether observed changes of power are written to it.
    pub write_back: bool,
    /// How tokens for it are obtained; `None`: it asks for none.
    pub oauth2: Option<OAuth2>,
}

/// How tokens are obtained: OAuth 2.0 client credentials (RFC 6749, section 4.4).
#[derive(Debug, Clone)]
pub struct OAuth2 {
    /// The client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretSource,
    /// The token endpoint.
    pub token_url: BaseUrl,
    /// The scopes that are asked for; none: the server's default.
    pub scopes: Vec<String>,
}

/// Where a secret comes from.
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// A file.
    File(KeySource),
    /// It was given as it is.
    Given(Secret),
}

/// Whom a certificate has to satisfy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// The certificate authorities of the system, or the ones that are named.
    #[default]
    System,
    /// Nobody.
    None,
}

impl FromStr for Verify {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "system" => Ok(Self::System),
            "none" => Ok(Self::None),
            _ => Err("must be system or none"),
        }
    }
}

impl fmt::Display for Verify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "system",
            Self::None => "none",
        })
    }
}

/// An http or https URL without a user, a query and a fragment. It has no slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// The text, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it leads to this machine.
    pub fn is_loopback(&self) -> bool {
        let url: Option<Url> = self.0.parse().ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host
                .parse()
                .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
    }

    /// Whether what is sent there can be read on the way.
    pub fn is_plain(&self) -> bool {
        self.0.starts_with("http:")
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BaseUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > URL_MAX_BYTES {
            return Err("it is longer than 2,048 bytes");
        }
        let url: Url = text.parse().map_err(|_| "it is no absolute URL")?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err("it must begin with https:// or http:// and name a host");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it must hold no user and no password");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("it must have no query and no fragment");
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

/// A URL that may be left out.
#[derive(Default)]
pub(super) struct Written(pub(super) Option<BaseUrl>);

impl FromStr for Written {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Ok(Self(None)),
            text => text.parse().map(Some).map(Self),
        }
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref().map_or("", BaseUrl::as_str))
    }
}

pub(super) fn read(layers: &mut Layers<'_>, sources: &Sources, database: &Path) -> Smd {
    let url = layers.parsed("smd.url", Written::default()).0;
    let ca_file = layers.optional_path("smd.ca_file");
    let timeout = layers.seconds("smd.timeout_s", 30, 1..=300);
    let poll_interval = layers.seconds("smd.poll_interval_s", 60, 1..=86_400);
    let beside = database.with_file_name(CACHE_FILE);
    let cache_file = layers.path("smd.cache_file", &beside.display().to_string());
    let callback_url = layers.parsed("smd.callback_url", Written::default()).0;
    let write_back = layers.parsed("smd.write_back", false);
    let credential = layers.parsed("smd.controllers.credential", DEFAULT_CREDENTIAL.to_owned());
    if let Err(error) = ControllerId::parse(&credential) {
        layers.complain("smd.controllers.credential", &error.to_string());
    }
    let credentials_from_smd = layers.parsed("smd.controllers.credentials_from_smd", false);
    let controllers_verify = layers.parsed("smd.controllers.verify", Verify::System);
    let controllers_ca_file = layers.optional_path("smd.controllers.ca_file");
    if controllers_verify == Verify::None && controllers_ca_file.is_some() {
        layers.complain(
            "smd.controllers.ca_file",
            "has no meaning while smd.controllers.verify is none",
        );
    }
    let oauth2 = oauth2(layers, sources);
    Smd {
        url,
        ca_file,
        timeout,
        poll_interval,
        cache_file,
        credential,
        credentials_from_smd,
        controllers_verify,
        controllers_ca_file,
        callback_url,
        write_back,
        oauth2,
    }
}

/// All of client, secret and token URL, or none.
fn oauth2(layers: &mut Layers<'_>, sources: &Sources) -> Option<OAuth2> {
    let client_id: String = layers.parsed("smd.oauth2.client_id", String::new());
    let given = layers.secret("smd.oauth2.client_secret");
    let file = layers.optional_path("smd.oauth2.client_secret_file");
    let token_url = layers.parsed("smd.oauth2.token_url", Written::default()).0;
    let scopes = layers.list::<String>("smd.oauth2.scopes");
    if given.is_some() && file.is_some() {
        layers.complain(
            "smd.oauth2.client_secret_file",
            "is set, and so is the secret itself; leave one of them out",
        );
    }
    let file = file.map(|file| SecretSource::File(super::webhooks::source(file, sources)));
    let secret = file.or(given.map(SecretSource::Given));
    if client_id.is_empty() && secret.is_none() && token_url.is_none() {
        if !scopes.is_empty() {
            layers.complain("smd.oauth2.scopes", "has no meaning without smd.oauth2.client_id");
        }
        return None;
    }
    let (false, Some(client_secret), Some(token_url)) = (client_id.is_empty(), secret, token_url) else {
        layers.complain(
            "smd.oauth2.client_id",
            "smd.oauth2.client_id, smd.oauth2.client_secret_file and smd.oauth2.token_url are set together or not at all",
        );
        return None;
    };
    Some(OAuth2 {
        client_id,
        client_secret,
        token_url,
        scopes,
    })
}
