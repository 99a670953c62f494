//! Whom a controller's certificate has to satisfy.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientSessionMemoryCache, ClientSessionStore, Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::sync::OnceCell;

use crate::legacy::LegacyTrust;

/// TLS sessions kept for resumption over all controllers.
const SESSIONS: usize = 1024;

/// Whom a controller's certificate has to satisfy.
#[derive(Clone, PartialEq, Eq)]
pub enum TlsPolicy {
    /// The certificate authorities of the operating system; the name must match.
    System,
    /// Only the authorities in this PEM text; the name must match.
    Authority {
        /// One or more certificates.
        pem: Arc<str>,
    },
    /// Exactly one certificate, whatever its name, dates and issuer.
    Pin {
        /// SHA-256 over the DER form of the leaf certificate.
        sha256: [u8; 32],
    },
    /// Any certificate. Whoever is on the path can read the password and send commands.
    Unverified,
    /// TLS as old as 1.0, without forward secrecy, by another implementation than rustls.
    Legacy(LegacyTrust),
}

impl fmt::Debug for TlsPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("System"),
            Self::Authority { pem } => write!(f, "Authority({} bytes of PEM)", pem.len()),
            Self::Pin { sha256 } => write!(f, "Pin({})", Fingerprint(*sha256)),
            Self::Unverified => f.write_str("Unverified"),
            Self::Legacy(LegacyTrust::Pin { sha256 }) => write!(f, "Legacy(Pin({}))", Fingerprint(*sha256)),
            Self::Legacy(LegacyTrust::Unverified) => f.write_str("Legacy(Unverified)"),
        }
    }
}

/// The SHA-256 fingerprint of a certificate, shown as `AB:CD:...` in the way of `openssl x509 -fingerprint -sha256`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// A text that is no fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 fingerprint has 64 hexadecimal digits, with or without colons")]
pub struct FingerprintError;

impl Fingerprint {
    /// The fingerprint of a certificate in DER form.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(":")?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let mut bytes = [0; 32];
        let mut digits = text.chars().filter(|c| *c != ':').map(|c| c.to_digit(16));
        for byte in &mut bytes {
            let (Some(Some(high)), Some(Some(low))) = (digits.next(), digits.next()) else {
                return Err(FingerprintError);
            };
            *byte = u8::try_from(high << 4 | low).map_err(|_| FingerprintError)?;
        }
        if digits.next().is_some() {
            Err(FingerprintError)
        } else {
            Ok(Self(bytes))
        }
    }
}

/// Why a policy gives no usable configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error(
        "the operating system offers no certificate authorities{0}: install its CA bundle, or give this controller an authority or a pin"
    )]
    NoSystemRoots(String),
    #[error("the PEM text of the controller's authority holds no usable certificate")]
    NoAuthority,
    #[error("rustls does not reach this controller")]
    Legacy,
    #[error("the TLS configuration cannot be built")]
    Config(#[source] rustls::Error),
    #[error("the certificate verifier cannot be built")]
    Verifier(#[source] rustls::client::VerifierBuilderError),
    #[error("the loading of the certificate authorities broke off")]
    Loading(#[source] tokio::task::JoinError),
}

/// The configurations of all policies; those of a kind are shared.
pub(crate) struct TlsConfigs {
    provider: Arc<CryptoProvider>,
    sessions: Arc<dyn ClientSessionStore>,
    system: OnceCell<Arc<ClientConfig>>,
    unverified: OnceCell<Arc<ClientConfig>>,
    /// By the digest of the PEM text.
    authorities: Mutex<HashMap<Fingerprint, Weak<ClientConfig>>>,
}

impl TlsConfigs {
    pub(crate) fn new() -> Self {
        Self {
            provider: Arc::new(rustls::crypto::ring::default_provider()),
            sessions: Arc::new(ClientSessionMemoryCache::new(SESSIONS)),
            system: OnceCell::new(),
            unverified: OnceCell::new(),
            authorities: Mutex::default(),
        }
    }

    pub(crate) async fn config(&self, policy: &TlsPolicy) -> Result<Arc<ClientConfig>, TlsError> {
        match policy {
            TlsPolicy::System => self.system.get_or_try_init(|| self.system()).await.cloned(),
            TlsPolicy::Unverified => self
                .unverified
                .get_or_try_init(async || self.build(Trust::Anyone))
                .await
                .cloned(),
            TlsPolicy::Pin { sha256 } => self.build(Trust::Pin(Fingerprint(*sha256))),
            TlsPolicy::Authority { pem } => self.authority(pem),
            TlsPolicy::Legacy(_) => Err(TlsError::Legacy),
        }
    }

    async fn system(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let loaded = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs)
            .await
            .map_err(TlsError::Loading)?;
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(loaded.certs);
        if added == 0 {
            let why = loaded
                .errors
                .first()
                .map(|error| format!(" ({error})"))
                .unwrap_or_default();
            return Err(TlsError::NoSystemRoots(why));
        }
        self.build(self.roots(roots)?)
    }

    fn authority(&self, pem: &str) -> Result<Arc<ClientConfig>, TlsError> {
        let key = Fingerprint::of(pem.as_bytes());
        let mut known = self.authorities.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = known.get(&key).and_then(Weak::upgrade) {
            return Ok(config);
        }
        let mut roots = RootCertStore::empty();
        let certificates = CertificateDer::pem_slice_iter(pem.as_bytes()).flatten();
        if roots.add_parsable_certificates(certificates).0 == 0 {
            return Err(TlsError::NoAuthority);
        }
        let config = self.build(self.roots(roots)?)?;
        known.retain(|_, config| config.strong_count() > 0);
        known.insert(key, Arc::downgrade(&config));
        Ok(config)
    }

    fn roots(&self, roots: RootCertStore) -> Result<Trust, TlsError> {
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
            .build()
            .map(Trust::Roots)
            .map_err(TlsError::Verifier)
    }

    fn build(&self, trust: Trust) -> Result<Arc<ClientConfig>, TlsError> {
        let verifier = Arc::new(Verifier {
            trust,
            provider: Arc::clone(&self.provider),
        });
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Config)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        // The sessions are shared to stay small for thousands of pins; rustls resumes none that another verifier has accepted.
        config.resumption = Resumption::store(Arc::clone(&self.sessions));
        Ok(Arc::new(config))
    }
}

