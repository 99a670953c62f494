//! What is configured, with the certificates that it names.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::jwt::Rules;
use super::keys::KeysSettings;
use super::sessions::SessionTimes;
use crate::config;

/// Whether callers are asked who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nobody is; only this machine reaches the service.
    None,
    /// Nobody is by this service: a mesh in front of it has done so.
    Mesh,
    /// Everybody is, by a token.
    Tokens,
}

impl Mode {
    /// The word in configuration and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Mesh => "mesh",
            Self::Tokens => "tokens",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be none, mesh or tokens")]
pub struct ModeError;

impl FromStr for Mode {
    type Err = ModeError;

    fn from_str(text: &str) -> Result<Self, ModeError> {
        [Self::None, Self::Mesh, Self::Tokens]
            .into_iter()
            .find(|mode| mode.name() == text)
            .ok_or(ModeError)
    }
}

/// How signed tokens are checked.
#[derive(Debug)]
pub struct JwtSettings {
    /// Where the keys come from.
    pub keys: KeysSettings,
    /// Whom the certificate of the provider has to satisfy.
    pub tls: ClientConfig,
    /// What a token has to say.
    pub rules: Rules,
}

/// How access is set up.
#[derive(Debug)]
pub struct Settings {
    /// Whether callers are asked who they are.
    pub mode: Mode,
    /// Where the first token is written.
    pub bootstrap_file: Option<PathBuf>,
    /// How signed tokens are checked; `None`: they are not taken.
    pub jwt: Option<JwtSettings>,
    /// Whether metrics are shown to anybody.
    pub metrics_public: bool,
    /// How long sessions last.
    pub sessions: SessionTimes,
    /// Whether the service speaks TLS.
    pub tls: bool,
    /// Whether a proxy in front of it does.
    pub behind_proxy: bool,
}

/// Why access cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file cannot be read.
    #[error("the file of certificate authorities {} cannot be read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file of the certificate authorities holds none.
    #[error("{} holds no certificate in PEM form", .path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// TLS cannot be set up.
    #[error("TLS to the identity provider cannot be set up")]
    Tls(#[source] rustls::Error),
}

impl Settings {
    /// Reads what the configuration names. Blocks.
    pub fn read(config: &config::Access, tls: bool) -> Result<Self, SettingsError> {
        let jwt = config.jwt.as_ref().map(|jwt| {
            Ok(JwtSettings {
                keys: jwt.keys.clone(),
                tls: client_tls(jwt.ca_file.as_deref())?,
                rules: jwt.rules.clone(),
            })
        });
        Ok(Self {
            mode: config.mode,
            bootstrap_file: config.bootstrap_file.clone(),
            jwt: jwt.transpose()?,
            metrics_public: config.metrics_public,
            sessions: config.sessions,
            tls,
            behind_proxy: config.behind_proxy,
        })
    }
}

/// TLS that trusts the authorities in the file, or else those of the system.
fn client_tls(ca_file: Option<&Path>) -> Result<ClientConfig, SettingsError> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(SettingsError::Tls)?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(SettingsError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let pem = std::fs::read(path).map_err(|source| SettingsError::Read {
        path: path.to_owned(),
        source,
    })?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(SettingsError::NoCertificate {
            path: path.to_owned(),
        }),
    }
}
