//! The certificate of the service. A new one is taken up when its files change, and on SIGHUP; connections that are open keep theirs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::config::Tls;
use crate::telemetry::Chain;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("{} cannot be read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file holds no certificate.
    #[error("{} holds no certificate in PEM form", .path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no key.
    #[error("{} holds no private key in PEM form", .path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// They cannot be used, for one because the key is that of another certificate.
    #[error("the certificate and its key cannot be used")]
    Unusable(#[source] rustls::Error),
    /// SIGHUP cannot be received.
    #[error("SIGHUP cannot be received")]
    Signal(#[source] std::io::Error),
}

/// The certificate that new connections get. Clones share it.
#[derive(Debug, Clone)]
pub struct Certificate {
    files: Tls,
    current: Arc<ArcSwap<ServerConfig>>,
}

/// What the files held, without holding the key.
type Digest = [u8; 32];

impl Certificate {
    /// Reads the files. Blocks.
    pub fn read(files: Tls) -> Result<Self, CertificateError> {
        let (config, _) = load(&files)?;
        Ok(Self {
            files,
            current: Arc::new(ArcSwap::from_pointee(config)),
        })
    }

    /// What a new connection is served with.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }

    /// Takes up what the files hold, if it can be used; else what was there before stays. Blocks.
    fn reload(&self, last: &mut Option<Result<Digest, String>>) {
        let loaded = load(&self.files);
        let now = match &loaded {
            Ok((_, digest)) => Ok(*digest),
            Err(error) => Err(Chain(error).to_string()),
        };
        if last.as_ref() == Some(&now) {
            return;
        }
        let first = last.replace(now).is_none();
        match loaded {
            Ok((config, _)) => {
                self.current.store(Arc::new(config));
                if !first {
                    tracing::info!(file = %self.files.cert_file.display(), "took up the new certificate");
                }
            }
            Err(error) => tracing::error!(
                error = %Chain(&error),
                "the new certificate cannot be used, so that the old one serves on; correct tls.cert_file and tls.key_file"
            ),
        }
    }

    /// Looks at the files until `stop`.
    pub fn keep(
        self,
        stop: CancellationToken,
    ) -> Result<impl Future<Output = ()> + Send + 'static, CertificateError> {
        let mut hangup = signal(SignalKind::hangup()).map_err(CertificateError::Signal)?;
        Ok(async move {
            let mut last = None;
            loop {
                let this = self.clone();
                let looked = tokio::task::spawn_blocking(move || {
                    this.reload(&mut last);
                    last
                });
                last = looked.await.unwrap_or_default();
                tokio::select! {
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                    _ = hangup.recv() => {}
                    () = stop.cancelled() => return,
                }
            }
        })
    }
}

fn load(files: &Tls) -> Result<(ServerConfig, Digest), CertificateError> {
    let certificates = read(&files.cert_file)?;
    let key = read(&files.key_file)?;
    let digest = Sha256::new()
        .chain_update(Sha256::digest(certificates.as_slice()))
        .chain_update(Sha256::digest(key.as_slice()));
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&certificates).collect();
    let chain =
        chain
            .ok()
            .filter(|chain| !chain.is_empty())
            .ok_or_else(|| CertificateError::NoCertificate {
                path: files.cert_file.clone(),
            })?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| CertificateError::NoKey {
        path: files.key_file.clone(),
    })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(CertificateError::Unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(CertificateError::Unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((config, digest.finalize().into()))
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, CertificateError> {
    std::fs::read(path)
        .map(Zeroizing::new)
        .map_err(|source| CertificateError::Read {
            path: path.to_owned(),
            source,
        })
}
