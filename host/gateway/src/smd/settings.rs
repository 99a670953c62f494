//! What is configured, with the secrets and certificates that it names.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use switchyard_transport::Secret;
use zeroize::Zeroizing;

use crate::config::smd::{BaseUrl, SecretSource};
use crate::config::{self, KeySource};

/// The longest client secret, in bytes.
const SECRET_MAX_BYTES: u64 = 4_096;

/// How SMD is reached.
#[derive(Debug)]
pub struct Connection {
    /// Its base URL.
    pub url: BaseUrl,
    /// Whom its certificate has to satisfy.
    pub tls: ClientConfig,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How tokens are obtained, when it asks for them.
    pub oauth2: Option<OAuth2>,
}

/// How tokens are obtained.
#[derive(Debug, Clone)]
pub struct OAuth2 {
    /// The client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// The token endpoint.
    pub token_url: BaseUrl,
    /// The scopes, with spaces between them; empty: the server's default.
    pub scope: String,
}

/// Why SMD cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file cannot be read.
    #[error("the {what} {} cannot be read", .path.display())]
    Read {
        /// What it should hold.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Others may read the secret.
    #[error("the client secret {path} has mode {mode:04o}; run `chmod 600 {path}` so that nobody else can read it", path = .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file of the secret is empty or no text.
    #[error("{} holds no client secret: it must be one line of text of at most {SECRET_MAX_BYTES} bytes", .path.display())]
    NoSecret {
        /// The file.
        path: PathBuf,
    },
    /// The file of the certificate authorities holds none.
    #[error("{} holds no certificate in PEM form", .path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// A certificate cannot be used.
    #[error("TLS to SMD cannot be set up")]
    Tls(#[source] rustls::Error),
}

impl Connection {
    /// Reads what the configuration names; `None` when there is no SMD. Blocks.
    pub fn read(config: &config::Smd) -> Result<Option<Self>, SettingsError> {
        let Some(url) = config.url.clone() else {
            return Ok(None);
        };
        let oauth2 = config.oauth2.as_ref().map(OAuth2::read).transpose()?;
        if let Some(oauth2) = &oauth2
            && (url.is_plain() || oauth2.token_url.is_plain())
        {
            tracing::warn!(
                "tokens for SMD are sent over http:// and can be read on the way; use https:// for smd.url and smd.oauth2.token_url"
            );
        }
        Ok(Some(Self {
            url,
            tls: tls(config.ca_file.as_deref())?,
            timeout: config.timeout,
            oauth2,
        }))
    }
}

impl OAuth2 {
    fn read(config: &config::smd::OAuth2) -> Result<Self, SettingsError> {
        let client_secret = match &config.client_secret {
            SecretSource::Given(secret) => secret.clone(),
            SecretSource::File(file) => secret(file)?,
        };
        Ok(Self {
            client_id: config.client_id.clone(),
            client_secret,
            token_url: config.token_url.clone(),
            scope: config.scopes.join(" "),
        })
    }
}

fn secret(source: &KeySource) -> Result<Secret, SettingsError> {
    let path = source.path();
    let failed = |source| SettingsError::Read {
        what: "client secret",
        path: path.to_owned(),
        source,
    };
    let no_secret = || SettingsError::NoSecret {
        path: path.to_owned(),
    };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    let mode = metadata.mode() & 0o7777;
    if matches!(source, KeySource::File(_)) && mode & 0o077 != 0 {
        return Err(SettingsError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    // Never reallocated, so that no copy stays behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(4_100));
    file.take(SECRET_MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| no_secret())?;
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() || bytes.len() as u64 > SECRET_MAX_BYTES || line.chars().any(char::is_control) {
        return Err(no_secret());
    }
    Ok(Secret::new(line.to_owned()))
}

/// TLS that trusts the authorities in the file, or else those of the system.
fn tls(ca_file: Option<&Path>) -> Result<ClientConfig, SettingsError> {
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
    let pem = pem(path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(SettingsError::NoCertificate {
            path: path.to_owned(),
        }),
    }
}

/// The text of a file of certificate authorities. Blocks.
pub(super) fn pem(path: &Path) -> Result<String, SettingsError> {
    let pem = std::fs::read_to_string(path).map_err(|source| SettingsError::Read {
        what: "file of certificate authorities",
        path: path.to_owned(),
        source,
    })?;
    if pem.contains("-----BEGIN CERTIFICATE-----") {
        Ok(pem)
    } else {
        Err(SettingsError::NoCertificate {
            path: path.to_owned(),
        })
    }
}
