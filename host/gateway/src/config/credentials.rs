//! `[credentials]` and `[credentials.vault]`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use switchyard_transport::Secret;

use super::Sources;
use super::layers::{Layers, Origin};
use super::smd::{BaseUrl, Written};
use crate::credentials::vault::{
    Authentication, Connection, Keeping, Kubernetes, Role, TokenSource, Version,
};
use crate::credentials::{EnvironmentLogins, KeySource};

/// Where the token of a pod's service account is.
const JWT_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// Where the namespace of a pod is, which is the role that PCS asks for.
const ROLE_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
/// Where the address of Vault stands for every program that talks to it.
const ADDRESS_VARIABLE: &str = "VAULT_ADDR";

/// Where logins are kept.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Where they are looked for, the strongest first.
    pub sources: Vec<SourceName>,
    /// The encrypted file.
    pub file: PathBuf,
    /// Where its key comes from.
    pub key: KeySource,
    /// Vault, where it is a source.
    pub vault: Option<Vault>,
    /// The logins of the environment, where it is a source.
    pub environment: EnvironmentLogins,
}

/// A Vault.
#[derive(Debug, Clone)]
pub struct Vault {
    /// How it is reached, and where in it logins are.
    pub connection: Connection,
    /// How the service shows who it is.
    pub authentication: Authentication,
    /// How long logins are kept.
    pub keeping: Keeping,
}

/// A place where logins are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceName {
    /// The encrypted file.
    File,
    /// Vault.
    Vault,
    /// The environment of the process, for a laboratory.
    Environment,
}

impl FromStr for SourceName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "file" => Ok(Self::File),
            "vault" => Ok(Self::Vault),
            "environment" => Ok(Self::Environment),
            _ => Err("must be file, vault or environment"),
        }
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "file",
            Self::Vault => "vault",
            Self::Environment => "environment",
        })
    }
}

/// What a person writes for the way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Token,
    Kubernetes,
}

impl FromStr for Way {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "token" => Ok(Self::Token),
            "kubernetes" => Ok(Self::Kubernetes),
            _ => Err("must be token or kubernetes"),
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "token",
            Self::Kubernetes => "kubernetes",
        })
    }
}

pub(super) fn read(layers: &mut Layers<'_>, sources: &Sources) -> Credentials {
    let file = layers.path("credentials.file", "/etc/switchyard/credentials");
    let default = KeySource::default_for(sources.credentials_directory.as_deref());
    let path = layers.path("credentials.key_file", &default.path().display().to_string());
    let key = if path == default.path() {
        default
    } else {
        KeySource::File(path)
    };
    let vault = vault(layers, sources);
    let usual = if vault.is_some() {
        SourceName::Vault
    } else {
        SourceName::File
    };
    let names = layers.list_or("credentials.sources", &[usual]);
    check(layers, &names, vault.is_some());
    let environment = if names.contains(&SourceName::Environment) {
        environment(layers, sources)
    } else {
        EnvironmentLogins::default()
    };
    Credentials {
        vault: vault.filter(|_| names.contains(&SourceName::Vault)),
        sources: names,
        file,
        key,
        environment,
    }
}

fn check(layers: &mut Layers<'_>, names: &[SourceName], has_vault: bool) {
    let twice = names
        .iter()
        .enumerate()
        .any(|(place, name)| names.iter().take(place).any(|earlier| earlier == name));
    if names.is_empty() || twice {
        layers.complain(
            "credentials.sources",
            "must name each of its sources once, and at least one",
        );
    }
    if names.contains(&SourceName::Vault) && !has_vault {
        layers.complain(
            "credentials.sources",
            "names vault, so that credentials.vault.address must be set",
        );
    }
}

