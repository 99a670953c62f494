//! The fleet's certificate authority and the certificates of its BMCs.

use std::sync::{Arc, OnceLock};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::{default_provider, sign::any_ecdsa_type};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};
use sha2::{Digest as _, Sha256};

use crate::config::{AddressPlan, SimConfig, Tls};

/// A shared certificate names this many addresses; more would make every handshake large.
const MAX_SHARED_NAMES: usize = 16;

/// Making a certificate failed.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The generator refused.
    #[error("cannot generate a certificate")]
    Generate(#[from] rcgen::Error),
    /// The TLS library does not take what was generated.
    #[error("cannot use the generated certificate")]
    Use(#[from] rustls::Error),
}

/// A certificate authority and the BMCs' certificates, which share one key pair and are made when first needed.
#[derive(Debug)]
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    ca_pem: String,
    leaf_key: KeyPair,
    signer: Arc<dyn SigningKey>,
    provider: Arc<CryptoProvider>,
    plan: (Tls, AddressPlan, usize),
    identities: Vec<OnceLock<Identity>>,
}

/// One certificate in use.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) fingerprint: [u8; 32],
}

impl Authority {
    pub(crate) fn new(config: &SimConfig) -> Result<Self, CertificateError> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "Simulated BMC authority");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_key = KeyPair::generate()?;
        let ca_pem = params.self_signed(&ca_key)?.pem();
        let leaf_key = KeyPair::generate()?;
        let leaf_der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let certificates = if config.tls == Tls::PerBmc {
            config.count
        } else {
            1
        };
        Ok(Self {
            issuer: Issuer::new(params, ca_key),
            ca_pem,
            leaf_key,
            signer: any_ecdsa_type(&leaf_der)?,
            provider: Arc::new(default_provider()),
            plan: (config.tls, config.addresses, config.count),
            identities: std::iter::repeat_with(OnceLock::new).take(certificates).collect(),
        })
    }

    /// Whether this authority was made for such a fleet and can serve it again.
    pub(crate) fn serves(&self, config: &SimConfig) -> bool {
        self.plan == (config.tls, config.addresses, config.count)
    }

    pub(crate) fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The certificate of a BMC, made now if need be.
    pub(crate) fn identity(&self, bmc: usize) -> Result<&Identity, CertificateError> {
        let slot = if self.plan.0 == Tls::PerBmc { bmc } else { 0 };
        let cell = self
            .identities
            .get(slot)
            .ok_or(rcgen::Error::CouldNotParseCertificate)?;
        if let Some(identity) = cell.get() {
            return Ok(identity);
        }
        let identity = self.issue(bmc)?;
        Ok(cell.get_or_init(|| identity))
    }

    fn issue(&self, bmc: usize) -> Result<Identity, CertificateError> {
        let (mode, addresses, count) = self.plan;
        let named = if mode == Tls::PerBmc {
            bmc..bmc + 1
        } else {
            0..count.min(MAX_SHARED_NAMES)
        };
        let mut names: Vec<String> = named
            .filter_map(|index| addresses.address(index))
            .map(|address| address.to_string())
            .collect();
        names.dedup();
        let mut params = CertificateParams::new(names)?;
        params
            .distinguished_name
            .push(DnType::CommonName, format!("Simulated BMC {bmc}"));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&self.leaf_key, &self.issuer)?.der().clone();
        let fingerprint = Sha256::digest(&certificate).into();
        Ok(Identity {
            config: self.server_config(certificate)?,
            fingerprint,
        })
    }

    fn server_config(
        &self,
        certificate: CertificateDer<'static>,
    ) -> Result<Arc<ServerConfig>, CertificateError> {
        let certified = CertifiedKey::new(vec![certificate], Arc::clone(&self.signer));
        let resolver: Arc<dyn ResolvesServerCert> = Arc::new(SingleCertAndKey::from(certified));
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        // A BMC resumes nothing: every handshake costs what a real one costs, and no tickets are kept.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            write!(text, "{byte:02x}").ok();
            text
        })
}
