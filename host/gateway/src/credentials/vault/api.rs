//! What is asked of Vault over HTTP. Every question has a deadline, every answer a limit; no redirect is followed, for the token would
//! follow too.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;
use switchyard_transport::{Login, Secret};
use zeroize::Zeroizing;

use super::Token;
use super::error::Failed;
use super::secret::{self, Version};
use crate::config::smd::BaseUrl;
use crate::telemetry::Chain;

/// The largest answer that is read, in bytes.
const BODY_MAX_BYTES: usize = 64 * 1024;
/// How much of a refusal is shown, in characters.
const WORDS_MAX: usize = 200;
/// How long connecting may take, with the TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a connection is kept for the next question.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Connections that are kept.
const IDLE_MAX: usize = 4;
/// What stands as it is in a segment of a path (RFC 3986, section 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// How Vault is reached, and where in it logins are.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Its address.
    pub address: BaseUrl,
    /// The namespace, where it has several.
    pub namespace: Option<String>,
    /// The only certificate authorities that it may be known by; `None`: those of the system.
    pub ca_file: Option<PathBuf>,
    /// How long an answer may take.
    pub timeout: Duration,
    /// Where the engine is mounted, without slashes at the ends.
    pub mount: String,
    /// The path below, without slashes at the ends; the name of a login follows.
    pub below: String,
    /// The version of the engine.
    pub version: Version,
}

/// Why Vault cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The file of the certificate authorities cannot be read.
    #[error("the certificate authorities {} of Vault cannot be read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It holds none.
    #[error("{} holds no certificate in PEM form", .path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The certificates cannot be used.
    #[error("TLS to Vault cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The namespace cannot be sent.
    #[error("credentials.vault.namespace cannot be sent in a header")]
    Namespace,
    /// The client cannot be made.
    #[error("the client of Vault cannot be set up")]
    Client(#[source] reqwest::Error),
}

/// The lease of a token.
#[derive(Debug, Clone)]
pub(super) struct Lease {
    /// How long it lasts; nothing: without end.
    pub(super) lasts: Option<Duration>,
    /// Whether it can be made to last longer.
    pub(super) renewable: bool,
}

/// A token that Vault has just given.
#[derive(Deserialize)]
struct Given {
    auth: GivenToken,
}

#[derive(Deserialize)]
struct GivenToken {
    client_token: String,
    #[serde(default)]
    lease_duration: u64,
    #[serde(default)]
    renewable: bool,
}

/// What Vault says of the token that asks.
#[derive(Deserialize)]
struct Own {
    data: OwnToken,
}

#[derive(Deserialize)]
struct OwnToken {
    #[serde(default)]
    ttl: u64,
    #[serde(default)]
    renewable: bool,
}

/// What Vault says when it refuses.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    errors: Vec<String>,
    #[serde(default)]
    warnings: Option<Vec<String>>,
}

/// Questions to Vault.
pub(super) struct Api {
    http: reqwest::Client,
    connection: Connection,
    namespace: Option<HeaderValue>,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("address", &self.connection.address)
            .finish_non_exhaustive()
    }
}

/// An answer: its status and body, which is wiped when it is dropped.
struct Answer {
    status: StatusCode,
    body: Zeroizing<Vec<u8>>,
}