impl fmt::Debug for TlsConfigs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfigs").finish_non_exhaustive()
    }
}

#[derive(Debug)]
enum Trust {
    Roots(Arc<WebPkiServerVerifier>),
    Pin(Fingerprint),
    Anyone,
}

/// Decides over the certificate by the policy, and checks the handshake's signature in every case.
#[derive(Debug)]
struct Verifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
}

/// A refused certificate: what was presented, and why it was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Rejected {
    #[error("the certificate has the SHA-256 fingerprint {presented}, the pin is {pinned}")]
    NotPinned {
        presented: Fingerprint,
        pinned: Fingerprint,
    },
    #[error("the certificate (SHA-256 fingerprint {presented}) is not trusted: {why}")]
    NotTrusted {
        presented: Fingerprint,
        why: rustls::Error,
    },
}

impl From<Rejected> for rustls::Error {
    fn from(rejected: Rejected) -> Self {
        CertificateError::Other(OtherError(Arc::new(rejected))).into()
    }
}

/// The refused certificate behind a failed handshake, when that is what failed it.
pub(crate) fn rejected(error: &rustls::Error) -> Option<&Rejected> {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) => inner.downcast_ref(),
        _ => None,
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.trust {
            Trust::Anyone => Ok(ServerCertVerified::assertion()),
            Trust::Pin(pinned) => {
                let presented = Fingerprint::of(end_entity);
                if bool::from(presented.0.ct_eq(&pinned.0)) {
                    Ok(ServerCertVerified::assertion())
                } else {
                    Err(Rejected::NotPinned {
                        presented,
                        pinned: *pinned,
                    }
                    .into())
                }
            }
            Trust::Roots(roots) => roots
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map_err(|why| {
                    Rejected::NotTrusted {
                        presented: Fingerprint::of(end_entity),
                        why,
                    }
                    .into()
                }),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_read_and_shown() {
        let shown = Fingerprint::of(b"").to_string();
        assert!(shown.starts_with("E3:B0:C4:42"));
        assert_eq!(shown.parse(), Ok(Fingerprint::of(b"")));
        assert_eq!(
            shown.replace(':', "").to_lowercase().parse(),
            Ok(Fingerprint::of(b""))
        );
        for wrong in ["", "e3b0", &format!("{shown}00"), &shown.replace('E', "x")] {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(FingerprintError), "{wrong}");
        }
    }

    #[tokio::test]
    async fn configurations_of_a_kind_are_shared() {
        let configs = TlsConfigs::new();
        let one = configs.config(&TlsPolicy::Unverified).await.unwrap();
        assert!(Arc::ptr_eq(
            &one,
            &configs.config(&TlsPolicy::Unverified).await.unwrap()
        ));
        let empty = TlsPolicy::Authority { pem: "".into() };
        assert!(matches!(configs.config(&empty).await, Err(TlsError::NoAuthority)));
    }
}
