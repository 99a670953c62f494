//! An identity provider: keys that sign tokens, and a server that shows their public halves, or does not.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::response::IntoResponse;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA512, RsaKeyPair, RsaPublicKeyComponents,
};
use serde_json::{Value, json};

use crate::access::{JwtSettings, KeysSettings, Mode, Rules, SessionTimes, Settings};

pub(super) const ISSUER: &str = "https://id.example";
pub(super) const AUDIENCE: &str = "power";

/// An RSA key for tests: ring signs with one, but makes none.
const RSA: &[u8] = include_bytes!("../../../tests/keys/rsa-2048.pk8");

/// A key with its name.
pub(super) struct Signer {
    pub(super) id: &'static str,
    kind: Kind,
}

enum Kind {
    Ed25519(Ed25519KeyPair),
    Es256(EcdsaKeyPair),
    Es384(EcdsaKeyPair),
    Rs256(RsaKeyPair),
    Ps512(RsaKeyPair),
}

impl Signer {
    pub(super) fn ed25519(id: &'static str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let kind = Kind::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap());
        Self { id, kind }
    }

    pub(super) fn es256(id: &'static str) -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let kind = Kind::Es256(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap());
        Self { id, kind }
    }

    pub(super) fn es384(id: &'static str) -> Self {
        let (algorithm, random) = (&ECDSA_P384_SHA384_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let kind = Kind::Es384(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap());
        Self { id, kind }
    }

    pub(super) fn rs256(id: &'static str) -> Self {
        let kind = Kind::Rs256(RsaKeyPair::from_pkcs8(RSA).unwrap());
        Self { id, kind }
    }

    pub(super) fn ps512(id: &'static str) -> Self {
        let kind = Kind::Ps512(RsaKeyPair::from_pkcs8(RSA).unwrap());
        Self { id, kind }
    }

    fn algorithm(&self) -> &'static str {
        match self.kind {
            Kind::Ed25519(_) => "EdDSA",
            Kind::Es256(_) => "ES256",
            Kind::Es384(_) => "ES384",
            Kind::Rs256(_) => "RS256",
            Kind::Ps512(_) => "PS512",
        }
    }

    pub(super) fn public(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let ec = |curve: &str, pair: &EcdsaKeyPair| {
            let point = &pair.public_key().as_ref()[1..];
            let (x, y) = point.split_at(point.len() / 2);
            json!({"kty": "EC", "crv": curve, "x": text(x), "y": text(y), "kid": self.id, "use": "sig"})
        };
        match &self.kind {
            Kind::Ed25519(pair) => {
                let x = text(pair.public_key().as_ref());
                json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.id})
            }
            Kind::Es256(pair) => ec("P-256", pair),
            Kind::Es384(pair) => ec("P-384", pair),
            Kind::Rs256(pair) | Kind::Ps512(pair) => {
                let RsaPublicKeyComponents { n, e } =
                    RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({"kty": "RSA", "n": text(&n), "e": text(&e), "kid": self.id, "alg": self.algorithm()})
            }
        }
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let rsa = |pair: &RsaKeyPair, padding| {
            let mut signature = vec![0; pair.public().modulus_len()];
            pair.sign(padding, &random, message, &mut signature).unwrap();
            signature
        };
        match &self.kind {
            Kind::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Kind::Es256(pair) | Kind::Es384(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Kind::Rs256(pair) => rsa(pair, &RSA_PKCS1_SHA256),
            Kind::Ps512(pair) => rsa(pair, &RSA_PSS_SHA512),
        }
    }

    /// A token of these claims, which are stronger than those that every token has.
    pub(super) fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": self.algorithm(), "typ": "JWT", "kid": self.id});
        let message = unsigned(&header, claims);
        let signature = self.signature(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Header and claims, without a signature.
pub(super) fn unsigned(header: &Value, claims: &Value) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut all = json!({"sub": "anna", "iss": ISSUER, "aud": [AUDIENCE], "exp": now + 300});
    let object = all.as_object_mut().unwrap();
    object.extend(claims.as_object().unwrap().clone());
    // A claim that is null is none.
    object.retain(|_, claim| !claim.is_null());
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(&all))
}

/// The server.
pub(super) struct IdentityProvider {
    address: SocketAddr,
    shared: Arc<Shared>,
    _serving: tokio::task::JoinHandle<()>,
}

struct Shared {
    status: AtomicU16,
    asked: AtomicUsize,
    keys: Mutex<Vec<Value>>,
}

impl IdentityProvider {
    pub(super) async fn start(signers: &[&Signer]) -> Self {
        let shared = Arc::new(Shared {
            status: AtomicU16::new(200),
            asked: AtomicUsize::new(0),
            keys: Mutex::new(signers.iter().map(|signer| signer.public()).collect()),
        });
        let router = Router::new().fallback(show).with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            shared,
            _serving: serving,
        }
    }

    /// Answers with this status from now on.
    pub(super) fn answer(&self, status: u16) {
        self.shared.status.store(status, Ordering::SeqCst);
    }

    /// Shows one key more.
    pub(super) fn show(&self, signer: &Signer) {
        self.shared.keys.lock().unwrap().push(signer.public());
    }

    /// How often it was asked.
    pub(super) fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// Settings that take its tokens and those of the service.
    pub(super) fn settings(&self, keep: Duration) -> Settings {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let rules = Rules {
            issuers: vec![ISSUER.to_owned()],
            audiences: vec![AUDIENCE.to_owned()],
            require_expiry: true,
            role_claim: "roles".to_owned(),
            scope_claim: "racks".to_owned(),
            ..Rules::default()
        };
        Settings {
            mode: Mode::Tokens,
            bootstrap_file: None,
            jwt: Some(JwtSettings {
                keys: KeysSettings {
                    url: format!("http://{}/keys", self.address),
                    refresh: Duration::from_mins(5),
                    keep,
                },
                tls,
                rules,
            }),
            metrics_public: false,
            sessions: SessionTimes {
                idle: Duration::from_mins(10),
                whole: Duration::from_hours(1),
            },
            tls: false,
            behind_proxy: false,
        }
    }
}

async fn show(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    shared.asked.fetch_add(1, Ordering::SeqCst);
    let status = StatusCode::from_u16(shared.status.load(Ordering::SeqCst)).unwrap();
    let keys = shared.keys.lock().unwrap().clone();
    (status, Json(json!({ "keys": keys })))
}