impl Api {
    /// Reads the certificate authorities. Nothing is asked yet. Proxies of the environment are not used.
    pub(super) fn new(connection: Connection) -> Result<Self, SetupError> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(connection.ca_file.as_deref())?)
            .user_agent(concat!("switchyard/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT.min(connection.timeout))
            .timeout(connection.timeout)
            .pool_max_idle_per_host(IDLE_MAX)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build()
            .map_err(SetupError::Client)?;
        let namespace = connection.namespace.as_deref().map(HeaderValue::from_str);
        Ok(Self {
            http,
            namespace: namespace.transpose().map_err(|_| SetupError::Namespace)?,
            connection,
        })
    }

    /// The login of this name; nothing when there is none.
    pub(super) async fn secret(&self, name: &str, token: &Token) -> Result<Option<Login>, Failed> {
        let Connection {
            mount,
            below,
            version,
            ..
        } = &self.connection;
        let engine = match version {
            Version::One => mount.clone(),
            Version::Two => format!("{mount}/data"),
        };
        let below = if below.is_empty() {
            String::new()
        } else {
            format!("/{below}")
        };
        let path = format!("{engine}{below}/{}", utf8_percent_encode(name, SEGMENT));
        let answer = self.ask(Method::GET, &path, Some(token), None).await?;
        match answer.status {
            StatusCode::OK => secret::login(&answer.body, *version, name),
            StatusCode::NOT_FOUND
                if answer
                    .refusal()
                    .warnings
                    .is_some_and(|warnings| !warnings.is_empty()) =>
            {
                Err(Failed::Malformed(
                    "the path is not one of this version of the KV engine",
                ))
            }
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(answer.failed()),
        }
    }

    /// Shows a service account of Kubernetes, and gets a token.
    pub(super) async fn log_in(
        &self,
        path: &str,
        role: &str,
        jwt: &Secret,
    ) -> Result<(Secret, Lease), Failed> {
        // Never reallocated, so that no copy of the token stays behind.
        let mut body = Zeroizing::new(Vec::with_capacity(jwt.expose().len() + role.len() + 64));
        let fields = [("role", role), ("jwt", jwt.expose())];
        serde_json::to_writer(&mut *body, &std::collections::BTreeMap::from(fields))
            .map_err(|_| Failed::Login("the role or the token is no text".to_owned()))?;
        let answer = self.ask(Method::POST, path, None, Some(body)).await?;
        if answer.status != StatusCode::OK {
            return Err(match answer.failed() {
                Failed::Denied(words) => Failed::Login(words),
                failed => failed,
            });
        }
        let given: Given = answer.json()?;
        let lease = Lease {
            lasts: duration(given.auth.lease_duration),
            renewable: given.auth.renewable,
        };
        Ok((Secret::new(given.auth.client_token), lease))
    }

    /// What is known of a token; nothing when it may not ask.
    pub(super) async fn look_up(&self, token: &Token) -> Result<Option<Lease>, Failed> {
        let answer = self
            .ask(Method::GET, "auth/token/lookup-self", Some(token), None)
            .await?;
        match answer.status {
            StatusCode::OK => answer.json().map(|own: Own| {
                Some(Lease {
                    lasts: duration(own.data.ttl),
                    renewable: own.data.renewable,
                })
            }),
            StatusCode::FORBIDDEN => Ok(None),
            _ => Err(answer.failed()),
        }
    }

    /// Makes a token last longer.
    pub(super) async fn renew(&self, token: &Token) -> Result<Lease, Failed> {
        let body = Zeroizing::new(b"{}".to_vec());
        let answer = self
            .ask(Method::POST, "auth/token/renew-self", Some(token), Some(body))
            .await?;
        if answer.status != StatusCode::OK {
            return Err(answer.failed());
        }
        let given: Given = answer.json()?;
        drop(Secret::new(given.auth.client_token));
        Ok(Lease {
            lasts: duration(given.auth.lease_duration),
            renewable: given.auth.renewable,
        })
    }

    /// Whether it could answer.
    pub(super) async fn health(&self) -> Result<(), Failed> {
        let path = "sys/health?standbyok=true&perfstandbyok=true";
        let answer = self.ask(Method::GET, path, None, None).await?;
        match answer.status {
            StatusCode::OK => Ok(()),
            StatusCode::SERVICE_UNAVAILABLE => Err(Failed::Sealed),
            StatusCode::NOT_IMPLEMENTED => Err(Failed::Away("it is not initialised".to_owned())),
            status => Err(Failed::Away(format!("its health is {status}"))),
        }
    }

    #[cfg(test)]
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        token: Option<&Token>,
        body: Option<Zeroizing<Vec<u8>>>,
    ) -> Result<Answer, Failed> {
        let url = format!("{}/v1/{path}", self.connection.address.as_str());
        let mut request = self.http.request(method, url).header("X-Vault-Request", "true");
        if let Some(namespace) = &self.namespace {
            request = request.header("X-Vault-Namespace", namespace.clone());
        }
        if let Some(token) = token {
            let mut value = HeaderValue::from_str(token.expose())
                .map_err(|_| Failed::Login("the token cannot be sent in a header".to_owned()))?;
            value.set_sensitive(true);
            request = request.header("X-Vault-Token", value);
        }
        if let Some(body) = body {
            request = request
                .header(http::header::CONTENT_TYPE, "application/json")
                .body(body.to_vec());
        }
        let away = |error: reqwest::Error| Failed::Away(Chain(&error.without_url()).to_string());
        let mut response = request.send().await.map_err(away)?;
        let mut body = Zeroizing::new(Vec::with_capacity(BODY_MAX_BYTES));
        while let Some(chunk) = response.chunk().await.map_err(away)? {
            if body.len() + chunk.len() > BODY_MAX_BYTES {
                return Err(Failed::Malformed("it is too large"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status(),
            body,
        })
    }
}

impl Answer {
    fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, Failed> {
        // The words of the parser may repeat what it could not read.
        serde_json::from_slice(&self.body)
            .map_err(|_| Failed::Malformed("it is not the JSON that was asked for"))
    }

    fn refusal(&self) -> Refusal {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// What an answer that is no success means.
    fn failed(&self) -> Failed {
        let status = self.status;
        let words: String = self
            .refusal()
            .errors
            .join("; ")
            .chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .take(WORDS_MAX)
            .collect();
        let said = if words.is_empty() {
            status.to_string()
        } else {
            format!("{status}: {words}")
        };
        match status {
            StatusCode::SERVICE_UNAVAILABLE if words.contains("sealed") => Failed::Sealed,
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Failed::Denied(said)
            }
            _ => Failed::Away(said),
        }
    }
}

fn duration(seconds: u64) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

/// TLS that trusts the authorities in the file, or else those of the system.
fn tls(ca_file: Option<&Path>) -> Result<ClientConfig, SetupError> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let pem = std::fs::read(path).map_err(|source| SetupError::Read {
                path: path.to_owned(),
                source,
            })?;
            let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
            let none = || SetupError::NoCertificate {
                path: path.to_owned(),
            };
            let found = found.ok().filter(|found| !found.is_empty()).ok_or_else(none)?;
            for certificate in found {
                roots.add(certificate).map_err(SetupError::Tls)?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(SetupError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