fn environment(layers: &mut Layers<'_>, sources: &Sources) -> EnvironmentLogins {
    let (logins, wrong) = EnvironmentLogins::read(&sources.environment);
    for variable in wrong {
        layers.complain(
            "credentials.sources",
            &format!("{variable} must be USER:PASSWORD, neither of them empty"),
        );
    }
    layers.warn(
        "credentials.sources: logins come from the environment, where whoever may look at the process sees them; this is for a laboratory"
            .to_owned(),
    );
    let of = |name: &str| {
        let found = sources.environment.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    logins.with_default(
        of("PCS_FAKE_VAULT_REDFISH_USER"),
        of("PCS_FAKE_VAULT_REDFISH_PASSWORD"),
    )
}

/// Every setting is read, whether Vault is used or not, so that all are known.
fn vault(layers: &mut Layers<'_>, sources: &Sources) -> Option<Vault> {
    let address = layers.parsed("credentials.vault.address", Written::default()).0;
    let plain = layers.parsed("credentials.vault.allow_plaintext", false);
    let ca_file = layers.optional_path("credentials.vault.ca_file");
    let namespace: String = layers.parsed("credentials.vault.namespace", String::new());
    let keypath: String = layers.parsed("credentials.vault.keypath", "secret/hms-creds".to_owned());
    let mount: String = layers.parsed("credentials.vault.mount", String::new());
    let version = match layers.number("credentials.vault.kv", 1_u8, 1..=2) {
        2 => Version::Two,
        _ => Version::One,
    };
    let timeout = layers.seconds("credentials.vault.timeout_s", 5, 1..=60);
    let keeping = Keeping {
        fresh: layers.seconds("credentials.vault.cache_s", 600, 1..=86_400),
        stale: layers.seconds("credentials.vault.stale_max_s", 3_600, 0..=2_592_000),
    };
    let authentication = authentication(layers, sources, address.is_some());
    let address = address?;
    if is_of_somebody_else(layers, authentication.as_ref()) {
        layers.warn(format!(
            "{ADDRESS_VARIABLE} is not used: there is neither a token nor a service account of Kubernetes to log in with"
        ));
        return None;
    }
    refuse_plaintext(layers, &address, plain);
    let Some((mount, below)) = place(&keypath, &mount) else {
        layers.complain(
            "credentials.vault.keypath",
            "must be a path such as secret/hms-creds, and begin with credentials.vault.mount where that is set",
        );
        return None;
    };
    Some(Vault {
        connection: Connection {
            address,
            namespace: Some(namespace).filter(|namespace| !namespace.is_empty()),
            ca_file,
            timeout,
            mount,
            below,
            version,
        },
        authentication: authentication?,
        keeping,
    })
}

/// Whether the address is only what other programs of the same user are told, and nothing says how to get in.
fn is_of_somebody_else(layers: &Layers<'_>, authentication: Option<&Authentication>) -> bool {
    let by_alias =
        layers.origin("credentials.vault.address") == Some(&Origin::Environment(ADDRESS_VARIABLE.to_owned()));
    let no_account =
        matches!(authentication, Some(Authentication::Kubernetes(login)) if !login.jwt_file.exists());
    by_alias && no_account
}

fn refuse_plaintext(layers: &mut Layers<'_>, address: &BaseUrl, allowed: bool) {
    if !address.is_plain() || address.is_loopback() {
        return;
    }
    if allowed {
        layers.warn(format!(
            "credentials.vault.address: {address} is http://, so that the token and every password can be read on the way"
        ));
    } else {
        layers.complain(
            "credentials.vault.address",
            "is http://, so that the token and every password could be read on the way; use https://, or set \
             credentials.vault.allow_plaintext where a mesh encrypts",
        );
    }
}

fn authentication(layers: &mut Layers<'_>, sources: &Sources, used: bool) -> Option<Authentication> {
    let token = layers.secret("credentials.vault.token");
    let token_file = layers.optional_path("credentials.vault.token_file");
    let usual = if token.is_some() || token_file.is_some() {
        Way::Token
    } else {
        Way::Kubernetes
    };
    let way = layers.parsed("credentials.vault.auth", usual);
    let path: String = layers.parsed("credentials.vault.auth_path", "auth/kubernetes/login".to_owned());
    let role: String = layers.parsed("credentials.vault.role", String::new());
    let role_file = layers.path("credentials.vault.role_file", ROLE_FILE);
    let jwt_file = layers.path("credentials.vault.jwt_file", JWT_FILE);
    if !used {
        return None;
    }
    match way {
        Way::Token => token_source(layers, sources, token, token_file).map(Authentication::Token),
        Way::Kubernetes => {
            let role = if role.is_empty() {
                Role::File(role_file)
            } else {
                Role::Named(role)
            };
            Some(Authentication::Kubernetes(Kubernetes {
                path: path.trim_matches('/').to_owned(),
                role,
                jwt_file,
            }))
        }
    }
}

fn token_source(
    layers: &mut Layers<'_>,
    sources: &Sources,
    token: Option<Secret>,
    file: Option<PathBuf>,
) -> Option<TokenSource> {
    match (token, file) {
        (None, Some(file)) => Some(TokenSource::File(super::webhooks::source(file, sources))),
        (Some(token), None) => Some(TokenSource::Given(token)),
        (Some(_), Some(_)) => {
            layers.complain(
                "credentials.vault.token_file",
                "is set, and so is the token itself; leave one of them out",
            );
            None
        }
        (None, None) => {
            layers.complain(
                "credentials.vault.auth",
                "is token, so that credentials.vault.token_file must be set",
            );
            None
        }
    }
}

/// Mount and the path below it, of the path of PCS. Where the mount has several segments it is named.
fn place(keypath: &str, mount: &str) -> Option<(String, String)> {
    let keypath = keypath.trim_matches('/');
    let mount = mount.trim_matches('/');
    let bad = |segment: &str| {
        segment.is_empty() || segment.starts_with('.') || segment.contains(['?', '#', '%', ' '])
    };
    if keypath.split('/').any(bad) {
        return None;
    }
    if mount.is_empty() {
        let (mount, below) = keypath.split_once('/').unwrap_or((keypath, ""));
        return Some((mount.to_owned(), below.to_owned()));
    }
    let below = keypath.strip_prefix(mount)?;
    (below.is_empty() || below.starts_with('/'))
        .then(|| (mount.to_owned(), below.trim_start_matches('/').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_pcs_is_a_mount_and_what_is_below() {
        let of = |keypath, mount| place(keypath, mount).map(|(mount, below)| format!("{mount} {below}"));
        assert_eq!(of("secret/hms-creds", "").as_deref(), Some("secret hms-creds"));
        assert_eq!(of("/secret/a/b/", "").as_deref(), Some("secret a/b"));
        assert_eq!(of("secret", "").as_deref(), Some("secret "));
        assert_eq!(of("team/kv/bmc", "team/kv").as_deref(), Some("team/kv bmc"));
        for (keypath, mount) in [
            ("", ""),
            ("a//b", ""),
            ("a/../b", ""),
            ("a?b", ""),
            ("a/b", "b"),
            ("ab/c", "a"),
        ] {
            assert_eq!(of(keypath, mount), None, "{keypath} {mount}");
        }
    }
}
